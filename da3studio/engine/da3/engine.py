"""The network as an engine: cameras and depth from one pass per window of the capture."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from da3studio.base.cancel import CancelToken
from da3studio.base.i18n import tr, trn
from da3studio.base.progress import Notice, Progress, Report
from da3studio.engine.da3.capture import Capture, Seen
from da3studio.engine.da3.checkpoints import load_networks
from da3studio.engine.da3.network_pass import Loaded
from da3studio.engine.device import choose_device, share_cores
from da3studio.engine.long.chain import Chained, chain
from da3studio.engine.long.closing import close_loops
from da3studio.engine.long.loops import loop_windows
from da3studio.engine.long.trace import trace_windows
from da3studio.engine.protocol import Depth, Photos
from da3studio.geometry.camera import Camera
from da3studio.recipes.depth import DepthRecipe
from da3studio.scene.registration import Registration, SparsePoints
from da3studio.scene.view import View, ViewId

Ready = Callable[[DepthRecipe, Report], Loaded]

_VIEWS_PER_PLACE = 10  # of each of the two places that an extra window joins


def ready_network(recipe: DepthRecipe, report: Report) -> Loaded:
    """The recipe's networks on the recipe's device.

    Raises:
        Missing, CheckpointMismatch, BadInput: see `load_networks` and `choose_device`.
    """
    device = choose_device(recipe.device)
    share_cores(one_view_a_core=False)
    report(Progress(tr("Loading the network"), 0, 0))
    return load_networks(recipe, device)


class NetworkEngine:
    """Depth Anything 3 alone; a `Reconstructor`. Works from one photo on.

    Args:
        ready: gets the networks that a recipe names.
    """

    id = "da3"
    label = "Depth Anything 3"

    def __init__(self, ready: Ready = ready_network) -> None:
        self._ready = ready

    def reconstruct(
        self,
        views: Sequence[View],
        photos: Photos,
        recipe: DepthRecipe,
        *,
        known: Mapping[ViewId, Camera],
        scratch: Path,
        registration: Registration | None,
        finished: Collection[ViewId],
        report: Report,
        token: CancelToken,
    ) -> Iterator[Registration | Depth]:
        """See `Reconstructor.reconstruct`. Two windows are in memory at a time."""
        loaded = self._ready(recipe, report)

        def capture(seen: Sequence[View], given: Mapping[ViewId, Camera] | None) -> Capture:
            return Capture(loaded, recipe, seen, photos, scratch, given, report=report, token=token)

        if known:
            if registration is None:
                yield given_registration(views, known)
            chosen = [view for view in views if view.id in known]
            seen = capture(chosen, known).see()
            depths = (
                Depth(name, window.depths[window.view_ids.index(name)])
                for window, names in seen.read_owned(seen.owners(), finished, token)
                for name in names
            )
            yield from told(depths, len(finished), len(chosen), report)
            return
        seen, chained = see_and_chain(capture(views, None), report, token)
        if registration is None:
            yield chained_registration(views, chained)
        depths = (
            Depth(name, chained.depth(name, window))
            for window, names in seen.read_owned(chained.owner, finished, token)
            for name in names
        )
        yield from told(depths, len(finished), len(chained.owner), report)


def told(depths: Iterable[Depth], n_finished: int, total: int, report: Report) -> Iterator[Depth]:
    """Depth maps as they come, with a word of progress before each."""
    for done, depth in enumerate(depths, n_finished):
        report(Progress(tr("Storing depth maps"), done, total))
        yield depth


def see_and_chain(capture: Capture, report: Report, token: CancelToken) -> tuple[Seen, Chained]:
    """Look at everything, close loops, and bring all windows into one world."""
    seen = capture.see()
    n_windows = len(seen.windows)
    trace = trace_windows(seen.store, n_windows, report=report, token=token)
    per_place = max(1, min(_VIEWS_PER_PLACE, (min(map(len, seen.windows)) - 1) // 2))
    extra = loop_windows(trace.view_ids, trace.revisits(most=n_windows), per_place)
    both = capture.see_extra(extra)
    numbers = range(n_windows, len(both.windows))
    chained = chain(trace, close_loops(both.store, trace, numbers, report=report, token=token))
    if chained.n_closed:
        closed = trn(
            "{n} place was seen twice and closes a loop.",
            "{n} places were seen twice and close loops.",
            chained.n_closed,
        )
        report(Notice(closed))
    return seen, chained


def chained_registration(views: Sequence[View], chained: Chained) -> Registration:
    """The chained cameras, at the photos' own size."""
    placed = [view for view in views if view.id in chained.cameras]
    return Registration(
        tuple(view.id for view in placed),
        {view.id: chained.cameras[view.id].resized(view.width, view.height) for view in placed},
        no_points(),
        dict(chained.left_out),
        chained.notices,
        chained.unit,
    )


def given_registration(views: Sequence[View], known: Mapping[ViewId, Camera]) -> Registration:
    """Known cameras as they are; photos without one are left out."""
    reason = tr("The file of known cameras has none for this photo.")
    return Registration(
        tuple(view.id for view in views if view.id in known),
        {view.id: known[view.id] for view in views if view.id in known},
        no_points(),
        {view.id: reason for view in views if view.id not in known},
        (),
        "relative",
    )


def no_points() -> SparsePoints:
    """A network matches no features."""
    none, no_index = np.zeros(0, np.float32), np.zeros(0, np.int32)
    xyz, rgb, xy = none.reshape(0, 3), np.zeros((0, 3), np.uint8), none.reshape(0, 2)
    return SparsePoints(xyz, rgb, none, no_index, no_index, xy)
