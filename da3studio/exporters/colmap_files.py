"""The bytes of a COLMAP model: cameras, images and points3D, as .bin and as .txt.

Source: COLMAP's doc/format.rst ("Output format").
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# COLMAP's numbers for the camera models that our Intrinsics can be
MODEL_ID = {"PINHOLE": 1, "SIMPLE_RADIAL": 2, "RADIAL": 3, "OPENCV": 4}
_OBSERVATION = np.dtype([("x", "<f8"), ("y", "<f8"), ("point", "<i8")])
_TRACK_ELEMENT = np.dtype([("image", "<u4"), ("point2d", "<u4")])


@dataclass(frozen=True)
class ColmapCamera:
    """A lens; `params` in the order of its COLMAP model."""

    id: int
    model: str
    width: int
    height: int
    params: tuple[float, ...]


@dataclass(frozen=True, eq=False)
class ColmapImage:
    """A registered view with its observations."""

    id: int
    camera_id: int
    name: str
    wxyz: NDArray[np.float64]  # (4,) cam_from_world
    translation: NDArray[np.float64]  # (3,)
    xy: NDArray[np.float64]  # (m, 2) [px]
    point_id: NDArray[np.int64]  # (m,), -1 = of no point


@dataclass(frozen=True, eq=False)
class ColmapPoints:
    """Points with their tracks; that of point i is `track[first[i]:first[i + 1]]`."""

    id: NDArray[np.int64]  # (P,)
    xyz: NDArray[np.float64]  # (P, 3)
    rgb: NDArray[np.uint8]  # (P, 3)
    error_px: NDArray[np.float64]  # (P,), -1 = not known
    first: NDArray[np.int64]  # (P + 1,)
    image_id: NDArray[np.int64]  # (T,)
    point2d_idx: NDArray[np.int64]  # (T,) which observation of that image


@dataclass(frozen=True, eq=False)
class ColmapModel:
    """Everything that a `sparse/0` folder says."""

    cameras: tuple[ColmapCamera, ...]
    images: tuple[ColmapImage, ...]
    points: ColmapPoints

    def files(self) -> dict[str, bytes]:
        """File name → content, in both formats."""
        return {
            "cameras.bin": _cameras_bin(self.cameras),
            "images.bin": _images_bin(self.images),
            "points3D.bin": _points_bin(self.points),
            "cameras.txt": _cameras_txt(self.cameras).encode(),
            "images.txt": _images_txt(self.images).encode(),
            "points3D.txt": _points_txt(self.points).encode(),
        }


FILE_NAMES = tuple(
    f"{table}.{kind}" for kind in ("bin", "txt") for table in ("cameras", "images", "points3D")
)


def _cameras_bin(cameras: tuple[ColmapCamera, ...]) -> bytes:
    blocks = [struct.pack("<Q", len(cameras))]
    for camera in cameras:
        numbers = (camera.id, MODEL_ID[camera.model], camera.width, camera.height)
        blocks.append(struct.pack(f"<IiQQ{len(camera.params)}d", *numbers, *camera.params))
    return b"".join(blocks)


def _images_bin(images: tuple[ColmapImage, ...]) -> bytes:
    blocks = [struct.pack("<Q", len(images))]
    for image in images:
        blocks.append(
            struct.pack("<I7dI", image.id, *image.wxyz, *image.translation, image.camera_id)
        )
        blocks.append(image.name.encode() + b"\0")
        observations = np.empty(len(image.xy), _OBSERVATION)
        observations["x"], observations["y"] = image.xy.T
        observations["point"] = image.point_id
        blocks.append(struct.pack("<Q", len(observations)))
        blocks.append(observations.tobytes())
    return b"".join(blocks)


def _points_bin(points: ColmapPoints) -> bytes:
    track = np.empty(len(points.image_id), _TRACK_ELEMENT)
    track["image"], track["point2d"] = points.image_id, points.point2d_idx
    elements, size = track.tobytes(), _TRACK_ELEMENT.itemsize
    blocks = [struct.pack("<Q", len(points.id))]
    ends = (points.first * size).tolist()
    columns = (
        points.id.tolist(),
        points.xyz.tolist(),
        points.rgb.tolist(),
        points.error_px.tolist(),
    )
    for i, (point_id, xyz, rgb, error) in enumerate(zip(*columns, strict=True)):
        n_seen = (ends[i + 1] - ends[i]) // size
        blocks.append(struct.pack("<Q3d3BdQ", point_id, *xyz, *rgb, error, n_seen))
        blocks.append(elements[ends[i] : ends[i + 1]])
    return b"".join(blocks)


def _cameras_txt(cameras: tuple[ColmapCamera, ...]) -> str:
    lines = ["# CAMERA_ID, MODEL, WIDTH, HEIGHT, PARAMS[]"]
    for camera in cameras:
        params = " ".join(repr(float(value)) for value in camera.params)
        lines.append(f"{camera.id} {camera.model} {camera.width} {camera.height} {params}")
    return "\n".join(lines) + "\n"


def _images_txt(images: tuple[ColmapImage, ...]) -> str:
    lines = [
        "# two lines per image:",
        "#   IMAGE_ID, QW, QX, QY, QZ, TX, TY, TZ, CAMERA_ID, NAME",
        "#   POINTS2D[] as (X, Y, POINT3D_ID)",
    ]
    for image in images:
        pose = " ".join(repr(float(value)) for value in (*image.wxyz, *image.translation))
        lines.append(f"{image.id} {pose} {image.camera_id} {image.name}")
        numbers = [
            number
            for (x, y), point in zip(image.xy.tolist(), image.point_id.tolist(), strict=True)
            for number in (x, y, point)
        ]
        lines.append(("%.9g %.9g %d " * len(image.xy) % tuple(numbers)).rstrip())
    return "\n".join(lines) + "\n"


def _points_txt(points: ColmapPoints) -> str:
    lines = ["# POINT3D_ID, X, Y, Z, R, G, B, ERROR, TRACK[] as (IMAGE_ID, POINT2D_IDX)"]
    elements = np.stack([points.image_id, points.point2d_idx], axis=1).ravel().tolist()
    ends = (points.first * 2).tolist()
    columns = (
        points.id.tolist(),
        points.xyz.tolist(),
        points.rgb.tolist(),
        points.error_px.tolist(),
    )
    for i, (point_id, xyz, rgb, error) in enumerate(zip(*columns, strict=True)):
        position = " ".join(f"{value:.9g}" for value in xyz)
        track = " ".join(map(str, elements[ends[i] : ends[i + 1]]))
        colour = " ".join(map(str, rgb))
        lines.append(f"{point_id} {position} {colour} {error:.6g} {track}".rstrip())
    return "\n".join(lines) + "\n"
