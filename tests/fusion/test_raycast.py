from __future__ import annotations

import numpy as np

from da3studio.fusion.raycast import RayScene
from da3studio.geometry.camera import pixel_centres, project
from da3studio.geometry.similarity import Sim3
from da3studio.scene.mesh import Mesh
from tests.synthetic.captures import still_life
from tests.synthetic.rigs import lens_of, look_at
from tests.synthetic.shapes import Box, Plane, Sphere, Union, cast


def test_that_a_box_is_seen_at_its_exact_depth():
    shape = Union(Plane(), Box(centre=(0, 0, 0.5)))
    camera = look_at((3, 1, 2), (0, 0, 0.3), lens_of((160, 120)))
    exact = cast(shape, camera)

    seen = RayScene(shape.mesh(0.25)).look(camera)

    assert seen.t.shape == (120, 160)
    assert (seen.found != exact.hit).mean() < 0.001  # rays that graze an edge
    both = seen.found & exact.hit
    assert np.abs(seen.t - exact.depth)[both].max() < 2e-5  # float32 at 4 units


def test_that_weights_rebuild_the_point_that_a_pixel_sees():
    mesh = Sphere().mesh(0.1)
    camera = look_at((3, 1, 2), (0, 0, 0), lens_of((160, 120)))

    seen = RayScene(mesh).look(camera)

    corners = mesh.vertices[mesh.faces[seen.face[seen.found]]]
    points = np.einsum("mk,mkc->mc", seen.weights[seen.found], corners)
    centres = pixel_centres(160, 120)[seen.found]
    assert np.abs(project(points, camera) - centres).max() < 1e-3
    assert (seen.face[~seen.found] == -1).all()
    assert (seen.t[~seen.found] == 0).all()
    assert (seen.weights[~seen.found] == 0).all()


def test_that_a_box_hides_the_wall_behind_it_and_not_itself():
    wall, box = Plane(), Box(centre=(0, 0, 1), half=(0.5, 0.5, 0.1))
    scene = RayScene(Union(wall, box).mesh(0.5))
    eye = (0.0, 0.0, 3.0)
    # The box's top, 1.9 below the eye and 0.5 half wide, shadows 0.5 / 1.9 * 3 = 0.79 of the wall.
    points = [[0, 0, 0], [0.78, 0, 0], [0.80, 0, 0], [0, 0, 1.1], [0.49, 0.49, 1.1]]

    hidden = scene.hidden(points, eye, margin=0.003)

    assert hidden.tolist() == [True, True, False, False, False]


def test_that_a_scene_far_from_the_origin_loses_no_precision():
    capture = still_life(2, (160, 120))
    mesh = capture.shape.mesh(0.2)
    shift = Sim3(1.0, np.eye(3), np.array([4096.0, -2048.0, 512.0]))
    moved = Mesh(shift.apply(mesh.vertices), mesh.faces, mesh.normals)
    camera = next(iter(capture.cameras.values()))

    here = RayScene(mesh).look(camera)
    there = RayScene(moved).look(shift.apply_to_camera(camera))

    # The vertices themselves are float32: 0.0005 at 4096 units.
    both = here.found & there.found
    assert (here.found != there.found).mean() < 0.002
    assert np.median(np.abs(here.t - there.t)[both]) < 3e-4


def test_that_an_empty_mesh_is_never_hit():
    empty = Mesh(np.zeros((0, 3)), np.zeros((0, 3)), np.zeros((0, 3)))
    camera = look_at((3, 1, 2), (0, 0, 0), lens_of((16, 12)))

    assert not RayScene(empty).look(camera).found.any()
    assert not RayScene(empty).hidden([[0, 0, 0]], (1, 1, 1), margin=0.01).any()
