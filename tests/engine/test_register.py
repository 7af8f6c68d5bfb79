"""From photos to cameras, on sets that are good, poor and hopeless."""

from __future__ import annotations

import gc
from dataclasses import replace

import numpy as np
import pytest

from da3studio.base.cancel import NEVER
from da3studio.base.errors import CannotReconstruct
from da3studio.base.progress import Progress, silent
from da3studio.engine.sfm.solve import register_views
from da3studio.geometry.camera import project
from da3studio.media.photos import PhotoFiles
from da3studio.media.probe import probe
from da3studio.recipes.depth import DepthRecipe
from da3studio.sample.photos import cameras_of_photos, write_photos
from tests.engine.sets import (
    RECIPE,
    PhotoSet,
    orbit_set,
    position_error,
    repeated,
    together,
    turning_set,
    unrelated_set,
)


@pytest.fixture(scope="module")
def orbit(tmp_path_factory):
    photos = orbit_set(6)
    return photos, photos.register(tmp_path_factory.mktemp("orbit"))


def test_that_six_photos_of_a_still_life_get_their_cameras(orbit):
    photos, found = orbit

    assert found.view_ids == tuple(view.id for view in photos.views)
    assert found.left_out == {}
    assert found.notices == ()
    assert found.unit == "relative"
    assert position_error(found, photos) < 0.002
    assert len(found.points.xyz) > 500
    assert np.median(found.points.error_px) < 0.5


def test_that_the_lens_is_found_within_one_percent(orbit):
    photos, found = orbit
    for view in photos.views:
        true, lens = photos.cameras[view.id].intrinsics, found.cameras[view.id].intrinsics

        assert lens.fx == pytest.approx(true.fx, rel=0.01)
        assert abs(lens.k1) < 0.02
        assert (lens.width, lens.height) == (view.width, view.height)


def test_that_observations_are_where_the_cameras_see_the_points(orbit):
    _, found = orbit
    points = found.points
    for n, view_id in enumerate(found.view_ids):
        mine = points.view_idx == n
        seen = project(points.xyz[points.point_idx[mine]], found.cameras[view_id])

        assert mine.sum() > 150
        assert np.median(np.linalg.norm(seen - points.xy[mine], axis=1)) < 0.5


def test_that_the_world_is_level_and_of_sensible_size(orbit):
    """Most points lie within 1 of the middle, y is down and the first camera looks along z."""
    photos, found = orbit
    radius = np.linalg.norm(found.points.xyz - np.median(found.points.xyz, axis=0), axis=1)
    first = found.cameras[found.view_ids[0]].cam_from_world.rotation
    true = photos.cameras[found.view_ids[0]].cam_from_world.rotation
    off = (true @ (0, 0, -1)) @ (first @ (0, 1, 0))  # down as the first camera sees it

    assert np.percentile(radius, 90) == pytest.approx(1, rel=0.05)  # a median turns a little
    assert np.degrees(np.arccos(np.clip(off, -1, 1))) < 1
    assert abs(first[2, 0]) < 1e-6
    assert first[2, 2] > 0


def test_that_points_have_the_colours_of_the_photos(orbit):
    photos, found = orbit
    points, n = found.points, 2
    mine = points.view_idx == n
    column, row = points.xy[mine].astype(int).T
    there = photos.pictures[found.view_ids[n]][row, column].astype(float)
    ours = points.rgb[points.point_idx[mine]].astype(float)

    assert np.corrcoef(there.ravel(), ours.ravel())[0, 1] > 0.8


def test_that_two_photos_from_two_places_are_enough(tmp_path):
    photos = orbit_set(2, degrees=12)
    found = photos.register(tmp_path)
    one, two = (found.cameras[view.id] for view in photos.views)
    true = [photos.cameras[view.id].cam_from_world.rotation for view in photos.views]
    turn = two.cam_from_world.rotation @ one.cam_from_world.rotation.T @ true[0] @ true[1].T

    assert len(found.view_ids) == 2
    assert len(found.points.xyz) > 300
    assert np.degrees(np.arccos(np.clip((np.trace(turn) - 1) / 2, -1, 1))) < 0.5


def test_that_one_photo_is_refused(tmp_path):
    photos = orbit_set(2, degrees=12)
    with pytest.raises(CannotReconstruct, match="One photo is not enough"):
        PhotoSet(photos.views[:1], photos.pictures, photos.cameras).register(tmp_path)


@pytest.mark.parametrize("n", [2, 6])
def test_that_turning_on_the_spot_is_called_so(tmp_path, n):
    with pytest.raises(CannotReconstruct, match="only turned on the spot") as caught:
        turning_set(n).register(tmp_path)
    assert "step to the side" in caught.value.fix


def test_that_turning_without_a_known_focal_length_is_called_so(tmp_path):
    photos = turning_set(6)
    unknown = tuple(replace(view, focal_px=None, camera_name="") for view in photos.views)
    with pytest.raises(CannotReconstruct, match="only turned on the spot"):
        replace(photos, views=unknown).register(tmp_path)


def test_that_ten_copies_of_one_photo_are_called_a_camera_that_did_not_move(tmp_path):
    with pytest.raises(CannotReconstruct, match="did not move between the photos"):
        repeated(orbit_set(2, degrees=12), 0, 10).register(tmp_path)


def test_that_ten_photos_of_ten_things_share_nothing(tmp_path):
    with pytest.raises(CannotReconstruct, match="No two of them show the same details") as caught:
        unrelated_set().register(tmp_path)
    assert "10 photos" in caught.value.what


@pytest.mark.slow
def test_that_an_unrelated_photo_is_named_with_its_reason(tmp_path):
    photos = together(orbit_set(6), unrelated_set(1))
    found = photos.register(tmp_path)
    (left_out,) = found.left_out

    assert left_out == unrelated_set(1).views[0].id
    assert "No overlap was found" in found.left_out[left_out]
    assert found.notices == ("1 photo could not be placed.",)
    assert position_error(found, photos) < 0.002


@pytest.mark.slow
def test_that_of_two_scenes_the_larger_is_kept_and_the_other_reported(tmp_path):
    """The other scene has the same shapes: not one of its photos may be squeezed in."""
    large, small = orbit_set(6), orbit_set(4, seed=50, degrees=36)
    found = together(small, large).register(tmp_path)

    assert set(found.view_ids) == {view.id for view in large.views}
    assert set(found.left_out) == {view.id for view in small.views}
    assert all("left out too" in reason for reason in found.left_out.values())
    (notice,) = found.notices
    assert "of 6 photos" in notice
    assert "others of 4" in notice
    assert position_error(found, large) < 0.002


def test_that_an_interrupted_run_ends_as_an_uninterrupted_one(tmp_path):
    photos = replace(orbit_set(4, degrees=40), asked=[])

    def stop_at_matching(said):
        if isinstance(said, Progress) and said.step == "Placing cameras":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        register_views(
            photos.views, photos, RECIPE, scratch=tmp_path, report=stop_at_matching, token=NEVER
        )
    gc.collect()
    n_read = len(photos.asked)
    found = photos.register(tmp_path)
    (tmp_path / "anew").mkdir()
    anew = photos.register(tmp_path / "anew")

    assert n_read == 4
    assert len(photos.asked) == n_read + 4 + 4 + 4  # no feature twice; the rest is for colours
    for view in photos.views:
        np.testing.assert_allclose(  # threads add up in any order
            found.cameras[view.id].centre, anew.cameras[view.id].centre, atol=1e-6
        )


@pytest.mark.slow
def test_that_photos_of_a_barrel_lens_without_exif_get_cameras_and_lens(tmp_path):
    photos = orbit_set(8, degrees=80, k1=-0.1)
    unknown = tuple(replace(view, focal_px=None, camera_name="") for view in photos.views)
    found = replace(photos, views=unknown).register(tmp_path)
    lens = found.cameras[found.view_ids[0]].intrinsics

    assert len(found.view_ids) == 8
    assert position_error(found, photos) < 0.005
    assert lens.k1 == pytest.approx(-0.1, abs=0.02)
    assert lens.fx == pytest.approx(photos.cameras[found.view_ids[0]].intrinsics.fx, rel=0.02)


@pytest.mark.slow
def test_that_the_sample_photos_get_cameras_within_half_a_percent(tmp_path):
    """Files with noise, JPEG and rounded EXIF, as the sample command writes them."""
    write_photos(tmp_path / "photos", n_views=7, width=480)
    found_files = probe(
        [tmp_path / "photos"], frames_folder=tmp_path / "frames", n_frames=1,
        known=set(), taken=set(), report=silent, token=NEVER,
    )  # fmt: skip
    views = found_files.views
    found = register_views(
        views, PhotoFiles(tmp_path), DepthRecipe(feature_px=480, features=3000),
        scratch=tmp_path, report=silent, token=NEVER,
    )  # fmt: skip
    true = dict(zip([view.id for view in views], cameras_of_photos(7, 480), strict=True))

    assert len(found.view_ids) == 7
    assert position_error(found, PhotoSet(views, {}, true)) < 0.005
