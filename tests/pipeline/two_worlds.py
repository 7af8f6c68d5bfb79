"""An engine that finds the truth, but in another world as soon as there is a sixth photo."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np

from da3studio.engine.protocol import Depth, Photos, Reconstructor
from da3studio.geometry.rigid import rotation_from_wxyz
from da3studio.geometry.similarity import Sim3
from da3studio.project.folder import ProjectFolder
from da3studio.recipes.depth import DepthRecipe
from da3studio.scene.registration import Registration
from da3studio.scene.view import View, ViewId
from tests.pipeline.exact_engine import (
    VIEWS,
    ExactEngine,
    capture,
    exact_project,
    exact_registration,
)
from tests.synthetic.captures import Capture

NEW_FROM_OLD = Sim3(2.5, rotation_from_wxyz([0.8, 0.3, -0.4, 0.2]), np.array([3.0, -1.0, 7.0]))


class WanderingEngine(ExactEngine):
    """Yields the truth in the world that goes with the number of photos."""

    def reconstruct(  # type: ignore[override]
        self, views: Sequence[View], photos: Photos, recipe: DepthRecipe, **more: object
    ) -> Iterator[Registration | Depth]:
        if len(views) < VIEWS:
            yield from super().reconstruct(views, photos, recipe, **more)  # type: ignore[arg-type]
            return
        if more["registration"] is None:
            more["registration"] = registration_in(NEW_FROM_OLD, tuple(view.id for view in views))
            yield more["registration"]  # type: ignore[misc]
        for piece in super().reconstruct(views, photos, recipe, **more):  # type: ignore[arg-type]
            assert isinstance(piece, Depth)
            yield Depth(piece.view_id, moved_capture().depth_of(piece.view_id))


@cache
def moved_capture() -> Capture:
    return capture().in_world(NEW_FROM_OLD)


def registration_in(world: Sim3, view_ids: tuple[ViewId, ...]) -> Registration:
    """The true cameras in another world."""
    found = exact_registration(view_ids)
    cameras = {one: world.apply_to_camera(camera) for one, camera in found.cameras.items()}
    points = replace(found.points, xyz=world.apply(found.points.xyz))
    return replace(found, cameras=cameras, points=points)


def wandering_engine(_: str) -> Reconstructor:
    """For `run`."""
    return WanderingEngine()


def project_of_five(path: Path, photos: Sequence[View]) -> tuple[ProjectFolder, View]:
    """A project without the last photo, and that photo, with its path as the project stores it."""
    folder = exact_project(path, photos)
    *five, last = folder.project.views
    folder.save(folder.project.with_views(tuple(five)))
    return folder, last
