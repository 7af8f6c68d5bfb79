from __future__ import annotations

from dataclasses import replace

import numpy as np
import open3d as o3d
import pytest
import trimesh

from da3studio.base.errors import Missing
from da3studio.exporters import export
from da3studio.recipes.export import ExportRecipe
from tests.exporters.scenes import box, cloud, colour_at, scene

NOWHERE = replace(cloud(2), xyz=np.full((2, 3), np.nan))


def header(path):
    return path.read_bytes().split(b"end_header\n")[0].decode("ascii").splitlines()


def test_that_a_cloud_keeps_all_its_measures(tmp_path):
    path, points = tmp_path / "cloud.ply", cloud()

    export(scene(None, points), path, ExportRecipe())

    read = o3d.t.io.read_point_cloud(str(path)).point
    np.testing.assert_array_equal(read["positions"].numpy(), points.xyz)
    np.testing.assert_array_equal(read["normals"].numpy(), points.normal)
    np.testing.assert_array_equal(read["colors"].numpy(), points.rgb)
    np.testing.assert_array_equal(read["confidence"].numpy().ravel(), points.confidence)
    np.testing.assert_array_equal(read["n_views"].numpy().ravel(), points.n_views)


def test_that_a_mesh_keeps_its_geometry_normals_and_colours(tmp_path):
    path, mesh = tmp_path / "mesh.ply", box(textured=False, coloured=True)

    export(scene(mesh, cloud()), path, ExportRecipe())

    read = o3d.io.read_triangle_mesh(str(path))
    np.testing.assert_array_equal(np.asarray(read.vertices), mesh.vertices)
    np.testing.assert_array_equal(np.asarray(read.triangles), mesh.faces)
    np.testing.assert_allclose(np.asarray(read.vertex_normals), mesh.normals, atol=1e-6)
    np.testing.assert_allclose(np.asarray(read.vertex_colors) * 255, mesh.rgb, atol=0.01)


def test_that_vertices_take_the_colour_of_the_texture(tmp_path):
    path, mesh = tmp_path / "textured.ply", box()

    export(scene(mesh), path, ExportRecipe())

    read = trimesh.load(path, process=False)
    np.testing.assert_array_equal(read.visual.vertex_colors[:, :3], colour_at(mesh.vertices))


def test_that_a_mesh_without_colours_gets_none(tmp_path):
    path = tmp_path / "plain.ply"

    export(scene(box(textured=False)), path, ExportRecipe())

    assert not [line for line in header(path) if "red" in line]
    assert len(trimesh.load(path).faces) == 12


def test_that_the_header_says_maker_scene_and_unit(tmp_path):
    path = tmp_path / "cloud.ply"

    export(scene(None, cloud(), unit="metre"), path, ExportRecipe())

    lines = header(path)
    assert lines[1] == "format binary_little_endian 1.0"
    assert lines[2].startswith("comment generator DA3 Studio ")
    assert lines[3:5] == ["comment scene Bu?ste 3", "comment unit metre"]


def test_that_points_without_a_position_are_left_out(tmp_path):
    path, points = tmp_path / "holes.ply", cloud(10)
    xyz = points.xyz.copy()
    xyz[2, 1], xyz[7, 0] = np.nan, np.inf

    export(scene(None, replace(points, xyz=xyz)), path, ExportRecipe())

    kept = np.delete(points.xyz, [2, 7], axis=0)
    np.testing.assert_array_equal(
        o3d.t.io.read_point_cloud(str(path)).point.positions.numpy(), kept
    )


def test_that_the_recipe_chooses_between_mesh_and_cloud(tmp_path):
    path = tmp_path / "either.ply"

    export(scene(box(), cloud()), path, ExportRecipe(content="cloud"))
    assert "element face 12" not in header(path)

    export(scene(box(), cloud()), path, ExportRecipe(content="mesh"))
    assert "element face 12" in header(path)


@pytest.mark.parametrize(
    ("content", "mesh", "points"),
    [
        ("mesh", None, cloud()),
        ("cloud", box(), None),
        ("auto", None, None),
        ("auto", None, NOWHERE),
    ],
)
def test_that_what_is_not_there_cannot_be_written(tmp_path, content, mesh, points):
    with pytest.raises(Missing):
        export(scene(mesh, points), tmp_path / "none.ply", ExportRecipe(content=content))
    assert list(tmp_path.iterdir()) == []
