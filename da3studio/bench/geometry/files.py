"""What the readers of data sets have in common: files to photos, depth and points."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from da3studio.base.errors import BadInput
from da3studio.base.i18n import tr
from da3studio.bench.geometry.truth import Array, Photo, Pixels, SeenDepth
from da3studio.bench.sample_truth import spread_over
from da3studio.fusion.bridge import from_legacy_mesh, open3d
from da3studio.geometry.camera import Camera, Intrinsics
from da3studio.geometry.rigid import Rigid3, nearest_rotation
from da3studio.media.image import read_image
from da3studio.scene.mesh import Mesh
from da3studio.scene.view import PhotoSource, View, ViewId

_MOST_PLACES = 100_000  # of a photo where depth is compared
_SEED = 42

DepthOf = Callable[[], Array | None]  # (H, W) along the optical axis, 0 = not known


def photo_of(
    path: Path,
    name: str,
    lens: Intrinsics,
    pose: Rigid3,
    depth: DepthOf = lambda: None,
    *,
    read: Callable[[], Pixels] | None = None,
    counts: Callable[[], NDArray[np.bool_] | None] | None = None,
) -> Photo:
    """A photo of a data set.

    Args:
        path: of its file.
        name: unique in the scene.
        lens: true, at the photo's size.
        pose: true `cam_from_world`.
        depth: true depth, of any size with the photo's aspect.
        read: gives the pixels; the file as it is if not given.
        counts: where depth takes part in the surface; where it is known if not given.
    """
    source = PhotoSource(path.as_posix(), name)
    view = View(ViewId(name), name, source, lens.width, lens.height, None, "", 1.0)
    return Photo(
        view,
        Camera(lens, pose),
        read or partial(read_image, path),
        partial(_places, depth, lens),
        counts or partial(_known, depth, lens),
    )


def image(path: Path) -> NDArray[np.uint16] | None:
    """`(H, W)` a picture of 8 or 16 bits as it is stored; `None` if it is not there."""
    if not path.is_file():
        return None
    stored = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    if stored is None:
        raise damaged(path)
    return np.asarray(stored, np.uint16)


def damaged(path: Path) -> BadInput:
    """For a file of a data set that cannot be read."""
    return BadInput(
        tr("{file} cannot be read.").format(file=path),
        why=tr("It is damaged, or not what the data set has there."),
        fix=tr("Unpack the data set again."),
    )


def rigid_of(matrix: Array) -> Rigid3:
    """The rigid motion in the upper part of a `(4, 4)` matrix, its rotation made one."""
    return Rigid3(nearest_rotation(matrix[:3, :3]), matrix[:3, 3])


def lens_of(matrix: Array, width: int, height: int) -> Intrinsics:
    """A pinhole of a `(3, 3)` calibration matrix."""
    return Intrinsics(
        float(matrix[0, 0]), float(matrix[1, 1]), float(matrix[0, 2]), float(matrix[1, 2]),
        width, height,
    )  # fmt: skip


def points_of(path: Path, n_samples: int) -> Array:
    """`(N, 3)` points spread over the mesh of a file, or those of its cloud.

    Raises:
        BadInput: there are none in it.
    """
    mesh = from_legacy_mesh(open3d().io.read_triangle_mesh(str(path)))
    if not len(mesh.faces):
        points = np.asarray(open3d().io.read_point_cloud(str(path)).points, np.float64)
        if not len(points):
            raise damaged(path)
        return points
    vertices = mesh.vertices.astype(np.float32)
    surface = Mesh(vertices, mesh.faces, np.zeros_like(vertices))
    return spread_over(surface, n_samples, _SEED).astype(np.float64)


def _places(depth: DepthOf, lens: Intrinsics) -> SeenDepth | None:
    """Depth at pixels spread over the photo, not more than are needed."""
    z = depth()
    if z is None:
        return None
    row, column = np.nonzero(np.isfinite(z) & (z > 0))
    step = max(1, len(row) // _MOST_PLACES)
    row, column = row[::step], column[::step]
    scale = (lens.width / z.shape[1], lens.height / z.shape[0])
    centres = (np.column_stack([column, row]) + 0.5) * scale
    return SeenDepth(centres, z[row, column].astype(np.float64), is_dense=False)


def _known(depth: DepthOf, lens: Intrinsics) -> NDArray[np.bool_] | None:
    z = depth()
    if z is None:
        return None
    size = (lens.width, lens.height)
    known = (np.isfinite(z) & (z > 0)).astype(np.uint8)
    return np.asarray(cv2.resize(known, size, interpolation=cv2.INTER_NEAREST) > 0)
