from __future__ import annotations

import numpy as np
import pytest

from da3studio.base.cancel import NEVER
from da3studio.fusion.bridge import Triangles, legacy_mesh
from da3studio.fusion.edges import (
    boundary_loops,
    fill_loops,
    sides_of,
    split_pinched,
    uses_of_sides,
)
from da3studio.fusion.simplify import (
    clean_surface,
    decimate,
    drop_small_pieces,
    manifold,
    pull_in_spikes,
    smooth,
    trim_teeth,
    vertex_normals,
    weld,
)
from da3studio.recipes.mesh import MeshRecipe
from da3studio.scene.mesh import Mesh
from tests.synthetic.shapes import Box, Plane, Sphere, Union


def triangles(mesh: Mesh) -> Triangles:
    """A shape's mesh with its sides welded together."""
    return weld(Triangles(mesh.vertices.astype(np.float64), mesh.faces), 1e-5)


def sheet(step: float = 0.1) -> Triangles:
    return triangles(Plane(half=(1, 1)).mesh(step))


def without(surface: Triangles, *faces: int) -> Triangles:
    return Triangles(surface.vertices, np.delete(surface.faces, faces, axis=0))


def volume_of(surface: Triangles) -> float:
    a, b, c = surface.vertices[surface.faces].transpose(1, 0, 2)
    return float((a * np.cross(b, c)).sum() / 6)


def test_that_welding_closes_a_box_made_of_six_sheets():
    box = triangles(Box().mesh(0.1))

    assert len(boundary_loops(box).lengths) == 0
    assert legacy_mesh(box).is_watertight()


def test_that_pieces_below_the_share_go_and_the_largest_always_stays():
    mesh = Union(Sphere(), Sphere(centre=(3, 0, 0), radius=0.1), Box(centre=(0, 4, 0))).mesh(0.1)
    pieces = triangles(mesh)

    left = drop_small_pieces(pieces, 0.02)
    assert left.vertices[:, 0].max() < 1.01  # the crumb is gone
    assert left.vertices[:, 1].max() > 4  # the box is not
    alone = drop_small_pieces(pieces, 0.5)
    assert 0 < len(alone.faces) < len(left.faces)


def test_that_a_knot_of_many_faces_on_little_area_goes():
    crumpled = Sphere(centre=(3, 0, 0), radius=0.01).mesh(0.001)
    both = triangles(Sphere().mesh(0.2))
    knot = triangles(crumpled)
    joined = Triangles(
        np.concatenate([both.vertices, knot.vertices]),
        np.concatenate([both.faces, knot.faces + len(both.vertices)]),
    )
    assert drop_small_pieces(joined, 0.003).vertices[:, 0].max() < 1.01


def test_that_a_third_face_at_an_edge_is_removed():
    flat = sheet(0.5)
    a, b = sides_of(flat.faces)[uses_of_sides(flat.faces) == 2][0]
    fin = Triangles(
        np.concatenate([flat.vertices, [[0, 0, 0.1]]]),
        np.concatenate([flat.faces, [[a, b, len(flat.vertices)]]]).astype(np.int32),
    )
    before, after = legacy_mesh(fin), legacy_mesh(manifold(fin))

    assert not before.is_edge_manifold()
    assert after.is_edge_manifold()


def test_that_two_fans_at_one_vertex_are_split():
    vertices = np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0], [-1, 0, 0], [-1, -1, 0]], float)
    bow_tie = Triangles(vertices, np.array([[0, 1, 2], [0, 3, 4]], np.int32))
    split = split_pinched(bow_tie)

    assert len(split.vertices) == 6
    assert len(boundary_loops(split).lengths) == 2
    np.testing.assert_array_equal(split.vertices[split.faces], vertices[bow_tie.faces])


def test_that_splitting_leaves_a_whole_surface_as_it_is():
    box = triangles(Box().mesh(0.2))
    assert len(split_pinched(box).vertices) == len(box.vertices)


def test_that_a_tooth_on_the_outline_is_trimmed_and_a_surface_without_any_is_not():
    box = triangles(Box().mesh(0.2))
    assert len(trim_teeth(box).faces) == len(box.faces)

    flat = sheet()
    out = trim_teeth(flat)
    assert 0 < len(flat.faces) - len(out.faces) <= 4  # two of its corners hang by one edge


def test_that_a_spike_is_pulled_in_and_a_box_keeps_its_corners():
    ball = triangles(Sphere().mesh(0.1))
    vertices = ball.vertices.copy()
    vertices[100] *= 2
    assert np.abs(np.linalg.norm(vertices, axis=1) - 1).max() > 0.9
    pulled = pull_in_spikes(Triangles(vertices, ball.faces)).vertices
    assert np.abs(np.linalg.norm(pulled, axis=1) - 1).max() < 0.05

    box = triangles(Box().mesh(0.1))
    np.testing.assert_array_equal(pull_in_spikes(box).vertices, box.vertices)


def test_that_smoothing_takes_steps_out_and_keeps_the_volume():
    ball = triangles(Sphere().mesh(0.05))
    rough = ball.vertices * (1 + np.random.default_rng(0).normal(0, 0.01, (len(ball.vertices), 1)))
    even = smooth(Triangles(rough, ball.faces))

    assert np.std(np.linalg.norm(even.vertices, axis=1)) < 0.006
    assert volume_of(even) == pytest.approx(volume_of(ball), rel=0.005)


def test_that_a_tiny_hole_is_closed_facing_the_right_way_and_a_large_one_is_not():
    ball = triangles(Sphere().mesh(0.1))
    tiny = without(ball, 50)  # all that is open on a closed surface
    closed = fill_loops(tiny, 16)
    assert legacy_mesh(closed).is_watertight()
    assert volume_of(closed) == pytest.approx(volume_of(ball), rel=1e-3)

    large = Triangles(ball.vertices, ball.faces[ball.vertices[ball.faces[:, 0], 2] < 0.8]).used()
    rim = boundary_loops(large)
    assert rim.n_edges.max() > 16
    assert len(fill_loops(large, 16).faces) == len(large.faces)


def test_that_a_small_sheet_is_not_doubled_by_closing_its_outline():
    flat = sheet(1.0)
    assert boundary_loops(flat).n_edges.tolist() == [8]
    assert len(fill_loops(flat, 16).faces) == len(flat.faces)


@pytest.mark.parametrize("scale", [1e-3, 1e4])
def test_that_decimation_reaches_its_budget_and_keeps_the_ball_in_any_unit(scale: float):
    ball = triangles(Sphere().mesh(0.03))
    small = decimate(Triangles(ball.vertices * scale, ball.faces), 3000)

    assert len(small.faces) <= 3000
    radii = np.linalg.norm(small.vertices, axis=1) / scale
    assert np.abs(radii - 1).max() < 0.01


def test_that_decimation_keeps_the_outline_of_a_sheet():
    small = decimate(sheet(0.02), 200)

    np.testing.assert_allclose(small.vertices.min(axis=0)[:2], -1, atol=0.02)
    np.testing.assert_allclose(small.vertices.max(axis=0)[:2], 1, atol=0.02)


def test_that_vertex_normals_of_a_ball_are_its_directions():
    ball = triangles(Sphere().mesh(0.05))
    normals = vertex_normals(ball)

    assert (normals * ball.vertices).sum(axis=1).min() > 0.999
    np.testing.assert_allclose(np.linalg.norm(normals, axis=1), 1, rtol=1e-5)


def test_that_a_clean_surface_is_manifold_within_budget_and_counts_its_holes():
    ball = triangles(Sphere().mesh(0.03))
    middle = ball.vertices[ball.faces].mean(axis=1)
    open_ball = Triangles(ball.vertices, ball.faces[(middle[:, 2] < 0.9) & (middle[:, 0] < 0.94)])
    clean = clean_surface(open_ball.used(), MeshRecipe(faces=5000), voxel=0.03, token=NEVER)
    mesh = legacy_mesh(clean.surface)

    assert len(clean.surface.faces) <= 5000
    assert mesh.is_edge_manifold()
    assert mesh.is_vertex_manifold()
    assert clean.holes == 1  # the larger opening counts as the outline
    assert 0.3 < clean.hole_share < 0.5


def test_that_nothing_stays_nothing():
    nothing = Triangles(np.zeros((0, 3)), np.zeros((0, 3), np.int32))
    clean = clean_surface(nothing, MeshRecipe(), voxel=1.0, token=NEVER)

    assert len(clean.surface.faces) == 0
    assert clean.holes == 0
