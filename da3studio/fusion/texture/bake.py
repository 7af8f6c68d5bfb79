"""Painting the atlas: photos are shrunk once, levelled and copied chart by chart."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from da3studio.base.cancel import CancelToken
from da3studio.base.i18n import tr
from da3studio.base.progress import Progress, Report
from da3studio.fusion.texture.fill import push_pull
from da3studio.fusion.texture.level import gain_table
from da3studio.fusion.texture.raster import covered_pixels
from da3studio.fusion.texture.sampling import shrunk
from da3studio.fusion.unwrap import Charts, Layout
from da3studio.scene.view import ViewId

_CORRECTION_PX = 1_000_000  # size of a photo's correction image; corrections vary slowly
_STRIP_PX = 1_000_000  # texels levelled together: bounds the float temporaries


def bake_seen(
    charts: Charts,
    layout: Layout,
    view_ids: Sequence[ViewId],
    photo_of: Callable[[ViewId], NDArray[np.uint8]],
    gains: NDArray[np.float32],
    corrections: NDArray[np.float32],
    *,
    report: Report,
    token: CancelToken,
) -> NDArray[np.uint8]:
    """An atlas with every chart that a photo shows; black elsewhere.

    Args:
        charts: what to paint.
        layout: where.
        view_ids: of the photos, in the order of `charts.view_idx`.
        photo_of: the undistorted photo at full size.
        gains: `(P, 3)` factors on each photo's light.
        corrections: `(F, 3, 3)` added at each face's corners [levels].
        report: told about progress.
        token: checked before each photo.
    """
    atlas = np.zeros((layout.height, layout.width, 3), np.uint8)
    for index, view in enumerate(view_ids):
        token.check()
        report(Progress(tr("Painting the texture"), index, len(view_ids)))
        mine = np.flatnonzero(charts.view_idx == index)
        if len(mine):
            photo = shrunk(photo_of(view), *layout.sizes[index].tolist())
            correction = _Correction(charts, layout, index, mine, corrections)
            _copy_charts(atlas, photo, layout, mine, gain_table(gains[index]), correction)
    return atlas


class _Correction:
    """The corrections of one photo's faces as an image, read back at any of its rectangles."""

    def __init__(
        self,
        charts: Charts,
        layout: Layout,
        view: int,
        mine: NDArray[np.int64],
        corrections: NDArray[np.float32],
    ) -> None:
        self._origin = layout.origin[mine].min(axis=0)
        span = (layout.origin + layout.extent)[mine].max(axis=0) - self._origin
        self._shrink = max(float(np.sqrt(span.prod() / _CORRECTION_PX)), 1.0)
        width, height = (int(side) for side in np.ceil(span / self._shrink))
        faces = np.flatnonzero(charts.view_idx[charts.chart] == view)
        corners = (layout.corners[faces] - self._origin) / self._shrink
        image = np.zeros((height, width, 3), np.float32)
        known = np.zeros((height, width), np.float32)
        for part in covered_pixels(corners.astype(np.float32), width, height):
            at_corners = corrections[faces[part.triangle]]
            image[part.row, part.column] = np.einsum("mk,mkc->mc", part.weights, at_corners)
            known[part.row, part.column] = 1
        self._image = push_pull(image, known)

    def read(self, origin: NDArray[np.int64], width: int, height: int) -> NDArray[np.float32]:
        """`(height, width, 3)` at a rectangle of the scaled photo."""
        import cv2

        step = 1 / self._shrink
        shift = (origin - self._origin + 0.5) * step - 0.5
        patch: NDArray[np.float32] = cv2.warpAffine(
            self._image,
            np.array([[step, 0, shift[0]], [0, step, shift[1]]]),
            (width, height),
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_REPLICATE,
        )
        return patch


def _copy_charts(
    atlas: NDArray[np.uint8],
    photo: NDArray[np.uint8],
    layout: Layout,
    mine: NDArray[np.int64],
    table: NDArray[np.float32],
    correction: _Correction,
) -> None:
    """Copy the rectangles of the photo's charts, their padding included."""
    import cv2

    # Faces lie inside the photo, so a chart's padding passes its border by less than this.
    rim = 2 * layout.padding
    photo = cv2.copyMakeBorder(photo, rim, rim, rim, rim, cv2.BORDER_REPLICATE)
    channels = table[:, None].astype(np.float32)
    for origin, place, extent in zip(
        layout.origin[mine], layout.place[mine], layout.extent[mine], strict=True
    ):
        width, height = extent.tolist()
        rows = max(_STRIP_PX // width, 1)
        for top in range(0, height, rows):
            n = min(rows, height - top)
            x, y = int(origin[0]) + rim, int(origin[1]) + rim + top
            levelled = cv2.LUT(photo[y : y + n, x : x + width], channels.reshape(1, 256, 3))
            levelled += correction.read(origin + np.array([0, top]), width, n)
            u, v = int(place[0]), int(place[1]) + top
            atlas[v : v + n, u : u + width] = np.rint(np.clip(levelled, 0, 255))


def bake_unseen(
    atlas: NDArray[np.uint8], charts: Charts, layout: Layout, vertex_rgb: NDArray[np.float32]
) -> None:
    """Paint the unseen charts in place.

    Args:
        atlas: from `bake_seen`.
        charts: what to paint.
        layout: where.
        vertex_rgb: `(F, 3, 3)` colour at each face's corners [0..255].
    """
    faces = np.flatnonzero(charts.view_idx[charts.chart] < 0)
    corners = layout.atlas_corners(charts)[faces]
    known = np.zeros(atlas.shape[:2], np.bool_)
    for part in covered_pixels(corners, layout.width, layout.height):
        colour = np.einsum("mk,mkc->mc", part.weights, vertex_rgb[faces[part.triangle]])
        atlas[part.row, part.column] = np.rint(np.clip(colour, 0, 255))
        known[part.row, part.column] = True
    # A face smaller than a texel covers no centre: it gets the texel it lies in.
    columns, rows = np.floor(corners.mean(axis=1)).astype(np.int64).T
    bare = ~known[rows, columns]
    atlas[rows[bare], columns[bare]] = np.rint(
        np.clip(vertex_rgb[faces[bare]].mean(axis=1), 0, 255)
    )
    known[rows[bare], columns[bare]] = True
    for chart in np.flatnonzero(charts.view_idx < 0):
        (u, v), (width, height) = layout.place[chart].tolist(), layout.extent[chart].tolist()
        window = slice(v, v + height), slice(u, u + width)
        values = atlas[window].astype(np.float32)
        atlas[window] = np.rint(push_pull(values, known[window].astype(np.float32)))


def fill_between(atlas: NDArray[np.uint8], layout: Layout) -> None:
    """Paint what lies between the charts in place, so that far mip levels stay in tune."""
    cell = layout.padding  # rectangles are whole numbers of cells
    used = np.zeros((layout.height // cell, layout.width // cell), np.float32)
    for (u, v), (width, height) in zip(
        (layout.place // cell).tolist(), (layout.extent // cell).tolist(), strict=True
    ):
        used[v : v + height, u : u + width] = 1
    means = shrunk(atlas, used.shape[1], used.shape[0]).astype(np.float32)
    filled = np.rint(push_pull(means * used[..., None], used)).astype(np.uint8)
    for row in range(used.shape[0]):
        band = atlas[row * cell : (row + 1) * cell].reshape(cell, -1, cell, 3)
        bare = used[row] == 0
        band[:, bare] = filled[row, bare][None, :, None]
