"""PLY: mesh or cloud in one binary file, in the reconstruction's own coordinates.

Source: Turk, "The PLY Polygon File Format" (1994); the property names are those that MeshLab,
CloudCompare, Blender and Open3D read. `confidence` and `n_views` are read as scalar fields.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from da3studio.base.atomic import write_atomic
from da3studio.exporters.base import GENERATOR, Carries, Exporter, chosen_mesh, needed_cloud
from da3studio.exporters.naming import ascii_words
from da3studio.exporters.surface import finite_rows, sound, vertex_colours
from da3studio.recipes.export import ExportRecipe
from da3studio.scene.cloud import PointCloud
from da3studio.scene.mesh import Mesh
from da3studio.scene.scene import Scene

_PLY_TYPE = {"f4": "float", "u1": "uchar", "i4": "int"}
_POSITION = [("x", "<f4"), ("y", "<f4"), ("z", "<f4")]
_NORMAL = [("nx", "<f4"), ("ny", "<f4"), ("nz", "<f4")]
_COLOUR = [("red", "u1"), ("green", "u1"), ("blue", "u1")]
_FACE = np.dtype([("n", "u1"), ("corners", "<i4", 3)])


def write_ply(scene: Scene, path: Path, recipe: ExportRecipe) -> tuple[Path, ...]:
    """Write the mesh with normals and vertex colours, or the cloud with all its measures."""
    mesh = chosen_mesh(scene, recipe)
    if mesh is not None:
        vertices, faces = _mesh_tables(sound(mesh))
    else:
        vertices, faces = _cloud_table(needed_cloud(scene)), None
    n_faces = None if faces is None else len(faces)
    header = ply_header(scene, len(vertices), vertices.dtype, n_faces)

    def fill(temporary: Path) -> None:
        with temporary.open("wb") as file:
            file.write(header)
            file.write(vertices.view(np.uint8).data)
            if faces is not None:
                file.write(faces.view(np.uint8).data)

    write_atomic(path, fill)
    return (path,)


def _mesh_tables(mesh: Mesh) -> tuple[NDArray[np.void], NDArray[np.void]]:
    rgb = vertex_colours(mesh)
    columns: dict[str, NDArray[Any]] = _columns(_POSITION, mesh.vertices)
    columns |= _columns(_NORMAL, mesh.normals)
    if rgb is not None:
        columns |= _columns(_COLOUR, rgb)
    fields = _POSITION + _NORMAL + (_COLOUR if rgb is not None else [])
    faces = np.empty(len(mesh.faces), _FACE)
    faces["n"], faces["corners"] = 3, mesh.faces
    return _table(fields, columns), faces


def _cloud_table(cloud: PointCloud) -> NDArray[np.void]:
    finite = finite_rows(cloud.xyz)
    columns: dict[str, NDArray[Any]] = _columns(_POSITION, cloud.xyz[finite])
    columns |= _columns(_NORMAL, cloud.normal[finite])
    columns |= _columns(_COLOUR, cloud.rgb[finite])
    columns |= {"confidence": cloud.confidence[finite], "n_views": cloud.n_views[finite]}
    measures = [("confidence", "<f4"), ("n_views", "u1")]
    return _table(_POSITION + _NORMAL + _COLOUR + measures, columns)


def _columns(fields: list[tuple[str, str]], values: NDArray[Any]) -> dict[str, NDArray[Any]]:
    return {name: values[:, i] for i, (name, _) in enumerate(fields)}


def _table(fields: list[tuple[str, str]], columns: dict[str, NDArray[Any]]) -> NDArray[np.void]:
    table = np.empty(len(columns["x"]), np.dtype(fields))
    for name, _ in fields:
        table[name] = columns[name]
    return table


def ply_header(
    scene: Scene, n_vertices: int, vertex: np.dtype[np.void], n_faces: int | None = None
) -> bytes:
    """The lines above the data: maker, scene, unit, and the properties of a vertex."""
    lines = [
        "ply",
        "format binary_little_endian 1.0",
        f"comment generator {GENERATOR}",
        f"comment scene {ascii_words(scene.name)}",
        f"comment unit {scene.registration.unit}",
        *(f"comment network {ascii_words(network)}" for network in scene.networks),
        f"element vertex {n_vertices}",
    ]
    for name, (dtype, *_) in (vertex.fields or {}).items():
        lines.append(f"property {_PLY_TYPE[dtype.str[1:]]} {name}")
    if n_faces is not None:
        lines += [f"element face {n_faces}", "property list uchar int vertex_indices"]
    return ("\n".join([*lines, "end_header"]) + "\n").encode("ascii")


PLY = Exporter(".ply", "Mesh or point cloud (PLY)", Carries.POINTS | Carries.MESH, write_ply)
