"""Light of the room, computed once: soft shadows of two lamps and what the surfaces throw back."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from da3studio.sample.paint import chance
from da3studio.sample.patch import Patch, Triangles
from da3studio.sample.tracer import Tracer

_N_LAMP_RAYS = 28  # per cell of a light map and lamp
_N_SKY_RAYS = 28  # per cell, for the light that comes from other surfaces
_LATER_BOUNCES = 0.50  # light after two and more bounces, as evenly spread [W/m2]
_OFFSET_M = 5e-4  # rays start this far above the surface
_AT_ONCE = 40_000  # cells per block, which bounds the memory


@dataclass(frozen=True)
class Lamp:
    """A square that shines to one side."""

    middle: tuple[float, float, float]  # [m]
    aim: tuple[float, float, float]  # a point that it faces [m]
    edge: float  # [m]
    power: tuple[float, float, float]  # radiance in three colours


LAMPS = (
    Lamp((-1.15, -1.62, -1.05), (0.0, 0.0, 0.0), 0.85, (24.5, 22.2, 18.9)),
    Lamp((1.45, -1.45, 0.35), (0.0, 0.2, 0.2), 1.10, (3.2, 3.6, 4.2)),
)


@dataclass(frozen=True, eq=False)
class _Cells:
    """The cells of all light maps, one after the other."""

    points: NDArray[np.float32]  # (N, 3) [m]
    normals: NDArray[np.float32]  # (N, 3)
    starts: NDArray[np.intp]  # (patches + 1,)
    sizes: tuple[tuple[int, int], ...]  # height, width of each map


def light_maps(
    patches: tuple[Patch, ...], triangles: Triangles, tracer: Tracer
) -> tuple[NDArray[np.float32], ...]:
    """Irradiance of every patch.

    Args:
        patches: of the whole scene.
        triangles: of these patches.
        tracer: of these triangles.

    Returns:
        One `(h, w, 3)` map per patch, spread over its texture coordinates.
    """
    cells = _cells(patches)
    direct = _smoothed(_from_lamps(cells, tracer), cells, patches, 0.8)
    thrown_back = _smoothed(
        _from_surfaces(cells, direct, patches, triangles, tracer), cells, patches, 1.6
    )
    return _as_maps(direct + thrown_back, cells)


def _cells(patches: tuple[Patch, ...]) -> _Cells:
    points, normals, sizes = [], [], []
    for patch in patches:
        across, down = patch.extent()
        width, height = (
            int(np.clip(round(length / patch.light_cell), 2, 320)) for length in (across, down)
        )
        u, v = (np.arange(width) + 0.5) / width, (np.arange(height) + 0.5) / height
        at, normal = patch.sample_grid(u, v)
        points.append((at + _OFFSET_M * normal).reshape(-1, 3))
        normals.append(normal.reshape(-1, 3))
        sizes.append((height, width))
    starts = np.cumsum([0, *(len(block) for block in points)])
    return _Cells(
        np.concatenate(points).astype(np.float32),
        np.concatenate(normals).astype(np.float32),
        starts,
        tuple(sizes),
    )


def _from_lamps(cells: _Cells, tracer: Tracer) -> NDArray[np.float32]:
    """`(N, 3)` light that comes straight from the lamps."""
    total = np.zeros_like(cells.points)
    rng = chance("lamps")
    for lamp in LAMPS:
        middle = np.array(lamp.middle, np.float32)
        facing = np.array(lamp.aim, np.float32) - middle
        facing /= np.linalg.norm(facing)
        frame = _frames(facing[None])[0]
        for start in range(0, len(total), _AT_ONCE):
            block = slice(start, min(start + _AT_ONCE, len(total)))
            points, normals = cells.points[block], cells.normals[block]
            arriving = np.zeros(len(points), np.float32)
            for square in _spread(len(points), _N_LAMP_RAYS, rng):
                spot = middle + lamp.edge * ((square - 0.5) @ frame[:2])
                way = spot - points
                distance2 = np.einsum("ij,ij->i", way, way)
                # Both angles against the way, which is not of unit length: divide by its square.
                at_surface = np.maximum(np.einsum("ij,ij->i", way, normals), 0)
                weight = at_surface * np.maximum(-(way @ facing), 0) / distance2**2
                seen = np.flatnonzero(weight > 0)
                free = tracer.free_between(points[seen], spot[seen])
                arriving[seen] += weight[seen] * free
            share = lamp.edge**2 / _N_LAMP_RAYS
            total[block] += arriving[:, None] * np.array(lamp.power, np.float32) * share
    return total


def _from_surfaces(
    cells: _Cells,
    direct: NDArray[np.float32],
    patches: tuple[Patch, ...],
    triangles: Triangles,
    tracer: Tracer,
) -> NDArray[np.float32]:
    """`(N, 3)` light thrown back by surfaces: one bounce in full, later ones as a constant."""
    means = np.stack([cv2.mean(patch.albedo)[:3] for patch in patches])
    albedo = (means / 65535).astype(np.float32)
    total = np.zeros_like(direct)
    rng = chance("surfaces")
    for start in range(0, len(total), _AT_ONCE):
        block = slice(start, min(start + _AT_ONCE, len(total)))
        points, frames = cells.points[block], _frames(cells.normals[block])
        for square in _spread(len(points), _N_SKY_RAYS, rng):
            # Malley's method: even on a disc, lifted to the hemisphere, falls off with the cosine.
            radius, angle = np.sqrt(square[:, 0]), 2 * np.pi * square[:, 1]
            local = np.stack(
                [radius * np.cos(angle), radius * np.sin(angle), np.sqrt(1 - square[:, 0])], -1
            )
            hits = tracer.first_hits(points, np.einsum("nk,nkj->nj", local, frames))
            met = np.flatnonzero(hits.face_idx >= 0)
            patch_idx, cell = _cell_at(
                hits.face_idx[met], hits.corner_weights[met], cells, triangles
            )
            total[start + met] += albedo[patch_idx] * (direct[cell] + _LATER_BOUNCES)
    total /= _N_SKY_RAYS
    return total


def _cell_at(
    face_idx: NDArray[np.int32],
    corner_weights: NDArray[np.float32],
    cells: _Cells,
    triangles: Triangles,
) -> tuple[NDArray[np.int32], NDArray[np.intp]]:
    """Patch and light-map cell that hold each hit."""
    corners = triangles.corner_uv[face_idx]
    second, third = corner_weights[:, :1], corner_weights[:, 1:]
    uv = corners[:, 0] * (1 - second - third) + corners[:, 1] * second + corners[:, 2] * third
    patch_idx = triangles.patch_idx[face_idx]
    height, width = np.array(cells.sizes)[patch_idx].T
    column = np.clip((uv[:, 0] * width).astype(np.intp), 0, width - 1)
    row = np.clip((uv[:, 1] * height).astype(np.intp), 0, height - 1)
    return patch_idx, cells.starts[patch_idx] + row * width + column


def _spread(n: int, n_rays: int, rng: np.random.Generator) -> list[NDArray[np.float32]]:
    """`n_rays` times `(n, 2)` points of the unit square: a lattice, shifted anew for every cell."""
    shift = rng.random((n, 2), np.float32)
    # Fibonacci lattice: the golden ratio spreads the second coordinate as evenly as the first.
    k = np.arange(n_rays)
    lattice = np.stack([(k + 0.5) / n_rays, k * 0.6180339887 % 1], -1).astype(np.float32)
    return [np.mod(shift + point, np.float32(1)) for point in lattice]


def _frames(normals: NDArray[np.float32]) -> NDArray[np.float32]:
    """`(N, 3, 3)` two tangents and the normal as rows. Source: Duff et al. 2017."""
    x, y, z = normals.T
    sign = np.where(z >= 0, 1, -1).astype(np.float32)
    a = -1 / (sign + z)
    b = x * y * a
    first = np.stack([1 + sign * x * x * a, sign * b, -sign * x], -1)
    second = np.stack([b, sign + y * y * a, -y], -1)
    return np.stack([first, second, normals], axis=1).astype(np.float32)


def _as_maps(values: NDArray[np.float32], cells: _Cells) -> tuple[NDArray[np.float32], ...]:
    return tuple(
        np.ascontiguousarray(values[start:end].reshape(*size, 3))
        for (start, end), size in zip(pairwise(cells.starts), cells.sizes, strict=True)
    )


def _smoothed(
    values: NDArray[np.float32], cells: _Cells, patches: tuple[Patch, ...], sigma: float
) -> NDArray[np.float32]:
    """The same values with the grain of the random rays blurred away, map by map."""
    blurred = []
    for light, patch in zip(_as_maps(values, cells), patches, strict=True):
        pad = 6
        wide = np.pad(light, ((pad, pad), (0, 0), (0, 0)), "edge")
        sides = ((0, 0), (pad, pad), (0, 0))
        wide = np.pad(wide, sides, "wrap") if patch.closed else np.pad(wide, sides, "edge")
        soft = cv2.GaussianBlur(wide, (0, 0), sigma)[pad:-pad, pad:-pad]
        blurred.append(soft.reshape(-1, 3))
    return np.concatenate(blurred)
