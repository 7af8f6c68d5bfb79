"""Photogrammetry with its gaps filled by the network, on rendered photos with a plain patch."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import pytest
from numpy.typing import ArrayLike, NDArray

from da3studio.base.cancel import NEVER
from da3studio.base.paths import resources
from da3studio.base.progress import silent
from da3studio.engine.da3.filled import FilledEngine
from da3studio.engine.da3.network_pass import Loaded
from da3studio.engine.mvs import ClassicalEngine
from da3studio.engine.protocol import Depth
from da3studio.geometry.similarity import align_points
from da3studio.model.checkpoint import load
from da3studio.model.precision import FULL
from da3studio.recipes.depth import DepthRecipe
from da3studio.scene.mesh import Mesh
from tests.engine.da3.little import CPU, FREE, Heard, Ready, loaded
from tests.engine.da3.test_hybrid import made
from tests.engine.sets import SIZE, PhotoSet, still_life, taken, unrelated_set
from tests.synthetic.rigs import orbit
from tests.synthetic.shapes import Array, Shape, cast

SHIPPED = resources() / "networks" / "da3-mini.safetensors"
RECIPE = DepthRecipe(
    engine="classical+da3", feature_px=480, features=1500, resolution=160, network_px=168
)


@dataclass(frozen=True)
class Bald:
    """A shape that is painted in one colour within a ball."""

    shape: Shape
    centre: tuple[float, float, float] = (1.3, 0.3, 0.0)
    radius: float = 0.55

    def hit(self, origin: Array, directions: Array) -> Array:
        return self.shape.hit(origin, directions)

    def normal(self, points: Array) -> Array:
        return self.shape.normal(points)

    def distance(self, points: ArrayLike) -> Array:
        return self.shape.distance(points)

    def mesh(self, step: float) -> Mesh:
        return self.shape.mesh(step)

    def colour(self, points: Array) -> Array:
        return np.where(self.painted(points)[..., None], 0.6, self.shape.colour(points))

    def painted(self, points: Array) -> NDArray[np.bool_]:
        return np.asarray(np.linalg.norm(points - self.centre, axis=-1) < self.radius)


SCENE = Bald(still_life())


@cache
def bald_set() -> PhotoSet:
    rig = orbit(4, radius=4.0, height=2.6, target=(0, 0, 0.25), size=SIZE, degrees=40.0)
    return taken(SCENE, rig)


@cache
def read_weights() -> Loaded:
    found = load(SHIPPED, variant="da3-mini").any_view
    assert found is not None
    return Loaded(found, None, CPU, FULL)


@pytest.fixture
def mini() -> Loaded:
    """The network that ships with the program."""
    if not SHIPPED.is_file():
        pytest.skip(f"SHIPPED WEIGHTS NOT TESTED: {SHIPPED} is absent")
    return read_weights()


def test_that_a_plain_patch_is_filled_and_what_was_measured_stays(mini, tmp_path):
    photos, engine = bald_set(), FilledEngine(Ready(mini))
    registration, depths = made(engine, photos, tmp_path / "a", recipe=RECIPE)
    _, measured = made(
        ClassicalEngine(), photos, tmp_path / "b", recipe=RECIPE, registration=registration
    )
    ours = [registration.cameras[name].centre for name in measured]
    scale = align_points(ours, [photos.cameras[name].centre for name in measured]).scale

    assert set(depths) == set(measured) == {view.id for view in photos.views}
    for name, depth in depths.items():
        known = measured[name].z > 0
        np.testing.assert_array_equal(depth.z[known], measured[name].z[known])
        true = cast(SCENE, photos.cameras[name].resized(depth.width, depth.height))
        open_patch = SCENE.painted(true.points) & ~known
        got = scale * depth.z[open_patch]
        assert open_patch.sum() > 800
        assert (got > 0).mean() > 0.75  # measured: 0.86 and more
        off = np.abs(np.log(got[got > 0] / true.depth[open_patch][got > 0]))
        assert np.median(off) < 0.05  # measured: 0.019 to 0.029

    first, *rest = depths
    photos.asked.clear()
    pieces = list(
        engine.reconstruct(
            photos.views, photos, RECIPE, known={}, scratch=tmp_path / "a",
            registration=registration, finished={first}, report=silent, token=NEVER,
        )
    )  # fmt: skip
    again = {piece.view_id: piece.depth for piece in pieces if isinstance(piece, Depth)}
    assert list(again) == rest  # and no second registration
    assert len(photos.asked) == len(depths)  # by the sweep; the network had seen all
    for name in rest:
        np.testing.assert_array_equal(again[name].z, depths[name].z)


def test_that_photos_of_different_things_fall_to_the_network_with_the_reason(tmp_path):
    heard, photos = Heard(), unrelated_set(4)
    engine = FilledEngine(Ready(loaded(FREE)))
    registration, depths = made(engine, photos, tmp_path, recipe=RECIPE, report=heard)

    assert heard.notices[0].startswith("The network finds the cameras.")
    assert len(registration.points.xyz) == 0
    assert set(depths) == {view.id for view in photos.views}
    again, rest = made(engine, photos, tmp_path, recipe=RECIPE, registration=registration)
    assert again is registration
    assert set(rest) == set(depths)


def test_that_known_cameras_go_to_the_network(tmp_path):
    photos = bald_set()
    registration, depths = made(
        FilledEngine(Ready(loaded(FREE))), photos, tmp_path, recipe=RECIPE, known=photos.cameras
    )

    assert registration.cameras == photos.cameras
    assert set(depths) == set(photos.cameras)
    assert not list(tmp_path.rglob("matches.db"))
