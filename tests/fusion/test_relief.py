"""The relief of one exact depth map."""

from __future__ import annotations

import numpy as np
import pytest

from da3studio.base.errors import CannotReconstruct
from da3studio.fusion.depth_edges import sharpened
from da3studio.fusion.relief import photo_as_texture, relief
from da3studio.fusion.render import render
from da3studio.geometry.camera import project
from da3studio.recipes.mesh import MeshRecipe, TextureRecipe
from da3studio.scene.depth import DepthMap
from da3studio.scene.mesh import Mesh
from tests.synthetic.rigs import lens_of, look_at
from tests.synthetic.shapes import Plane, Sphere, Union, cast, depth_map, photo

CAMERA = look_at((0.0, -4.0, 1.2), (0.0, 0.0, 0.5), lens_of((200, 150)))
BALL = Sphere(centre=(0.1, 0.0, 0.6), radius=0.6)
FLOOR = Plane(half=(3.0, 40.0))
WALL = Plane(centre=(0.0, 4.0, 0.0), u=(1.0, 0.0, 0.0), v=(0.0, 0.0, 1.0), half=(6.0, 4.0))
SCENE = Union(FLOOR, WALL, BALL)


def made(depth: DepthMap, recipe: MeshRecipe | None = None, keep: np.ndarray | None = None) -> Mesh:
    rgb = photo(SCENE, CAMERA, samples=1)
    kept = depth.z > 0 if keep is None else keep
    return relief(CAMERA, depth, kept, rgb, recipe or MeshRecipe(min_component=0.0)).mesh


@pytest.fixture(scope="module")
def exact() -> Mesh:
    return made(depth_map(SCENE, CAMERA))


def assert_on_the_surface(mesh: Mesh) -> None:
    """All vertices; but one in a thousand, at low edges, may be a pixel or two beside it."""
    off = SCENE.distance(mesh.vertices)
    assert (off < 1e-5).mean() > 0.999
    assert off.max() < 2 * 4.0 / 220  # what two pixels cover of the ball


def longest_along_the_ray(mesh: Mesh) -> np.ndarray:
    """`(F,)` depths of each face's corners, the farthest over the nearest."""
    z = CAMERA.cam_from_world.apply(mesh.vertices)[:, 2][mesh.faces]
    return z.max(axis=1) / z.min(axis=1)


def test_that_every_vertex_lies_on_the_true_surface_at_a_pixels_centre(exact):
    assert_on_the_surface(exact)
    pixels = project(exact.vertices, CAMERA) - 0.5
    np.testing.assert_allclose(pixels, pixels.round(), atol=1e-3)


def test_that_nothing_is_stretched_from_the_ball_to_what_is_behind_it(exact):
    on_ball = BALL.distance(exact.vertices) < 1e-4
    on_ball &= WALL.distance(exact.vertices) > 0.5
    corners = on_ball[exact.faces].sum(axis=1)
    mixed = exact.faces[(corners > 0) & (corners < 3)]
    # where the ball touches the floor there is no edge to cut
    assert FLOOR.distance(exact.vertices[mixed].reshape(-1, 3)).max(initial=0) < 0.45
    assert longest_along_the_ray(exact).max() < 1.25


def test_that_all_but_the_edges_is_there_also_of_a_floor_that_runs_away(exact):
    seen = cast(SCENE, CAMERA)
    there = np.zeros(seen.hit.shape, bool)
    column, row = (project(exact.vertices, CAMERA) - 0.5).round().astype(int).T
    there[row, column] = True
    assert there[seen.hit].mean() > 0.985
    floor = seen.hit & (np.abs(seen.points[..., 2]) < 1e-9)
    assert there[floor].mean() > 0.985


def test_that_faces_turn_to_the_camera_and_normals_too(exact):
    a, b, c = exact.vertices[exact.faces].transpose(1, 0, 2)
    towards = CAMERA.centre - a
    assert ((np.cross(b - a, c - a) * towards).sum(axis=1) > 0).all()
    np.testing.assert_allclose(np.linalg.norm(exact.normals, axis=1), 1, atol=1e-5)


def test_that_the_photo_lies_on_it_in_full_resolution(exact):
    large = CAMERA.resized(400, 300)
    picture = photo(SCENE, large, samples=1)
    textured = photo_as_texture(exact, large, picture, TextureRecipe()).mesh
    assert textured.texture is not None
    assert textured.texture.image.shape == (300, 400, 3)

    again = render(textured, large).astype(float)
    seen = np.abs(again - picture).max(axis=2) < 24
    inside = cast(SCENE, large).hit
    assert seen[inside].mean() > 0.97


def test_that_a_photo_larger_than_the_texture_may_be_is_shrunk(exact):
    large = CAMERA.resized(400, 300)
    recipe = TextureRecipe(max_size=256)
    textured = photo_as_texture(exact, large, photo(SCENE, large, samples=1), recipe).mesh
    assert textured.texture is not None
    assert textured.texture.image.shape == (192, 256, 3)


@pytest.mark.parametrize("faces", [500, 5_000, 30_000])
def test_that_the_face_budget_is_kept_and_used(faces):
    mesh = made(depth_map(SCENE, CAMERA), MeshRecipe(min_component=0.0, faces=faces))
    assert 0.6 * faces < len(mesh.faces) <= faces
    assert_on_the_surface(mesh)


def test_that_an_edge_that_a_network_smeared_over_pixels_is_cut_as_well():
    near, far = 2.0, 4.0
    ramp = np.interp(np.arange(200), [96, 101], [near, far]).astype(np.float32)
    z = np.repeat(ramp[None], 150, axis=0)
    mesh = made(DepthMap(z, np.ones_like(z), np.zeros(z.shape, bool)))

    z_of = CAMERA.cam_from_world.apply(mesh.vertices)[:, 2][mesh.faces]
    assert ((z_of < 2.3).all(axis=1) | (z_of > 3.7).all(axis=1)).mean() > 0.98
    assert np.ptp(z_of, axis=1).max() < 0.3


def test_that_a_smeared_pixel_goes_to_the_side_that_it_looks_like():
    """A thing ends at column 98 of the photo; the network drew a ramp from 96 to 101."""
    z = np.repeat(np.interp(np.arange(200), [96, 101], [2, 4]).astype(np.float32)[None], 150, 0)
    rgb = np.full((150, 200, 3), 200, np.uint8)
    rgb[:, :98] = 40
    sharp = sharpened(z, rgb, 220.0)

    np.testing.assert_allclose(sharp[20:-20, :98], 2, rtol=0.02)
    np.testing.assert_allclose(sharp[20:-20, 98:], 4, rtol=0.02)


def test_that_a_sharp_edge_stays_as_it_is():
    z = np.full((150, 200), 4, np.float32)
    z[40:100, 50:120] = 2
    noise = np.random.default_rng(0).integers(0, 255, (150, 200, 3)).astype(np.uint8)
    assert np.array_equal(sharpened(z, noise, 220.0), z)


def test_that_noise_on_a_wall_tears_no_holes():
    clean = depth_map(WALL, CAMERA)
    noise = np.random.default_rng(0).normal(0, 0.002, clean.z.shape)
    z = (clean.z * (1 + noise)).astype(np.float32)
    mesh = made(DepthMap(z, clean.confidence, clean.sky))
    assert len(mesh.faces) == len(made(clean).faces)


def test_that_only_what_is_kept_is_there_and_crumbs_are_dropped():
    depth = depth_map(WALL, CAMERA)
    keep = np.zeros(depth.z.shape, bool)
    keep[20:80, 20:100] = True
    keep[120:124, 150:154] = True  # a crumb
    mesh = made(depth, MeshRecipe(min_component=0.01), keep)
    x, y = (project(mesh.vertices, CAMERA) - 0.5).round().T
    assert (x.min(), x.max(), y.min(), y.max()) == (20, 99, 20, 79)
    assert len(mesh.vertices) == 60 * 80
    with pytest.raises(CannotReconstruct):
        made(depth, keep=np.zeros(depth.z.shape, bool))
