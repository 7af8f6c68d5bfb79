"""An engine that knows the truth: cameras and depth of an analytic scene, one view after the other.

    folder = exact_project(tmp_path / "still.da3")      # photos rendered beside it, views added
    run(folder, "texture", emit=events.append, token=NEVER, reconstructor_for=exact_engine)

`exact_engine` is a function of a module, so that a worker process can import it.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image

from da3studio.base.cancel import CancelToken
from da3studio.base.digest import digest_of_file
from da3studio.base.errors import CannotReconstruct
from da3studio.base.progress import Progress, Report
from da3studio.engine.protocol import Depth, Photos, Reconstructor
from da3studio.geometry.camera import Camera
from da3studio.project.folder import ProjectFolder
from da3studio.project.photo_paths import stored_photo_path
from da3studio.recipes.depth import DepthRecipe
from da3studio.recipes.mesh import MeshRecipe, TextureRecipe
from da3studio.recipes.recipe import Recipe
from da3studio.scene.registration import Registration, SparsePoints
from da3studio.scene.view import PhotoSource, View, ViewId
from tests.synthetic.captures import Capture, still_life

VIEWS = 6
SIZE = (128, 96)

SMALL = Recipe(
    DepthRecipe(resolution=160),
    mesh=MeshRecipe(voxel_footprint=2.0, faces=2000),
    texture=TextureRecipe(max_size=256),
)


@cache
def capture() -> Capture:
    """The scene of these tests: six photos of 128 x 96 px over a quarter of a circle."""
    return still_life(VIEWS, SIZE, degrees=75)


def make_photos(folder: Path) -> tuple[View, ...]:
    """Render the photos as PNG files and describe them, with paths as they stand."""
    folder.mkdir(parents=True, exist_ok=True)
    views = []
    for view_id in capture().cameras:
        path = folder / f"{view_id}.png"
        Image.fromarray(capture().photo(view_id)).save(path)
        source = PhotoSource(path.as_posix(), digest_of_file(path))
        views.append(View(view_id, path.name, source, *SIZE, None, "", 1.0))
    return tuple(views)


def exact_project(path: Path, views: Sequence[View], recipe: Recipe = SMALL) -> ProjectFolder:
    """A new project of these views, open for writing."""
    folder = ProjectFolder.create(path, "Still life")
    stored = tuple(
        View(
            **vars(view)
            | {
                "source": PhotoSource(
                    stored_photo_path(Path(view.source.path), path), view.source.digest
                )
            }
        )
        for view in views
    )
    folder.save(folder.project.with_views(stored).with_recipe(recipe))
    return folder


class ExactEngine:
    """Yields the truth.

    Args:
        pause_s: how long each view takes.
    """

    id = "exact"
    label = "Exact"

    def __init__(self, pause_s: float = 0.0) -> None:
        self._pause_s = pause_s
        self.measured: list[ViewId] = []  # views whose depth was asked for

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
        if registration is None:
            for done, view in enumerate(views):
                token.check()
                report(Progress("Looking at photos", done, len(views)))
                photos.read(view, recipe.feature_px)
                (scratch / f"{view.id}.seen").touch()
                self._work()
            registration = exact_registration(tuple(view.id for view in views))
            yield registration
        todo = [view_id for view_id in registration.view_ids if view_id not in finished]
        for done, view_id in enumerate(todo):
            token.check()
            report(Progress("Measuring depth", done, len(todo)))
            self._work()
            self.measured.append(view_id)
            yield Depth(view_id, capture().depth_of(view_id))

    def _work(self) -> None:
        until = time.monotonic() + self._pause_s
        while time.monotonic() < until:
            np.linalg.svd(np.eye(20))


class BlindEngine(ExactEngine):
    """Finds nothing."""

    def reconstruct(
        self, views: Sequence[View], photos: Photos, recipe: DepthRecipe, **_: object
    ) -> Iterator[Registration | Depth]:
        raise CannotReconstruct("It is dark.", why="Nobody lit a lamp.", fix="Light one.")
        yield


def exact_registration(view_ids: tuple[ViewId, ...]) -> Registration:
    """The true cameras of these views, with three sparse points."""
    cameras = {view_id: capture().cameras[view_id] for view_id in view_ids}
    points = SparsePoints(
        xyz=np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0]]),
        rgb=np.full((3, 3), 128),
        error_px=np.array([0.1, 0.2, 0.3]),
        point_idx=np.array([0, 1, 2]),
        view_idx=np.array([0, 0, 1]),
        xy=np.array([[1.5, 2.5], [3, 4], [5, 6]]),
    )
    return Registration(view_ids, cameras, points, {}, ("The scale is not known.",), "relative")


def exact_engine(_: str) -> Reconstructor:
    """Knows the truth at once."""
    return ExactEngine()


def slow_engine(_: str) -> Reconstructor:
    """Knows the truth, 0.1 s a view."""
    return ExactEngine(0.1)


def blind_engine(_: str) -> Reconstructor:
    """Finds nothing."""
    return BlindEngine()
