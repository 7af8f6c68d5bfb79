"""Colours for what no photo shows: smoothly continued from what lies around it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from da3studio.fusion.texture.solve import smallest_squares
from da3studio.scene.mesh import Mesh

_RIM_RINGS = 3  # rings of faces whose colours are averaged beside an unseen area
_HOLD_SEEN = 1e3  # weight of a seen vertex's colour against a smooth transition
_HOLD_UNSEEN = 1e-4  # enough to make pieces without any seen vertex solvable


def push_pull(values: NDArray[np.float32], weight: NDArray[np.float32]) -> NDArray[np.float32]:
    """Fill an image's gaps from their surroundings, near ones first.

    Args:
        values: `(H, W, C)`, 0 where unknown.
        weight: `(H, W)` 1 = known, 0 = unknown.

    Returns:
        `(H, W, C)`: known values unchanged, the others from ever coarser means.

    Source: Gortler et al. 1996, the Lumigraph's push-pull.
    """
    import cv2

    height, width = weight.shape
    if weight.all() or max(height, width) == 1:
        return values
    odd = ((0, height % 2), (0, width % 2))
    padded, known = np.pad(values, (*odd, (0, 0))), np.pad(weight, odd)
    half = (padded.shape[1] // 2, padded.shape[0] // 2)
    total = cv2.resize(known, half, interpolation=cv2.INTER_AREA)
    mean = cv2.resize(padded, half, interpolation=cv2.INTER_AREA).reshape(*total.shape, -1)
    mean /= np.maximum(total, 1e-6)[..., None]
    coarse = push_pull(mean, (total > 0).astype(np.float32))
    fine = cv2.resize(coarse, padded.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    fine = fine.reshape(padded.shape)[:height, :width]
    filled: NDArray[np.float32] = np.where(weight[..., None] > 0, values, fine)
    return filled


def unseen_colours(
    mesh: Mesh, unseen: NDArray[np.bool_], rgb: NDArray[np.uint8], trust: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Colours at the vertices of unseen faces, continued over the surface from the seen ones.

    Args:
        mesh: all of it.
        unseen: `(F,)` faces that no photo shows; not all of them.
        rgb: `(F, 3)` colours of the other faces.
        trust: `(F,)` how well those are seen: the last ones before the unseen are seen at a
            slant, and the background shines into their colours.

    Returns:
        `(V, 3)` sRGB [0..255]; meaningless at vertices without an unseen face.
    """
    weight = np.where(unseen, 0, trust).astype(np.float64)
    total = rgb * weight[:, None]
    for _ in range(_RIM_RINGS):
        vertex_weight = _at_vertices(mesh, weight)
        vertex_total = np.stack([_at_vertices(mesh, channel) for channel in total.T], axis=1)
        weight = vertex_weight[mesh.faces].mean(axis=1)
        total = vertex_total[mesh.faces].mean(axis=1)
    colour = vertex_total / np.maximum(vertex_weight, 1e-30)[:, None]
    known = np.zeros(len(mesh.vertices), bool)
    known[mesh.faces[~unseen]] = True

    triangles = mesh.faces[unseen].astype(np.int64)
    links = np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]])
    start = _grown(colour, known, links, fallback=rgb[~unseen].mean(axis=0))
    hold = np.where(known, _HOLD_SEEN, _HOLD_UNSEEN)
    weights, level = np.ones(len(links)), np.zeros((len(links), 3))
    return smallest_squares(links, weights, level, hold, start).astype(np.float32)


def _at_vertices(mesh: Mesh, of_faces: NDArray[np.float64]) -> NDArray[np.float64]:
    """`(V,)` sums over the faces around each vertex."""
    sums = np.bincount(mesh.faces.ravel(), np.repeat(of_faces, 3), len(mesh.vertices))
    return sums.astype(np.float64)


def _grown(
    colour: NDArray[np.float64],
    known: NDArray[np.bool_],
    links: NDArray[np.int64],
    fallback: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Pass known colours on, ring by ring; a good start makes the smooth solution quick."""
    colour, known = colour.copy(), known.copy()
    links = np.concatenate([links, links[:, ::-1]])
    while True:
        links = links[~known[links[:, 1]]]
        front = links[known[links[:, 0]]]
        if not len(front):
            break
        reached, ring = np.unique(front[:, 1], return_inverse=True)
        total = np.zeros((len(reached), 3))
        np.add.at(total, ring, colour[front[:, 0]])
        colour[reached] = total / np.bincount(ring)[:, None]
        known[reached] = True
    colour[~known] = fallback
    return colour
