"""Open edges of a surface: their loops, and closing the tiny ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from da3studio.fusion.bridge import Triangles


@dataclass(frozen=True, eq=False)
class Loops:
    """The closed loops that open edges form; loops that touch themselves count as one."""

    start: NDArray[np.int32]  # (E,) first vertex of each open edge, in its face's direction
    end: NDArray[np.int32]  # (E,) second vertex
    loop_idx: NDArray[np.int64]  # (E,) which loop an edge belongs to
    lengths: NDArray[np.float64]  # (L,)
    n_edges: NDArray[np.int64]  # (L,)
    simple: NDArray[np.bool_]  # (L,) passes through each of its vertices once


def sides_of(faces: NDArray[np.int32]) -> NDArray[np.int32]:
    """`(3 F, 2)` vertices of every side of every face, in the face's direction."""
    sides: NDArray[np.int32] = faces[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2)
    return sides


def uses_of_sides(faces: NDArray[np.int32]) -> NDArray[np.int64]:
    """`(3 F,)` how many faces share each side: 1 = open, 2 = inside, more = not a manifold."""
    _, edge_of, uses = np.unique(_edge_keys(faces), return_inverse=True, return_counts=True)
    shared: NDArray[np.int64] = uses[edge_of]
    return shared


def split_pinched(surface: Triangles) -> Triangles:
    """Give every fan of faces around a vertex a vertex of its own.

    Afterwards no two parts of the surface hang together by a mere point, nor do faces of opposite
    orientation: smoothing, unwrapping and closing holes rely on that. The shape stays the same.
    """
    keys = _edge_keys(surface.faces)
    order = np.argsort(keys, kind="stable")
    inside = uses_of_sides(surface.faces)[order] == 2
    one, two = order[inside].reshape(-1, 2).T  # the two sides that meet at an edge
    corner_vertex = surface.faces.reshape(-1)
    following = np.arange(len(corner_vertex)).reshape(-1, 3)[:, [1, 2, 0]].reshape(-1)
    # neighbours of one orientation run along their edge in opposite directions
    alike = corner_vertex[one] == corner_vertex[following[two]]
    one, two = one[alike], two[alike]
    label = _connected(
        np.concatenate([one, following[one]]),
        np.concatenate([following[two], two]),
        len(corner_vertex),
    )
    fans, new_idx = np.unique(label, return_inverse=True)
    return Triangles(surface.vertices[corner_vertex[fans]], new_idx.reshape(-1, 3).astype(np.int32))


def boundary_loops(surface: Triangles) -> Loops:
    """Open edges, sorted into loops."""
    start, end = _open_edges(surface.faces)
    n = len(surface.vertices)
    out, into = np.bincount(start, minlength=n), np.bincount(end, minlength=n)
    label = _connected(start, end, n)[start]
    _, loop_idx = np.unique(label, return_inverse=True)
    n_loops = int(loop_idx.max(initial=-1)) + 1
    lengths: NDArray[np.float64] = np.linalg.norm(
        surface.vertices[start] - surface.vertices[end], axis=1
    )
    odd = (out[start] != 1) | (into[start] != 1)
    return Loops(
        start, end, loop_idx,
        lengths=np.bincount(loop_idx, lengths, minlength=n_loops).astype(np.float64),
        n_edges=np.bincount(loop_idx, minlength=n_loops),
        simple=np.bincount(loop_idx, odd, minlength=n_loops) == 0,
    )  # fmt: skip


def fill_loops(surface: Triangles, most_edges: int) -> Triangles:
    """Close every simple loop of at most `most_edges` edges by a fan around its middle.

    A loop around so small a piece that it may well be the piece's outline is left alone: closing
    it would double the piece.
    """
    loops = boundary_loops(surface)
    fill = loops.simple & (loops.n_edges <= most_edges)
    # a disc with n edges around it has about n² / 5 faces inside
    fill &= _faces_of_piece(surface, loops) > loops.n_edges**2
    if not fill.any():
        return surface
    chosen = fill[loops.loop_idx]
    start, end = loops.start[chosen], loops.end[chosen]
    middle_idx = (np.cumsum(fill) - 1)[loops.loop_idx[chosen]]
    count = np.bincount(middle_idx)
    middles = np.stack(
        [np.bincount(middle_idx, surface.vertices[start, i]) / count for i in range(3)], axis=1
    )
    fans = np.stack([end, start, len(surface.vertices) + middle_idx], axis=1)
    return Triangles(
        np.concatenate([surface.vertices, middles]),
        np.concatenate([surface.faces, fans.astype(np.int32)]),
    )


def _open_edges(faces: NDArray[np.int32]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    start, end = sides_of(faces)[uses_of_sides(faces) == 1].T
    return start, end


def _edge_keys(faces: NDArray[np.int32]) -> NDArray[np.int64]:
    """`(3 F,)` one number per edge, the same from both sides."""
    sides = sides_of(faces).astype(np.int64)
    keys: NDArray[np.int64] = (sides.min(axis=1) << 32) | sides.max(axis=1)
    return keys


def _connected(
    start: NDArray[np.integer[Any]], end: NDArray[np.integer[Any]], n_vertices: int
) -> NDArray[np.int64]:
    """`(V,)` the smallest vertex that each one is joined to by edges.

    Both ends of an edge take the smaller label, then labels are followed to their own label,
    until nothing changes (Shiloach and Vishkin 1982): a handful of rounds.
    """
    label = np.arange(n_vertices, dtype=np.int64)
    while True:
        low = np.minimum(label[start], label[end])
        joined = label.copy()
        np.minimum.at(joined, label[start], low)
        np.minimum.at(joined, label[end], low)
        while not np.array_equal(shorter := joined[joined], joined):
            joined = shorter
        if np.array_equal(joined, label):
            return label
        label = joined


def _faces_of_piece(surface: Triangles, loops: Loops) -> NDArray[np.int64]:
    """`(L,)` how many faces hang together with each loop."""
    start, end = sides_of(surface.faces).T
    piece_of = _connected(start, end, len(surface.vertices))
    n_faces = np.bincount(piece_of[surface.faces[:, 0]], minlength=len(surface.vertices))
    of_loop = np.zeros(len(loops.lengths), np.int64)
    of_loop[loops.loop_idx] = n_faces[piece_of[loops.start]]
    return of_loop
