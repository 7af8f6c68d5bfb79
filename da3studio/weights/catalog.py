"""The published checkpoints, as `resources/models.toml` lists them."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from da3studio.base.errors import Missing
from da3studio.base.i18n import tr
from da3studio.base.paths import resources

Ability = Literal["poses", "confidence", "conditioning", "gaussians", "metric", "sky"]

DEFAULT_IDS = ("da3-base", "da3metric-large")  # any views, and metres: both free for any use

_SIZE_TOLERANCE = 0.01  # of the tensors' bytes: a file's header is not known beforehand


@dataclass(frozen=True)
class ModelInfo:
    """One published checkpoint; see `resources/models.toml` for the fields that are not evident."""

    id: str
    label: str  # as its authors write it
    repo: str  # on the hub
    revision: str
    file: str
    tensor_bytes: int
    sha256: str  # "" = not known to us
    variant: str
    licence: str  # SPDX
    terms: str  # the licence in one sentence
    commercial: bool
    abilities: frozenset[Ability]
    superseded_by: str  # id of what its authors advise instead, "" = nothing

    @property
    def fp32_bytes(self) -> int:
        """What the weights alone take in memory; photos and activations come on top."""
        return self.tensor_bytes

    @property
    def bf16_bytes(self) -> int:
        """The same, as far as all weights are held at half the width."""
        return self.tensor_bytes // 2

    def could_have(self, size_bytes: int) -> bool:
        """Whether a file of that size may be this one: its tensors, and a little for the header."""
        return 0 < size_bytes - self.tensor_bytes < self.tensor_bytes * _SIZE_TOLERANCE


@dataclass(frozen=True)
class Licence:
    """What a licence allows."""

    commercial: bool
    terms: str  # in one sentence, translated where it is shown


@cache
def catalogue() -> tuple[ModelInfo, ...]:
    """All published checkpoints, those that their authors call deprecated last."""
    return tuple(
        ModelInfo(
            **{**row, "abilities": frozenset(row["abilities"])},
            terms=licences()[row["licence"]].terms,
            commercial=licences()[row["licence"]].commercial,
        )
        for row in _document()["model"]
    )


@cache
def licences() -> Mapping[str, Licence]:
    """Those that networks come under, by their SPDX identifiers."""
    return {name: Licence(**row) for name, row in _document()["licence"].items()}


def model(model_id: str) -> ModelInfo:
    """The published checkpoint of that id.

    Raises:
        Missing: there is none; the sentence lists those there are.
    """
    for info in catalogue():
        if info.id == model_id:
            return info
    raise Missing(
        tr("There is no published model {id}.").format(id=model_id),
        why=tr("The models are: {ids}.").format(ids=", ".join(info.id for info in catalogue())),
        fix=tr("Choose one of them; da3studio models tells what each can do."),
    )


@cache
def _document() -> dict[str, Any]:
    return tomllib.loads((resources() / "models.toml").read_text("utf-8"))
