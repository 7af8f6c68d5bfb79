"""Cutting away what was outlined on the screen."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar, Literal, Self

import numpy as np
from numpy.typing import NDArray

from da3studio.base.i18n import trn
from da3studio.edits.base import Evidence, OnlyPoints, check_vector
from da3studio.edits.blocks import by_blocks
from da3studio.geometry.outline import outline_mask
from da3studio.geometry.similarity import Sim3

MOST_CORNERS = 20_000
MOST_STEPS = 500
_LARGEST_PX = 32_768.0  # of an outline: wider than any screen, small enough for a mask
_BEHIND = np.float32(1e-30)  # what depths at and behind the camera become: projected far outside


@dataclass(frozen=True)
class SelectStep:
    """One outline drawn around points, or an inversion.

    Raises:
        ValueError: the outline or the matrix is not usable.
    """

    op: Literal["add", "subtract", "invert"]
    polygon: tuple[tuple[float, float], ...] = ()  # corners [px], closed by itself; none: invert
    matrix: tuple[float, ...] = ()  # (3, 4) row by row: world → homogeneous pixels; none: invert
    front: bool = True  # only points with a positive depth, the matrix's third row

    def __post_init__(self) -> None:
        if self.op not in ("add", "subtract", "invert"):
            raise ValueError(f"op is {self.op!r}")
        if self.op == "invert":
            if self.polygon or self.matrix:
                raise ValueError("an inversion has no outline")
            return
        if not 3 <= len(self.polygon) <= MOST_CORNERS:
            raise ValueError(f"an outline has {len(self.polygon)} corners")
        for corner in self.polygon:
            check_vector("a corner", corner, 2)
            if max(map(abs, corner)) > _LARGEST_PX:
                raise ValueError(f"a corner is at {corner}")
        check_vector("matrix", self.matrix, 12)

    def encloses(self, points: NDArray[np.float32]) -> NDArray[np.bool_]:
        """`(N,)` which of `(N, 3)` points appear inside the outline."""
        mask = outline_mask(self.polygon)
        n_columns = mask.inside.shape[1]
        last_row, last_column = (np.float32(n - 1) for n in mask.inside.shape)
        lookup = mask.inside.ravel()
        cell_from_px = np.array(
            [[mask.scale, 0, mask.x_shift], [0, mask.scale, mask.y_shift], [0, 0, 1]]
        )
        cell_from_world = (cell_from_px @ np.reshape(self.matrix, (3, 4))).astype(np.float32)
        rotation, shift = cell_from_world[:, :3], cell_from_world[:, 3:]

        def inside(rows: slice) -> NDArray[np.bool_]:
            x, y, depth = rotation @ points[rows].T + shift
            if self.front:
                np.maximum(depth, _BEHIND, out=depth)
            for position, last in ((x, last_column), (y, last_row)):
                np.divide(position, depth, out=position)
                np.fmax(position, 0, out=position)  # fmax also takes NaN to the empty edge
                np.minimum(position, last, out=position)
            cell = y.astype(np.int32)
            cell *= n_columns
            cell += x.astype(np.int32)
            enclosed: NDArray[np.bool_] = lookup[cell]
            return enclosed

        return by_blocks(len(points), inside)

    def moved(self, new_from_old: Sim3) -> Self:
        """The same outline around the same points of a world that was moved."""
        if self.op == "invert":
            return self
        old_from_new = new_from_old.inverse()
        matrix = np.reshape(self.matrix, (3, 4))
        turned = old_from_new.scale * matrix[:, :3] @ old_from_new.rotation
        shift = matrix[:, :3] @ old_from_new.translation + matrix[:, 3]
        numbers = np.column_stack([turned, shift]).ravel()
        return replace(self, matrix=tuple(float(number) for number in numbers))


@dataclass(frozen=True)
class DeleteSelected(OnlyPoints):
    """Cut away a selection: steps from nothing selected, each upon the one before.

    Raises:
        ValueError: no steps, or too many.
    """

    kind: ClassVar[str] = "delete_selected"
    title: ClassVar[str] = "Delete selected points"
    about_places: ClassVar[bool] = True

    steps: tuple[SelectStep, ...]

    def __post_init__(self) -> None:
        if not 1 <= len(self.steps) <= MOST_STEPS:
            raise ValueError(f"a selection has {len(self.steps)} steps")

    def removes(self, evidence: Evidence) -> NDArray[np.bool_]:
        return selected(self.steps, evidence.cloud.xyz)

    def moved(self, new_from_old: Sim3) -> Self:
        return replace(self, steps=tuple(step.moved(new_from_old) for step in self.steps))

    def detail(self) -> str:
        n = sum(step.op != "invert" for step in self.steps)
        return trn("{n} outline", "{n} outlines", n)


def selected(
    steps: tuple[SelectStep, ...],
    points: NDArray[np.float32],
    start: NDArray[np.bool_] | None = None,
) -> NDArray[np.bool_]:
    """`(N,)` which of `(N, 3)` points are selected after the steps.

    Args:
        steps: in the order they were made.
        points: [world units].
        start: `(N,)` what was selected before the first step; `None` = nothing.
    """
    chosen = np.zeros(len(points), np.bool_) if start is None else start.copy()
    for step in steps:
        if step.op == "invert":
            np.logical_not(chosen, out=chosen)
        elif step.op == "add":
            chosen |= step.encloses(points)
        else:
            chosen &= ~step.encloses(points)
    return chosen
