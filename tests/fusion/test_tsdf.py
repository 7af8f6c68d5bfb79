from __future__ import annotations

import numpy as np
import pytest

from da3studio.base.cancel import NEVER, CancelToken, JobCancelled
from da3studio.base.progress import silent
from da3studio.fusion.tsdf import Volume, integrate
from da3studio.geometry.rigid import rotation_from_wxyz
from da3studio.geometry.similarity import Sim3
from tests.synthetic.captures import Capture
from tests.synthetic.rigs import grid, orbit
from tests.synthetic.shapes import Box, Plane, Sphere

PIXEL = 4 / (1.1 * 160)  # footprint at 4 units of a 160 px wide map


def volume(capture: Capture, *, voxels: float = 1.6, token: CancelToken = NEVER, **more) -> Volume:
    scale = capture.world_from_shape.scale
    return integrate(
        capture.cameras, capture.depth_of,
        lambda view_id: (capture.depth_of(view_id).z > 0).astype(np.float32),
        capture.seen(every=3),
        pixel=PIXEL * scale, voxel=voxels * PIXEL * scale, truncation=4.0,
        report=silent, token=token, **more,
    )  # fmt: skip


def ball(**more) -> Capture:
    return Capture(Sphere(), orbit(12, height=1.5, size=(160, 120)), **more)


def test_that_a_ball_is_met_to_a_fiftieth_of_a_voxel():
    made = volume(ball())
    error = ball().distance(made.surface.vertices) / made.voxel

    assert np.median(error) < 0.02
    assert np.percentile(error, 95) < 0.15


def test_that_a_slanted_plane_is_not_shifted_by_half_a_pixel():
    """At 45 degrees half a pixel sideways would be 0.3 voxels; the mean shows the least of it."""
    rig = orbit(8, radius=3, height=3, degrees=60, size=(160, 120))
    capture = Capture(Plane(half=(1, 1)), rig)
    made = volume(capture)
    inner = (np.abs(made.surface.vertices[:, :2]) < 0.9).all(axis=1)

    assert abs(made.surface.vertices[inner, 2].mean()) < 0.01 * made.voxel


def test_that_faces_are_counter_clockwise_seen_from_the_cameras():
    surface = volume(ball()).surface
    a, b, c = surface.vertices[surface.faces].transpose(1, 0, 2)
    outward = (np.cross(b - a, c - a) * (a + b + c)).sum(axis=1)

    assert (outward > 0).mean() > 0.999


@pytest.mark.parametrize("scale", [1e-3, 1e4])
def test_that_the_world_s_scale_changes_nothing(scale: float):
    turn = rotation_from_wxyz((1.0, 0.2, 0.3, 0.4))
    away = np.array([300.0, -100.0, 50.0])
    one = volume(ball().in_world(Sim3(1.0, turn, away)))
    other = volume(ball().in_world(Sim3(scale, turn, away * scale)))

    assert other.voxel == pytest.approx(one.voxel * scale)
    assert len(other.surface.faces) == pytest.approx(len(one.surface.faces), rel=0.002)
    np.testing.assert_allclose(
        other.surface.vertices.mean(axis=0) / scale, one.surface.vertices.mean(axis=0), atol=0.01
    )


@pytest.mark.parametrize(("thickness", "at_most"), [(0.5, 2.6), (2.0, 3.4), (8.0, 8.1)])
def test_that_a_thin_plate_keeps_both_sides_and_hardly_swells(thickness: float, at_most: float):
    """Thickness in voxels; averaging that believes in solid walls would make 7.5 of 0.5."""
    half = thickness * 1.6 * PIXEL / 2
    plate = Capture(
        Box(half=(half, 0.8, 0.8)), orbit(24, height=0.6, size=(160, 120))
    )  # fmt: skip
    made = volume(plate)
    x, y, z = made.surface.vertices.T / made.voxel
    middle = (np.abs(y) < 10) & (np.abs(z) < 10)
    front, back = np.median(x[middle & (x > 0)]), np.median(x[middle & (x < 0)])

    assert thickness - 0.1 < front - back < at_most


def test_that_background_with_hardly_any_parallax_is_left_out():
    """A wall 15 times as far as the ball covers 11 times as much per pixel."""
    rig = grid(2, 3, distance=4, size=(160, 120))
    near, far = Capture(Sphere(), rig), Capture(Plane(centre=(0, 0, -56), half=(6, 6)), rig)
    made = volume(far)

    assert len(volume(near).surface.faces) > 1000
    assert len(made.surface.faces) == 0


def test_that_voxels_grow_until_the_grid_fits_into_memory():
    full = volume(ball())
    small = volume(ball(), most_bytes=2e6)

    assert small.voxel > 1.5 * full.voxel
    assert small.n_blocks * 8**3 * 24 <= 2e6
    assert np.median(ball().distance(small.surface.vertices)) < 0.05 * small.voxel


def test_that_voxels_are_no_finer_than_the_face_budget_can_use():
    small = volume(ball(), most_faces=4000)

    assert 1000 < len(small.surface.faces) < 4000
    assert not small.short_of_memory
    assert volume(ball(), most_bytes=2e6).short_of_memory


def test_that_integration_can_be_cancelled():
    with pytest.raises(JobCancelled):
        volume(ball(), token=CancelToken(lambda: True))
