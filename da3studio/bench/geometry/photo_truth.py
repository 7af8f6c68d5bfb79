"""The real photo sets: reference cameras, and depth where their reference measured it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cache, partial
from itertools import count
from pathlib import Path

import cv2
import numpy as np

from da3studio.bench.geometry.truth import (
    Array,
    Photo,
    Pixels,
    SeenDepth,
    TrueSet,
    stretches,
)
from da3studio.bench.photo_sets import PhotoSet, key_of, photo_sets
from da3studio.fusion.bridge import open3d
from da3studio.geometry.camera import Camera, project
from da3studio.media.image import read_image
from da3studio.media.scan import Candidate, scan
from da3studio.scene.view import PhotoSource, View, ViewId

GROUP = "real photos"
_FRAME = "frame"  # and its number in the video: how references name frames
_DENSE_PX = 320  # longer side in which a dense cloud is looked at: its points are close enough
_DENSE_HOLE = 0.05  # [relative] deeper than the nearest around: seen through the surface


def photo_truth(root: Path, chosen: Collection[str], most: int) -> list[TrueSet]:
    """All sets of a folder; see `photo_sets` for its errors.

    Args:
        root: see `photo_sets`.
        chosen: names of sets; all if empty.
        most: stretches of photos taken from each set.
    """
    return [_true_set(one, most) for one in photo_sets(root, chosen)]


def _true_set(photo_set: PhotoSet, most: int) -> TrueSet:
    def bases(sizes: Sequence[int]) -> list[Sequence[Photo]]:
        return stretches(list(_photos(photo_set)), sizes, most)

    return TrueSet(GROUP, photo_set.name, bases)


def _photos(photo_set: PhotoSet) -> Iterator[Photo]:
    """Those with a reference camera that can be trusted, by name."""
    true, found = photo_set.cameras, photo_set.found
    files = {} if photo_set.is_video else _files(photo_set.folder / "images")
    video = photo_set.media[0] if photo_set.is_video else None
    for key in sorted(true):
        if key in photo_set.doubtful or (video is not None and key not in found):
            continue
        depth = partial(_depth, photo_set, key) if key in found else lambda: None
        if video is not None:
            camera = true[key]
            read = partial(_frame, video, frozenset(found), key)
            yield Photo(_frame_view(video, key, camera), camera, read, depth)
        elif key in files:
            view = scan(Candidate(files[key].absolute())).view
            yield Photo(view, true[key], partial(read_image, files[key]), depth)


def _files(folder: Path) -> dict[str, Path]:
    return {key_of(path.name): path for path in sorted(folder.iterdir()) if path.is_file()}


def _frame_view(video: Path, key: str, camera: Camera) -> View:
    lens = camera.intrinsics
    source = PhotoSource(f"{key}.png", key, video.name)
    return View(ViewId(key), f"{key}.png", source, lens.width, lens.height, None, "", 1.0)


@cache
def _frames(video: Path, wanted: frozenset[str]) -> Mapping[str, Pixels]:
    """Some frames of a clip by the names that references give them."""
    frames: dict[str, Pixels] = {}
    capture = cv2.VideoCapture(str(video))
    try:
        for i in count():
            is_there, picture = capture.read()
            if not is_there:
                break
            if (name := f"{_FRAME}{i:04d}") in wanted:
                frames[name] = np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), np.uint8)
    finally:
        capture.release()
    return frames


def _frame(video: Path, wanted: frozenset[str], key: str) -> Pixels:
    return _frames(video, wanted)[key]


@cache
def _depth(photo_set: PhotoSet, key: str) -> SeenDepth:
    """Of a dense reference where there is one, else of the points that COLMAP saw in the photo."""
    camera = photo_set.found[key]
    dense = photo_set.reference_folder / "dense.ply"
    if dense.is_file():
        return dense_depth(_cloud(dense), camera)
    seen = _seen_points(photo_set.reference_folder)
    points = seen[key] if key in seen else _points(photo_set.reference_folder)
    xy, z = project(points, camera), camera.cam_from_world.apply(points)[:, 2]
    lens = camera.intrinsics
    with np.errstate(invalid="ignore"):
        is_inside = ((xy >= 0) & (xy < (lens.width, lens.height))).all(axis=1)
    return SeenDepth(xy[is_inside], z[is_inside], is_dense=False)


def dense_depth(points: Array, camera: Camera) -> SeenDepth:
    """The nearest of many `(N, 3)` points in each cell of a coarse grid over the photo.

    What shines through between the points of a nearer surface is left out.
    """
    scale = _DENSE_PX / max(camera.intrinsics.width, camera.intrinsics.height)
    lens = camera.intrinsics
    coarse = camera.pinhole().resized(round(lens.width * scale), round(lens.height * scale))
    width, height = coarse.intrinsics.width, coarse.intrinsics.height
    xy, z = project(points, coarse), camera.cam_from_world.apply(points)[:, 2]
    with np.errstate(invalid="ignore"):
        is_inside = ((xy >= 0) & (xy < (width, height))).all(axis=1)
    cell = np.floor(xy[is_inside]).astype(np.int64)
    nearest = np.full((height, width), np.inf, np.float32)
    np.minimum.at(nearest, (cell[:, 1], cell[:, 0]), z[is_inside])
    around = cv2.erode(nearest, np.ones((3, 3), np.uint8))  # the least of the neighbourhood
    nearest[~np.isfinite(nearest)] = 0
    row, column = np.nonzero((nearest > 0) & (nearest / (1 + _DENSE_HOLE) <= around))
    centres = np.column_stack([column + 0.5, row + 0.5])
    rays = (centres - (coarse.intrinsics.cx, coarse.intrinsics.cy)) / (
        coarse.intrinsics.fx, coarse.intrinsics.fy
    )  # fmt: skip
    at = nearest[row, column].astype(np.float64)
    in_camera = np.column_stack([rays, np.ones(len(rays))]) * at[:, None]
    world = camera.cam_from_world.inverse().apply(in_camera)
    return SeenDepth(project(world, camera), at, is_dense=True)


@cache
def _cloud(path: Path) -> Array:
    return np.asarray(open3d().io.read_point_cloud(str(path)).points, np.float64)


@cache
def _points(reference: Path) -> Array:
    """All sparse points, where it is not known who saw them."""
    with np.load(reference / "points.npz") as stored:
        return np.asarray(stored["xyz"], np.float64)


@cache
def _seen_points(reference: Path) -> Mapping[str, Array]:
    """Key → `(N, 3)` points that COLMAP saw in the photo; empty where its points were not kept.

    Source: COLMAP's doc/format.rst.
    """
    table = reference / "points3D.txt"
    if not table.is_file():
        return {}
    rows = [line.split() for line in _lines(table)]
    xyz = {row[0]: [float(word) for word in row[1:4]] for row in rows if row}
    lines = _lines(reference / "images.txt")
    return {
        key_of(head.split(maxsplit=9)[9]): np.array(
            [xyz[number] for number in seen.split()[2::3] if number in xyz]
        ).reshape(-1, 3)
        for head, seen in zip(lines[::2], lines[1::2], strict=True)
    }


def _lines(path: Path) -> list[str]:
    return [line for line in path.read_text("utf-8").splitlines() if not line.startswith("#")]
