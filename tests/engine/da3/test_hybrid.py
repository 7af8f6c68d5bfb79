"""Photogrammetry and the network together, on rendered photos."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from da3studio.base.cancel import NEVER
from da3studio.base.errors import BadInput
from da3studio.base.progress import Notice, Progress, Report, silent
from da3studio.engine.da3.anchor import seen_points
from da3studio.engine.da3.engine import NetworkEngine
from da3studio.engine.da3.hybrid import HybridEngine
from da3studio.engine.da3.network_pass import Loaded
from da3studio.engine.protocol import Depth, Reconstructor
from da3studio.geometry.camera import Camera, project
from da3studio.geometry.camera_alignment import align_poses
from da3studio.geometry.similarity import align_points
from da3studio.model.checkpoint import load
from da3studio.model.metric import SKY
from da3studio.model.network import DA3
from da3studio.model.precision import FULL
from da3studio.recipes.depth import DepthRecipe
from da3studio.scene.depth import DepthMap
from da3studio.scene.registration import Registration
from da3studio.scene.view import ViewId
from tests.engine.da3.little import CPU, FREE, TRAINED, Heard, Ready, loaded, tensors
from tests.engine.sets import PhotoSet, orbit_set, still_life, unrelated_set
from tests.model.tiny import MONOCULAR, network
from tests.synthetic.shapes import depth_map

RECIPE = DepthRecipe(engine="colmap+da3", feature_px=480, features=1500, network_px=168)


@cache
def read_weights() -> DA3:
    found = load(TRAINED).any_view
    assert found is not None
    return found


@pytest.fixture
def trained() -> Loaded:
    """A network that was really trained, if only for minutes."""
    if not TRAINED.is_file():
        pytest.skip(f"TRAINED WEIGHTS NOT TESTED: {TRAINED} is absent")
    return Loaded(read_weights(), None, CPU, FULL)


def made(
    engine: Reconstructor,
    photos: PhotoSet,
    scratch: Path,
    *,
    recipe: DepthRecipe = RECIPE,
    known: Mapping[ViewId, Camera] | None = None,
    registration: Registration | None = None,
    report: Report = silent,
) -> tuple[Registration, dict[ViewId, DepthMap]]:
    scratch.mkdir(exist_ok=True)
    pieces = engine.reconstruct(
        photos.views,
        photos,
        recipe,
        known=known or {},
        scratch=scratch,
        registration=registration,
        finished=(),
        report=report,
        token=NEVER,
    )
    if registration is None:
        registration = next(pieces)
    assert isinstance(registration, Registration)
    rest = list(pieces)
    assert all(isinstance(piece, Depth) for piece in rest)
    return registration, {piece.view_id: piece.depth for piece in rest}


def off_at_points(registration: Registration, depths: Mapping[ViewId, DepthMap]) -> list[float]:
    """Median |log ratio| of depth and sparse points of each view that saw any."""
    seen = seen_points(registration, {name: (d.width, d.height) for name, d in depths.items()})
    found = []
    for name, points in seen.items():
        if len(points.z):
            x, y = points.xy.astype(int).T
            found.append(float(np.median(np.abs(np.log(depths[name].z[y, x] / points.z)))))
    return found


def off_the_truth(
    registration: Registration, depths: Mapping[ViewId, DepthMap], photos: PhotoSet
) -> list[float]:
    """Median |log ratio| of depth and the exact depth of each view; the world's scale is fitted."""
    names = list(depths)
    scale = align_points(
        [registration.cameras[name].centre for name in names],
        [photos.cameras[name].centre for name in names],
    ).scale
    found = []
    for name, depth in depths.items():
        lens = photos.cameras[name].resized(depth.width, depth.height)
        true = depth_map(still_life(), lens).z
        ratio = scale * depth.z[true > 0] / true[true > 0]
        found.append(float(np.median(np.abs(np.log(ratio)))))
    return found


def test_that_depth_agrees_with_the_sparse_points_and_the_truth(trained, tmp_path):
    photos = orbit_set(6)
    registration, depths = made(HybridEngine(Ready(trained)), photos, tmp_path / "a")
    alone, before = made(
        NetworkEngine(Ready(trained)), photos, tmp_path / "b", known=registration.cameras
    )

    assert set(depths) == set(before) == {view.id for view in photos.views}
    assert alone.cameras == registration.cameras
    assert min(off_at_points(registration, before)) > 0.1  # measured: 0.19 to 0.30
    assert max(off_at_points(registration, depths)) < 0.02  # measured: 0.008 to 0.012
    assert max(off_the_truth(registration, depths, photos)) < 0.025  # measured: 0.010 to 0.015


def test_that_a_view_that_photogrammetry_left_out_is_placed_by_the_network(trained, tmp_path):
    """The last of six photos is so blurred that it has no detail left to match."""
    photos = orbit_set(6)
    *others, lost = [view.id for view in photos.views]
    blurred = cv2.GaussianBlur(photos.pictures[lost], (0, 0), 8)
    photos = replace(photos, pictures={**photos.pictures, lost: blurred})
    alone = photos.register(tmp_path, RECIPE)
    registration, depths = made(HybridEngine(Ready(trained)), photos, tmp_path / "b")

    assert list(alone.left_out) == [lost]
    assert registration.left_out == {}
    assert registration.view_ids[-1] == lost
    assert registration.notices[-1].endswith("the network placed 1.")
    assert set(depths) == {view.id for view in photos.views}

    ours = [registration.cameras[name] for name in others]
    true = [photos.cameras[name] for name in others]
    placed = align_poses(ours, true).apply_to_camera(registration.cameras[lost])
    step = np.linalg.norm(photos.cameras[lost].centre - true[-1].centre)
    turn = angle_deg(photos.cameras[lost], true[-1])
    assert angle_deg(placed, photos.cameras[lost]) < turn / 2  # measured: 1.8 of 12 degrees
    assert np.linalg.norm(placed.centre - photos.cameras[lost].centre) < 2 * step  # measured: 1.1


def angle_deg(a: Camera, b: Camera) -> float:
    turn = a.cam_from_world.rotation @ b.cam_from_world.rotation.T
    return float(np.degrees(np.arccos(np.clip((np.trace(turn) - 1) / 2, -1, 1))))


def test_that_photos_of_different_things_fall_to_the_network_with_the_reason(tmp_path):
    heard, photos = Heard(), unrelated_set(4)
    engine = HybridEngine(Ready(loaded(FREE)))
    registration, depths = made(engine, photos, tmp_path, report=heard)

    assert heard.notices[0].startswith("The network finds the cameras.")
    assert "same details" in heard.notices[0]
    assert registration.view_ids == tuple(view.id for view in photos.views)
    assert set(depths) == set(registration.view_ids)
    assert len(registration.points.xyz) == 0

    again, rest = made(engine, photos, tmp_path, registration=registration)
    assert again is registration
    for name, depth in rest.items():
        np.testing.assert_array_equal(depth.z, depths[name].z)


def test_that_one_photo_falls_to_the_network(tmp_path):
    photos = replace(orbit_set(6), views=orbit_set(6).views[:1])
    registration, depths = made(HybridEngine(Ready(loaded(FREE))), photos, tmp_path)

    assert list(depths) == list(registration.cameras) == [photos.views[0].id]


def test_that_known_cameras_leave_photogrammetry_nothing_to_do(tmp_path):
    photos = orbit_set(6)
    registration, depths = made(
        HybridEngine(Ready(loaded(FREE))), photos, tmp_path, known=photos.cameras
    )

    assert registration.cameras == photos.cameras
    assert len(registration.points.xyz) == 0
    assert set(depths) == set(photos.cameras)
    assert not list(tmp_path.rglob("matches.db"))


def test_that_the_network_alone_joins_windows_of_a_real_scene(trained, tmp_path):
    """Thirteen photos, six at a time: a camera and one depth map each."""
    photos = orbit_set(13, degrees=78.0)
    recipe = replace(RECIPE, engine="da3", views_per_window=6)
    registration, depths = made(NetworkEngine(Ready(trained)), photos, tmp_path, recipe=recipe)

    assert registration.left_out == {}
    assert set(depths) == set(registration.cameras) == {view.id for view in photos.views}


# ---------------------------------------------------------------- metres


def test_that_a_metric_network_brings_cameras_and_points_to_metres(tmp_path):
    """Points are as far as the metric network says, and where the cameras saw them."""
    photos = orbit_set(6)
    engine = HybridEngine(Ready(loaded(FREE, metric=MONOCULAR)))
    registration, depths = made(engine, photos, tmp_path)

    assert registration.unit == "metre"
    assert registration.notices[-1].startswith("Lengths are in metres")
    assert metres_by_hand(registration, photos) == pytest.approx(1.0, rel=0.1)
    assert set(depths) == set(registration.cameras)
    points = registration.points
    for k, name in enumerate(registration.view_ids):
        mine = points.view_idx == k
        there = project(points.xyz[points.point_idx[mine]], registration.cameras[name])
        assert np.median(np.linalg.norm(there - points.xy[mine], axis=1)) < 0.6  # [px]


def metres_by_hand(registration: Registration, photos: PhotoSet) -> float:
    """Median over the views of what the metric network says, over the distance of the points."""
    with torch.inference_mode():
        output = network(MONOCULAR)(tensors(photos, RECIPE.network_px))
    sizes = {
        view.id: (depth.shape[1], depth.shape[0])
        for view, depth in zip(photos.views, output.depth, strict=True)
    }
    seen = seen_points(registration, sizes)
    ratios = []
    for view, depth, sky in zip(photos.views, output.depth, output.sky, strict=True):
        lens = registration.cameras[view.id].resized(*sizes[view.id]).intrinsics
        x, y = seen[view.id].xy.astype(int).T
        ground = (sky.numpy() < SKY)[y, x]
        metres = depth.numpy()[y, x] * (lens.fx + lens.fy) / 2 / 300
        ratios.append(np.median((metres / seen[view.id].z)[ground]))
    return float(np.median(ratios))


def test_that_the_views_that_are_measured_lie_all_over_the_capture(tmp_path):
    photos = orbit_set(13, degrees=78.0)

    def listen(said: Progress | Notice) -> None:
        if isinstance(said, Progress) and said.step == "Measuring the scale":
            photos.asked.clear()

    engine = HybridEngine(Ready(loaded(FREE, metric=MONOCULAR)))
    pieces = engine.reconstruct(
        photos.views, photos, replace(RECIPE, features=600),
        known={}, scratch=tmp_path, registration=None, finished=(), report=listen, token=NEVER,
    )  # fmt: skip
    registration = next(pieces)

    names = [view.id for view in photos.views]
    asked = sorted(names.index(name) for name in photos.asked)
    assert isinstance(registration, Registration)
    assert registration.unit == "metre"
    assert len(asked) == 12
    assert (asked[0], asked[-1]) == (0, 12)


def test_that_a_card_that_is_not_there_is_said_before_photogrammetry_starts(tmp_path):
    if torch.cuda.is_available():
        pytest.skip("there is a card")
    photos = replace(orbit_set(6), asked=[])
    with pytest.raises(BadInput, match="graphics card"):
        made(HybridEngine(), photos, tmp_path, recipe=replace(RECIPE, device="cuda"))
    assert photos.asked == []
