from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pygltflib
import pytest
import trimesh

from da3studio.base.errors import BadInput, Missing
from da3studio.exporters import export
from da3studio.exporters.gltf import Glb
from da3studio.recipes.export import ExportRecipe
from da3studio.scene.mesh import Mesh, Texture
from tests.exporters.scenes import CENTRE, HALF, box, cloud, colour_at, grid, scene

CENTRED = ExportRecipe()
SCENE = ExportRecipe(origin="scene")
FLIP = np.array([1, -1, -1])


def loaded(path):
    geometries = list(trimesh.load(path, process=False).geometry.values())
    assert len(geometries) == 1
    return geometries[0]


def accessor(document, index, dtype, columns):
    row = document.accessors[index]
    view = document.bufferViews[row.bufferView]
    blob = document.binary_blob()[view.byteOffset : view.byteOffset + view.byteLength]
    return np.frombuffer(blob, dtype).reshape(row.count, columns)


def interior(mesh, weights=(0.5, 0.3, 0.2)):
    """A point inside each face, with what the texture shows there (nearest texel)."""
    points = np.tensordot(weights, mesh.vertices[mesh.faces], axes=(0, 1))
    uv = np.tensordot(weights, mesh.visual.uv[mesh.faces], axes=(0, 1))
    image = np.asarray(mesh.visual.material.baseColorTexture.convert("RGB"), float)
    height, width = image.shape[:2]
    # trimesh turns v upside down when it reads glTF
    texel = image[((1 - uv[:, 1]) * height).astype(int), (uv[:, 0] * width).astype(int)]
    return points, texel


@pytest.mark.parametrize(("texture", "tolerance"), [("png", 2.5), ("jpeg", 6)])
def test_that_the_texture_lies_where_it_was_baked(tmp_path, texture, tolerance, validated):
    path = tmp_path / "box.glb"

    export(scene(box()), path, replace(SCENE, texture=texture))

    validated(path)
    points, texel = interior(loaded(path))
    assert len(points) == 12
    # a texel spans 200 / 63 grey values, so the nearest one is up to 1.6 off, plus rounding
    assert np.abs(texel - colour_at(points * FLIP)).max() < tolerance


def test_that_faces_and_normals_point_outwards(tmp_path):
    path = tmp_path / "box.glb"

    export(scene(box()), path, SCENE)

    mesh = loaded(path)
    centre = CENTRE * FLIP
    assert ((mesh.triangles_center - centre) * mesh.face_normals).sum(axis=1).min() > 0.9
    outwards = np.sign(mesh.vertices - centre) / np.sqrt(3)
    np.testing.assert_allclose(mesh.vertex_normals, outwards, atol=1e-6)
    assert len(mesh.vertices) == 24  # 8 corners, each on 3 charts


def test_that_the_base_stands_on_the_origin(tmp_path):
    path = tmp_path / "box.glb"

    export(scene(box()), path, CENTRED)

    low, high = loaded(path).bounds
    np.testing.assert_allclose(low, [-HALF[0], 0, -HALF[2]], atol=1e-6)
    np.testing.assert_allclose(high, [HALF[0], 2 * HALF[1], HALF[2]], atol=1e-6)


def test_that_a_point_above_is_at_plus_y(tmp_path):
    triangle = Mesh(
        vertices=[[0, 0, 0], [1, 0, 0], [0, -5, 0]],  # y down: the third is 5 above
        faces=[[0, 2, 1]],
        normals=[[0, 0, -1]] * 3,  # towards a camera at -z
    )
    path = tmp_path / "above.glb"

    export(scene(triangle), path, SCENE)

    document = pygltflib.GLTF2().load(path)
    attributes = document.meshes[0].primitives[0].attributes
    positions = accessor(document, attributes.POSITION, "<f4", 3)
    normals = accessor(document, attributes.NORMAL, "<f4", 3)
    np.testing.assert_array_equal(positions[2], [0, 5, 0])
    np.testing.assert_array_equal(normals[0], [0, 0, 1])  # the front of a glTF model is +z
    assert document.nodes[0].matrix is None
    assert document.nodes[0].rotation is None


def test_that_vertex_colours_are_linear_in_the_file(tmp_path, validated):
    path = tmp_path / "colours.glb"
    mesh = replace(
        box(textured=False),
        rgb=[[0, 10, 11], [128, 188, 255]] + [[1, 2, 3]] * 6,
    )

    export(scene(mesh), path, CENTRED)

    validated(path)
    document = pygltflib.GLTF2().load(path)
    colours = accessor(document, document.meshes[0].primitives[0].attributes.COLOR_0, "<u2", 4)
    # sRGB 128 is 0.2159 and 188 is 0.5029 of the light of 255
    np.testing.assert_allclose(colours[1] / 65535, [0.21586, 0.50289, 1, 1], atol=2e-5)
    np.testing.assert_allclose(colours[0] / 65535, [0, 10 / 255 / 12.92, 0.003347, 1], atol=2e-5)


def test_that_a_cloud_becomes_points(tmp_path, validated):
    path = tmp_path / "cloud.glb"

    export(scene(None, cloud()), path, SCENE)

    info = validated(path)["info"]
    assert info["totalVertexCount"] == 200
    assert info["totalTriangleCount"] == 0
    points = loaded(path)
    assert isinstance(points, trimesh.PointCloud)
    np.testing.assert_allclose(points.vertices * FLIP, cloud().xyz, atol=1e-6)


def test_that_the_cloud_is_written_when_asked_for(tmp_path):
    path = tmp_path / "cloud.glb"

    export(scene(box(), cloud()), path, ExportRecipe(content="cloud"))

    assert isinstance(loaded(path), trimesh.PointCloud)


@pytest.mark.parametrize(
    ("mesh", "unlit", "extensions"),
    [
        (box(), True, ["KHR_materials_unlit"]),
        (box(), False, []),
        (box(textured=False, coloured=True), True, ["KHR_materials_unlit"]),
        (box(textured=False), True, []),  # unlit without colours is a white silhouette
    ],
)
def test_that_only_photographed_colours_are_unlit(tmp_path, mesh, unlit, extensions, validated):
    path = tmp_path / "lamp.glb"

    export(scene(mesh), path, ExportRecipe(unlit=unlit))

    assert validated(path)["info"].get("extensionsUsed", []) == extensions
    material = pygltflib.GLTF2().load(path).materials[0]
    assert material.doubleSided
    assert material.pbrMetallicRoughness.metallicFactor == 0


def test_that_the_file_says_its_unit_and_maker(tmp_path):
    for unit in ("metre", "relative"):
        path = tmp_path / f"{unit}.glb"

        export(scene(box(), unit=unit), path, CENTRED)

        document = pygltflib.GLTF2().load(path)
        assert document.asset.extras == {"unit": unit, "networks": []}
        assert document.asset.generator.startswith("DA3 Studio ")
        assert document.nodes[0].name == "Büste 3"


@pytest.mark.parametrize(("side", "component"), [(255, 5123), (257, 5125)])
def test_that_indices_grow_beyond_65535_vertices(tmp_path, side, component, validated):
    path = tmp_path / "grid.glb"
    sheet = grid(side)

    export(scene(sheet), path, SCENE)

    assert validated(path)["info"]["totalTriangleCount"] == 2 * (side - 1) ** 2
    document = pygltflib.GLTF2().load(path)
    assert document.accessors[document.meshes[0].primitives[0].indices].componentType == component
    mesh = loaded(path)
    np.testing.assert_array_equal(mesh.faces, sheet.faces)
    np.testing.assert_allclose(mesh.vertices * FLIP, sheet.vertices, atol=1e-7)


def test_that_one_triangle_is_a_valid_file(tmp_path, validated):
    one = Texture(np.full((1, 1, 3), 200, np.uint8), [[[0, 0], [1, 0], [0, 1]]])
    mesh = Mesh([[0, 0, 0], [1, 0, 0], [0, 1, 0]], [[0, 1, 2]], [[0, 0, 1]] * 3, texture=one)
    path = tmp_path / "one.glb"

    export(scene(mesh), path, CENTRED)

    assert validated(path)["info"]["totalTriangleCount"] == 1


def test_that_broken_faces_and_normals_are_mended(tmp_path, validated):
    good = box()
    nan, copy = 8, 9  # a vertex at NaN, and one that lies on vertex 0
    vertices = np.vstack([good.vertices, [[np.nan, 0, 0]], good.vertices[:1]])
    faces = np.vstack([good.faces, [[0, 1, nan], [2, 2, 3], [0, copy, 5]]])
    normals = np.vstack([good.normals * 3, [[0, 0, 1]] * 2])
    normals[3], normals[4] = 0, np.nan
    corner_uv = np.vstack([good.texture.corner_uv, np.zeros((3, 3, 2))])
    texture = Texture(good.texture.image, corner_uv)
    path = tmp_path / "mended.glb"

    export(scene(Mesh(vertices, faces, normals, texture=texture)), path, SCENE)

    assert validated(path)["info"]["totalTriangleCount"] == 12
    mesh = loaded(path)
    np.testing.assert_allclose(np.linalg.norm(mesh.vertex_normals, axis=1), 1, atol=1e-6)
    outwards = np.sign(mesh.vertices - CENTRE * FLIP)
    assert (mesh.vertex_normals * outwards).sum(axis=1).min() > 0.9
    points, texel = interior(mesh)
    assert np.abs(texel - colour_at(points * FLIP)).max() < 6


def test_that_a_mesh_without_a_sound_face_is_refused(tmp_path):
    flat = Mesh([[0, 0, 0]] * 3, [[0, 1, 2]], [[0, 0, 1]] * 3)

    with pytest.raises(Missing, match="no surface"):
        export(scene(flat), tmp_path / "flat.glb", CENTRED)
    assert list(tmp_path.iterdir()) == []


def test_that_huge_textures_shrink_to_8192(tmp_path):
    wide = Texture(np.full((64, 16384, 3), 90, np.uint8), box().texture.corner_uv)
    path = tmp_path / "wide.glb"

    export(scene(replace(box(), texture=wide)), path, CENTRED)

    assert loaded(path).visual.material.baseColorTexture.size == (8192, 32)


def test_that_more_than_4_gib_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("da3studio.exporters.gltf._MAX_BYTES", 100)
    file = Glb({})
    file.bytes_view(bytes(200))

    with pytest.raises(BadInput, match="too large"):
        file.chunks(tmp_path / "big.glb")


def test_that_200_000_faces_with_a_4096_texture_take_under_3_seconds(tmp_path):
    sheet = grid(318)  # 200,978 faces
    noise = np.random.default_rng(0).integers(0, 255, (512, 512, 3), dtype=np.uint8)
    image = np.kron(noise, np.ones((8, 8, 1), np.uint8))
    corner_uv = sheet.vertices[sheet.faces][..., :2]
    path = tmp_path / "large.glb"
    subject = scene(replace(sheet, rgb=None, texture=Texture(image, corner_uv)))
    start = time.process_time()

    export(subject, path, CENTRED)

    assert time.process_time() - start < 3
