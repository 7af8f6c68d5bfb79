"""Texture coordinates for a mesh: charts without stretch, packed into one atlas.

Faces that hang together and are painted from the same photo form a chart, and the photo itself
is the map: UVs are the projected corners, so nothing is stretched or resampled and no
parametrisation is solved. Source: Lempitsky and Ivanov 2007, Waechter et al. 2014. (Open3D's
UVAtlas takes 14 to 21 s for 100 000 faces and resamples every photo; this takes about one.)
Faces that no photo shows are projected along the axis nearest to their normal.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from da3studio.fusion.texture.adjacency import Adjacency, components
from da3studio.fusion.texture.raster import covered_pixels
from da3studio.geometry.camera import Camera, project
from da3studio.scene.mesh import Mesh

_UNSEEN_DENSITY = 0.25  # texels per length on unseen faces, relative to the typical seen one
_CHECKED_SIDE_PX = 1024  # longer side of the images in which overlaps are looked for
_INSET = 0.02  # barycentric: overlaps thinner than this are rounding
_SPLITS = 8  # rounds of splitting overlaps before the rest get charts of their own
_PADDINGS_PX = (4, 2, 1)  # texels around a chart: 4 keep two mip levels apart
_PADDING_SHARE = 0.5  # of the atlas that padding may take before it is made thinner
_SMALLEST_PX = 256
_SHRINK = 0.95  # of the photos' scale, between two attempts to pack
_SMALLER_FOR_HALF = 0.9  # scale that is accepted where it halves the atlas


@dataclass(frozen=True, eq=False)
class Charts:
    """`C` pieces of surface, each flat in a plane: its photo, or an axis plane if unseen."""

    chart: NDArray[np.int32]  # (F,) of each face
    view_idx: NDArray[np.int16]  # (C,) the photo, -1 = seen by none
    corners: NDArray[np.float32]  # (F, 3, 2) in the plane [px of the photo at its full size]


@dataclass(frozen=True, eq=False)
class Layout:
    """Where charts lie in the atlas; a chart is copied by whole texels, never resampled."""

    width: int  # power of two [px]
    height: int
    padding: int  # texels around every chart
    scale: float  # of the photos in the atlas, <= 1
    sizes: NDArray[np.int64]  # (P, 2) width, height of each photo at that scale; last: the unseen
    corners: NDArray[np.float32]  # (F, 3, 2) in the scaled plane [px]
    origin: NDArray[np.int64]  # (C, 2) of the chart's rectangle in the scaled plane [px]
    place: NDArray[np.int64]  # (C, 2) of the rectangle in the atlas [px]
    extent: NDArray[np.int64]  # (C, 2) width, height of the rectangle [px]

    def corner_uv(self, charts: Charts) -> NDArray[np.float32]:
        """`(F, 3, 2)` as `Texture` wants them."""
        texels = self.atlas_corners(charts)
        uv: NDArray[np.float32] = np.divide(texels, (self.width, self.height), dtype=np.float32)
        return uv

    def atlas_corners(self, charts: Charts) -> NDArray[np.float32]:
        """`(F, 3, 2)` corners in the atlas [px]."""
        shift = (self.place - self.origin)[charts.chart].astype(np.float32)
        moved: NDArray[np.float32] = self.corners + shift[:, None]
        return moved


def make_charts(
    mesh: Mesh, edges: Adjacency, view_idx: NDArray[np.int16], cameras: Sequence[Camera]
) -> Charts:
    """Cut the mesh into charts that do not overlap themselves.

    Args:
        mesh: with faces.
        edges: its inner edges.
        view_idx: `(F,)` the view each face is painted from, -1 = none.
        cameras: of the views, pinholes at full size.
    """
    corners = np.zeros((len(mesh.faces), 3, 2), np.float32)
    plane = view_idx.astype(np.int32)
    sizes = [max(c.intrinsics.width, c.intrinsics.height) for c in cameras]
    for index, camera in enumerate(cameras):
        mine = view_idx == index
        corners[mine] = project(mesh.vertices[mesh.faces[mine]], camera)
    unseen = np.flatnonzero(view_idx < 0)
    if len(unseen):
        axis, flat = _axis_planes(mesh.vertices[mesh.faces[unseen]])
        density = _UNSEEN_DENSITY * _typical_density(mesh, corners, view_idx >= 0)
        corners[unseen] = flat * density
        plane[unseen] = len(cameras) + axis
        sizes += [int(np.ptp(corners[unseen], axis=(0, 1)).max()) + 1] * 6
    layer = np.zeros(len(plane), np.int32)
    for attempt in range(_SPLITS + 1):
        joined = _same(plane, edges.faces) & _same(layer, edges.faces)
        chart = components(len(plane), edges.faces[joined])
        clashing = _overlapping(corners, chart, plane, sizes)
        if not len(clashing):
            break
        # Past the last attempt every clashing face becomes a chart, which cannot clash.
        layer[clashing] = attempt + 1 if attempt < _SPLITS else attempt + 1 + clashing
    else:
        joined = _same(plane, edges.faces) & _same(layer, edges.faces)
        chart = components(len(plane), edges.faces[joined])
    view_of = np.full(chart.max() + 1, -1, np.int16)
    view_of[chart] = view_idx
    return Charts(chart, view_of, corners)


def _same(values: NDArray[np.int32], pairs: NDArray[np.int32]) -> NDArray[np.bool_]:
    same: NDArray[np.bool_] = values[pairs[:, 0]] == values[pairs[:, 1]]
    return same


def _axis_planes(
    triangles: NDArray[np.float32],
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Nearest of the 6 signed axes of `(N, 3, 3)` triangles, and their corners seen along it."""
    normal = np.cross(triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0])
    direction = np.abs(normal).argmax(axis=1)
    negative = np.take_along_axis(normal, direction[:, None], axis=1)[:, 0] < 0
    kept = np.array([[1, 2], [2, 0], [0, 1]])[direction]
    flat = np.take_along_axis(triangles, kept[:, None], axis=2)
    return direction + 3 * negative, flat - flat.min(axis=(0, 1))


def _typical_density(mesh: Mesh, corners: NDArray[np.float32], seen: NDArray[np.bool_]) -> float:
    """Photo pixels per world unit, over all seen faces."""
    flat = corners[seen]
    ab, ac = flat[:, 1] - flat[:, 0], flat[:, 2] - flat[:, 0]
    pixels = np.abs(ab[:, 0] * ac[:, 1] - ab[:, 1] * ac[:, 0]).sum(dtype=np.float64)
    triangles = mesh.vertices[mesh.faces[seen]]
    cross = np.cross(triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0])
    return float(np.sqrt(pixels / np.linalg.norm(cross, axis=1).sum(dtype=np.float64)))


def _overlapping(
    corners: NDArray[np.float32],
    chart: NDArray[np.int32],
    plane: NDArray[np.int32],
    sizes: Sequence[int],
) -> NDArray[np.int64]:
    """Faces to take out of their charts so that no pixel is covered twice by one chart."""
    clashing = []
    for index, size in enumerate(sizes):
        faces = np.flatnonzero(plane == index)
        if not len(faces):
            continue
        flat = corners[faces]
        flat = (flat - flat.min(axis=(0, 1))) * min(_CHECKED_SIDE_PX / size, 1.0)
        width, height = np.ceil(flat.max(axis=(0, 1))).astype(int) + 1
        parts = list(covered_pixels(flat, int(width), int(height), inset=_INSET))
        face = faces[np.concatenate([part.triangle for part in parts])]
        pixel = np.concatenate([part.row * width + part.column for part in parts])
        twice = np.bincount(pixel, minlength=1)[pixel] > 1
        face, pixel = face[twice], pixel[twice]
        key = chart[face].astype(np.int64) * (width * height) + pixel
        order = np.lexsort((face, key))
        repeated = np.flatnonzero(key[order][1:] == key[order][:-1]) + 1
        clashing.append(np.unique(face[order[repeated]]))
    return np.concatenate(clashing) if clashing else np.zeros(0, np.int64)


def lay_out(charts: Charts, cameras: Sequence[Camera], max_size: int) -> Layout:
    """Pack the charts at about the photos' resolution, or at less if the atlas grew too large.

    Args:
        charts: from `make_charts`.
        cameras: of the views, at full size.
        max_size: largest side of the atlas [px]; exceeded only if the charts' padding alone
            does not fit (thousands of charts in a tiny atlas).
    """
    full = np.array([(c.intrinsics.width, c.intrinsics.height) for c in cameras] + [(2**15,) * 2])
    largest = 2 ** int(np.log2(max_size))
    thin = [p for p in _PADDINGS_PX if _padding_px(charts, p) <= _PADDING_SHARE * largest**2]
    padding = thin[0] if thin else _PADDINGS_PX[-1]
    while _padding_px(charts, padding) > _PADDING_SHARE * largest**2:
        largest *= 2

    packer = _Packer(charts, full, padding)
    sides = [2**k for k in range(int(np.log2(_SMALLEST_PX)), int(np.log2(largest)) + 1)]
    for width, height in [(side, high) for side in sides for high in (side // 2, side)]:
        scale = 1.0
        while scale >= _SMALLER_FOR_HALF:
            if (layout := packer.into(width, height, scale)) is not None:
                return layout
            scale *= _SHRINK
    while (layout := packer.into(largest, largest, scale)) is None:
        scale *= _SHRINK
    return layout


def _padding_px(charts: Charts, padding: int) -> int:
    return len(charts.view_idx) * (2 * padding + 1) ** 2


class _Packer:
    """Tries the same charts in atlases of different sizes."""

    def __init__(self, charts: Charts, full: NDArray[np.int64], padding: int) -> None:
        self._charts, self._full, self._padding = charts, full, padding
        self._low = np.full((len(charts.view_idx), 2), np.inf, np.float32)
        self._high = np.full((len(charts.view_idx), 2), -np.inf, np.float32)
        np.minimum.at(self._low, charts.chart, charts.corners.min(axis=1))
        np.maximum.at(self._high, charts.chart, charts.corners.max(axis=1))

    def into(self, width: int, height: int, scale: float) -> Layout | None:
        """The layout in an atlas of this size, or `None` if the charts do not fit."""
        charts, padding = self._charts, self._padding
        sizes = np.maximum(np.rint(self._full * scale), 1).astype(np.int64)
        ratio = (sizes / self._full).astype(np.float32)
        of_chart = ratio[charts.view_idx]
        origin = np.floor(self._low * of_chart).astype(np.int64) - padding
        end = np.ceil(self._high * of_chart).astype(np.int64) + padding
        cells = -((origin - end) // padding)  # rounded up
        places = pack(cells, width // padding, height // padding)
        if places is None:
            return None
        corners = charts.corners * of_chart[charts.chart][:, None]
        return Layout(
            width, height, padding, scale, sizes, corners, origin, places * padding, cells * padding
        )  # fmt: skip


def pack(extents: NDArray[np.int64], width: int, height: int) -> NDArray[np.int64] | None:
    """Place rectangles in a larger one: tallest first, each where it comes to lie lowest.

    Args:
        extents: `(N, 2)` width, height of each, in cells.
        width: of the place, in cells.
        height: of the place, in cells.

    Returns:
        `(N, 2)` x, y of each, or `None` if they do not fit.
    """
    if extents.prod(axis=1).sum() > width * height or (extents > (width, height)).any():
        return None
    skyline = np.zeros(width, np.int64)
    places = np.zeros_like(extents)
    for index in np.lexsort((-extents[:, 0], -extents[:, 1])):
        w, h = extents[index]
        floor = sliding_window_view(skyline, w).max(axis=1)
        x = int(floor.argmin())
        y = int(floor[x])
        if y + h > height:
            return None
        skyline[x : x + w] = y + h
        places[index] = x, y
    return places
