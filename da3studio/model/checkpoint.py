"""Weights from files: recognised by their tensors, loaded strictly, safetensors only.

A file may hold a tensor in 8 bits: whole numbers, and beside it `<name>.scale`, one number for each
entry of the first axis by which they are multiplied.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from da3studio.base.cancel import NEVER, CancelToken
from da3studio.base.errors import CheckpointMismatch, Missing
from da3studio.base.i18n import tr, trn
from da3studio.model.config import METRIC, MONO, VARIANTS, DA3Config, NestedConfig
from da3studio.model.names import (
    Shape,
    expected_tensors,
    is_alias,
    networks_of,
    on_paper,
    published_name,
)
from da3studio.model.network import DA3
from da3studio.model.precision import FULL, Precision

_PREFIX = "model."  # of every tensor in the published files
_DTYPES = frozenset({"F32", "F16", "BF16"})
_EIGHT_BIT, _SCALE = "I8", ".scale"
_LARGEST_HEADER_BYTES = 16 * 2**20
_LARGEST_CONFIG_BYTES = 2**20
_PICKLES = (b"PK\x03\x04", b"\x80")  # how files of torch.save begin


@dataclass(frozen=True)
class Identified:
    """What a file of weights is."""

    path: Path
    variant: str  # a name of `config.VARIANTS`
    n_tensors: int


@dataclass(frozen=True, eq=False)
class Networks:
    """A loaded checkpoint; nested ones hold two networks, the others one of the two."""

    any_view: DA3 | None
    metric: DA3 | None


def identify(path: Path) -> Identified:
    """Recognise a file by its tensors' names and shapes; the values are not looked at.

    Args:
        path: a `.safetensors` file.

    Raises:
        Missing: no such file.
        CheckpointMismatch: not a whole safetensors file, or not that of a network known here; the
            first tensor that is missing or odd is named.
    """
    tensors = _tensors_of(path)
    variant = _best_guess(path, tensors)
    _compare(path, tensors, variant)
    return Identified(path, variant, len(tensors))


def check_numbers(path: Path, token: CancelToken = NEVER) -> None:
    """Look at every weight of a file that `identify` knows: `load` refuses what is no number.

    Raises:
        Missing: no such file.
        CheckpointMismatch: the first tensor that holds NaN or an infinity is named.
        JobCancelled: by the token.
    """
    tensors = _tensors_of(path)
    try:
        with safe_open(path, framework="pt") as file:
            read = _Reader(path, file, tensors, "")
            for name in tensors:
                token.check()
                read[name]
    except (SafetensorError, OSError) as error:
        raise _unreadable(path, error) from error


def load(
    path: Path, *, variant: str | None = None, device: Any = "cpu", precision: Precision = FULL
) -> Networks:
    """Load a file strictly: every tensor of the variant is there, fits and is a finite number.

    Args:
        path: a `.safetensors` file.
        variant: what it has to be; `None` = whatever it is.
        device: where to.
        precision: of the network's parts.

    Raises:
        Missing, CheckpointMismatch: see `identify`; also a file of another variant, or NaN weights.
    """
    tensors = _tensors_of(path)
    variant = variant or _best_guess(path, tensors)
    _compare(path, tensors, variant)
    loaded = []
    try:
        with safe_open(path, framework="pt") as file:
            for prefix, config in networks_of(VARIANTS[variant]):
                read = _Reader(path, file, tensors, prefix)
                loaded.append(filled(config, read, device=device, precision=precision))
    except (SafetensorError, OSError) as error:
        raise _unreadable(path, error) from error
    any_view = [network for network in loaded if network.config.any_view]
    metric = [network for network in loaded if not network.config.any_view]
    return Networks(any_view[0] if any_view else None, metric[0] if metric else None)


def filled(
    config: DA3Config, read: Mapping[str, Tensor], *, device: Any, precision: Precision
) -> DA3:
    """The network with weights.

    Args:
        config: which variant.
        read: published name → tensor; asked for one after the other, so that a file's tensors need
            not be in memory together.
        device: where the network is to be.
        precision: of its parts.
    """
    network = on_paper(config)
    state = {
        ours: read[published_name(ours)].to(device, precision.of(ours))
        for ours in network.state_dict()
    }
    network.load_state_dict(state, assign=True)
    network.to(memory_format=torch.channels_last)
    return network.eval().requires_grad_(False)


class _Reader(Mapping[str, Tensor]):
    """The tensors of one network in an open file, read and checked when asked for."""

    def __init__(self, path: Path, file: Any, tensors: Mapping[str, _Entry], prefix: str) -> None:
        self._path, self._file, self._tensors, self._prefix = path, file, tensors, prefix

    def __getitem__(self, name: str) -> Tensor:
        entry = self._tensors[self._prefix + name]
        tensor: Tensor = self._file.get_tensor(entry.name)
        if entry.scale:
            scale = self._file.get_tensor(entry.scale).float()
            tensor = tensor.float() * scale.reshape(-1, *[1] * (tensor.ndim - 1))
        if not all(torch.isfinite(end) for end in tensor.aminmax()):  # of NaN, both ends are NaN
            raise CheckpointMismatch(
                tr("{file} cannot be used.").format(file=self._path),
                why=tr("The weights {name} hold values that are no numbers.").format(
                    name=entry.name
                ),
                fix=tr("The file is damaged, or training failed: get it again."),
            )
        return tensor

    def __iter__(self) -> Iterator[str]:
        start = len(self._prefix)
        return (name[start:] for name in self._tensors if name.startswith(self._prefix))

    def __len__(self) -> int:
        return sum(1 for _ in self)


@dataclass(frozen=True)
class _Entry:
    name: str  # in the file
    shape: Shape
    dtype: str
    scale: str = ""  # name in the file of what multiplies it, "" = it stands as it is

    @property
    def is_number(self) -> bool:
        """Whether it is of a type that weights may have."""
        return self.dtype in _DTYPES or (self.dtype == _EIGHT_BIT and bool(self.scale))


def _tensors_of(path: Path) -> dict[str, _Entry]:
    """Name without the common prefix → what the file's header says; sizes are checked first."""
    try:
        with path.open("rb") as file:
            start = file.read(8)
        size = path.stat().st_size
    except OSError as error:
        raise Missing(
            tr("{file} cannot be opened.").format(file=path),
            why=tr("The system says: {reason}.").format(reason=error.strerror or error),
            fix=tr("Check the path, and that you may read it."),
        ) from error
    length = int.from_bytes(start, "little")
    if start.startswith(_PICKLES) and length > min(_LARGEST_HEADER_BYTES, size):
        raise CheckpointMismatch(
            tr("{file} is refused.").format(file=path),
            why=tr("It is a pickle, which can run any program when it is opened."),
            fix=tr("Use the model.safetensors file of the same checkpoint."),
        )
    if not 2 <= length <= min(_LARGEST_HEADER_BYTES, size - 8):
        raise _unreadable(path, ValueError(tr("its header has an impossible length")))
    try:
        with safe_open(path, framework="pt") as file:
            entries = {}
            for name in file.keys():  # noqa: SIM118  not a mapping
                part = file.get_slice(name)
                entries[name] = _Entry(name, tuple(part.get_shape()), part.get_dtype())
    except (SafetensorError, OSError) as error:
        raise _unreadable(path, error) from error
    entries = _with_scales(entries)
    if entries and all(name.startswith(_PREFIX) for name in entries):
        return {name.removeprefix(_PREFIX): entry for name, entry in entries.items()}
    return entries


def _with_scales(entries: Mapping[str, _Entry]) -> dict[str, _Entry]:
    """Tensors in 8 bits, each joined with its scale."""
    scales = {}
    for name, entry in entries.items():
        scale = entries.get(name + _SCALE)
        if entry.dtype != _EIGHT_BIT or scale is None or scale.dtype not in _DTYPES:
            continue
        if scale.shape == entry.shape[:1]:
            scales[name] = scale.name
    taken = set(scales.values())
    return {
        name: replace(entry, scale=scales.get(name, ""))
        for name, entry in entries.items()
        if entry.name not in taken
    }


def _best_guess(path: Path, tensors: Mapping[str, _Entry]) -> str:
    """The variant whose width and kind the tensors have."""
    nested = any(name.startswith("da3_metric.") for name in tensors)
    token = tensors.get(f"{'da3.' if nested else ''}backbone.pretrained.cls_token")
    width = token.shape[-1] if token is not None and token.shape else 0
    any_view = "backbone.pretrained.camera_token" in tensors
    for name, config in VARIANTS.items():
        if isinstance(config, NestedConfig):
            if nested and width == config.any_view.backbone.width:
                return name
        elif not nested and (config.backbone.width, config.any_view) == (width, any_view):
            return name if any_view else _monocular(path)
    raise CheckpointMismatch(
        tr("{file} is not a network that this program knows.").format(file=path),
        why=tr("Its {n} tensors do not begin like those of a Depth Anything 3 checkpoint.").format(
            n=len(tensors)
        ),
        fix=tr("Use the model.safetensors file of an official Depth Anything 3 checkpoint."),
    )


def _monocular(path: Path) -> str:
    """Metric and mono have equal tensors: only names around the file tell them apart."""
    said = [
        path.stem,
        path.resolve().parent.name,
        _model_name(path.parent / "config.json"),
        *(parent.name for parent in path.parents[1:3]),  # where the hub's cache keeps the name
    ]
    plain = " ".join(said).lower().replace("_", "-")
    named = [config.name for config in (METRIC, MONO) if config.name in plain]
    if len(named) == 1:
        return named[0]
    raise CheckpointMismatch(
        tr("It cannot be told which network {file} holds.").format(file=path),
        why=tr("METRIC-LARGE and MONO-LARGE have the same tensors, and the names around the file"
               " say neither or both."),
        fix=tr("Put its config.json beside it, or name the file {metric} or {mono}.").format(
            metric=f"{METRIC.name}.safetensors", mono=f"{MONO.name}.safetensors"
        ),
    )  # fmt: skip


def _model_name(path: Path) -> str:
    try:
        if path.stat().st_size > _LARGEST_CONFIG_BYTES:
            return ""
        content = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return ""
    name = content.get("model_name", "") if isinstance(content, dict) else ""
    return name if isinstance(name, str) else ""


def _compare(path: Path, tensors: Mapping[str, _Entry], variant: str) -> None:
    """Refuse anything but the variant's own tensors."""
    expected = expected_tensors(VARIANTS[variant])
    missing = [name for name in expected if name not in tensors]
    odd = [name for name in tensors if name not in expected and not is_alias(name)]
    wrong = [
        name
        for name, shape in expected.items()
        if name in tensors and (tensors[name].shape != shape or not tensors[name].is_number)
    ]
    if not (missing or odd or wrong):
        return
    if missing:
        count = trn(
            "{n} of its tensors is missing.", "{n} of its tensors are missing.", len(missing)
        )
        why = f"{count} {tr('The first is {name}.').format(name=missing[0])}"
    elif wrong:
        entry = tensors[wrong[0]]
        why = tr("Its tensor {name} is {dtype} {shape}; {wanted} was expected.").format(
            name=wrong[0], dtype=entry.dtype, shape=entry.shape, wanted=expected[wrong[0]]
        )
    else:
        count = trn(
            "{n} tensor does not belong to it.", "{n} tensors do not belong to it.", len(odd)
        )
        why = f"{count} {tr('The first is {name}.').format(name=odd[0])}"
    raise CheckpointMismatch(
        tr("{file} does not hold the network {variant}.").format(file=path, variant=variant),
        why=why,
        fix=tr("Choose the matching checkpoint, or download it again."),
    )


def _unreadable(path: Path, error: Exception) -> CheckpointMismatch:
    return CheckpointMismatch(
        tr("{file} is not a whole safetensors file.").format(file=path),
        why=tr("Reading it fails: {reason}.").format(reason=error),
        fix=tr("It was cut off or is something else: get it again."),
    )
