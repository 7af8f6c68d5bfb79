"""Depth of one view of a textured scene, from the true cameras, against the true depth."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
import torch

from da3studio.base.cancel import NEVER, CancelToken, JobCancelled
from da3studio.base.progress import silent
from da3studio.engine.mvs import ClassicalEngine
from da3studio.engine.protocol import Depth
from da3studio.engine.stereo.depth import _without_speckles, measure_depth
from da3studio.engine.stereo.frames import Frames
from da3studio.engine.stereo.sources import SweepPlanner
from da3studio.geometry.camera import project
from da3studio.recipes.depth import DepthRecipe
from da3studio.scene.registration import Registration, SparsePoints
from tests.engine.sets import PhotoSet, still_life, taken
from tests.synthetic.rigs import orbit
from tests.synthetic.shapes import cast

VIEWS, SIZE, MIDDLE = 5, (320, 240), 2


@cache
def photos(size: tuple[int, int] = SIZE, k1: float = 0.0) -> PhotoSet:
    rig = orbit(VIEWS, radius=4.0, height=2.6, target=(0, 0, 0.25), size=size, degrees=40, k1=k1)
    return taken(still_life(), rig)


def exact_registration(photos: PhotoSet, n_points: int = 400) -> Registration:
    """The true cameras, and points that the middle view sees, with their true observations."""
    ids = tuple(view.id for view in photos.views)
    seen = cast(still_life(), photos.cameras[ids[MIDDLE]])
    rng = np.random.default_rng(0)
    xyz = rng.permutation(seen.points[seen.hit])[:n_points]
    point_idx, view_idx, xy = [], [], []
    for n, view_id in enumerate(ids):
        camera = photos.cameras[view_id]
        pixels, lens = project(xyz, camera), camera.intrinsics
        inside = ((pixels > 0) & (pixels < (lens.width, lens.height))).all(axis=1)
        hidden = _hidden(xyz, camera)
        (mine,) = np.nonzero(inside & ~hidden)
        point_idx.append(mine)
        view_idx.append(np.full(len(mine), n))
        xy.append(pixels[mine])
    points = SparsePoints(
        xyz, np.zeros((len(xyz), 3)), np.zeros(len(xyz)),
        np.concatenate(point_idx), np.concatenate(view_idx), np.concatenate(xy),
    )  # fmt: skip
    return Registration(ids, photos.cameras, points, {}, (), "relative")


def _hidden(xyz, camera):
    headings = xyz - camera.centre
    return still_life().hit(camera.centre, headings) < 1 - 1e-6


@cache
def measured(device: str = "cpu", size: tuple[int, int] = SIZE, k1: float = 0.0):
    """`(z, confidence, truth, visible in two other views)` of the middle view."""
    registration = exact_registration(photos(size, k1))
    views = {view.id: view for view in photos(size, k1).views}
    frames = Frames(views, photos(size, k1), registration, 320, torch.device(device))
    sweep = SweepPlanner(registration).plan(MIDDLE, 4)
    assert sweep is not None
    depth = measure_depth(frames, sweep)
    camera = registration.cameras[registration.view_ids[MIDDLE]].pinhole()
    seen = cast(still_life(), camera.resized(depth.width, depth.height))
    n_sees = np.zeros(seen.hit.sum(), int)
    for n in (0, 1, 3, 4):
        other = registration.cameras[registration.view_ids[n]].pinhole()
        pixels = project(seen.points[seen.hit], other)
        lens = other.intrinsics
        inside = ((pixels > 0) & (pixels < (lens.width, lens.height))).all(axis=1)
        n_sees += inside & ~_hidden(seen.points[seen.hit], other)
    visible = np.zeros(seen.hit.shape, bool)
    visible[seen.hit] = n_sees >= 2
    return depth.z, depth.confidence, seen.depth, visible


@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_that_depth_is_right_to_a_few_thousandths_nearly_everywhere(device):
    if device == "cuda" and not torch.cuda.is_available():
        pytest.skip("NOT TESTED: no CUDA device, depth on a GPU has not been measured")
    z, confidence, truth, visible = measured(device)
    both = visible & (z > 0)
    error = np.abs(z[both] / truth[both] - 1)

    assert z.shape == (240, 320)
    assert both.sum() > 0.85 * visible.sum()
    assert np.median(error) < 0.003
    assert (error < 0.02).mean() > 0.97
    assert np.median(confidence[both]) > 0.9
    assert (confidence[z == 0] == 0).all()
    assert confidence.max() <= 1


def test_that_nothing_is_measured_where_nothing_is():
    z, _, truth, _ = measured()
    deep_in_the_sky = np.zeros(truth.shape, bool)
    deep_in_the_sky[:40] = truth[:40] == 0

    assert deep_in_the_sky.sum() > 5000
    assert (z[deep_in_the_sky] > 0).mean() < 0.02


def test_that_odd_sizes_are_measured_as_well():
    """A last row or column that halving cuts off must not shift the others."""
    z, _, truth, visible = measured(size=(319, 237))
    both = visible & (z > 0)

    assert z.shape == (237, 319)
    assert np.median(np.abs(z[both] / truth[both] - 1)) < 0.003
    assert both.sum() > 0.85 * visible.sum()


def test_that_a_barrel_lens_is_taken_out_before_depth_is_measured():
    z, _, truth, visible = measured(k1=-0.12)
    both = visible & (z > 0)

    assert np.median(np.abs(z[both] / truth[both] - 1)) < 0.003
    assert both.sum() > 0.85 * visible.sum()


def test_that_small_islands_go_and_large_ones_stay():
    z = np.zeros((100, 100), np.float32)
    z[10:40, 10:40] = 2.0
    z[60, 60] = 2.0
    z[20:21, 20:22] = 3.0  # in the middle of the large one
    z[70:90, 70:90] = np.linspace(1, 5, 20)[:, None]  # a slope is no step
    kept = _without_speckles(z)

    assert kept[60, 60] == 0
    assert (kept[20, 20:22] == 0).all()
    assert (kept[70:90, 70:90] == z[70:90, 70:90]).mean() > 0.3
    assert (kept[10:20, 10:40] == 2).all()
    assert (_without_speckles(np.zeros((5, 5), np.float32)) == 0).all()


def test_that_sources_are_neighbours_at_a_good_angle_and_the_range_holds_the_scene():
    registration = exact_registration(photos())
    sweep = SweepPlanner(registration).plan(MIDDLE, 4)
    truth = cast(still_life(), photos().cameras[registration.view_ids[MIDDLE]])
    depths = truth.depth[truth.hit]

    assert sweep is not None
    assert set(sweep.sources[:2]) == {1, 3}  # 10 degrees; the others stand at 20
    assert set(sweep.sources) == {0, 1, 3, 4}
    assert sweep.near < np.percentile(depths, 1)
    assert np.percentile(depths, 99) < sweep.far < 3 * depths.max()


def test_that_a_view_that_shares_nothing_is_not_swept():
    registration = exact_registration(photos())
    points = registration.points
    alone = points.view_idx == MIDDLE
    lonely = SparsePoints(
        points.xyz, points.rgb, points.error_px,
        points.point_idx[alone], points.view_idx[alone], points.xy[alone],
    )  # fmt: skip
    planner = SweepPlanner(
        Registration(registration.view_ids, registration.cameras, lonely, {}, (), "relative")
    )

    assert [planner.plan(n, 4) for n in (0, MIDDLE)] == [None, None]


def run_engine(tmp_path, finished=(), token=NEVER, report=silent):
    registration = exact_registration(photos((160, 120)))
    return ClassicalEngine().reconstruct(
        photos((160, 120)).views, photos((160, 120)), DepthRecipe(resolution=160, device="cpu"),
        known={}, scratch=tmp_path, registration=registration, finished=finished,
        report=report, token=token,
    )  # fmt: skip


def test_that_the_engine_goes_on_where_it_was_stopped(tmp_path):
    ids = [view.id for view in photos((160, 120)).views]
    said = []
    pieces = list(run_engine(tmp_path, finished=ids[:3], report=said.append))

    assert all(isinstance(piece, Depth) for piece in pieces)
    assert [piece.view_id for piece in pieces] == ids[3:]
    assert [(progress.done, progress.total) for progress in said] == [(4, 5), (5, 5)]
    assert list(run_engine(tmp_path, finished=ids)) == []


def test_that_the_engine_stops_when_asked(tmp_path):
    with pytest.raises(JobCancelled):
        list(run_engine(tmp_path, token=CancelToken(lambda: True)))


def test_that_the_same_view_has_the_same_depth_twice(tmp_path):
    first, second = (next(iter(run_engine(tmp_path))) for _ in range(2))

    np.testing.assert_array_equal(first.depth.z, second.depth.z)
