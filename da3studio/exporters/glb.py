"""GLB: one file with everything in it, y up, for viewers, games and the web.

Colours: a texture baked from photos holds the light of the day already; lamps of a viewer would
shade it a second time. So by default the material is unlit (`KHR_materials_unlit`, which all
common viewers know; others fall back to the rough dielectric written beside it) and
`ExportRecipe.unlit` switches that off. A mesh without any colour is always lit: unlit it would
be a white silhouette.

Source: Khronos glTF 2.0 specification; KHR_materials_unlit.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from da3studio.base.atomic import write_atomic
from da3studio.exporters.base import GENERATOR, Carries, Exporter, chosen_mesh, needed_cloud
from da3studio.exporters.gltf import (
    CLAMP_TO_EDGE,
    LINEAR,
    LINEAR_MIPMAP_LINEAR,
    POINTS,
    TRIANGLES,
    Glb,
)
from da3studio.exporters.images import encoded
from da3studio.exporters.naming import one_line
from da3studio.exporters.surface import centred_origin, finite_rows, sound, split_at_seams, y_up
from da3studio.recipes.export import ExportRecipe
from da3studio.scene.cloud import PointCloud
from da3studio.scene.mesh import Mesh, Texture
from da3studio.scene.scene import Scene

MAX_TEXTURE_PX = 8192  # what phones and browsers can still show
_UNLIT = "KHR_materials_unlit"


def write_glb(scene: Scene, path: Path, recipe: ExportRecipe) -> tuple[Path, ...]:
    """Write the mesh with texture, vertex colours or neither, or the cloud as points.

    `asset.extras.unit` is "metre" or "relative": glTF lengths are metres, and a scene of unknown
    scale has to say that its own are not. `asset.extras.networks` names networks and licences.
    """
    name = one_line(scene.name)
    extras = {"unit": scene.registration.unit, "networks": list(scene.networks)}
    file = Glb({"generator": GENERATOR, "extras": extras})
    mesh = chosen_mesh(scene, recipe)
    if mesh is not None:
        primitive = _triangles(file, sound(mesh), recipe)
    else:
        primitive = _points(file, needed_cloud(scene), recipe)
    file.tree |= {
        "scene": 0,
        "scenes": [{"name": name, "nodes": [0]}],
        "nodes": [{"name": name, "mesh": 0}],
        "meshes": [{"name": name, "primitives": [primitive]}],
    }
    chunks = file.chunks(path)

    def fill(temporary: Path) -> None:
        with temporary.open("wb") as out:
            out.writelines(chunks)

    write_atomic(path, fill)
    return (path,)


def _triangles(file: Glb, mesh: Mesh, recipe: ExportRecipe) -> dict[str, Any]:
    vertices = y_up(mesh.vertices, _origin(mesh.vertices, recipe))
    normals = y_up(mesh.normals, np.zeros(3))
    attributes: dict[str, int] = {}
    faces: NDArray[Any] = mesh.faces
    if mesh.texture is not None:
        seamed = split_at_seams(mesh.faces, mesh.texture.corner_uv)
        vertices, normals = vertices[seamed.vertex_idx], normals[seamed.vertex_idx]
        faces = seamed.faces
        attributes["TEXCOORD_0"] = file.vertex_accessor(seamed.uv)
    elif mesh.rgb is not None:
        attributes["COLOR_0"] = _colours(file, mesh.rgb)
    attributes["POSITION"] = file.vertex_accessor(vertices, bounds=True)
    attributes["NORMAL"] = file.vertex_accessor(normals)
    indices = file.index_accessor(faces, len(vertices))
    coloured = mesh.texture is not None or mesh.rgb is not None
    _material(file, recipe, mesh.texture, unlit=recipe.unlit and coloured)
    return {"attributes": attributes, "indices": indices, "material": 0, "mode": TRIANGLES}


def _points(file: Glb, cloud: PointCloud, recipe: ExportRecipe) -> dict[str, Any]:
    """Points carry no normals: by the specification that makes them unlit everywhere."""
    finite = finite_rows(cloud.xyz)
    xyz = cloud.xyz[finite]
    attributes = {
        "POSITION": file.vertex_accessor(y_up(xyz, _origin(xyz, recipe)), bounds=True),
        "COLOR_0": _colours(file, cloud.rgb[finite]),
    }
    _material(file, recipe, None, unlit=True)
    return {"attributes": attributes, "material": 0, "mode": POINTS}


def _origin(points: NDArray[np.float32], recipe: ExportRecipe) -> NDArray[np.float64]:
    return centred_origin(points) if recipe.origin == "centred" else np.zeros(3)


def _colours(file: Glb, rgb: NDArray[np.uint8]) -> int:
    """COLOR_0 is linear; 16 bits keep the dark sRGB steps apart, the fourth aligns to 8 bytes."""
    srgb = np.arange(256) / 255  # the sRGB curve, IEC 61966-2-1
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    rgba = np.full((len(rgb), 4), 65535, np.uint16)
    rgba[:, :3] = np.rint(linear * 65535).astype(np.uint16)[rgb]
    return file.vertex_accessor(rgba, normalized=True)


def _material(file: Glb, recipe: ExportRecipe, texture: Texture | None, *, unlit: bool) -> None:
    surface: dict[str, Any] = {"metallicFactor": 0, "roughnessFactor": 1}
    if texture is not None:
        image = encoded(texture.image, recipe, MAX_TEXTURE_PX)
        surface["baseColorTexture"] = {"index": 0}
        file.tree["images"] = [
            {
                "name": "photo",
                "bufferView": file.bytes_view(image.content),
                "mimeType": image.mime,
            }
        ]
        file.tree["samplers"] = [
            {
                "magFilter": LINEAR,
                "minFilter": LINEAR_MIPMAP_LINEAR,
                "wrapS": CLAMP_TO_EDGE,
                "wrapT": CLAMP_TO_EDGE,
            }
        ]
        file.tree["textures"] = [{"sampler": 0, "source": 0}]
    # doubleSided: a scan has holes, and through them its inside is seen
    material = {"name": "photo", "pbrMetallicRoughness": surface, "doubleSided": True}
    if unlit:
        material["extensions"] = {_UNLIT: {}}
        file.tree["extensionsUsed"] = [_UNLIT]
    file.tree["materials"] = [material]


GLB = Exporter(
    ".glb",
    "Model in one file (GLB)",
    Carries.POINTS | Carries.MESH | Carries.TEXTURE,
    write_glb,
)
