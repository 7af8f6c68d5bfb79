"""The AUC, on cameras whose errors are known, and against the scorer itself on a real set."""

from __future__ import annotations

import importlib.util
import math
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from da3studio.bench.photo_sets import PhotoSet
from da3studio.geometry.pose_errors import MISSING_DEG, auc, pair_errors, trusted
from da3studio.geometry.rigid import Rigid3


def about_z(degrees: float) -> np.ndarray:
    c, s = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return np.array([[c, -s, 0], [s, c, 0], [0, 0, 1.0]])


def at(x: float, y: float = 0.0, *, turned: float = 0.0) -> Rigid3:
    """`cam_from_world` of a camera at (x, y, 0) that is turned about z."""
    rotation = about_z(turned)
    return Rigid3(rotation, -rotation @ np.array([x, y, 0.0]))


def moved(pose: Rigid3, scale: float) -> Rigid3:
    """The same camera in another world: turned by 50 degrees, scaled and shifted."""
    rotation = pose.rotation @ about_z(50).T
    centre = scale * about_z(50) @ (-pose.rotation.T @ pose.translation) + np.array([3.0, -1, 7])
    return Rigid3(rotation, -rotation @ centre)


REFERENCE = {"a": at(0), "b": at(2), "c": at(0, 2)}


def test_that_the_same_cameras_in_another_world_have_no_error():
    found = {name: moved(pose, 2.5) for name, pose in REFERENCE.items()}

    assert pair_errors(found, REFERENCE).max() < 1e-5
    assert auc(pair_errors(found, REFERENCE), 5) > 0.999999


def test_that_a_camera_turned_by_3_degrees_costs_both_its_pairs_3_degrees():
    found = {**REFERENCE, "b": at(2, turned=3)}

    np.testing.assert_allclose(pair_errors(found, REFERENCE), [3, 0, 3], atol=1e-5)


def test_that_a_displaced_camera_costs_the_angle_of_its_direction():
    found = {**REFERENCE, "b": at(2, 2 * math.tan(math.radians(10)))}

    errors = pair_errors(found, REFERENCE)

    assert errors[0] == pytest.approx(10, abs=1e-5)
    assert errors[1] == pytest.approx(0, abs=1e-5)


def test_that_a_missing_camera_fails_in_all_its_pairs():
    found = {name: REFERENCE[name] for name in ("a", "b")}

    np.testing.assert_allclose(pair_errors(found, REFERENCE), [0, MISSING_DEG, MISSING_DEG])


def test_that_a_pair_without_baseline_is_judged_by_its_rotation_alone():
    reference = {**REFERENCE, "d": at(0.001)}
    found = {**REFERENCE, "d": at(0, 0.001, turned=2)}

    assert pair_errors(found, reference)[2] == pytest.approx(2, abs=1e-5)  # a with d


def test_that_the_area_follows_from_two_errors_by_hand():
    # (0, 0) to (1, 1/2) to (3, 1), level up to 5: 1/4 + 3/2 + 2
    assert auc(np.array([3.0, 1.0]), 5) == pytest.approx((0.25 + 1.5 + 2) / 5)
    assert auc(np.array([3.0, 1.0]), 2) == pytest.approx((0.25 + 0.5) / 2)
    assert auc(np.array([180.0]), 30) == 0


def test_that_no_pairs_have_no_area():
    with pytest.raises(ValueError, match="at least one pair"):
        auc(np.array([]), 5)


def test_that_doubtful_cameras_leave_the_reference():
    assert set(trusted(REFERENCE, {"b": 4})) == {"a", "c"}


def scorer(folder: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("photo_scorer", folder / "score.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", ["object_banana", "room_hololens", "facade_berlin"])
def test_that_it_agrees_with_the_scorer_on_disturbed_cameras_of_a_real_set(
    shared_photos: Path, name: str
):
    rng = np.random.default_rng(3)
    reference = dict(PhotoSet(shared_photos, name).reference)
    found = {
        key: Rigid3(about_z(rng.normal(0, 2)) @ pose.rotation, pose.translation * 1.02)
        for key, pose in list(reference.items())[1:]  # one is missing
    }
    extent = [pose.translation for pose in reference.values()]
    noise = 0.01 * float(np.ptp(extent, axis=0).max())
    found = {
        key: Rigid3(pose.rotation, pose.translation + rng.normal(0, noise, 3))
        for key, pose in found.items()
    }

    def rows(poses: dict[str, Rigid3]) -> dict[str, dict[str, object]]:
        return {
            key: {"R": pose.rotation, "t": pose.translation, "K": None}
            for key, pose in poses.items()
        }

    theirs = scorer(shared_photos).pose_metrics(rows(found), rows(reference))
    errors = pair_errors(found, reference)

    assert 1 < theirs["AUC@30"] < 99
    for degrees in (3, 5, 30):
        assert 100 * auc(errors, degrees) == pytest.approx(theirs[f"AUC@{degrees}"], abs=0.006)
