"""Where to compute; what is set once per process is set here."""

from __future__ import annotations

from typing import Any

from da3studio.base.errors import BadInput
from da3studio.base.i18n import tr


def choose_device(wish: str) -> Any:
    """The `torch.device` for a recipe's wish: "auto", "cpu" or "cuda".

    For a CPU it also takes torch's own threads away from this process.

    Raises:
        BadInput: a graphics card was asked for and PyTorch sees none.
    """
    import torch

    has_cuda = torch.cuda.is_available()
    if wish == "cuda" and not has_cuda:
        raise BadInput(
            tr("The graphics card cannot be used."),
            why=tr("PyTorch {version} finds no CUDA device.").format(version=torch.__version__),
            fix=tr("Leave the device on 'auto', or install the NVIDIA driver and set up again."),
        )
    if has_cuda and wish != "cpu":
        return torch.device("cuda")
    torch.set_num_threads(1)  # engines work on several views at once, one per core
    return torch.device("cpu")
