"""A tiny network with weights from a formula, on a device whose memory ends where a test says.

The network itself refuses, as torch does: the error is raised inside its forward pass, while all
that the pass has made so far is alive.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from da3studio.base.cancel import NEVER
from da3studio.base.progress import Notice, Progress
from da3studio.bench.parity.formula import FormulaWeights, make_image
from da3studio.engine.da3.capture import Capture, Seen
from da3studio.engine.da3.network_pass import Loaded
from da3studio.model.checkpoint import filled
from da3studio.model.config import TINY
from da3studio.model.network import DA3
from da3studio.model.precision import FULL
from da3studio.recipes.depth import DepthRecipe
from da3studio.scene.view import PhotoSource, View, ViewId

CPU = torch.device("cpu")
SIZE = (80, 60)  # of the photos [px]


class FormulaPhotos:
    """Photos that are made when they are read."""

    def read(self, view: View, max_side: int | None = None) -> NDArray[np.uint8]:
        return make_image(SIZE[1], SIZE[0], int(view.id), 0)


def views(n: int) -> list[View]:
    return [
        View(ViewId(str(i)), f"{i}.jpg", PhotoSource(f"{i}.jpg", ""), *SIZE, None, "", 1.0)
        for i in range(n)
    ]


@dataclass
class SmallMemory:
    """What a network is asked for, and what it refuses.

    Args:
        refuses: told the number of views, the photos' longer side and how many passes were done
            before; whether that is too much.
    """

    refuses: Callable[[int, int, int], bool]
    asked: list[tuple[int, int]] = field(default_factory=list)  # views, longer side of each pass
    alive: list[int] = field(default_factory=list)  # refused passes not let go, when one begins
    _refused: list[weakref.ref[torch.Tensor]] = field(default_factory=list)

    def network(self) -> DA3:
        network = filled(TINY, weights(), device=CPU, precision=FULL)
        network.register_forward_pre_hook(self._begins)
        return network

    def _begins(self, _: DA3, inputs: tuple[Any, ...]) -> None:
        images = inputs[0]
        self.alive.append(sum(ref() is not None for ref in self._refused))
        size = len(images), max(images[0].shape[-2:])
        n_done = len(self.asked) - len(self._refused)
        self.asked.append(size)
        if self.refuses(*size, n_done):
            self._refused.append(weakref.ref(images[0]))
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB.")


@cache
def weights() -> FormulaWeights:
    return FormulaWeights(TINY)


@dataclass
class Looked:
    """A capture seen once, or as far as it came, and what was said."""

    memory: SmallMemory
    n_views: int
    folder: Path
    notices: list[str] = field(default_factory=list)
    steps: list[Progress] = field(default_factory=list)

    def see(self, **recipe: Any) -> Seen:
        return self.capture(**recipe).see()

    def capture(self, **recipe: Any) -> Capture:
        settings = DepthRecipe(engine="da3", **{"network_px": 140, **recipe})
        loaded = Loaded(self.memory.network(), None, CPU, FULL)
        return Capture(
            loaded,
            settings,
            views(self.n_views),
            FormulaPhotos(),
            self.folder,
            None,
            report=self._hear,
            token=NEVER,
        )

    def _hear(self, said: Progress | Notice) -> None:
        if isinstance(said, Notice):
            self.notices.append(said.text)
        else:
            self.steps.append(said)
