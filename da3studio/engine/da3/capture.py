"""A whole capture, seen window after window: memory decides how large they are.

Every finished window is on disk. What is done stays done when the program is stopped, and when a
window turns out to be too large for the memory: only the windows after it become smaller.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol, TypeVar, cast

from da3studio.base.atomic import write_bytes_atomic
from da3studio.base.cancel import CancelToken
from da3studio.base.digest import digest_of
from da3studio.base.errors import OutOfMemory
from da3studio.base.i18n import tr
from da3studio.base.progress import Notice, Progress, Report
from da3studio.engine.da3.memory import PassSize, give_back, is_out_of_memory, most_views
from da3studio.engine.da3.network_pass import Loaded, PassRecipe, look
from da3studio.engine.da3.window import WindowResult
from da3studio.engine.long.disk import DiskWindows
from da3studio.engine.long.plan import plan_windows
from da3studio.engine.protocol import Photos
from da3studio.geometry.camera import Camera
from da3studio.model.config import PATCH
from da3studio.model.network import Ask
from da3studio.model.reference_view import ReferenceStrategy
from da3studio.recipes.depth import DepthRecipe
from da3studio.scene.view import View, ViewId

HEAD_VIEWS = 8
_OVERLAP = 0.25  # share of a window that it has in common with the one before
_LEAST_OVERLAP = 2
_SMALLER = 0.75  # of the views, where a window was too large
_FEWEST_VIEWS = 4  # below this rather a lower resolution
_COARSER = 7 / 8
_LEAST_RESOLUTION = 224


Found = TypeVar("Found")
Found_co = TypeVar("Found_co", covariant=True)


class Look(Protocol[Found_co]):
    """One pass of the network over some views, as `network_pass.look`."""

    def __call__(
        self,
        loaded: Loaded,
        recipe: PassRecipe,
        views: Sequence[View],
        photos: Photos,
        known: Mapping[ViewId, Camera] | None,
        report: Report,
    ) -> Found_co: ...


@dataclass(frozen=True)
class _Plan:
    """What each pass sees, and how."""

    resolution: int
    windows: tuple[range, ...]
    head_views: int = HEAD_VIEWS

    @property
    def largest(self) -> int:
        return max(len(window) for window in self.windows)


@dataclass(frozen=True, eq=False)
class Seen:
    """Finished windows."""

    store: DiskWindows
    windows: tuple[tuple[ViewId, ...], ...]  # the views of each

    def owners(self) -> dict[ViewId, int]:
        """The window that has a view inmost, for each view: the one whose depth of it counts."""
        return _owners(self.windows)

    def read_owned(
        self, owner: Mapping[ViewId, int], finished: Collection[ViewId], token: CancelToken
    ) -> Iterator[tuple[WindowResult, tuple[ViewId, ...]]]:
        """Every window that has unfinished work, one at a time, with the views to take from it."""
        todo = {view_id: k for view_id, k in owner.items() if view_id not in finished}
        for k in sorted(set(todo.values())):
            token.check()
            window = self.store.read(k)
            yield window, tuple(name for name in window.view_ids if todo.get(name) == k)


class Capture:
    """Views that a network is to see, in order.

    Args:
        loaded: the networks.
        recipe: settings.
        views: in capture order.
        photos: reads their pixels.
        folder: for finished windows and the plan, kept between interrupted runs.
        known: cameras of all views, or none.
        gaussians: let the network make Gaussians, see `look_owned`.
        report: told about progress.
        token: checked between passes.
    """

    def __init__(
        self,
        loaded: Loaded,
        recipe: DepthRecipe,
        views: Sequence[View],
        photos: Photos,
        folder: Path,
        known: Mapping[ViewId, Camera] | None,
        *,
        gaussians: bool = False,
        report: Report,
        token: CancelToken,
    ) -> None:
        self._loaded, self._recipe, self._gaussians = loaded, recipe, gaussians
        self._views, self._photos, self._folder, self._known = views, photos, folder, known
        self._report, self._token = report, token
        self._by_id = {view.id: view for view in views}
        self._px = loaded.px(recipe)

    def see(self) -> Seen:
        """Look at all views, as far as that is not done.

        Raises:
            OutOfMemory: not even the smallest pass fits.
            Missing: a photo is gone.
            JobCancelled: by the token.
        """

        def done(k: int) -> bool:
            return self._stored.has(k)  # of the plan as it is then

        for k, window in self._passes(look, done):
            self._stored.put(k, window)
        return Seen(self._stored, self._names(self._plan))

    def look_owned(
        self, look: Look[Found], finished: Collection[ViewId]
    ) -> Iterator[tuple[Found, tuple[ViewId, ...]]]:
        """Look, keeping nothing, until every view was taken from the window that has it inmost.

        Args:
            look: makes one pass.
            finished: views that are not to be taken again.

        Returns:
            What each pass found, with the views to take from it; errors as of `see`.
        """
        done = set(finished)

        def todo(k: int) -> tuple[ViewId, ...]:
            windows = self._names(self._plan)
            owner = _owners(windows)
            return tuple(name for name in windows[k] if owner[name] == k and name not in done)

        # Where a window was too large, views may fall to windows that the loop has passed.
        while not done.issuperset(self._by_id):
            for k, found in self._passes(look, lambda k: not todo(k)):
                names = todo(k)
                yield found, names
                done.update(names)

    def see_extra(self, extra: Sequence[tuple[ViewId, ...]]) -> Seen:
        """Look at further windows, after `see`; one that does not fit into memory is left out.

        Returns:
            The windows of the plan, and behind them the extra ones.
        """
        seen: list[tuple[ViewId, ...]] = []
        store, first = self._store(self._plan, extra), len(self._plan.windows)
        for done, view_ids in enumerate(extra):
            self._token.check()
            self._report(Progress(tr("Looking at places seen twice"), done, len(extra)))
            if not store.has(first + done):
                window = self._try(look, [self._by_id[view_id] for view_id in view_ids])
                if window is None:
                    continue
                store.put(first + done, window)
            seen.append(view_ids)
        return Seen(self._store(self._plan, seen), (*self._names(self._plan), *seen))

    def _passes(
        self, look: Look[Found], done: Callable[[int], bool]
    ) -> Iterator[tuple[int, Found]]:
        """Pass after pass, for the windows of the plan that are not done; the plan may change."""
        self._follow(self._remembered() or self._planned(self._px))
        k = 0
        while k < len(self._plan.windows):
            self._token.check()
            self._report(Progress(tr("Looking at the photos"), k, len(self._plan.windows)))
            if not done(k):
                found = self._try(look, [self._views[i] for i in self._plan.windows[k]])
                if found is None:
                    before = self._plan
                    self._follow(self._lighter(before, k))
                    k = k if self._plan.resolution == before.resolution else 0
                    continue
                yield k, found
            k += 1

    def _try(self, look: Look[Found], views: Sequence[View]) -> Found | None:
        """One pass; `None` where memory did not suffice, with the memory given back."""
        recipe = self._recipe
        rays = recipe.poses == "rays" and self._known is None
        ask = Ask(rays=rays, gaussians=self._gaussians, head_views=self._plan.head_views)
        references = 1
        if recipe.reference_view != "auto":
            ask = replace(ask, reference=cast(ReferenceStrategy, recipe.reference_view))
        elif not rays and not self._gaussians:
            references = self._loaded.references
        pass_recipe = PassRecipe(self._plan.resolution, rays, ask, recipe.seed, references)
        known = None
        if self._known is not None:
            known = {view.id: self._known[view.id] for view in views}
        try:
            return look(self._loaded, pass_recipe, views, self._photos, known, self._report)
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
        # Outside of the block above: the error holds on to everything that the pass had made.
        give_back(self._loaded.device)
        return None

    def _planned(self, resolution: int, start: int = 0, size: int | None = None) -> _Plan:
        """Windows over the views from `start` on."""
        n_views = len(self._views) - start
        size = min(size or self._window_size(resolution), n_views)
        overlap = min(max(_LEAST_OVERLAP, round(_OVERLAP * size)), max(1, size - 1))
        if size < 2 and n_views > 1:
            raise _too_little(self._loaded.device)
        windows = plan_windows(n_views, max(size, overlap + 1), overlap)
        shifted = tuple(range(w.start + start, w.stop + start) for w in windows)
        return _Plan(resolution, shifted)

    def _window_size(self, resolution: int) -> int:
        """As asked for, else what memory is good for."""
        if self._recipe.views_per_window:
            return self._recipe.views_per_window
        ratios = [min(v.width, v.height) / max(v.width, v.height) for v in self._views]
        shorter = max(PATCH, round(resolution * max(ratios) / PATCH) * PATCH)
        rays = self._recipe.poses == "rays" and self._known is None
        one = PassSize(1, shorter, resolution, HEAD_VIEWS, rays, self._gaussians)
        network = self._loaded.any_view
        return most_views(
            network.config, self._loaded.precision, one, self._loaded.device, len(self._views)
        )

    def _lighter(self, plan: _Plan, k: int) -> _Plan:
        """The next thing to try after window `k` did not fit; what is done is kept if possible."""
        if plan.head_views > 1:
            return replace(plan, head_views=1)
        size = len(plan.windows[k])
        if size > _FEWEST_VIEWS:
            smaller = max(_FEWEST_VIEWS, int(_SMALLER * size))
            self._report(
                Notice(
                    tr(
                        "Memory does not suffice for {size} photos at once; it goes on with"
                        " {smaller}."
                    ).format(size=size, smaller=smaller)
                )
            )
            rest = self._planned(plan.resolution, plan.windows[k].start, smaller)
            return replace(plan, windows=plan.windows[:k] + rest.windows)
        coarser = max(_LEAST_RESOLUTION, int(_COARSER * plan.resolution) // PATCH * PATCH)
        if coarser >= plan.resolution:
            raise _too_little(self._loaded.device)
        self._report(
            Notice(
                tr(
                    "Memory does not suffice at {px} px; it starts again at {coarser} px, so depth"
                    " will be less fine."
                ).format(px=plan.resolution, coarser=coarser)
            )
        )
        return replace(self._planned(coarser, size=size), head_views=1)

    def _store(self, plan: _Plan, extra: Sequence[tuple[ViewId, ...]] = ()) -> DiskWindows:
        made_by = digest_of("network windows", plan.resolution, self._known is not None)
        return DiskWindows(self._folder / "windows", [*self._names(plan), *extra], made_by)

    def _names(self, plan: _Plan) -> tuple[tuple[ViewId, ...], ...]:
        return tuple(tuple(self._views[i].id for i in window) for window in plan.windows)

    def _follow(self, plan: _Plan) -> None:
        """Go by this plan from now on, also after an interruption."""
        self._plan, self._stored = plan, self._store(plan)
        windows = [[window.start, window.stop] for window in plan.windows]
        content = {
            "resolution": plan.resolution, "windows": windows, "head_views": plan.head_views
        }  # fmt: skip
        write_bytes_atomic(self._plan_file, json.dumps(content).encode())

    def _remembered(self) -> _Plan | None:
        """The plan of an interrupted run, where there is one."""
        try:
            content: Any = json.loads(self._plan_file.read_bytes())
            windows = tuple(range(start, stop) for start, stop in content["windows"])
            plan = _Plan(int(content["resolution"]), windows, int(content["head_views"]))
        except (OSError, ValueError, KeyError, TypeError):
            return None
        n_views = len(self._views)
        if not all(0 <= window.start < window.stop <= n_views for window in windows):
            return None
        if not (0 < plan.resolution <= self._px and plan.head_views > 0):
            return None
        return plan if {i for window in windows for i in window} == set(range(n_views)) else None

    @property
    def _plan_file(self) -> Path:
        kind = "free" if self._known is None else "known"
        return self._folder / f"plan-{'gaussians' if self._gaussians else kind}.json"


def _owners(windows: Sequence[tuple[ViewId, ...]]) -> dict[ViewId, int]:
    """The window that has a view inmost, the first of equals, for each view."""
    best: dict[ViewId, tuple[int, int]] = {}
    for k, view_ids in enumerate(windows):
        for i, view_id in enumerate(view_ids):
            claim = (min(i, len(view_ids) - 1 - i), -k)
            best[view_id] = max(claim, best.get(view_id, claim))
    return {view_id: -k for view_id, (_, k) in best.items()}


def _too_little(device: Any) -> OutOfMemory:
    return OutOfMemory(
        tr("There is not enough memory for this network."),
        why=tr("Not even {n} photos at {px} px fit on the device {device}.").format(
            n=_FEWEST_VIEWS, px=_LEAST_RESOLUTION, device=device
        ),
        fix=tr(
            "Close other programs, choose a smaller network (--checkpoint), or compute on the"
            " processor (--depth-device cpu)."
        ),
    )
