from __future__ import annotations

import numpy as np
import pytest

from da3studio.base.cancel import CancelToken, JobCancelled
from da3studio.base.errors import CannotReconstruct
from da3studio.base.progress import silent
from da3studio.fusion.raycast import RayScene
from da3studio.fusion.render import render
from da3studio.fusion.texture.adjacency import adjacency
from da3studio.fusion.texture.fill import push_pull
from da3studio.fusion.texture.level import anchored, gain_table, photo_gains
from da3studio.fusion.texture.observe import observe
from da3studio.fusion.texture.raster import covered_pixels
from da3studio.fusion.texture.sampling import linear_from_srgb
from da3studio.fusion.texture.solve import smallest_squares
from da3studio.fusion.texture.texture import texture_mesh
from da3studio.recipes.mesh import TextureRecipe
from da3studio.scene.mesh import Mesh
from tests.fusion.painted import exposed, likeness, paint
from tests.synthetic.captures import still_life
from tests.synthetic.rigs import grid, lens_of, look_at, view_id
from tests.synthetic.shapes import Box, Plane, Sphere, Union, cast, photo

SIZE = (320, 240)
GAINS = np.random.default_rng(0).uniform(0.8, 1.25, 12)


@pytest.fixture(scope="module")
def capture():
    return still_life(12, SIZE)


@pytest.fixture(scope="module")
def mesh(capture):
    return capture.shape.mesh(0.08)


@pytest.fixture(scope="module")
def unequal(capture):
    return exposed(capture.shape, capture.cameras, GAINS)


@pytest.fixture(scope="module")
def levelled(mesh, capture, unequal):
    return paint(mesh, capture.cameras, unequal)


@pytest.fixture(scope="module")
def held_out(capture):
    """Cameras between those of the capture, their true photos, and where they see the scene."""
    views = []
    for angle in np.radians([15, 135, 255]):
        eye = (3.8 * np.cos(angle), 3.8 * np.sin(angle), 2.2)
        camera = look_at(eye, (0, 0, 0.25), lens_of((240, 180)))
        views.append((camera, photo(capture.shape, camera), cast(capture.shape, camera).hit))
    return views


def likenesses(painted: Mesh, held_out) -> list[float]:
    return [likeness(render(painted, camera), truth, seen) for camera, truth, seen in held_out]


def test_that_unequal_photos_make_a_texture_true_to_30_db(levelled, held_out):
    assert min(likenesses(levelled.mesh, held_out)) > 30


def test_that_levelling_gains_three_db(levelled, mesh, capture, unequal, held_out):
    plain = paint(mesh, capture.cameras, unequal, TextureRecipe(level=False))

    gained = np.subtract(likenesses(levelled.mesh, held_out), likenesses(plain.mesh, held_out))
    assert gained.mean() > 3


def test_that_gains_are_found_to_three_per_cent(mesh, capture, unequal):
    seen = observe(
        mesh,
        capture.cameras,
        unequal.__getitem__,
        dict.fromkeys(capture.cameras, 1.0),
        report=silent,
        token=CancelToken(),
    )

    gains = photo_gains(seen)

    exact = GAINS**-1.0 / np.exp(np.log(GAINS**-1.0).mean())
    assert np.abs(gains / exact[:, None] - 1).max() < 0.03


def test_that_anchored_gains_leave_the_painted_area_as_bright_as_it_was():
    gains = np.array([[0.5] * 3, [1.2] * 3, [2.0] * 3], np.float32)
    view_idx = np.array([1, 1, 2, -1], np.int16)

    found = anchored(gains, view_idx, np.array([1.0, 2.0, 1.0, 50.0]))

    assert abs(3 * np.log(found[1, 0]) + np.log(found[2, 0])) < 1e-5
    np.testing.assert_allclose(found / found[0], gains / gains[0], rtol=1e-5)


@pytest.mark.parametrize("gain", [0.6, 1.0, 1.02, 1.5, 3.0])
def test_that_a_gain_acts_on_light_and_never_clips(gain):
    table = gain_table(np.full(3, gain, np.float32))

    dark = linear_from_srgb(table[40]) / linear_from_srgb(40)
    np.testing.assert_allclose(dark, gain, rtol=0.07 if gain > 2 else 0.01)
    assert (np.diff(table, axis=0) >= 0).all()
    assert (np.diff(table[:240], axis=0) > 0).all()
    assert table.max() <= 255.01


def test_that_every_face_has_texels_of_its_own(levelled, mesh):
    texture = levelled.mesh.texture
    height, width = texture.image.shape[:2]
    assert texture.corner_uv.shape == (len(mesh.faces), 3, 2)
    assert texture.corner_uv.min() > 0
    assert texture.corner_uv.max() < 1
    assert (np.log2([width, height]) % 1 == 0).all()

    count = np.zeros((height, width), int)
    corners = texture.corner_uv * np.array([width, height], np.float32)
    for part in covered_pixels(corners, width, height, inset=0.02):
        np.add.at(count, (part.row, part.column), 1)
    assert count.max() == 1
    ab, ac = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    assert np.abs(ab[:, 0] * ac[:, 1] - ab[:, 1] * ac[:, 0]).min() > 0


def test_that_geometry_is_left_as_it_was(levelled, mesh):
    assert levelled.mesh.vertices is mesh.vertices
    assert levelled.mesh.faces is mesh.faces


def plain(colour: tuple[float, float, float], shape):
    """A shape of one colour."""

    class Plain(type(shape)):
        def colour(self, points):
            return np.broadcast_to(np.array(colour), points.shape)

    return Plain(**{name: getattr(shape, name) for name in shape.__dataclass_fields__})


def test_that_an_object_before_a_wall_is_not_painted_on_the_wall():
    wall = plain((0.8, 0.8, 0.8), Plane(half=(2, 2)))
    block = plain((0.7, 0.0, 0.0), Box(centre=(0, 0, 0.8), half=(0.3, 0.3, 0.1)))
    cameras = grid(3, 3, distance=4, spacing=1.6, size=SIZE)
    shape = Union(wall, block)

    painted = paint(shape.mesh(0.1), cameras, exposed(shape, cameras)).mesh

    faces_of_wall = len(wall.mesh(0.1).faces)
    texture = painted.texture
    height, width = texture.image.shape[:2]
    corners = texture.corner_uv[:faces_of_wall] * np.array([width, height], np.float32)
    for part in covered_pixels(corners, width, height):
        texels = texture.image[part.row, part.column].astype(int)
        assert (texels[:, 0] - texels[:, 1]).max() < 24  # never redder than a blended edge


def test_that_someone_passing_by_is_not_painted():
    wall = Plane(half=(2, 2), cell=0.8)
    cameras = grid(2, 3, distance=4, spacing=0.5, size=SIZE)
    photos = exposed(wall, cameras)
    passer_by = view_id(1)
    photos[passer_by][66:174, 133:173] = (250, 0, 250)

    painted = paint(wall.mesh(0.1), cameras, photos).mesh

    camera = look_at((0, 0, 3.9), (0, 0, 0), lens_of(SIZE), up=(0, 1, 0))
    truth = photo(wall, camera).astype(int)
    off = np.abs(render(painted, camera) - truth).max(axis=2)[RayScene(painted).look(camera).found]
    assert (off > 40).mean() < 1e-3  # the passer-by covers 7 % of that photo


def test_that_a_hidden_side_takes_the_colours_around_it_and_is_reported():
    ball = plain((0.2, 0.5, 0.3), Sphere())
    cameras = grid(2, 2, distance=5, spacing=0.5, size=SIZE)

    textured = paint(ball.mesh(0.1), cameras, exposed(ball, cameras))

    below = look_at((0.5, 0, -5), (0, 0, 0), lens_of((160, 120)))
    back = render(textured.mesh, below)[RayScene(textured.mesh).look(below).found]
    assert np.abs(np.median(back, axis=0) - 255 * np.array([0.2, 0.5, 0.3])).max() < 5
    assert back.min() > 20  # black nowhere
    assert len(textured.notices) == 1
    assert "% of the surface is shown by no photo" in textured.notices[0]


def test_that_a_blurred_photo_gives_way_to_a_sharp_one():
    wall = Plane(half=(1, 1), cell=0.2)
    cameras = grid(1, 2, distance=4, spacing=0.2, size=SIZE)
    photos = exposed(wall, cameras)
    flat = photos[view_id(0)].copy()
    box = np.ones(9) / 9
    for axis in (0, 1):
        flat = np.apply_along_axis(np.convolve, axis, flat.astype(float), box, "same")
    photos[view_id(0)] = flat.astype(np.uint8)

    painted = paint(wall.mesh(0.1), cameras, photos).mesh

    camera = look_at((0, 0, 4), (0, 0, 0), lens_of((240, 180)), up=(0, 1, 0))
    hit = cast(wall, camera).hit
    assert likeness(render(painted, camera), photo(wall, camera, samples=3), hit) > 30


def test_that_photos_of_something_else_are_refused():
    mesh = Sphere().mesh(0.3)
    away = {view_id(0): look_at((4, 0, 0), (8, 0, 0), lens_of((64, 48)))}

    with pytest.raises(CannotReconstruct, match="cannot be painted"):
        paint(mesh, away, {view_id(0): np.zeros((48, 64, 3), np.uint8)})


def test_that_a_photo_of_another_size_than_its_camera_is_a_mistake():
    mesh = Sphere().mesh(0.3)
    cameras = {view_id(0): look_at((4, 0, 0), (0, 0, 0), lens_of((64, 48)))}

    with pytest.raises(ValueError, match="its camera"):
        paint(mesh, cameras, {view_id(0): np.zeros((24, 32, 3), np.uint8)})


def test_that_painting_stops_when_asked(mesh, capture, unequal):
    with pytest.raises(JobCancelled):
        texture_mesh(
            mesh,
            capture.cameras,
            unequal.__getitem__,
            TextureRecipe(),
            sharpness=dict.fromkeys(capture.cameras, 1.0),
            report=silent,
            token=CancelToken(lambda: True),
        )


def test_that_push_pull_keeps_what_is_known_and_fills_the_rest_in_between():
    values = np.zeros((33, 50, 3), np.float32)
    weight = np.zeros((33, 50), np.float32)
    values[:, :5], weight[:, :5] = 100, 1
    values[:, -5:], weight[:, -5:] = 200, 1

    filled = push_pull(values, weight)

    assert (filled[:, :5] == 100).all()
    assert (filled[:, -5:] == 200).all()
    assert filled.min() >= 100
    assert filled.max() <= 200
    assert 110 < filled[16, 25, 0] < 190


def test_that_least_squares_on_a_chain_finds_the_exact_steps():
    pairs = np.stack([np.arange(1, 50), np.arange(49)], axis=1)
    steps = np.linspace(-1, 1, 49)[:, None]
    hold = np.zeros(50)
    hold[0] = 1

    x = smallest_squares(pairs, np.ones(49), steps, hold, np.zeros((50, 1)))

    np.testing.assert_allclose(np.diff(x[:, 0]), steps[:, 0], atol=0.01)
    assert abs(x[0, 0]) < 0.01


def test_that_a_strip_of_squares_has_its_inner_edges():
    faces = np.array([[0, 1, 2], [0, 2, 3], [3, 2, 4]])

    edges = adjacency(faces)

    pairs = {tuple(sorted(pair)) for pair in edges.faces.tolist()}
    ends = {tuple(pair) for pair in edges.vertices.tolist()}
    assert pairs == {(0, 1), (1, 2)}
    assert ends == {(0, 2), (2, 3)}
