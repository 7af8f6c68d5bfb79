from __future__ import annotations

import numpy as np
import pytest

from da3studio.fusion.render import good_camera, preview, render
from da3studio.geometry.camera import project
from da3studio.scene.mesh import Mesh, Texture
from tests.synthetic.captures import still_life
from tests.synthetic.rigs import lens_of, look_at
from tests.synthetic.shapes import Plane, Sphere


@pytest.fixture
def above():
    return look_at((0, 0, 4), (0, 0, 0), lens_of((160, 120)), up=(0, 1, 0))


def checkered(side: int, squares: int) -> np.ndarray:
    field = np.add.outer(np.arange(side), np.arange(side)) * 0
    field += (np.arange(side)[:, None] * squares // side + np.arange(side) * squares // side) % 2
    return np.repeat(field[..., None] * 255, 3, axis=2).astype(np.uint8)


def textured_plane(image: np.ndarray) -> Mesh:
    mesh = Plane(half=(1, 1)).mesh(0.5)
    uv = (mesh.vertices[:, :2] * (1, -1) + 1) / 2  # image top towards +y
    return Mesh(mesh.vertices, mesh.faces, mesh.normals, texture=Texture(image, uv[mesh.faces]))


def test_that_a_texture_appears_where_the_camera_sees_it(above):
    image = np.zeros((64, 64, 3), np.uint8)
    image[:32, :32] = (200, 30, 30)  # top left
    image[32:, 32:] = (30, 30, 200)  # bottom right

    picture = render(textured_plane(image), above)

    assert picture.shape == (120, 160, 3)
    places = project([[-0.5, 0.5, 0], [0.5, -0.5, 0], [0.5, 0.5, 0]], above).astype(int)
    colours = [picture[y, x].tolist() for x, y in places]
    assert colours == [[200, 30, 30], [30, 30, 200], [0, 0, 0]]


def test_that_a_fine_texture_far_away_turns_grey_instead_of_flickering(above):
    picture = render(textured_plane(checkered(1024, 1024)), above)

    x, y = project([0, 0, 0], above).astype(int)
    patch = picture[y - 20 : y + 20, x - 20 : x + 20].astype(float)
    assert abs(patch.mean() - 127.5) < 2
    assert patch.std() < 12


def test_that_edges_are_soft_and_the_background_is_light(above):
    picture = render(textured_plane(np.zeros((8, 8, 3), np.uint8)), above).astype(int)

    across = picture[60, :, 0]
    assert across[0] > 200
    assert across[80] == 0
    tilted = look_at((0.3, 0, 4), (0, 0.1, 0), lens_of((160, 120)), up=(0.2, 1, 0))
    between = render(textured_plane(np.zeros((8, 8, 3), np.uint8)), tilted)[..., 0]
    assert ((between > 40) & (between < 190)).sum() > 100  # mixed pixels along four sides


def test_that_the_inner_side_of_a_surface_is_grey_not_textured():
    below = look_at((0, 0, -4), (0, 0, 0), lens_of((160, 120)), up=(0, 1, 0))

    colour = render(textured_plane(np.full((8, 8, 3), (250, 0, 0), np.uint8)), below)[60, 80]

    assert np.ptp(colour.astype(int)) < 8


def test_that_a_plain_ball_is_brightest_where_it_faces_the_camera(above):
    ball = Sphere().mesh(0.05)

    picture = render(Mesh(ball.vertices, ball.faces, ball.normals), above)

    middle, rim = picture[60, 80].astype(int), picture[60, 80 + 42].astype(int)
    assert middle.min() > 170
    assert (rim < middle - 50).all()


def test_that_vertex_colours_are_shown_where_there_is_no_texture(above):
    ball = Sphere().mesh(0.2)
    green = np.tile(np.array([20, 180, 40], np.uint8), (len(ball.vertices), 1))

    picture = render(Mesh(ball.vertices, ball.faces, ball.normals, green), above)

    assert picture[60, 80].tolist() == [20, 180, 40]


@pytest.mark.parametrize("size", [(320, 240), (200, 300)])
def test_that_a_preview_shows_all_of_the_mesh_and_wastes_little(size):
    mesh = still_life(2).shape.mesh(0.2)

    camera = good_camera(mesh, size)

    pixels = project(mesh.vertices, camera)
    assert pixels.min() > 0
    assert (pixels < size).all()
    span = np.ptp(pixels, axis=0) / size
    assert span.max() > 0.9
    np.testing.assert_allclose(pixels.min(axis=0) + pixels.max(axis=0), size, atol=0.1 * max(size))


def test_that_a_preview_looks_from_above_where_up_is_minus_y():
    camera = good_camera(Sphere().mesh(0.3), (64, 48))

    assert camera.centre[1] < -1
    assert camera.cam_from_world.rotation[1] @ [0, 1, 0] > 0.8  # down in the picture is +y


def test_that_a_preview_goes_round_to_the_side_that_was_photographed():
    facade = Plane(u=(-1.0, 0.0, 0.0), v=(0.0, 1.0, 0.0))  # its outside is -z, the front
    behind = Plane(u=(1.0, 0.0, 0.0), v=(0.0, 1.0, 0.0))

    assert good_camera(facade.mesh(0.5), (64, 48)).centre[2] < 0
    assert good_camera(behind.mesh(0.5), (64, 48)).centre[2] > 0


def test_that_a_preview_of_a_room_is_taken_where_a_photo_was():
    outside = Sphere().mesh(0.3)
    room = Mesh(outside.vertices, outside.faces[:, ::-1], -outside.normals)
    middle = look_at((0.1, 0, 0), (1, 0, 0), lens_of((64, 48)), up=(0, -1, 0))

    np.testing.assert_allclose(good_camera(room, (64, 48), [middle]).centre, middle.centre)
    assert np.linalg.norm(good_camera(outside, (64, 48), [middle]).centre) > 1


def test_that_a_preview_has_the_size_asked_for():
    assert preview(Sphere().mesh(0.3), (120, 90)).shape == (90, 120, 3)


def test_that_a_preview_of_nothing_is_a_mistake():
    empty = Mesh(np.zeros((0, 3)), np.zeros((0, 3)), np.zeros((0, 3)))

    with pytest.raises(ValueError, match="faces"):
        preview(empty, (64, 48))


def test_that_a_preview_of_one_photo_s_relief_looks_from_where_it_was_taken():
    wall = Plane(u=(0.0, 0.0, -1.0), v=(0.0, 1.0, 0.0)).mesh(0.5)  # its outside is +x
    red = Mesh(
        wall.vertices, wall.faces, wall.normals, np.full((len(wall.vertices), 3), (250, 0, 0))
    )
    eye = look_at((3, -0.5, 0), (0, 0, 0), lens_of((64, 48)), up=(0, -1, 0))

    picture = preview(red, (64, 48), [eye]).astype(int)
    assert (picture[..., 0] - picture[..., 1] > 200).mean() > 0.4  # the outside, nearly face on
