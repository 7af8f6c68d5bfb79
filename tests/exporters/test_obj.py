from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import open3d as o3d
import pytest
import trimesh

from da3studio.base.errors import BadInput, CannotWrite, Missing
from da3studio.exporters import export
from da3studio.recipes.export import ExportRecipe
from da3studio.scene.mesh import Texture
from tests.exporters.scenes import CENTRE, HALF, box, cloud, colour_at, grid, scene

SCENE = ExportRecipe(origin="scene", texture="png")
NAME = "Müllers Büste (1).obj"  # space, umlaut, brackets


def textured(path):
    """Read by Open3D: vertices, faces, uv per corner, image; uv from the bottom."""
    mesh = o3d.io.read_triangle_mesh(str(path), enable_post_processing=False)
    uv = np.asarray(mesh.triangle_uvs).reshape(-1, 3, 2)
    return np.asarray(mesh.vertices), np.asarray(mesh.triangles), uv, np.asarray(mesh.textures[-1])


def test_that_the_texture_lies_where_it_was_baked(tmp_path):
    path = tmp_path / NAME

    export(scene(box()), path, SCENE)

    weights = (0.5, 0.3, 0.2)
    read = trimesh.load(path, process=False)
    image = np.asarray(read.visual.material.image.convert("RGB"), float)
    points = np.tensordot(weights, read.vertices[read.faces], axes=(0, 1))
    uv = np.tensordot(weights, read.visual.uv[read.faces], axes=(0, 1))
    height, width = image.shape[:2]
    texel = image[((1 - uv[:, 1]) * height).astype(int), (uv[:, 0] * width).astype(int)]
    assert len(points) == 12
    assert np.abs(texel - colour_at(points)).max() < 2.5  # half a texel


def test_that_two_readers_agree_on_the_texture(tmp_path):
    path = tmp_path / "box.obj"
    mesh = box()

    export(scene(mesh), path, SCENE)

    vertices, faces, uv, image = textured(path)
    np.testing.assert_array_equal(image[::-1], mesh.texture.image)  # its row 0 is v = 0
    np.testing.assert_allclose(vertices[faces], mesh.vertices[mesh.faces], atol=1e-6)
    np.testing.assert_allclose(uv, mesh.texture.corner_uv * (1, -1) + (0, 1), atol=1e-6)


def test_that_names_inside_the_files_are_plain(tmp_path):
    path = tmp_path / NAME

    files = export(scene(box()), path, ExportRecipe())

    assert files[-1] == path
    assert [p.suffix for p in files] == [".jpg", ".mtl", ".obj"]
    assert sorted(tmp_path.iterdir()) == sorted(files)
    for file in files[:2]:
        assert file.name.isascii()
        assert " " not in file.name
    assert f"mtllib {files[1].name}\n" in path.read_text("ascii")
    assert f"map_Kd {files[0].name}\n" in files[1].read_text("ascii")


def test_that_two_names_never_share_a_texture(tmp_path):
    first = export(scene(box()), tmp_path / "a b.obj", ExportRecipe())
    second = export(scene(box()), tmp_path / "a_b.obj", ExportRecipe())

    assert not set(first) & set(second)
    assert second[0].name == "a_b.jpg"  # a plain name stays as it is


def test_that_the_model_stands_upright_on_the_origin(tmp_path):
    path = tmp_path / "box.obj"

    export(scene(box()), path, ExportRecipe())

    read = trimesh.load(path, process=False)
    low, high = read.bounds
    np.testing.assert_allclose(low, [-HALF[0], 0, -HALF[2]], atol=1e-6)
    np.testing.assert_allclose(high, [HALF[0], 2 * HALF[1], HALF[2]], atol=1e-6)
    assert ((read.triangles_center - (0, 2, 0)) * read.face_normals).sum(axis=1).min() > 0.9
    outwards = np.sign(read.vertices - (0, 2, 0))
    assert (read.vertex_normals * outwards).sum(axis=1).min() > 1.7


def test_that_vertex_colours_stand_behind_the_positions(tmp_path):
    path = tmp_path / "colours.obj"
    mesh = box(textured=False, coloured=True)

    files = export(scene(mesh), path, SCENE)

    assert files == (path,)
    read = trimesh.load(path, process=False)
    np.testing.assert_array_equal(read.visual.vertex_colors[:, :3], mesh.rgb)
    np.testing.assert_allclose(read.vertices - CENTRE, mesh.vertices - CENTRE, atol=1e-6)


def test_that_a_cloud_is_refused(tmp_path):
    with pytest.raises(BadInput, match=r"\.ply or \.glb"):
        export(scene(box(), cloud()), tmp_path / "x.obj", ExportRecipe(content="cloud"))
    with pytest.raises(Missing, match="no mesh"):
        export(scene(None, cloud()), tmp_path / "x.obj", ExportRecipe())


def test_that_a_failing_disk_leaves_no_obj_without_its_texture(tmp_path):
    (tmp_path / "box.jpg").mkdir()  # the texture cannot be written

    with pytest.raises(CannotWrite):
        export(scene(box()), tmp_path / "box.obj", ExportRecipe())
    assert [p.name for p in tmp_path.iterdir()] == ["box.jpg"]


def test_that_200_000_faces_take_under_3_seconds(tmp_path):
    sheet = grid(318)
    texture = Texture(np.zeros((4096, 4096, 3), np.uint8), sheet.vertices[sheet.faces][..., :2])
    start = time.process_time()

    export(scene(replace(sheet, texture=texture)), tmp_path / "large.obj", ExportRecipe())

    assert time.process_time() - start < 3
