"""Cameras by structure from motion, depth by the network: each does what it is best at.

Photogrammetry places cameras to a fraction of a pixel where it finds enough points; the network
measures plain walls and what few photos show. Its depth is conditioned on those cameras and then
scaled, view by view, to the points that photogrammetry triangulated. Views that photogrammetry
could not place get the network's own cameras, moved into the world of the others.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from da3studio.base.cancel import CancelToken
from da3studio.base.errors import CannotReconstruct
from da3studio.base.i18n import tr
from da3studio.base.progress import Notice, Progress, Report
from da3studio.engine.da3.anchor import (
    Anchor,
    anchor_depth,
    place_unregistered,
    seen_points,
    settled,
)
from da3studio.engine.da3.capture import Capture, Seen
from da3studio.engine.da3.engine import NetworkEngine, Ready, ready_network, see_and_chain
from da3studio.engine.da3.network_pass import Loaded, PassRecipe, look_for_metres
from da3studio.engine.device import choose_device, share_cores
from da3studio.engine.protocol import Depth, Photos
from da3studio.engine.sfm.solve import register_views
from da3studio.geometry.camera import Camera
from da3studio.geometry.similarity import Sim3
from da3studio.model.network import Ask
from da3studio.recipes.depth import DepthRecipe
from da3studio.scene.depth import DepthMap
from da3studio.scene.registration import Registration
from da3studio.scene.view import View, ViewId

_METRIC_VIEWS = 12  # spread over the capture: enough to settle one number


class HybridEngine:
    """COLMAP's cameras and Depth Anything 3's depth; a `Reconstructor`.

    Args:
        ready: gets the networks that a recipe names.
    """

    id = "colmap+da3"
    label = "Photogrammetry and Depth Anything 3 together"

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
        """See `Reconstructor.reconstruct`.

        With known cameras there is nothing to register, and where photogrammetry finds no scene
        the network does it alone.
        """
        found = registration
        if found is None and not known:
            found = try_photogrammetry(
                views, photos, recipe, scratch=scratch, report=report, token=token
            )
        if found is None or not len(found.points.xyz):
            yield from NetworkEngine(self._ready).reconstruct(
                views,
                photos,
                recipe,
                known=known,
                scratch=scratch,
                registration=registration,
                finished=finished,
                report=report,
                token=token,
            )
            return
        part = NetworkPart(
            self._ready(recipe, report), recipe, views, photos, scratch, report, token
        )
        if registration is None:
            found = part.in_metres(part.completed(found))
            yield found
        yield from part.depths(found, part.seen(found), finished)


def try_photogrammetry(
    views: Sequence[View],
    photos: Photos,
    recipe: DepthRecipe,
    *,
    scratch: Path,
    report: Report,
    token: CancelToken,
) -> Registration | None:
    """Cameras and points; None where there is no scene to be found, and then the reason is told.

    Raises:
        BadInput: the recipe's device is not there, said before the minutes of work.
        JobCancelled: by the token.
    """
    choose_device(recipe.device)
    share_cores(one_view_a_core=True)
    try:
        return register_views(views, photos, recipe, scratch=scratch, report=report, token=token)
    except CannotReconstruct as error:
        report(Notice(tr("The network finds the cameras. {why}").format(why=error.why)))
        return None


class NetworkPart:
    """What the network adds to the cameras and points of photogrammetry."""

    def __init__(
        self,
        loaded: Loaded,
        recipe: DepthRecipe,
        views: Sequence[View],
        photos: Photos,
        scratch: Path,
        report: Report,
        token: CancelToken,
    ) -> None:
        self._loaded, self._recipe, self._views, self._photos = loaded, recipe, views, photos
        self._scratch, self._report, self._token = scratch, report, token

    def completed(self, found: Registration) -> Registration:
        """With cameras for the views that photogrammetry left out, where the network has them."""
        if not found.left_out:
            return found
        seen, chained = see_and_chain(self._capture(self._views, None), self._report, self._token)
        shared = {view_id: k for view_id, k in chained.owner.items() if view_id in found.cameras}
        anchors: dict[ViewId, Anchor] = {}
        for window, names in seen.read_owned(shared, (), self._token):
            depths = {name: chained.depth(name, window) for name in names}
            anchors |= self._anchors(found, depths)
        sizes = {view.id: (view.width, view.height) for view in self._views}
        network = {name: camera.resized(*sizes[name]) for name, camera in chained.cameras.items()}
        try:
            scale = float(np.median([anchor.scale for anchor in settled(anchors).values()]))
            placed = place_unregistered(found.cameras, network, depth_scale=scale)
        except ValueError:  # nothing in common
            return found
        ids = (*found.view_ids, *placed)
        notice = tr(
            "Of the photos that photogrammetry could not place, the network placed {n}."
        ).format(n=len(placed))
        return replace(
            found,
            view_ids=ids,
            cameras={**found.cameras, **placed},
            left_out={name: why for name, why in found.left_out.items() if name not in placed},
            notices=(*found.notices, notice) if placed else found.notices,
        )

    def in_metres(self, found: Registration) -> Registration:
        """Scaled by the metric network, if there is one and the scale is not known already."""
        if self._loaded.metric is None or found.unit == "metre":
            return found
        self._report(Progress(tr("Measuring the scale"), 0, 0))
        registered = [view for view in self._views if view.id in found.cameras]
        n_chosen = min(len(registered), _METRIC_VIEWS)
        spread = np.linspace(0, len(registered) - 1, n_chosen).round().astype(int)
        chosen = [registered[i] for i in spread]
        recipe = PassRecipe(self._loaded.px(self._recipe), False, Ask(), self._recipe.seed)
        metres = look_for_metres(
            self._loaded, recipe, chosen, self._photos, found.cameras, self._report
        )
        depths = {view.id: depth for view, depth in zip(chosen, metres, strict=True)}
        try:
            anchors = settled(self._anchors(found, depths))
        except ValueError:  # no point is seen by these views
            return found
        units_per_metre = float(np.median([anchor.scale for anchor in anchors.values()]))
        to_metres = Sim3(1 / units_per_metre, np.eye(3), np.zeros(3))
        points = replace(found.points, xyz=to_metres.apply(found.points.xyz).astype(np.float32))
        cameras = {name: to_metres.apply_to_camera(cam) for name, cam in found.cameras.items()}
        notice = tr(
            "Lengths are in metres as the network estimates them; set a known length to be sure."
        )
        return replace(
            found, cameras=cameras, points=points, unit="metre", notices=(*found.notices, notice)
        )

    def seen(self, registration: Registration) -> Seen:
        """All registered views, looked at with their cameras known; errors as of `Capture.see`."""
        registered = [view for view in self._views if view.id in registration.cameras]
        return self._capture(registered, registration.cameras).see()

    def depths(
        self, registration: Registration, seen: Seen, finished: Collection[ViewId]
    ) -> Iterator[Depth]:
        """Depth as the views were seen, scaled to the points; a window is in memory at a time."""
        for window, names in seen.read_owned(seen.owners(), finished, self._token):
            depths = dict(zip(window.view_ids, window.depths, strict=True))
            try:
                anchors = settled(self._anchors(registration, depths))
            except ValueError:  # no point in any of them: the cameras alone give the scale
                anchors = {}
            for name in names:
                depth = depths[name]
                yield Depth(name, anchors[name].apply(depth) if name in anchors else depth)

    def _anchors(
        self, registration: Registration, depths: Mapping[ViewId, DepthMap]
    ) -> dict[ViewId, Anchor]:
        sizes = {name: (depth.width, depth.height) for name, depth in depths.items()}
        seen = seen_points(registration, sizes)
        return {name: anchor_depth(depths[name], points) for name, points in seen.items()}

    def _capture(self, views: Sequence[View], known: Mapping[ViewId, Camera] | None) -> Capture:
        return Capture(
            self._loaded,
            self._recipe,
            views,
            self._photos,
            self._scratch,
            known,
            report=self._report,
            token=self._token,
        )
