"""Boxes, against the same sum in double precision."""

from __future__ import annotations

import numpy as np
import pytest

from da3studio.edits.shapes import CropBox, DeleteInBox
from da3studio.geometry.rigid import rotation_from_wxyz
from tests.edits.clouds import everywhere, evidence_of

UPRIGHT = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
TURNED = tuple(tuple(row) for row in rotation_from_wxyz((0.9, 0.2, -0.3, 0.1)).tolist())


@pytest.mark.parametrize("axes", [UPRIGHT, TURNED])
def test_that_a_crop_box_keeps_exactly_what_is_inside(axes):
    points, centre, half = everywhere(100_000), (0.2, -0.1, 0.3), (0.5, 0.25, 0.6)
    removed = CropBox(centre, half, axes).removes(evidence_of(points))

    local = np.abs((points.astype(np.float64) - centre) @ np.transpose(axes)) - half
    clear = np.abs(local.max(axis=1)) > 1e-6  # float32 cannot tell the rest
    assert clear.mean() > 0.999
    np.testing.assert_array_equal(removed[clear], local.max(axis=1)[clear] > 0)


def test_that_delete_in_box_removes_what_a_crop_box_keeps():
    evidence, box = evidence_of(everywhere(10_000)), ((0.0, 0.1, 0.2), (0.4, 0.5, 0.6), TURNED)
    np.testing.assert_array_equal(
        DeleteInBox(*box).removes(evidence), ~CropBox(*box).removes(evidence)
    )
    assert not CropBox(*box).removes_view("view_000")


def test_that_a_box_is_exact_a_million_units_from_the_origin():
    points = everywhere(10_000, half=100.0) + np.float32(1e6)
    removed = CropBox((1e6, 1e6, 1e6), (50.0, 50.0, 50.0), UPRIGHT).removes(evidence_of(points))
    np.testing.assert_array_equal(removed, (np.abs(points - 1e6) > 50).any(axis=1))


@pytest.mark.parametrize(
    "wrong",
    [
        {"half": (0.0, 1.0, 1.0)},
        {"half": (float("nan"), 1.0, 1.0)},
        {"centre": (float("inf"), 0.0, 0.0)},
        {"axes": ((1.0, 0.0, 0.0), (1.0, 0.0, 0.0), (0.0, 0.0, 1.0))},
        {"unit": "mile"},
    ],
)
def test_that_an_impossible_box_is_refused(wrong):
    right = {"centre": (0.0, 0.0, 0.0), "half": (1.0, 1.0, 1.0), "axes": UPRIGHT}
    with pytest.raises(ValueError, match=r"\w"):
        CropBox(**{**right, **wrong})


def test_that_a_box_says_its_size_in_the_unit_of_its_world():
    box = {"centre": (0.0, 0.0, 0.0), "half": (1.05, 0.5, 0.25), "axes": UPRIGHT}
    assert CropBox(**box, unit="metre").detail() == "2.1 × 1 × 0.5 m"
    assert CropBox(**box).detail() == "2.1 × 1 × 0.5 units"
