from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from da3studio.base.cancel import NEVER, CancelToken, JobCancelled
from da3studio.base.errors import CannotReconstruct
from da3studio.base.progress import silent
from da3studio.fusion.bridge import Triangles, legacy_mesh
from da3studio.fusion.edges import boundary_loops
from da3studio.fusion.points import Fused
from da3studio.fusion.surface import make_surface
from da3studio.recipes.mesh import MeshRecipe
from da3studio.scene.mesh import Mesh
from tests.fusion.fused import PIXEL, exact, f_score, fused, noisy, on_surface, surfaced

SMALL = MeshRecipe(faces=10_000)
POISSON = MeshRecipe(method="poisson", voxel_footprint=3.0)


def triangles(mesh: Mesh) -> Triangles:
    return Triangles(mesh.vertices.astype(np.float64), mesh.faces.copy())


def pieces(mesh: Mesh) -> int:
    return len(legacy_mesh(triangles(mesh)).cluster_connected_triangles()[1])


def test_that_exact_depth_gives_the_surface_to_a_thousandth_of_a_voxel():
    surface = surfaced(exact())
    error = exact().distance(on_surface(surface.mesh)) / surface.voxel

    assert np.median(error) < 0.003
    assert np.percentile(error, 99) < 0.3
    assert f_score(surface.mesh, exact()) > 0.99


def test_that_the_voxel_is_the_recipe_s_multiple_of_a_pixel_s_footprint():
    assert surfaced(exact()).voxel == pytest.approx(1.6 * PIXEL, rel=0.15)


def test_that_there_are_no_floating_pieces_and_no_doubled_walls():
    """The ball floats over the table, the box stands on it: two pieces.

    A ray from above would meet a doubled table twice; areas tell the same of every wall.
    """
    mesh = surfaced(exact()).mesh
    assert pieces(mesh) == 2
    a, b, c = mesh.vertices[mesh.faces].astype(np.float64).transpose(1, 0, 2)
    table = np.abs(np.stack([a, b, c])[..., 2]).max(axis=0) < 0.02
    area = np.linalg.norm(np.cross(b - a, c - a), axis=1)[table].sum() / 2
    assert 14.0 < area < 16.0  # 4 x 4, without the box's foot and what the ball hides


def test_that_noise_and_outliers_vanish():
    surface = surfaced(noisy())
    error = noisy().distance(on_surface(surface.mesh))

    assert f_score(surface.mesh, noisy()) > 0.99
    assert np.percentile(error, 99.9) < 0.6 * surface.voxel
    assert error.max() < 2.5 * surface.voxel  # in a closed hole, where nothing was measured
    assert np.median(error) < 0.1 * surface.voxel
    assert pieces(surface.mesh) == 2


@pytest.mark.parametrize("recipe", [SMALL, POISSON], ids=["tsdf", "poisson"])
def test_that_the_mesh_is_manifold_and_within_its_budget(recipe: MeshRecipe):
    mesh = surfaced(exact(), recipe).mesh
    legacy = legacy_mesh(triangles(mesh))

    assert len(mesh.faces) <= recipe.faces
    assert legacy.is_edge_manifold()
    assert legacy.is_vertex_manifold()


@pytest.mark.parametrize("recipe", [SMALL, POISSON], ids=["tsdf", "poisson"])
def test_that_faces_and_normals_turn_to_the_cameras(recipe: MeshRecipe):
    mesh = surfaced(exact(), recipe).mesh
    truth = exact().shape.normal(mesh.vertices.astype(np.float64))
    a, b, c = mesh.vertices[mesh.faces].astype(np.float64).transpose(1, 0, 2)
    faces = (np.cross(b - a, c - a) * mesh.normals[mesh.faces[:, 0]]).sum(axis=1)
    near = exact().distance(mesh.vertices) < 0.01

    assert (faces > 0).mean() > 0.99
    assert np.median((truth * mesh.normals).sum(axis=1)[near]) > 0.999
    assert ((truth * mesh.normals).sum(axis=1)[near] > 0).mean() > 0.98


def test_that_vertices_wear_the_cloud_s_colours():
    mesh = surfaced(exact()).mesh
    truth = exact().shape.colour(mesh.vertices.astype(np.float64)) * 255

    assert mesh.rgb is not None
    assert np.median(np.abs(mesh.rgb - truth)) < 16  # the finest texture is as fine as the points


def test_that_poisson_closes_what_tsdf_leaves_open():
    tsdf, poisson = surfaced(exact()), surfaced(exact(), POISSON)
    opened = [
        np.sort(boundary_loops(triangles(surface.mesh)).lengths)[:-1].sum()
        for surface in (tsdf, poisson)
    ]
    assert opened[1] < 0.5 * opened[0]
    assert f_score(poisson.mesh, exact()) > 0.97


def test_that_holes_are_told():
    assert any("left where too few photos agree" in notice for notice in surfaced(exact()).notices)


def test_that_too_little_agreement_ends_in_a_sentence_with_advice():
    capture, whole = exact(), fused(exact())
    nothing = {view_id: np.minimum(a, 1) for view_id, a in whole.agreement.items()}
    with pytest.raises(CannotReconstruct) as error:
        make_surface(
            capture.cameras, capture.depth_of, Fused(whole.cloud, nothing), MeshRecipe(),
            min_views=3, report=silent, token=NEVER,
        )  # fmt: skip
    assert "agreeing views" in error.value.fix


@pytest.mark.parametrize("method", ["tsdf", "poisson"])
def test_that_making_a_surface_can_be_cancelled(method: str):
    capture = exact()
    with pytest.raises(JobCancelled):
        make_surface(
            capture.cameras, capture.depth_of, fused(capture), replace(SMALL, method=method),
            min_views=3, report=silent, token=CancelToken(lambda: True),
        )  # fmt: skip
