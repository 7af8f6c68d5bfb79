"""The network alone as an engine: from one photo to several windows, and on after a stop."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from da3studio.base.cancel import NEVER, CancelToken, JobCancelled
from da3studio.base.errors import Missing
from da3studio.base.progress import Report, silent
from da3studio.engine.da3.checkpoints import load_networks
from da3studio.engine.da3.engine import NetworkEngine
from da3studio.engine.pinning import pinned
from da3studio.engine.protocol import Depth
from da3studio.geometry.camera import Camera
from da3studio.recipes.depth import DepthRecipe
from da3studio.scene.depth import DepthMap
from da3studio.scene.registration import Registration
from da3studio.scene.view import ViewId
from da3studio.weights.adopt import adopt
from tests.engine.da3.little import CPU, FREE, Ready, loaded, patterns, seen
from tests.engine.sets import PhotoSet
from tests.model.tiny import MONOCULAR
from tests.synthetic.rigs import orbit
from tests.weights.files import hollow

WIDE, HIGH = (140, 98), (98, 140)
RECIPE = DepthRecipe(engine="da3", network_px=140)
TWELVE = patterns(*[WIDE, HIGH] * 6)
ENGINE = NetworkEngine(Ready(loaded(FREE)))


def pieces(
    photos: PhotoSet,
    scratch: Path,
    recipe: DepthRecipe = RECIPE,
    *,
    engine: NetworkEngine = ENGINE,
    known: Mapping[ViewId, Camera] | None = None,
    registration: Registration | None = None,
    finished: Collection[ViewId] = (),
    report: Report = silent,
    token: CancelToken = NEVER,
) -> Iterable[Registration | Depth]:
    return engine.reconstruct(
        photos.views,
        photos,
        recipe,
        known=known or {},
        scratch=scratch,
        registration=registration,
        finished=finished,
        report=report,
        token=token,
    )


def sorted_out(
    found: Iterable[Registration | Depth],
) -> tuple[Registration, dict[ViewId, DepthMap]]:
    """The registration, which has to come first, and each view's depth, which has to come once."""
    registration, *rest = found
    assert isinstance(registration, Registration)
    assert all(isinstance(piece, Depth) for piece in rest)
    depths = {piece.view_id: piece.depth for piece in rest}
    assert len(depths) == len(rest)
    return registration, depths


def rig_of(photos: PhotoSet) -> dict[ViewId, Camera]:
    """Known cameras around the origin, at the photos' sizes."""
    cameras = orbit(len(photos.views)).values()
    sized = zip(photos.views, cameras, strict=True)
    return {view.id: camera.resized(view.width, view.height) for view, camera in sized}


def test_that_one_photo_gets_a_camera_and_a_depth_map(tmp_path):
    photos = patterns((640, 480))
    registration, depths = sorted_out(pieces(photos, tmp_path))
    (view,) = photos.views
    (expected,) = seen(loaded(FREE), photos).depths

    assert registration.view_ids == (view.id,)
    assert registration.left_out == {}
    assert registration.unit == "relative"
    lens = registration.cameras[view.id].intrinsics
    assert (lens.width, lens.height) == (640, 480)
    assert len(registration.points.xyz) == 0
    np.testing.assert_array_equal(depths[view.id].z, expected.z)


def test_that_several_windows_give_every_view_once(tmp_path):
    recipe = replace(RECIPE, views_per_window=4)
    registration, depths = sorted_out(pieces(TWELVE, tmp_path, recipe))

    assert set(registration.cameras) | set(registration.left_out) == {v.id for v in TWELVE.views}
    assert set(depths) == set(registration.cameras)
    for view in TWELVE.views:
        if view.id in depths:
            depth, lens = depths[view.id], registration.cameras[view.id].intrinsics
            assert (depth.width, depth.height) == (view.width, view.height)
            assert (lens.width, lens.height) == (view.width, view.height)


def test_that_a_metric_network_makes_it_metres(tmp_path):
    photos = patterns(WIDE, WIDE)
    with_metric = NetworkEngine(Ready(loaded(FREE, metric=MONOCULAR)))
    registration, depths = sorted_out(pieces(photos, tmp_path, engine=with_metric))
    expected = seen(loaded(FREE, metric=MONOCULAR), photos)

    assert registration.unit == "metre"
    for view_id, depth in zip(expected.view_ids, expected.depths, strict=True):
        np.testing.assert_array_equal(depths[view_id].z, depth.z)
        np.testing.assert_array_equal(depths[view_id].sky, depth.sky)


# ---------------------------------------------------------------- known cameras


@pytest.mark.parametrize("views_per_window", [0, 4])
def test_that_known_cameras_are_the_registration_and_every_view_gets_depth(
    tmp_path, views_per_window
):
    known = rig_of(TWELVE)
    recipe = replace(RECIPE, views_per_window=views_per_window)
    registration, depths = sorted_out(pieces(TWELVE, tmp_path, recipe, known=known))

    assert registration.view_ids == tuple(view.id for view in TWELVE.views)
    assert registration.cameras == known
    assert registration.left_out == {}
    assert set(depths) == set(known)


def test_that_photos_without_a_known_camera_are_left_out_with_the_reason(tmp_path):
    known = rig_of(TWELVE)
    missing = [TWELVE.views[i].id for i in (0, 5, 11)]
    some = {name: camera for name, camera in known.items() if name not in missing}
    registration, depths = sorted_out(pieces(TWELVE, tmp_path, known=some))

    assert registration.cameras == some
    assert list(registration.left_out) == missing
    assert all("known cameras" in why for why in registration.left_out.values())
    assert set(depths) == set(some)


# ---------------------------------------------------------------- on after a stop


@pytest.mark.parametrize("known", [False, True])
@pytest.mark.parametrize("scratch_kept", [True, False])
def test_that_it_goes_on_where_it_stopped(tmp_path, known, scratch_kept):
    given = rig_of(TWELVE) if known else {}
    recipe = replace(RECIPE, views_per_window=4)
    registration, depths = sorted_out(pieces(TWELVE, tmp_path / "a", recipe, known=given))
    finished = tuple(depths)[:5]
    scratch = tmp_path / ("a" if scratch_kept else "b")
    TWELVE.asked.clear()
    rest = list(
        pieces(TWELVE, scratch, recipe, known=given, registration=registration, finished=finished)
    )

    assert [piece.view_id for piece in rest] == [name for name in depths if name not in finished]
    for piece in rest:
        np.testing.assert_array_equal(piece.depth.z, depths[piece.view_id].z)
    assert bool(TWELVE.asked) is not scratch_kept  # finished windows are read, not made again


def test_that_it_stops_between_windows(tmp_path):
    asked = iter([False, False, True])
    token = CancelToken(lambda: next(asked, True))
    with pytest.raises(JobCancelled):
        list(pieces(TWELVE, tmp_path, replace(RECIPE, views_per_window=4), token=token))


# ---------------------------------------------------------------- from checkpoints


@pytest.fixture
def tiny(tmp_path, monkeypatch):
    """An installed network of zeros."""
    monkeypatch.setenv("DA3STUDIO_HOME", str(tmp_path / "data"))
    return adopt(hollow(tmp_path / "tiny.safetensors", "da3studio-tiny"))


def test_that_the_networks_of_a_recipe_are_loaded(tiny):
    found = load_networks(replace(RECIPE, checkpoint=pinned(tiny)), CPU)

    assert found.any_view.config.name == "da3studio-tiny"
    assert found.metric is None


def test_that_a_network_that_knows_no_metres_is_not_one_for_metres(tiny):
    pin = pinned(tiny)
    with pytest.raises(Missing, match="da3studio-tiny-adopted cannot do") as caught:
        load_networks(replace(RECIPE, checkpoint=pin, metric_checkpoint=pin), CPU)
    assert "--metric-checkpoint" in caught.value.fix
