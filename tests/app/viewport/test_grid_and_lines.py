from __future__ import annotations

import numpy as np
import pytest

from da3studio.app.viewport.grid_layer import GridLayer, round_up, taller
from da3studio.app.viewport.lines_layer import LinesLayer, Path
from da3studio.app.viewport.mesh_arrays import mesh_arrays
from da3studio.app.viewport.mesh_layer import MeshLayer
from da3studio.scene.mesh import Mesh
from tests.app.viewport.easel import Easel, middle_of, near, screen_from

Z_UP = np.array([(1.0, 0, 0), (0, 0, 1), (0, -1, 0)])  # rows X, Y (up), Z
ORANGE = (255, 191, 51)


@pytest.fixture
def easel(qtbot):
    return Easel(qtbot, 400, 300)


def grid_on_floor(height=0.0) -> GridLayer:
    layer = GridLayer()
    layer.set_place((0, 0, height), Z_UP)
    return layer


@pytest.mark.parametrize(
    ("value", "rounded", "every"),
    [(0.011, 0.02, 5), (1.0, 1.0, 10), (3.2, 5.0, 10), (700, 1000, 10)],
)
def test_that_spacings_are_one_two_five(value, rounded, every):
    assert round_up(value) == pytest.approx(rounded)
    assert taller(rounded) == every


def test_that_the_spacing_follows_the_distance_and_is_round_in_metres():
    layer = grid_on_floor()
    steps = [layer.spacing(screen_from((0, -d, d))) for d in (1.0, 10.0, 100.0)]
    assert steps[1] / steps[0] == pytest.approx(10)
    assert steps[2] / steps[1] == pytest.approx(10)

    layer.per_unit = 1 / 0.3048  # a world in feet: three lines a metre would not be round
    spacing = layer.spacing(screen_from((0, -10, 10)))
    assert spacing * 0.3048 == pytest.approx(round_up(spacing * 0.3048))


def test_that_the_axes_lie_where_the_world_says(easel):
    layer = grid_on_floor(0.5)
    layer.axis_colours = ((1, 0, 0), (0, 1, 0), (0, 0, 1))
    screen = screen_from((3, -4, 3), (0, 0, 0.5))
    picture = easel.picture([layer], screen)

    ends = screen.project(layer.axis_ends(screen))
    origin = screen.project((0, 0, 0.5))
    for axis, colour in enumerate(((255, 0, 0), (0, 255, 0), (0, 0, 255))):
        x, y = (0.3 * origin + 0.7 * ends[axis])[:2]
        window = picture[int(y) - 2 : int(y) + 3, int(x) - 2 : int(x) + 3]
        assert near(window, colour, 60).any()
    assert 90 < np.linalg.norm(ends[1, :2] - origin[:2]) < 130
    layer.dispose()


def test_that_the_grid_is_hidden_by_what_stands_on_it(easel):
    above = np.array([(-9, 9, 3), (9, 9, 3), (9, -9, 3), (-9, -9, 3)], np.float32)
    black = np.zeros((4, 3), np.uint8)
    mesh = MeshLayer()
    faces = np.array([(0, 2, 1), (0, 3, 2)], np.int32)
    mesh.set_mesh(mesh_arrays(Mesh(above, faces, np.tile([0, 0, 1], (4, 1)), black)))
    layer = grid_on_floor()
    screen = screen_from((0, -0.01, 6), up=(0, 1, 0))

    assert easel.picture([layer], screen)[..., :3].any(axis=-1).sum() > 2000
    assert not easel.picture([mesh, layer], screen)[..., :3].any()
    layer.dispose()
    mesh.dispose()


def test_that_a_line_is_as_wide_as_asked_and_where_its_points_are(easel):
    layer = LinesLayer()
    layer.set_paths([Path(np.array([(-1.0, 0.5, 0), (1.0, 0.5, 0)]), dots=False)])
    picture = easel.picture([layer], screen_from((0, 0, 4), up=(0, 1, 0)))

    # 100 px a unit: the line runs from x 100 to 300 at y 100
    cover = picture[:, 200, 0].astype(float) / 255
    assert cover.sum() == pytest.approx(2.5, abs=0.2)
    x, y = middle_of(near(picture, ORANGE))
    assert (x, y) == (pytest.approx(200, abs=1), pytest.approx(100, abs=0.6))
    layer.dispose()


def test_that_a_line_twice_as_dense_a_screen_is_twice_as_many_pixels_wide(easel):
    layer = LinesLayer()
    layer.set_paths([Path(np.array([(-1.0, 0.0, 0), (1.0, 0.0, 0)]), dots=False)])
    screen = screen_from((0, 0, 4), size=(200, 150), up=(0, 1, 0))
    cover = easel.picture([layer], screen, 2.0)[:, 200, 0].astype(float) / 255
    assert cover.sum() == pytest.approx(5.0, abs=0.3)
    layer.dispose()


def test_that_a_line_behind_the_surface_is_faint_and_one_past_the_eye_is_cut(easel):
    wall = np.array([(-9, 9, 1), (0, 9, 1), (0, -9, 1), (-9, -9, 1)], np.float32)
    mesh = MeshLayer()
    faces = np.array([(0, 2, 1), (0, 3, 2)], np.int32)
    black = np.zeros((4, 3), np.uint8)
    mesh.set_mesh(mesh_arrays(Mesh(wall, faces, np.tile([0, 0, 1], (4, 1)), black)))
    layer = LinesLayer()
    layer.set_paths([Path(np.array([(-1.0, 0, 0), (1.0, 0, 0)]), dots=False)])
    picture = easel.picture([mesh, layer], screen_from((0, 0, 4), up=(0, 1, 0)))
    assert picture[150, 250, 0] == 255
    assert 50 < picture[150, 130, 0] < 90  # 0.28 of 255

    layer.set_paths([Path(np.array([(0.0, 0, 0), (0.4, 0, 9)]), dots=False)])  # ends behind the eye
    picture = easel.picture([layer], screen_from((0, 0, 4), up=(0, 1, 0)))
    x, _ = np.nonzero(near(picture, ORANGE))[1], 0
    assert x.min() == pytest.approx(199, abs=3)
    assert x.max() == 399
    layer.dispose()
    mesh.dispose()


def test_that_closed_paths_come_back_and_none_is_nothing(easel):
    triangle = np.array([(0.0, 0, 0), (1, 0, 0), (0, 1, 0)])
    starts, ends = Path(triangle, closed=True).segments()
    assert len(starts) == 3
    np.testing.assert_array_equal(ends[-1], triangle[0])
    layer = LinesLayer()
    layer.set_paths([])
    assert layer.bounds() is None
    assert not easel.picture([layer], screen_from((0, 0, 4), up=(0, 1, 0)))[..., :3].any()
    layer.dispose()
