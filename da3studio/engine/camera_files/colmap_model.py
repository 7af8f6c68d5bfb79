"""Reading the cameras of a COLMAP model, `cameras` and `images`, .bin or .txt.

Only these two files are read, and of `images` only what is no observation: a model without
points will do, a damaged table of points does no harm, and nothing is allocated because a file
says so. COLMAP's pixels and cameras are ours.

Source: COLMAP's doc/format.rst ("Output format"); the lens models: `colmap_lenses`.
"""

from __future__ import annotations

import io
import os
import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from da3studio.base.i18n import tr
from da3studio.engine.camera_files.colmap_lenses import MODEL_NAMES, TERMS
from da3studio.engine.camera_files.found import MOST_CAMERAS, FoundCamera, unreadable
from da3studio.geometry.rigid import rotation_from_wxyz

_LARGEST_CAMERAS_BYTES = 64 * 2**20
_LONGEST_LINE_BYTES = 64 * 2**20  # all observations of one photo, as text
_LONGEST_NAME_BYTES = 4096
_POINT2D_BYTES = 24
_IMAGE = struct.Struct("<I7dI")
_CAMERA = struct.Struct("<IiQQ")


class _OddError(ValueError):
    """The file is not what the format says; the text says where."""


@dataclass(frozen=True)
class _Lens:
    model: str
    terms: Mapping[str, float]
    size: tuple[float, float]


def model_folder(path: Path) -> Path | None:
    """Where in or below a folder a COLMAP model lies: there, in `sparse`, or in `sparse/0`."""
    places = (path, path / "sparse", path / "sparse" / "0", path / "0")
    return next((place for place in places if _suffix(place)), None)


def read_model(folder: Path) -> list[FoundCamera]:
    """All cameras of a model, in its order.

    Raises:
        BadInput: the files are damaged, or no model.
        OSError: they cannot be opened.
    """
    suffix = _suffix(folder)
    lenses_path, images_path = folder / f"cameras{suffix}", folder / f"images{suffix}"
    if lenses_path.stat().st_size > _LARGEST_CAMERAS_BYTES:
        raise unreadable(lenses_path, tr("it is too large for a list of cameras"))
    path = lenses_path
    try:
        with lenses_path.open("rb") as file:
            lenses = dict(_lenses_bin(file) if suffix == ".bin" else _lenses_txt(file))
        path = images_path
        with images_path.open("rb") as file:
            images = _images_bin(file, lenses) if suffix == ".bin" else _images_txt(file, lenses)
            return _counted(images)
    except (ValueError, OverflowError) as error:  # of ours, of decoding, of int(nan), int(inf)
        raise unreadable(path, str(error)) from error


def _suffix(folder: Path) -> str:
    """`.bin` before `.txt`, as COLMAP does; "" where no model lies."""
    for suffix in (".bin", ".txt"):
        if all((folder / f"{table}{suffix}").is_file() for table in ("cameras", "images")):
            return suffix
    return ""


def _counted(images: Iterator[FoundCamera]) -> list[FoundCamera]:
    found = []
    for image in images:
        found.append(image)
        if len(found) > MOST_CAMERAS:
            raise _OddError(tr("it lists more than {n} photos").format(n=MOST_CAMERAS))
    return found


def _lenses_bin(file: BinaryIO) -> Iterator[tuple[int, _Lens]]:
    (count,) = struct.unpack("<Q", _exactly(file, 8))
    for _ in range(count):
        number, model_id, width, height = _CAMERA.unpack(_exactly(file, _CAMERA.size))
        model = MODEL_NAMES.get(model_id)
        if model is None:
            raise _OddError(tr("{n} is no camera model").format(n=model_id))
        names = TERMS[model]
        values = struct.unpack(f"<{len(names)}d", _exactly(file, 8 * len(names)))
        yield number, _lens(model, names, values, width, height)


def _images_bin(file: BinaryIO, lenses: Mapping[int, _Lens]) -> Iterator[FoundCamera]:
    size_bytes = os.fstat(file.fileno()).st_size
    (count,) = struct.unpack("<Q", _exactly(file, 8))
    for _ in range(count):
        _, *pose, camera_id = _IMAGE.unpack(_exactly(file, _IMAGE.size))
        name = _name(file)
        (n_points,) = struct.unpack("<Q", _exactly(file, 8))
        after = file.tell() + n_points * _POINT2D_BYTES
        if after > size_bytes:
            raise _OddError(tr("it ends inside the observations of {photo}").format(photo=name))
        file.seek(after)
        yield _found(name, pose, camera_id, lenses)


def _lenses_txt(file: BinaryIO) -> Iterator[tuple[int, _Lens]]:
    for line in _lines(file):
        if not line or line.startswith("#"):
            continue
        words = line.split()
        if len(words) < 4:
            raise _OddError(tr("a camera's line has only {n} words").format(n=len(words)))
        number, width, height, *values = [_number(word) for word in (words[0], *words[2:])]
        names = TERMS.get(words[1])
        if names is None:
            raise _OddError(tr("{word} is no camera model").format(word=words[1][:40]))
        yield int(number), _lens(words[1], names, values, width, height)


def _images_txt(file: BinaryIO, lenses: Mapping[int, _Lens]) -> Iterator[FoundCamera]:
    lines = _lines(file)
    for line in lines:
        if not line or line.startswith("#"):
            continue
        words = line.split(maxsplit=9)  # a name may hold spaces
        if len(words) != 10:
            raise _OddError(tr("a photo's line has {n} words instead of 10").format(n=len(words)))
        next(lines, "")  # its observations, on a line that may be empty
        pose = [_number(word) for word in words[1:8]]
        yield _found(words[9], pose, int(_number(words[8])), lenses)


def _lines(file: BinaryIO) -> Iterator[str]:
    while line := file.readline(_LONGEST_LINE_BYTES + 1):
        if len(line) > _LONGEST_LINE_BYTES:
            raise _OddError(tr("it is no text: a line has no end"))
        yield line.decode("utf-8-sig").strip()


def _lens(
    model: str, names: tuple[str, ...], values: Sequence[float], width: float, height: float
) -> _Lens:
    if len(values) != len(names):
        raise _OddError(
            tr("a {model} camera has {n} numbers instead of {wanted}").format(
                model=model, n=len(values), wanted=len(names)
            )
        )
    return _Lens(model, dict(zip(names, values, strict=True)), (width, height))


def _found(
    name: str, pose: Sequence[float], camera_id: int, lenses: Mapping[int, _Lens]
) -> FoundCamera:
    lens = lenses.get(camera_id)
    if lens is None:
        raise _OddError(tr("{photo} has a camera that is not listed").format(photo=name))
    quaternion, translation = np.array(pose[:4]), np.array(pose[4:])
    with np.errstate(all="ignore"):  # what is not finite is left to the checks
        length = np.linalg.norm(quaternion)
        # of any length but 0 it is a rotation, as for COLMAP
        turned = rotation_from_wxyz(quaternion) if length > 0 else np.full((3, 3), np.nan)
        centre = -turned.T @ translation
    return FoundCamera(name, lens.model, lens.terms, lens.size, turned, centre)


def _exactly(file: BinaryIO, n_bytes: int) -> bytes:
    content = file.read(n_bytes)
    if len(content) != n_bytes:
        raise _OddError(tr("it ends too early"))
    return content


def _name(file: BinaryIO) -> str:
    content = io.BytesIO()
    while (byte := _exactly(file, 1)) != b"\0":
        content.write(byte)
        if content.tell() > _LONGEST_NAME_BYTES:
            raise _OddError(tr("a photo's name has no end"))
    return content.getvalue().decode("utf-8")


def _number(word: str) -> float:
    try:
        return float(word)
    except ValueError:
        raise _OddError(tr("{word} is no number").format(word=repr(word[:40]))) from None
