"""The windows of the plan, read once in order: what is kept of them, and how neighbours join."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from da3studio.base.cancel import CancelToken
from da3studio.base.i18n import tr
from da3studio.base.progress import Progress, Report
from da3studio.engine.da3.window import WindowResult
from da3studio.engine.long.join import CannotJoinError, Link, join
from da3studio.engine.long.loops import Revisit, find_revisits
from da3studio.geometry.camera import Camera
from da3studio.scene.depth import DepthMap
from da3studio.scene.registration import Unit
from da3studio.scene.view import ViewId


class WindowStore(Protocol):
    """Where finished windows lie: those of the plan in capture order, then the extra ones."""

    def read(self, index: int) -> WindowResult:
        """One window; not kept."""
        ...


@dataclass(frozen=True, eq=False)
class Outline:
    """What stays in memory of a window."""

    view_ids: tuple[ViewId, ...]
    cameras: tuple[Camera, ...]  # in the window's world
    certainty: tuple[float, ...]  # mean confidence of each view's depth
    unit: Unit


@dataclass(frozen=True, eq=False)
class Trace:
    """The windows of the plan, each joined to the one before."""

    outlines: tuple[Outline, ...]
    links: Mapping[int, Link]  # window k + 1 in window k, by k
    breaks: Mapping[int, str]  # k → why window k + 1 could not be joined to it
    view_ids: tuple[ViewId, ...]  # in capture order
    descriptors: NDArray[np.float32]  # (n_views, D), the mean over a view's windows

    @cached_property
    def order(self) -> Mapping[ViewId, int]:
        """Where each view stands in `view_ids`."""
        return {view_id: idx for idx, view_id in enumerate(self.view_ids)}

    def revisits(self, most: int) -> tuple[Revisit, ...]:
        """Pairs of views between windows that may show one place, see `find_revisits`."""
        longest = max(len(outline.view_ids) for outline in self.outlines)
        return find_revisits(self.descriptors, min_gap=longest, most=most)


def trace_windows(
    store: WindowStore, n_windows: int, *, report: Report, token: CancelToken
) -> Trace:
    """Read the windows of the plan once, in order, and join each to the one before.

    Raises:
        JobCancelled: by the token.
    """
    outlines: list[Outline] = []
    links: dict[int, Link] = {}
    breaks: dict[int, str] = {}
    sums: dict[ViewId, NDArray[np.float32]] = {}
    before: WindowResult | None = None
    for k in range(n_windows):
        token.check()
        report(Progress(tr("Joining windows"), k, n_windows))
        window = store.read(k)
        outlines.append(_outline(window))
        for view_id, descriptor in zip(window.view_ids, window.descriptors, strict=True):
            sums[view_id] = sums[view_id] + descriptor if view_id in sums else descriptor.copy()
        if before is not None:
            try:
                links[k - 1] = join(before, window)
            except CannotJoinError as error:
                breaks[k - 1] = str(error)
        before = window
    descriptors = np.stack(list(sums.values()))
    descriptors /= np.maximum(np.linalg.norm(descriptors, axis=1, keepdims=True), 1e-12)
    return Trace(tuple(outlines), links, breaks, tuple(sums), descriptors)


def _outline(window: WindowResult) -> Outline:
    certainty = tuple(_certainty(depth) for depth in window.depths)
    return Outline(window.view_ids, window.cameras, certainty, window.unit)


def _certainty(depth: DepthMap) -> float:
    measured = depth.z > 0
    return float(depth.confidence[measured].mean()) if measured.any() else 0.0
