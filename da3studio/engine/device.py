"""Where to compute; what is set once per process is set here."""

from __future__ import annotations

import os
from typing import Any

from da3studio.base.errors import BadInput
from da3studio.base.i18n import tr


def choose_device(wish: str) -> Any:
    """The `torch.device` for a recipe's wish: "auto", "cpu", "cuda" or "mps".

    Raises:
        BadInput: a graphics card was asked for and PyTorch sees none.
    """
    import torch

    there = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if wish in there and not there[wish]:
        raise BadInput(
            tr("The graphics card cannot be used."),
            why=tr("PyTorch {version} finds no {kind} device.").format(
                version=torch.__version__, kind=wish.upper()
            ),
            fix=tr("Leave the device on 'auto', or install the card's driver and set up again."),
        )
    if wish == "auto":
        wish = next((kind for kind, is_there in there.items() if is_there), "cpu")
    return torch.device(wish)


def describe_device(wish: str) -> str:
    """What `choose_device` gives, for a person: "NVIDIA GeForce RTX 3060, 12 GB", "processor".

    Raises:
        BadInput: as for `choose_device`.
    """
    import torch

    device = choose_device(wish)
    if device.type == "cuda":
        card = torch.cuda.get_device_properties(device)
        return tr("{name}, {n} GB").format(name=card.name, n=round(card.total_memory / 2**30))
    if device.type == "mps":
        return tr("graphics of this Mac")
    return tr("processor")


def share_cores(*, one_view_a_core: bool) -> None:
    """Set how many cores one tensor operation takes: one, where views are worked on side by side.

    torch's threads would wait on each other after each of thousands of small steps otherwise.
    """
    import torch

    torch.set_num_threads(1 if one_view_a_core else _usable_cores())


def _usable_cores() -> int:
    """Those this process may run on; a container often has fewer than the machine."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
