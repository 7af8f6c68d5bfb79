"""A run on disk: in parts that travel, whole or not at all, and safetensors only.

An exact state holds everything in full precision, so that a resumed run goes on as if it had never
stopped. A compact one holds weights and their average in half precision, a fifth of the size; the
optimiser then starts anew, with a warm-up.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from da3studio.base.atomic import write_atomic, write_folder_atomic
from da3studio.base.digest import digest_of_file
from da3studio.base.errors import BadInput, Missing
from da3studio.base.i18n import tr
from da3studio.model.config import DA3Config
from da3studio.model.names import expected_tensors, published_name

PART_BYTES = 15_800_000  # below 16 MiB, with its header
_ABOUT = "state.json"
HALF = torch.float16

Tensors = Mapping[str, Tensor]


@dataclass(frozen=True)
class Progress:
    """How far a run is."""

    variant: str
    step: int  # steps done
    photos: int  # seen so far
    seconds: float  # of training so far, over all pieces
    compact: bool


def write_state(folder: Path, progress: Progress, kinds: Mapping[str, Tensors]) -> None:
    """Replace the state in a folder.

    Args:
        folder: only for this state.
        progress: how far the run is.
        kinds: weights, average and optimiser: what to remember, by name.

    Raises:
        DiskFull, CannotWrite: the state that was there stays.
    """

    def fill(new: Path) -> None:
        digests = {}
        for kind, tensors in kinds.items():
            for number, part in enumerate(_parts(tensors), 1):
                file = new / f"{kind}-{number:02}.safetensors"
                save_file(part, file)
                digests[file.name] = digest_of_file(file)
        about = json.dumps({**asdict(progress), "parts": digests}, indent=1)
        (new / _ABOUT).write_text(about, "utf-8")

    write_folder_atomic(folder, fill)


def read_state(folder: Path) -> tuple[Progress, dict[str, dict[str, Tensor]]]:
    """What `write_state` wrote, by kind.

    Of a compact state, all parts of the average may be left behind.

    Raises:
        Missing: there is no state in the folder.
        BadInput: it is not whole.
    """
    if not (folder / _ABOUT).is_file():
        raise Missing(
            tr("{folder} holds no training run.").format(folder=folder),
            why=tr("The file {name} is not there.").format(name=_ABOUT),
            fix=tr("Choose the folder named state that an earlier run wrote."),
        )
    about = json.loads((folder / _ABOUT).read_text("utf-8"))
    kinds: dict[str, dict[str, Tensor]] = {}
    digests = about.pop("parts")
    left_behind = about["compact"] and not any(folder.glob("average-*.safetensors"))
    for name, digest in digests.items():
        kind = name.partition("-")[0]
        if kind == "average" and left_behind:
            continue
        if not (folder / name).is_file() or digest_of_file(folder / name) != digest:
            raise BadInput(
                tr("The training run in {folder} is not whole.").format(folder=folder),
                why=tr("Its part {name} is missing or damaged.").format(name=name),
                fix=tr("Copy the folder again, with all its parts."),
            )
        kinds.setdefault(kind, {}).update(load_file(folder / name))
    return Progress(**about), kinds


def write_checkpoint(path: Path, config: DA3Config, weights: Mapping[str, Tensor]) -> None:
    """One file in half precision, with the names of the published checkpoints.

    Args:
        path: of the file.
        config: of the network.
        weights: by our own names.
    """
    tensors = {
        published_name(name): tensor.detach().to("cpu", HALF).contiguous()
        for name, tensor in weights.items()
    }
    for name, shape in expected_tensors(config).items():
        if name not in tensors:  # further levels that only the official training had
            tensors[name] = torch.zeros(shape, dtype=HALF)
    write_atomic(path, lambda temporary: save_file(tensors, temporary, {"format": "pt"}))


def _parts(tensors: Mapping[str, Tensor]) -> Iterator[dict[str, Tensor]]:
    part: dict[str, Tensor] = {}
    filled = 0
    for name, tensor in tensors.items():
        size = tensor.numel() * tensor.element_size()
        if part and filled + size > PART_BYTES:
            yield part
            part, filled = {}, 0
        part[name] = tensor.detach().cpu().contiguous()
        filled += size
    yield part
