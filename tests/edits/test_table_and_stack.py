"""The form on disk, and the list as a whole."""

from __future__ import annotations

import json

import numpy as np
import pytest

from da3studio.edits.base import ListedEdit
from da3studio.edits.pieces import LargestComponents
from da3studio.edits.planes import RemovePlane
from da3studio.edits.selection import DeleteSelected, SelectStep
from da3studio.edits.shapes import CropBox, DeleteInBox
from da3studio.edits.stack import EditStack
from da3studio.edits.table import EDITS, from_row, to_row
from da3studio.edits.thresholds import MaxIsolation, MaxSlant, MinConfidence, MinViews
from da3studio.edits.views import HideView, MaskPhoto
from tests.edits.clouds import VIEWS, everywhere, evidence_of

AXES = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
STEP = SelectStep("add", ((0.0, 0.0), (10.5, 0.0), (0.0, 9.25)), tuple(map(float, range(12))))
ONE_OF_EACH = (
    CropBox((0.1, 0.2, 0.3), (1.0, 2.0, 3.0), AXES, "metre"),
    DeleteInBox((0.1, 0.2, 0.3), (1.0, 2.0, 3.0), AXES),
    DeleteSelected((STEP, SelectStep("invert"))),
    MinConfidence(1.25),
    MaxIsolation(3.5),
    MinViews(4),
    MaxSlant(75.0),
    LargestComponents(2, 6.0),
    RemovePlane((0.0, 0.0, 1.0), -0.25, 0.02, False),
    HideView(VIEWS[0]),
    MaskPhoto(VIEWS[0], "0123456789abcdef"),
)


def test_that_every_edit_comes_back_from_json_as_it_was():
    assert {type(edit) for edit in ONE_OF_EACH} == set(EDITS)
    for edit in ONE_OF_EACH:
        read = from_row(json.loads(json.dumps(to_row(edit))))
        assert read == edit
        assert hash(read) == hash(edit)
        assert type(read) is type(edit)


def test_that_kinds_are_unique_and_every_edit_says_what_it_is():
    assert len({edit.kind for edit in EDITS}) == len(EDITS)
    assert all(edit.title and isinstance(edit.detail(), str) for edit in ONE_OF_EACH)


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "explode"},
        {"kind": None},
        {"value": "1"},
        {"value": True},
        {"value": float("inf")},
        {"value": 10**400},
        {"value": None},
        {"extra": 1},
    ],
)
def test_that_a_row_with_something_wrong_is_refused(change):
    with pytest.raises(ValueError, match="edit"):
        from_row({"kind": "min_confidence", "value": 1.0, **change})


@pytest.mark.parametrize(
    "row",
    [
        [],
        {"kind": "min_confidence"},
        {"kind": "min_views", "n": 2.5},
        {"kind": "crop_box", "centre": [0, 0], "half": [1, 1, 1], "axes": AXES},
        {"kind": "crop_box", "centre": [0, 0, 0], "half": 1, "axes": AXES},
        {"kind": "delete_selected", "steps": [{"op": "add", "polygon": [[0, 0]] * 30_000}]},
        {"kind": "delete_selected", "steps": [{"op": "add", "polygon": {}}]},
        {"kind": "delete_selected", "steps": ["invert"]},
        {"kind": "remove_plane", "normal": [0, 0, 1], "offset": 0, "thickness": 0, "below": 1},
        {"kind": "hide_view", "view_id": "a\0b"},
        {"kind": "hide_view", "view_id": ["a"]},
    ],
)
def test_that_a_malformed_row_is_refused(row):
    with pytest.raises(ValueError, match=r"\w"):
        from_row(row)


def listed(*edits, off=()):
    return tuple(ListedEdit(str(i), edit, i not in off) for i, edit in enumerate(edits))


def stack_of(n: int = 1003, mask_bytes: int = 1_000_000) -> EditStack:
    rng = np.random.default_rng(2)
    return EditStack(
        evidence_of(
            everywhere(n),
            confidence=rng.random(n).astype(np.float32),
            isolation=rng.random(n).astype(np.float32),
        ),
        mask_bytes,
    )


def test_that_keep_is_what_no_switched_on_edit_removes():
    stack, edits = stack_of(), (MinConfidence(0.3), MaxIsolation(0.8), HideView(VIEWS[0]))
    masks = [edit.removes(stack.evidence) for edit in edits]
    np.testing.assert_array_equal(stack.keep(listed(*edits)), ~(masks[0] | masks[1] | masks[2]))
    np.testing.assert_array_equal(stack.keep(listed(*edits, off=[1])), ~(masks[0] | masks[2]))
    assert stack.keep(()).all()
    assert stack.n_removed_by(edits[0]) == masks[0].sum()
    np.testing.assert_array_equal(stack.removed_by(edits[1]), masks[1])


def test_that_switching_moving_and_undoing_need_no_new_masks():
    stack = stack_of()
    a, b = MinConfidence(0.3), MaxIsolation(0.8)
    assert stack.is_ready(())
    assert not stack.is_ready(listed(a, b))
    both = stack.keep(listed(a, b))
    assert stack.is_ready(listed(b, a))
    assert stack.is_ready(listed(a, b, off=[0]))
    assert stack.is_ready(listed(MinConfidence(0.3)))  # by value
    assert not stack.is_ready(listed(MinConfidence(0.4)))
    assert stack.n_removed_by(MinConfidence(0.4)) is None
    assert stack.keep(listed(b, a)) is both
    assert not both.flags.writeable


def test_that_many_slider_positions_do_not_pile_up_masks():
    stack = stack_of(80, mask_bytes=160)
    for i in range(100):
        stack.keep(listed(MinConfidence(i / 100)))
    assert sum(stack.n_removed_by(MinConfidence(i / 100)) is not None for i in range(100)) == 16
    many = listed(*(MinConfidence(i / 100) for i in range(40)))
    stack.keep(many)
    assert stack.is_ready(many)


def test_that_an_empty_cloud_has_an_empty_answer_for_every_edit():
    stack = EditStack(evidence_of(np.zeros((0, 3))))
    assert stack.keep(listed(*ONE_OF_EACH)).shape == (0,)
