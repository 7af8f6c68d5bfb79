from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from da3studio.base.cancel import NEVER, CancelToken, JobCancelled
from da3studio.base.errors import CannotReconstruct
from da3studio.base.progress import Progress, silent
from da3studio.fusion.bridge import nearest
from da3studio.fusion.points import ACCEPTED, fuse, thin
from da3studio.geometry.similarity import Sim3
from da3studio.recipes.fuse import FuseRecipe
from tests.fusion.fused import PIXEL, exact, fused, noisy
from tests.synthetic.captures import Capture, still_life
from tests.synthetic.rigs import grid, orbit
from tests.synthetic.shapes import Plane, Sphere, Union


def fuse_small(capture: Capture, token: CancelToken = NEVER, report=silent):
    return fuse(
        capture.cameras, capture.depth_of, capture.rgb_of, FuseRecipe(), report=report, token=token
    )


def test_that_points_of_exact_depth_lie_on_the_surface():
    error = exact().distance(fused(exact()).cloud.xyz)

    assert np.median(error) < 1e-4
    assert np.percentile(error, 99) < 0.5 * PIXEL  # at edges


def test_that_all_that_two_views_see_is_in_the_cloud():
    truth = exact().seen(every=37)
    gap = nearest(fused(exact()).cloud.xyz, truth, 1)[1]

    assert (gap < 2 * PIXEL).mean() > 0.99


def test_that_each_place_is_there_once():
    """Some 300,000 pixels see the scene; a footprint's cell holds one point."""
    cloud = fused(exact()).cloud
    spacing = nearest(cloud.xyz, cloud.xyz[::7], 2)[1][:, 1]

    assert 40_000 < len(cloud) < 80_000
    assert np.median(spacing) > 0.5 * PIXEL


def test_that_normals_are_those_of_the_surface_and_point_to_the_cameras():
    cloud = fused(exact()).cloud
    truth = exact().shape.normal(cloud.xyz.astype(np.float64))
    angle = np.degrees(np.arccos(np.clip((truth * cloud.normal).sum(axis=1), -1, 1)))

    assert np.median(angle) < 1
    assert np.percentile(angle, 95) < 25  # at creases the fitted plane is in between
    assert (angle < 90).mean() > 0.999


def test_that_colours_are_those_of_the_photos():
    cloud = fused(exact()).cloud
    truth = exact().shape.colour(cloud.xyz.astype(np.float64)) * 255

    assert np.median(np.abs(cloud.rgb - truth)) < 1


def test_that_outliers_leave():
    assert (noisy().distance(fused(noisy()).cloud.xyz) > 0.1).mean() < 1e-4


def test_that_a_speck_in_mid_air_is_isolated_and_a_coarse_far_wall_is_not():
    """The speck is two pixels wide; the wall's pixels are three times as large as the plane's."""
    near, wall = Plane(half=(1, 1)), Plane(centre=(0, 0, -8), half=(9, 9))
    speck = Sphere(centre=(0, 0, 0.7), radius=0.02)
    rig = grid(1, 5, spacing=0.3, size=(160, 120))
    cloud = fuse_small(Capture(Union(near, wall, speck), rig)).cloud
    floating, far = np.abs(cloud.xyz[:, 2] - 0.7) < 0.1, cloud.xyz[:, 2] < -7

    assert floating.sum() > 1
    assert cloud.isolation[floating].min() > 5
    assert np.percentile(cloud.isolation[far], 95) < 2


def test_that_agreement_is_0_without_depth_and_2_or_more_where_accepted():
    for view_id, agreement in fused(exact()).agreement.items():
        measured = exact().depth_of(view_id).z > 0
        assert agreement.dtype == np.uint8
        assert not agreement[~measured].any()
        assert (agreement[measured] >= 1).all()
        assert (agreement[measured] >= 2).mean() > 0.97


@pytest.mark.parametrize("scale", [1e-3, 1e4])
def test_that_the_world_s_scale_changes_nothing(scale: float):
    turn = exact().world_from_shape.rotation
    plain = fused(still_life(6, (160, 120), degrees=90))
    moved = still_life(6, (160, 120), degrees=90).in_world(
        Sim3(scale, turn, np.array([5.0, -3.0, 2.0]) * scale)
    )
    cloud = fused(moved).cloud

    assert len(cloud) == pytest.approx(len(plain.cloud), rel=0.05)  # cells lie elsewhere
    assert np.median(moved.distance(cloud.xyz)) < 1e-4 * scale
    assert np.median(cloud.isolation) == pytest.approx(1, abs=1e-3)


def test_that_a_fine_view_replaces_a_coarse_one_and_thinning_twice_changes_nothing():
    rng = np.random.default_rng(0)
    coarse = rng.random((500, 3)).astype(np.float32) * (1, 1, 0)
    fine = (rng.random((40_000, 3)) * (0.5, 1, 0)).astype(np.float32)  # half of the same plane
    xyz = np.concatenate([coarse, fine]).astype(np.float32)
    footprints = np.repeat(np.float32([0.04, 0.01]), [len(coarse), len(fine)])
    views = np.full(len(xyz), 3, np.uint8)
    kept = thin(xyz, footprints, views, cell=0.01)
    left = xyz[kept][:, 0] < 0.47

    assert (footprints[kept][left] == np.float32(0.01)).all()
    assert (footprints[kept] == np.float32(0.04)).sum() > 150
    again = thin(xyz[kept], footprints[kept], views[kept], cell=0.01)
    assert np.array_equal(again, np.arange(len(kept)))


def test_that_of_a_cell_the_point_that_most_views_confirm_is_kept():
    xyz = np.float32([[0.1, 0.1, 0.1], [0.2, 0.2, 0.2], [0.3, 0.3, 0.3]])
    kept = thin(xyz, np.ones(3, np.float32), np.uint8([2, 5, 3]), cell=1.0)

    assert kept.tolist() == [1]


def test_that_depth_maps_that_never_agree_end_in_a_sentence_with_advice():
    """And that have gaps, so that none of them is worth a look alone."""
    opposite = Capture(Sphere(), orbit(2))
    gaps = np.arange(opposite.depth_of(next(iter(opposite.rig))).width) % 2 == 0

    def depth_of(view_id):
        depth = opposite.depth_of(view_id)
        return replace(depth, z=np.where(gaps, np.float32(0), depth.z))

    with pytest.raises(CannotReconstruct) as error:
        fuse(
            opposite.cameras, depth_of, opposite.rgb_of, FuseRecipe(), report=silent, token=NEVER
        )  # fmt: skip
    assert "overlap" in error.value.fix


def test_that_of_a_single_view_every_measured_pixel_counts():
    alone = Capture(Sphere(), orbit(1))
    fused = fuse_small(alone)
    (name,) = alone.rig
    measured = alone.depth_of(name).z > 0

    assert (fused.agreement[name] == np.where(measured, ACCEPTED, 0)).all()
    assert len(fused.cloud) > 0.7 * measured.sum()  # the rest is of one cell with another
    assert (fused.cloud.n_views == 1).all()


def test_that_fusion_can_be_cancelled_between_views():
    seen: list[Progress] = []
    with pytest.raises(JobCancelled):
        fuse_small(still_life(4, (80, 60)), CancelToken(lambda: len(seen) >= 6), seen.append)
    assert len(seen) == 6


def test_that_few_depth_maps_are_read_more_than_twice():
    capture = still_life(12, (80, 60))
    reads: list[str] = []

    def depth_of(view_id):
        reads.append(view_id)
        return capture.depth_of(view_id)

    fuse(
        capture.cameras, depth_of, capture.rgb_of, FuseRecipe(), report=silent, token=NEVER
    )  # fmt: skip
    assert len(reads) == 2 * 12  # once to choose neighbours, once into the bounded cache
