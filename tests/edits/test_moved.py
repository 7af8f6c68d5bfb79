"""Edits in a world that was moved: they cut the same points away."""

from __future__ import annotations

import json

import numpy as np
import pytest

from da3studio.edits.pieces import LargestComponents
from da3studio.edits.planes import RemovePlane
from da3studio.edits.selection import DeleteSelected, SelectStep
from da3studio.edits.shapes import CropBox, DeleteInBox
from da3studio.edits.table import EDITS, from_row, to_row
from da3studio.edits.thresholds import MaxIsolation, MaxSlant, MinConfidence, MinViews
from da3studio.edits.views import HideView, MaskPhoto
from da3studio.geometry.rigid import rotation_from_wxyz
from da3studio.geometry.similarity import Sim3
from tests.edits.clouds import CAMERAS, VIEWS, everywhere, evidence_of

MOVE = Sim3(2.5, rotation_from_wxyz([0.8, 0.3, -0.4, 0.2]), np.array([3.0, -1.0, 7.0]))
TURNED = tuple(tuple(row) for row in rotation_from_wxyz((0.9, 0.2, -0.3, 0.1)).tolist())
CENTRE, HALF = (0.2, -0.1, 0.3), (0.5, 0.25, 0.6)
NORMAL = tuple(np.array([1.0, -2.0, 2.0]) / 3)
PERSPECTIVE = (300.0, 0.0, 160.0, 480.0, 0.0, 300.0, 120.0, 360.0, 0.0, 0.0, 1.0, 3.0)
ORTHO = (100.0, 0.0, 0.0, 160.0, 0.0, 0.0, 100.0, 120.0, 0.0, 0.0, 0.0, 1.0)
LASSO = DeleteSelected(
    (
        SelectStep("add", ((100.0, 60.0), (240.0, 80.0), (190.0, 200.0)), PERSPECTIVE),
        SelectStep("subtract", ((150.0, 90.0), (190.0, 90.0), (190.0, 140.0)), ORTHO, False),
        SelectStep("invert"),
    )
)

WITH_PLACES = (
    CropBox(CENTRE, HALF, TURNED),
    DeleteInBox(CENTRE, HALF, TURNED, "metre"),
    RemovePlane(NORMAL, 0.3, 0.2, below=True),
    RemovePlane(NORMAL, -0.3, 0.4, below=False),
    LASSO,
)
WITHOUT = (
    MinConfidence(0.5), MaxIsolation(3.0), MinViews(3), MaxSlant(70.0), LargestComponents(2),
    HideView(VIEWS[0]), MaskPhoto(VIEWS[0], "0123456789abcdef"),
)  # fmt: skip


def clear_of(edit, points):
    """`(N,)` points that rounding of float32 does not take to the other side."""
    shifts = 3e-5 * np.array([[0, 0, 0], *np.eye(3), *-np.eye(3)])
    answers = [edit.removes(evidence_of(points + shift)) for shift in shifts]
    return np.all(np.array(answers) == answers[0], axis=0)


@pytest.mark.parametrize("edit", WITH_PLACES, ids=lambda edit: edit.kind)
def test_that_a_moved_edit_removes_the_same_rows_of_a_moved_cloud(edit):
    points = everywhere(50_000)
    before = edit.removes(evidence_of(points))
    after = edit.moved(MOVE).removes(evidence_of(MOVE.apply(points)))

    clear = clear_of(edit, points)
    assert clear.mean() > 0.98
    assert 0.02 < before.mean() < 0.98
    np.testing.assert_array_equal(after[clear], before[clear])


@pytest.mark.parametrize("edit", WITH_PLACES, ids=lambda edit: edit.kind)
def test_that_a_moved_edit_is_one_that_can_be_stored(edit):
    moved = edit.moved(MOVE)
    assert type(moved) is type(edit)
    assert moved != edit
    assert from_row(json.loads(json.dumps(to_row(moved)))) == moved
    back = moved.moved(MOVE.inverse())
    np.testing.assert_allclose(numbers(back), numbers(edit), atol=1e-9)


@pytest.mark.parametrize("edit", WITHOUT, ids=lambda edit: edit.kind)
def test_that_an_edit_without_places_is_the_same_in_any_world(edit):
    assert edit.moved(MOVE) is edit


def test_that_every_kind_of_edit_says_whether_it_is_about_places():
    assert {edit.kind: edit.about_places for edit in EDITS} == {
        **{edit.kind: True for edit in WITH_PLACES},
        **{edit.kind: False for edit in WITHOUT},
    }


def test_that_streaks_are_the_same_in_a_moved_world():
    points, normals = everywhere(20_000), everywhere(20_000, seed=1)
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    cameras = {view_id: MOVE.apply_to_camera(camera) for view_id, camera in CAMERAS.items()}
    before = MaxSlant(60.0).removes(evidence_of(points, normal=normals))
    turned = (normals @ MOVE.rotation.T).astype(np.float32)
    after = MaxSlant(60.0).removes(evidence_of(MOVE.apply(points), cameras, normal=turned))
    assert np.count_nonzero(before != after) <= 2  # at the very limit


def test_that_a_box_of_an_impossible_size_is_refused():
    far = Sim3(1e13, np.eye(3), np.zeros(3))
    with pytest.raises(ValueError, match="beyond"):
        CropBox(CENTRE, HALF, TURNED).moved(far)


def numbers(edit):
    def flat(value):
        if isinstance(value, dict):
            value = list(value.values())
        if isinstance(value, list):
            return [number for item in value for number in flat(item)]
        return [float(value)] if isinstance(value, (int, float)) else []

    return np.array(flat(to_row(edit)))
