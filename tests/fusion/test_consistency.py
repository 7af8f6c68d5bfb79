from __future__ import annotations

import numpy as np
import pytest

from da3studio.fusion.consistency import Checked, check_depth
from da3studio.fusion.neighbours import choose_neighbours, sketch
from da3studio.fusion.sampling import depth_at, facing
from da3studio.geometry.camera import unproject
from da3studio.recipes.fuse import FuseRecipe
from da3studio.scene.depth import DepthMap
from da3studio.scene.view import ViewId
from tests.fusion.fused import exact, noisy
from tests.synthetic.captures import Capture
from tests.synthetic.rigs import grid, look_at, orbit, view_id
from tests.synthetic.shapes import Plane, Sphere, depth_map

FIRST = view_id(0)


def check(capture: Capture, view: ViewId, others: list[ViewId], recipe=None) -> Checked:
    cameras = capture.cameras
    pairs = [(cameras[o].pinhole(), capture.depth_of(o)) for o in others]
    return check_depth(
        cameras[view].pinhole(), capture.depth_of(view), pairs, recipe or FuseRecipe()
    )


def neighbours_of(capture: Capture) -> dict[ViewId, tuple[ViewId, ...]]:
    sketches = {v: sketch(c.pinhole(), capture.depth_of(v)) for v, c in capture.cameras.items()}
    return choose_neighbours(sketches)


def test_that_exact_depth_is_accepted_nearly_everywhere():
    checked = check(exact(), FIRST, list(neighbours_of(exact())[FIRST]))
    measured = exact().depth_of(FIRST).z > 0

    assert checked.accepted(3)[measured].mean() > 0.98  # the rest is seen by one view only
    assert not checked.agree[~measured].any()


def test_that_unrelated_depths_are_rejected_and_noisy_ones_kept():
    capture, camera = noisy(), noisy().cameras[FIRST]
    accepted = check(capture, FIRST, list(neighbours_of(capture)[FIRST])).accepted(3)
    z = capture.depth_of(FIRST).z
    error = np.where(z > 0, capture.distance(np.nan_to_num(unproject(z, camera))), 0)
    wrong, right = error > 0.1, (z > 0) & (error < 0.03)

    assert wrong.sum() > 150
    assert accepted[wrong].mean() < 0.005
    assert accepted[right].mean() > 0.85


def test_that_the_mean_over_agreeing_views_halves_the_noise():
    capture, camera = noisy(), noisy().cameras[FIRST]
    checked = check(capture, FIRST, list(neighbours_of(capture)[FIRST]))
    many = checked.agree >= 5
    before = unproject(capture.depth_of(FIRST).z, camera)[many]
    after = unproject(checked.depth, camera)[many]

    ratio = np.median(capture.distance(after)) / np.median(capture.distance(before))
    assert ratio < 0.6  # five independent measures: 1 / sqrt(5) = 0.45


def test_that_a_place_that_others_see_through_has_evidence_against_it():
    """A ball in mid-air that only one depth map claims."""
    capture = Capture(Plane(), grid(1, 5, spacing=0.4))
    cameras = capture.cameras
    middle = view_id(2)
    claimed = depth_map(Sphere(centre=(0, 0, 1.0), radius=0.3), cameras[middle])
    others = [(cameras[v], capture.depth_of(v)) for v in cameras if v != middle]
    checked = check_depth(cameras[middle], claimed, others, FuseRecipe())
    ball = claimed.z > 0

    assert (checked.against[ball] >= 2).all()
    assert not checked.accepted(2)[ball].any()


def test_that_sky_seen_through_a_place_counts_against_it():
    capture = Capture(Sphere(), orbit(6, degrees=50))
    cameras = capture.cameras
    z = np.full((240, 320), 4.0, np.float32)  # the first view claims a wall around the ball
    wall = DepthMap(z, z, np.zeros(z.shape, bool))
    others = [(cameras[v], capture.depth_of(v)) for v in cameras if v != FIRST]
    checked = check_depth(cameras[FIRST], wall, others, FuseRecipe())

    assert checked.against[10, 10] >= 1
    assert not checked.accepted(2)[10, 10]


def test_that_a_hidden_place_is_not_held_against_a_view():
    """From the side the box hides the table behind it; that neither confirms nor contradicts."""
    checked = check(exact(), FIRST, [view_id(3)])
    measured = exact().depth_of(FIRST).z > 0
    hidden = measured & (checked.could_see == 1)

    assert hidden.sum() > 100
    assert not checked.against[hidden].any()


def test_that_two_views_suffice_where_only_two_see_a_place_but_one_never_does():
    capture = Capture(Plane(), grid(1, 2, spacing=0.4))
    both = check(capture, FIRST, [view_id(1)])
    alone = check(capture, FIRST, [])

    overlap = both.could_see == 2
    assert 0.8 < overlap.mean() < 0.95
    assert both.accepted(3)[overlap].all()
    assert not both.accepted(3)[~overlap].any()
    assert not alone.accepted(3).any()


@pytest.mark.parametrize(("tolerance", "accepted"), [(0.01, True), (0.002, False)])
def test_that_the_depth_tolerance_decides(tolerance: float, accepted: bool):
    capture = Capture(Plane(), grid(1, 2, spacing=0.4))
    z = capture.depth_of(FIRST).z * np.float32(1.005)
    off = DepthMap(z, capture.depth_of(FIRST).confidence, capture.depth_of(FIRST).sky)
    other = [(capture.cameras[view_id(1)], capture.depth_of(view_id(1)))]
    recipe = FuseRecipe(depth_tolerance=tolerance)
    checked = check_depth(capture.cameras[FIRST], off, other, recipe)

    assert bool(checked.accepted(2).any()) is accepted


def test_that_depth_between_pixels_is_exact_on_a_slanted_plane():
    """Half a pixel of error would show here as 0.5 px of the plane's slope: 0.004 units."""
    camera = look_at((0, -3, 2), (0, 0, 0), next(iter(orbit(1).values())).intrinsics)
    shifted = look_at((0.003, -3, 2), (0.003, 0, 0), camera.intrinsics)
    plane = Plane(half=(9, 9))
    pair = [(shifted, depth_map(plane, shifted))]
    recipe = FuseRecipe(depth_tolerance=0.001, pixel_tolerance=0.25)
    checked = check_depth(camera, depth_map(plane, camera), pair, recipe)

    inside = np.s_[2:-2, 2:-2]
    exact_z = depth_map(plane, camera).z[inside]
    assert checked.accepted(2)[inside].all()
    assert np.abs(checked.depth[inside] - exact_z).max() < 2e-4  # bilinear in z, not in 1/z


def test_that_no_depth_is_invented_between_two_surfaces():
    z = np.full((4, 6), 2, np.float32)
    z[:, 3:] = 5
    z[:, 5] = 0
    x, y = np.meshgrid(np.linspace(0, 5, 41, dtype=np.float32), np.float32([1.5]))

    assert set(np.unique(depth_at(z, x, y))) <= {0, 2, 5}


def test_that_a_plane_faces_the_camera_by_the_cosine_of_its_tilt():
    lens = next(iter(orbit(1).values())).intrinsics
    camera = look_at((0, -3, 3), (0, 0, 0), lens)
    z = depth_map(Plane(half=(9, 9)), camera).z

    assert facing(z, camera)[120, 160] == pytest.approx(np.cos(np.radians(45)), abs=0.01)


def test_that_neighbours_on_an_orbit_lie_to_both_sides():
    chosen = neighbours_of(exact())[view_id(5)]

    assert set(chosen[:2]) == {view_id(4), view_id(6)}
    assert 4 <= len(chosen) <= 8
    assert view_id(13) not in chosen  # looks at the other side


def test_that_views_without_overlap_are_nobody_s_neighbours():
    rig = {
        view_id(0): look_at((4, 0, 0), (1, 0, 0), next(iter(orbit(1).values())).intrinsics),
        view_id(1): look_at((-4, 0, 0), (-1, 0, 0), next(iter(orbit(1).values())).intrinsics),
    }
    assert neighbours_of(Capture(Sphere(), rig))[FIRST] == ()
