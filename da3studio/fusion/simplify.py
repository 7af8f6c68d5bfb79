"""From the raw surface to a clean one: pieces, spikes, smoothing, tiny holes, face budget."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from da3studio.base.cancel import CancelToken
from da3studio.fusion.bridge import Triangles, from_legacy_mesh, legacy_mesh
from da3studio.fusion.edges import (
    boundary_loops,
    fill_loops,
    sides_of,
    split_pinched,
    uses_of_sides,
)
from da3studio.recipes.mesh import MeshRecipe

_WELD = 0.2  # [voxels] vertices in one cell of this edge are one: takes the slivers out of the grid
_TAUBIN_STEPS = 3  # takes the grid's steps out; more would round corners
_SPIKE = 1.5  # from the neighbours' middle, in mean edge lengths; a cube's corner has about 0.6
_TRIM_ROUNDS = 2
_SMALL_HOLE_EDGES = 48  # about twelve voxels across
_HEADROOMS = (0.99, 0.96, 0.9, 0.8)  # of the face budget; closing the last pinholes takes some


@dataclass(frozen=True, eq=False)
class Clean:
    """A clean surface, and what was left open."""

    surface: Triangles
    holes: int  # closed edge loops, without the longest one: that is the outline
    hole_share: float  # of all the length of open edges, that of the holes
    dropped_faces: int  # in loose pieces


def clean_surface(
    raw: Triangles, recipe: MeshRecipe, *, voxel: float, token: CancelToken
) -> Clean:  # fmt: skip
    """Tidy a raw surface and bring it down to the face budget.

    Args:
        raw: as extracted, any unit.
        recipe: smallest piece and face budget.
        voxel: edge of the cells it was extracted with [its unit].
        token: checked between steps.
    """
    surface = manifold(weld(raw, _WELD * voxel))
    token.check()
    large = drop_small_pieces(surface, recipe.min_component)
    dropped = len(surface.faces) - len(large.faces)
    surface = pull_in_spikes(trim_teeth(large))
    token.check()
    surface = smooth(surface)
    surface = fill_loops(surface, _SMALL_HOLE_EDGES)
    token.check()
    full = surface
    for headroom in _HEADROOMS:
        # collapsing edges leaves a few crumbs and pinholes of its own
        surface = manifold(decimate(full, int(recipe.faces * headroom)))
        surface = fill_loops(drop_small_pieces(surface, recipe.min_component), _SMALL_HOLE_EDGES)
        token.check()
        if len(surface.faces) <= recipe.faces:
            break
    lengths = np.sort(boundary_loops(surface).lengths)
    share = float(lengths[:-1].sum() / lengths.sum()) if len(lengths) > 1 else 0.0
    return Clean(surface, max(0, len(lengths) - 1), share, dropped)


def weld(surface: Triangles, distance: float) -> Triangles:
    """Make vertices in the same cell of edge `distance` one, and drop faces that vanish by it."""
    cells = np.round((surface.vertices - surface.vertices.min(axis=0, initial=0.0)) / distance)
    _, first, new_idx = np.unique(
        cells.astype(np.int64), axis=0, return_index=True, return_inverse=True
    )
    faces = new_idx.reshape(-1).astype(np.int32)[surface.faces]
    return Triangles(surface.vertices[first], _without_degenerate(faces)).used()


def manifold(surface: Triangles) -> Triangles:
    """At most two faces at every edge, one fan of faces around every vertex, none degenerate."""
    mesh = legacy_mesh(surface)
    mesh.remove_degenerate_triangles()
    mesh.remove_duplicated_triangles()
    mesh.remove_non_manifold_edges()
    return split_pinched(from_legacy_mesh(mesh))


def drop_small_pieces(surface: Triangles, least_share: float) -> Triangles:
    """Without the pieces that hold a smaller share of all faces, or of all area.

    Few faces: a crumb. Many faces on little area: a crumpled knot of noise. The largest piece
    always stays.
    """
    if not len(surface.faces):
        return surface
    labels, counts, areas = (
        np.asarray(values) for values in legacy_mesh(surface).cluster_connected_triangles()
    )
    keep = (counts >= least_share * counts.sum()) & (areas >= least_share * areas.sum())
    keep[areas.argmax()] = True
    return Triangles(surface.vertices, surface.faces[keep[labels]]).used()


def trim_teeth(surface: Triangles) -> Triangles:
    """Without faces that hang on by one edge or none, so that outlines are not ragged."""
    faces = surface.faces
    for _ in range(_TRIM_ROUNDS):
        open_sides = (uses_of_sides(faces) == 1).reshape(-1, 3).sum(axis=1)
        if not (keep := open_sides < 2).any():
            break
        faces = faces[keep]
    return Triangles(surface.vertices, faces).used()


def pull_in_spikes(surface: Triangles) -> Triangles:
    """Move single vertices that stick far out to the middle of their neighbours."""
    vertices, n = surface.vertices, len(surface.vertices)
    start, end = sides_of(surface.faces).T
    start, end = np.concatenate([start, end]), np.concatenate([end, start])
    uses = np.maximum(np.bincount(start, minlength=n), 1)
    middle = np.stack(
        [np.bincount(start, vertices[end, i], minlength=n) / uses for i in range(3)], axis=1
    )
    edge = np.linalg.norm(vertices[start] - vertices[end], axis=1).mean() if len(start) else 0.0
    away = np.linalg.norm(vertices - middle, axis=1)
    around = np.zeros(n)
    np.maximum.at(around, start, away[end])
    spike = (away > _SPIKE * edge) & (away > around)  # its neighbours' middles are off, too
    return Triangles(np.where(spike[:, None], middle, vertices), surface.faces)


def smooth(surface: Triangles) -> Triangles:
    """A few steps of Taubin 1995: takes the voxels' steps out and keeps the volume."""
    return from_legacy_mesh(legacy_mesh(surface).filter_smooth_taubin(_TAUBIN_STEPS))


def decimate(surface: Triangles, faces: int) -> Triangles:
    """At most about `faces` faces, by quadric edge collapse (Garland and Heckbert 1997).

    Open3D's, as its triangles stay well shaped also where the surface is flat, which unwrapping
    needs; fast-simplification takes an eighth of the time and folds every twentieth face there.
    """
    if len(surface.faces) <= faces:
        return surface
    low, size = surface.vertices.min(axis=0), float(np.ptp(surface.vertices, axis=0).max())
    unit = Triangles((surface.vertices - low) / size, surface.faces)  # for thresholds inside
    fewer = from_legacy_mesh(legacy_mesh(unit).simplify_quadric_decimation(faces))
    return Triangles(fewer.vertices * size + low, _without_degenerate(fewer.faces)).used()


def vertex_normals(surface: Triangles) -> NDArray[np.float32]:
    """`(V, 3)` unit normals, the mean of the faces around weighted by their area."""
    a, b, c = surface.vertices[surface.faces].transpose(1, 0, 2)
    face_normals = np.cross(b - a, c - a)
    corners, n = surface.faces.reshape(-1), len(surface.vertices)
    each = np.repeat(face_normals, 3, axis=0)
    sums = np.stack([np.bincount(corners, each[:, i], minlength=n) for i in range(3)], axis=1)
    lengths = np.linalg.norm(sums, axis=1, keepdims=True)
    up = np.array([0.0, 0.0, 1.0])  # for the rare vertex whose faces cancel out
    tiny = np.finfo(np.float64).tiny
    unit = np.where(lengths > tiny, sums / np.maximum(lengths, tiny), up)
    return unit.astype(np.float32)


def _without_degenerate(faces: NDArray[np.int32]) -> NDArray[np.int32]:
    a, b, c = faces.T
    three: NDArray[np.bool_] = (a != b) & (b != c) & (c != a)
    return faces[three]
