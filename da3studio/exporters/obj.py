"""OBJ: a mesh as text, with its material and texture beside it.

Source: Wavefront's appendix B1 (1995); v has its origin at the bottom of the image. Vertex
colours stand behind the coordinates, as MeshLab, Blender and Open3D read them.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from da3studio.base.atomic import write_atomic, write_bytes_atomic
from da3studio.exporters.base import GENERATOR, Carries, Exporter, needed_mesh
from da3studio.exporters.images import encoded
from da3studio.exporters.naming import ascii_stem, ascii_words
from da3studio.exporters.surface import (
    centred_origin,
    sound,
    split_at_seams,
    vertex_colours,
    y_up,
)
from da3studio.recipes.export import ExportRecipe
from da3studio.scene.mesh import Mesh
from da3studio.scene.scene import Scene

_ROWS = 50_000  # formatted at once: bounds memory
_MATERIAL = "photo"


def write_obj(scene: Scene, path: Path, recipe: ExportRecipe) -> tuple[Path, ...]:
    """Write texture, material, then the .obj that names them; without a texture the .obj only.

    With `recipe.origin` 'scene' the coordinates are exactly those of the cameras.
    """
    mesh = sound(needed_mesh(scene, recipe, OBJ.suffix))
    if recipe.origin == "centred":
        origin = centred_origin(mesh.vertices)
        vertices, normals = y_up(mesh.vertices, origin), y_up(mesh.normals, np.zeros(3))
    else:
        vertices, normals = mesh.vertices, mesh.normals
    mesh = Mesh(vertices, mesh.faces, normals, mesh.rgb, mesh.texture)

    written: tuple[Path, ...] = ()
    head = [
        f"# {GENERATOR}",
        f"# scene {ascii_words(scene.name)}",
        f"# unit {scene.registration.unit}",
        *(f"# network {ascii_words(network)}" for network in scene.networks),
    ]
    if mesh.texture is not None:
        stem = ascii_stem(path.stem)
        image = encoded(mesh.texture.image, recipe)
        texture = path.with_name(stem + image.suffix)
        material = path.with_name(stem + ".mtl")
        write_bytes_atomic(texture, image.content)
        write_bytes_atomic(material, _material(texture.name).encode("ascii"))
        written = (texture, material)
        head.append(f"mtllib {material.name}")

    def fill(temporary: Path) -> None:
        with temporary.open("w", encoding="ascii", newline="\n") as file:
            file.write("\n".join(head) + "\no model\n")
            file.writelines(_body(mesh))

    write_atomic(path, fill)
    return (*written, path)


def _material(texture: str) -> str:
    lines = [
        f"# {GENERATOR}",
        f"newmtl {_MATERIAL}",
        "Ka 1 1 1",
        "Kd 1 1 1",
        "Ks 0 0 0",
        "d 1",
        "illum 1",
        f"map_Kd {texture}",
    ]
    return "\n".join(lines) + "\n"


def _body(mesh: Mesh) -> Iterator[str]:
    corner = mesh.faces.astype(np.int64) + 1  # OBJ counts from 1
    if mesh.texture is None:
        rgb = vertex_colours(mesh)
        if rgb is None:
            yield from _lines("v %.9g %.9g %.9g\n", mesh.vertices)
        else:
            coloured = np.hstack([mesh.vertices, rgb / np.float32(255)])
            yield from _lines("v %.9g %.9g %.9g %.4g %.4g %.4g\n", coloured)
        yield from _lines("vn %.6g %.6g %.6g\n", mesh.normals)
        yield from _lines("f %d//%d %d//%d %d//%d\n", np.repeat(corner, 2, axis=1))
        return
    seamed = split_at_seams(mesh.faces, mesh.texture.corner_uv)
    bottom_up = np.stack([seamed.uv[:, 0], 1 - seamed.uv[:, 1].astype(np.float64)], axis=1)
    yield from _lines("v %.9g %.9g %.9g\n", mesh.vertices)
    yield from _lines("vt %.9g %.9g\n", bottom_up)
    yield from _lines("vn %.6g %.6g %.6g\n", mesh.normals)
    yield f"usemtl {_MATERIAL}\n"
    indices = np.stack([corner, seamed.faces + 1, corner], axis=2).reshape(-1, 9)
    yield from _lines("f %d/%d/%d %d/%d/%d %d/%d/%d\n", indices)


def _lines(pattern: str, rows: NDArray[Any]) -> Iterator[str]:
    for start in range(0, len(rows), _ROWS):
        block = rows[start : start + _ROWS]
        yield (pattern * len(block)) % tuple(block.ravel().tolist())


OBJ = Exporter(".obj", "Mesh with texture (OBJ)", Carries.MESH | Carries.TEXTURE, write_obj)
