"""Outlines on the screen, against an exact test of every point."""

from __future__ import annotations

import numpy as np
import pytest

from da3studio.edits.selection import DeleteSelected, SelectStep, selected
from da3studio.geometry.camera import project
from da3studio.geometry.outline import outline_mask
from tests.edits.clouds import everywhere, evidence_of
from tests.synthetic.rigs import lens_of, look_at

CAMERA = look_at((3, 1, 2), (0, 0, 0), lens_of((1280, 800)))
MATRIX = tuple((CAMERA.intrinsics.matrix() @ CAMERA.cam_from_world.matrix()[:3]).ravel().tolist())
STAR = tuple(
    (640 + r * np.cos(a), 400 + r * np.sin(a))
    for r, a in zip([350, 130] * 7, np.linspace(0, 2 * np.pi, 14, endpoint=False), strict=True)
)
SQUARE = ((500.3, 300.2), (760.9, 310.7), (750.1, 520.4), (490.6, 510.8))


def signed_distance(xy: np.ndarray, polygon) -> np.ndarray:
    """`(N,)` px to the outline of a polygon that does not cross itself, negative inside."""
    a, b = np.asarray(polygon), np.roll(polygon, -1, axis=0)
    nearest, inside = np.full(len(xy), np.inf), np.zeros(len(xy), bool)
    for (ax, ay), (bx, by) in zip(a, b, strict=True):
        along = (xy - (ax, ay)) @ (bx - ax, by - ay) / ((bx - ax) ** 2 + (by - ay) ** 2)
        foot = np.clip(along, 0, 1)[:, None] * (bx - ax, by - ay) + (ax, ay)
        nearest = np.minimum(nearest, np.hypot(*(xy - foot).T))
        crosses = (ay > xy[:, 1]) != (by > xy[:, 1])
        with np.errstate(divide="ignore", invalid="ignore"):
            inside ^= crosses & (xy[:, 0] < (bx - ax) * (xy[:, 1] - ay) / (by - ay) + ax)
    return np.where(inside, -nearest, nearest)


@pytest.mark.parametrize("polygon", [STAR, SQUARE, SQUARE[::-1]])
def test_that_a_point_more_than_a_pixel_from_the_outline_is_never_on_the_wrong_side(polygon):
    points = everywhere(200_000)
    chosen = SelectStep("add", polygon, MATRIX).encloses(points)

    away = signed_distance(project(points, CAMERA), polygon)
    assert chosen[away < -1].all()
    assert not chosen[away > 1].any()
    assert 1000 < chosen.sum() < 150_000


def test_that_a_small_outline_is_exact_to_a_tenth_of_a_pixel():
    middle = np.asarray(project((0.1, 0.2, 0.0), CAMERA))
    polygon = tuple(map(tuple, middle + np.array([[-5, -4], [6, -5], [5, 5], [-6, 4]])))
    points = everywhere(200_000, half=0.02) + np.float32([0.1, 0.2, 0.0])
    chosen = SelectStep("add", polygon, MATRIX).encloses(points)

    away = signed_distance(project(points, CAMERA), polygon)
    assert chosen[away < -0.1].all()
    assert not chosen[away > 0.1].any()


def test_that_what_is_behind_the_camera_is_not_selected():
    behind = 2 * CAMERA.centre.astype(np.float32) - everywhere(1000, half=0.2)
    step = SelectStep("add", SQUARE, MATRIX)
    assert not step.encloses(behind).any()
    assert SelectStep("add", SQUARE, MATRIX, front=False).encloses(behind).any()
    assert not step.encloses(CAMERA.centre.astype(np.float32)[None]).any()


def test_that_a_parallel_projection_selects_by_the_same_rule():
    matrix = (100.0, 0.0, 0.0, 640.0, 0.0, 100.0, 0.0, 400.0, 0.0, 0.0, 0.0, 1.0)
    points = everywhere(50_000)
    chosen = SelectStep("add", SQUARE, matrix).encloses(points)
    away = signed_distance(points[:, :2].astype(float) * 100 + (640, 400), SQUARE)
    assert chosen[away < -1].all()
    assert not chosen[away > 1].any()


def test_that_steps_add_subtract_and_invert_in_their_order():
    points = everywhere(20_000)
    star, square = (SelectStep("add", p, MATRIX).encloses(points) for p in (STAR, SQUARE))
    steps = (
        SelectStep("add", STAR, MATRIX),
        SelectStep("subtract", SQUARE, MATRIX),
        SelectStep("invert"),
    )
    expected = ~(star & ~square)
    np.testing.assert_array_equal(selected(steps, points), expected)
    np.testing.assert_array_equal(DeleteSelected(steps).removes(evidence_of(points)), expected)
    np.testing.assert_array_equal(selected(steps[1:2], points, star), star & ~square)
    assert DeleteSelected(steps).detail() == "2 outlines"


def test_that_a_loop_that_crosses_itself_encloses_all_it_went_around():
    # twice around the same middle: an even-odd rule would leave a hole
    loop = [(np.cos(a) * r, np.sin(a) * r) for a, r in
            zip(np.linspace(0, 4 * np.pi, 80), np.linspace(50, 60, 80), strict=True)]  # fmt: skip
    mask = outline_mask(np.array(loop) + 100)
    cells = np.array([100, 100]) * mask.scale + (mask.x_shift, mask.y_shift)
    assert mask.inside[int(cells[1]), int(cells[0])]


def test_that_an_outline_of_a_whole_4k_screen_becomes_a_mask_of_one_cell_a_pixel():
    mask = outline_mask([(0, 0), (3840, 0), (3840, 2160), (0, 2160)])
    assert mask.scale == 1
    assert mask.inside.sum() == 3840 * 2160


@pytest.mark.parametrize(
    "wrong",
    [
        {"polygon": SQUARE[:2]},
        {"polygon": ((float("nan"), 0.0), *SQUARE)},
        {"polygon": ((1e9, 0.0), *SQUARE)},
        {"matrix": MATRIX[:11]},
        {"op": "xor"},
        {"op": "invert"},
    ],
)
def test_that_an_unusable_step_is_refused(wrong):
    with pytest.raises(ValueError, match=r"\w"):
        SelectStep(**{"op": "add", "polygon": SQUARE, "matrix": MATRIX, **wrong})
