from __future__ import annotations

import numpy as np
import pytest

from da3studio.app.viewport.mesh_arrays import mesh_arrays, packed
from da3studio.app.viewport.mesh_layer import MeshLayer
from da3studio.app.viewport.surface_blocks import SurfaceBlocks
from da3studio.scene.mesh import Mesh, Texture
from tests.app.viewport.easel import Easel, middle_of, near, screen_from

RED, GREEN, BLUE, YELLOW = (230, 20, 20), (20, 230, 20), (20, 20, 230), (230, 230, 20)
ABOVE = {"eye": (0, 0, 4), "up": (0, 1, 0)}


@pytest.fixture
def easel(qtbot):
    return Easel(qtbot, 400, 300)


def square(side=1.0, rgb=None, image=None) -> Mesh:
    """In the plane z = 0, its outer side towards +z; the image's top is towards +y."""
    a = side
    vertices = np.array([(-a, a, 0), (a, a, 0), (a, -a, 0), (-a, -a, 0)], np.float32)
    faces = np.array([(0, 2, 1), (0, 3, 2)], np.int32)
    corner = np.array([(0, 0), (1, 0), (1, 1), (0, 1)], np.float32)
    texture = None if image is None else Texture(image, corner[faces])
    return Mesh(vertices, faces, np.tile([0, 0, 1], (4, 1)), rgb, texture)


def quarters(side=256):
    image = np.zeros((side, side, 3), np.uint8)
    h = side // 2
    image[:h, :h], image[:h, h:], image[h:, :h], image[h:, h:] = RED, GREEN, BLUE, YELLOW
    return image


def shown(mesh, **changes) -> MeshLayer:
    layer = MeshLayer()
    layer.set_mesh(mesh_arrays(mesh))
    for name, value in changes.items():
        setattr(layer, name, value)
    return layer


def test_that_a_texture_lies_the_right_way_round(easel):
    layer = shown(square(image=quarters()))
    picture = easel.picture([layer], screen_from(**ABOVE))

    # 4 units away at f = 400 px a unit is 100 px: the square is the middle 200 x 200 px
    for colour, place in ((RED, (150, 100)), (GREEN, (250, 100)), (BLUE, (150, 200))):
        assert middle_of(near(picture, colour)) == pytest.approx(place, abs=1.0)
    layer.dispose()


def test_that_vertex_colours_are_shown_exactly(easel):
    rgb = np.tile(np.array([(17, 130, 251)], np.uint8), (4, 1))
    layer = shown(square(rgb=rgb))
    picture = easel.picture([layer], screen_from(**ABOVE))

    assert picture[150, 200, :3] == pytest.approx((17, 130, 251), abs=1)
    assert packed(rgb)[0] == 17 * 65536 + 130 * 256 + 251
    layer.dispose()


def test_that_the_inner_side_is_grey(easel):
    layer = shown(square(image=np.full((64, 64, 3), RED, np.uint8)))
    red, green, blue = easel.picture([layer], screen_from((0, 0, -4), up=(0, 1, 0)))[150, 200, :3]

    assert red == green == blue
    assert 40 < red < 140
    layer.dispose()


@pytest.mark.parametrize("ortho", [False, True])
def test_that_every_shading_draws_the_whole_square(easel, ortho):
    layer = shown(square(image=quarters()))
    screen = screen_from(**ABOVE, ortho=ortho)
    seen = {}
    for shading in ("textured", "smooth", "flat", "normals", "wireframe"):
        layer.shading = shading
        seen[shading] = easel.picture([layer], screen)
        assert seen[shading][..., :3].any(axis=-1).sum() == pytest.approx(40_000, abs=500), shading
    # a flat face with its own normals: both ways of shading agree
    assert np.abs(seen["smooth"].astype(int) - seen["flat"]).max() <= 2
    assert seen["normals"][150, 200, :3] == pytest.approx((128, 128, 0), abs=1)
    assert near(seen["wireframe"], (158, 184, 219), 60).sum() > 600
    layer.dispose()


def test_that_a_small_picture_takes_a_smaller_texture():
    arrays = mesh_arrays(square(image=quarters(512)))
    assert [t.shape[0] for t in arrays.textures] == [512, 256, 128, 64]
    assert arrays.texel == pytest.approx(2 / 512)
    layer = MeshLayer()
    layer._textures = list(arrays.textures)
    for distance, level in ((1.0, 0), (8.0, 2), (100.0, 3)):
        assert layer._level(arrays, screen_from((0, 0, distance), up=(0, 1, 0)), 1.0) == level


def test_that_a_texture_of_8k_is_halved_for_the_card():
    image = np.zeros((64, 8192, 3), np.uint8)
    assert mesh_arrays(square(image=image)).textures[0].shape == (32, 4096, 3)


def test_that_the_surface_under_a_pixel_is_found():
    low = square(2.0)
    high = Mesh(low.vertices + np.float32([0, 0, 1]), low.faces, low.normals)
    both = Mesh(
        np.concatenate([low.vertices, high.vertices]),
        np.concatenate([low.faces, high.faces + 4]),
        np.concatenate([low.normals, high.normals]),
    )
    screen = screen_from((0.3, 0, 5), (0.3, 0, 0), up=(0, 1, 0))
    assert SurfaceBlocks(both).depth_under(screen, 200, 150) == pytest.approx(4.0, abs=1e-6)
    assert SurfaceBlocks(low).depth_under(screen, 220, 130) == pytest.approx(5.0, abs=1e-6)
    assert SurfaceBlocks(low).depth_under(screen, 3, 3) is None

    ortho = screen_from((0.3, 0, 5), (0.3, 0, 0), up=(0, 1, 0), ortho=True)
    assert SurfaceBlocks(both).depth_under(ortho, 200, 150) == pytest.approx(4.0, abs=1e-6)


def test_that_a_large_surface_is_met_where_its_formula_says():
    n = 200
    x, y = (axis.ravel() for axis in np.meshgrid(*2 * [np.linspace(-1, 1, n)]))
    i = (np.arange(n - 1)[:, None] * n + np.arange(n - 1)).ravel()
    faces = np.concatenate([np.stack([i, i + 1, i + n], 1), np.stack([i + 1, i + n + 1, i + n], 1)])
    up = np.tile([0, 0, 1], (n * n, 1))
    waves = Mesh(np.stack([x, y, 0.1 * np.sin(5 * x)], 1), faces.astype(np.int32), up)
    blocks = SurfaceBlocks(waves)
    screen = screen_from((0.2, 1.5, 3), (0, 0, 0), up=(0, 1, 0))
    for place in ((-0.8, -0.3), (0.0, 0.0), (0.3, 0.9)):
        point = np.array([*place, 0.1 * np.sin(5 * place[0])])
        px, py, depth = screen.project(point)
        assert blocks.depth_under(screen, px, py) == pytest.approx(depth, abs=2e-4)


def test_that_an_empty_mesh_draws_nothing(easel):
    empty = Mesh(np.zeros((0, 3)), np.zeros((0, 3), np.int32), np.zeros((0, 3)))
    layer = shown(empty)
    assert not easel.picture([layer], screen_from(**ABOVE))[..., :3].any()
    assert layer.bounds() is None
    assert SurfaceBlocks(empty).depth_under(screen_from(**ABOVE), 10, 10) is None
    layer.set_mesh(None)
    layer.dispose()
