"""From finished windows to one world, with two windows in memory at a time.

    trace = trace_windows(store, len(plan), report=report, token=token)
    revisits = trace.revisits(most=len(plan))
    extra = loop_windows(trace.view_ids, revisits, per_place=10)
    # …the network sees the extra windows; the store now has them behind those of the plan…
    numbers = range(len(plan), len(plan) + len(extra))
    loops = close_loops(store, trace, numbers, report=report, token=token)
    chained = chain(trace, loops)

All that stays of a window are its cameras, its descriptors and how it joins its neighbours.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from da3studio.base.i18n import tr
from da3studio.engine.da3.window import WindowResult
from da3studio.engine.long.closing import Loops
from da3studio.engine.long.graph import Placed, chain_edge, place_windows
from da3studio.engine.long.trace import Trace
from da3studio.geometry.camera import Camera
from da3studio.geometry.similarity import Sim3
from da3studio.scene.depth import DepthMap
from da3studio.scene.registration import Unit
from da3studio.scene.view import ViewId


@dataclass(frozen=True, eq=False)
class Chained:
    """All that could be joined, in one world."""

    world_from_window: Mapping[int, Sim3]  # of the windows that are in it
    owner: Mapping[ViewId, int]  # the one window whose depth of the view counts
    cameras: Mapping[ViewId, Camera]  # pinhole, at the size of the owner's depth map
    left_out: Mapping[ViewId, str]  # the reason, one sentence
    notices: tuple[str, ...]
    unit: Unit
    n_closed: int  # loops
    n_refused: int

    def depth(self, view_id: ViewId, window: WindowResult) -> DepthMap:
        """The depth of a view in this world.

        Args:
            view_id: one of `owner`.
            window: number `owner[view_id]`.
        """
        depth = window.depths[window.view_ids.index(view_id)]
        scale = np.float32(self.world_from_window[self.owner[view_id]].scale)
        return DepthMap(depth.z * scale, depth.confidence, depth.sky)


def chain(trace: Trace, loops: Loops) -> Chained:
    """Bring all windows into one world, and give every view to one of them.

    The world is that of the first window. Where all windows are in metres, each with an error of
    scale of its own, the world has the scale that is the median of them.
    """
    edges = [chain_edge(k, k + 1, link) for k, link in trace.links.items()]
    placed = place_windows(len(trace.outlines), edges, loops.edges)
    units = {trace.outlines[k].unit for k in placed.world_from_window}
    unit: Unit = "metre" if units == {"metre"} else "relative"
    world_from_window = placed.world_from_window
    if unit == "metre":
        usual = np.exp(np.median([np.log(sim.scale) for sim in world_from_window.values()]))
        metres = Sim3(1 / float(usual), np.eye(3), np.zeros(3))
        world_from_window = {k: metres @ sim for k, sim in world_from_window.items()}
    owner = _owners(trace, world_from_window)
    left_out = _left_out(trace, placed)
    return Chained(
        world_from_window=world_from_window,
        owner=owner,
        cameras={
            view_id: world_from_window[k].apply_to_camera(
                trace.outlines[k].cameras[trace.outlines[k].view_ids.index(view_id)]
            )
            for view_id, k in owner.items()
        },
        left_out=left_out,
        notices=tuple(_notices(trace, left_out)),
        unit=unit,
        n_closed=len(placed.closed),
        n_refused=loops.n_unconfirmed + len(placed.refused),
    )


def _owners(trace: Trace, placed: Mapping[int, Sim3]) -> dict[ViewId, int]:
    """The window that has a view inmost; of equals the most certain of it, then the first."""
    best: dict[ViewId, tuple[int, float, int]] = {}
    for k in placed:
        outline = trace.outlines[k]
        last = len(outline.view_ids) - 1
        for i, view_id in enumerate(outline.view_ids):
            claim = (min(i, last - i), outline.certainty[i], -k)
            best[view_id] = max(claim, best.get(view_id, claim))
    return {view_id: -best[view_id][2] for view_id in trace.view_ids if view_id in best}


def _left_out(trace: Trace, placed: Placed) -> dict[ViewId, str]:
    """Views that only windows of other groups hold, in capture order, and why."""
    text = tr("This part of the capture could not be joined to the rest: {reason}")
    said = {}
    for group in placed.other_groups:
        reason = next(why for k, why in trace.breaks.items() if (k in group) != (k + 1 in group))
        for k in group:
            names = trace.outlines[k].view_ids
            said.update(dict.fromkeys(names, text.format(reason=reason)))
    held = {name for k in placed.world_from_window for name in trace.outlines[k].view_ids}
    return {name: said[name] for name in trace.view_ids if name not in held}


def _notices(trace: Trace, left_out: Mapping[ViewId, str]) -> Iterator[str]:
    """One for each run of views that are left out."""
    runs: list[tuple[int, int]] = []
    for idx in sorted(trace.order[view_id] for view_id in left_out):
        if runs and runs[-1][1] == idx - 1:
            runs[-1] = (runs[-1][0], idx)
        else:
            runs.append((idx, idx))
    for first, last in runs:
        yield tr("Photos {first} to {last} of the capture are left out. {reason}").format(
            first=first + 1, last=last + 1, reason=left_out[trace.view_ids[first]]
        )
