"""Small pictures of photos, fast the second time; loads image libraries when first called.

The cache is one JPEG a photo in `<data folder>/thumbs`, named by the photo's path, size and date,
in 16 folders. Every write looks only at its own folder and removes what was not looked at for
longest beyond a sixteenth of the limit, so no count has to be kept and losing files costs nothing.
"""

from __future__ import annotations

import io
import os
import time
from contextlib import suppress
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from da3studio.base.atomic import write_bytes_atomic
from da3studio.base.digest import digest_of
from da3studio.base.errors import UserFacingError
from da3studio.base.paths import data_folder

LIMIT_BYTES = 200 * 2**20

_SIDES = (256, 640)  # kept [px]; what is larger is decoded each time
_FOLDERS = 16
_QUALITY = 88
_TOUCH_AFTER_S = 86_400.0  # how exactly it is known when a thumbnail was last looked at


def thumbs_folder() -> Path:
    """Where thumbnails are kept; everything in it may be deleted at any time."""
    return data_folder() / "thumbs"


def thumbnail(
    path: Path, side: int, *, folder: Path | None = None, limit_bytes: int = LIMIT_BYTES
) -> NDArray[np.uint8]:
    """A photo, upright, sRGB, with `side` as its longer side or smaller; for any thread.

    Args:
        path: of the photo.
        side: longest side wanted [px]; a smaller photo is not enlarged.
        folder: of the cache; `None` = `thumbs_folder()`.
        limit_bytes: what the cache may take on the disk, about.

    Returns:
        `(H, W, 3)`.

    Raises:
        Missing: there is no such file.
        BadInput: it is no photo that can be read.
    """
    kept_side = next((kept for kept in _SIDES if kept >= side), None)
    if kept_side is None:
        return _decoded(path, side)
    place = _place(path, kept_side, folder or thumbs_folder())
    picture = _kept(place) if place is not None else None
    if picture is None:
        picture = _decoded(path, kept_side)
        if place is not None:
            _keep(place, picture, limit_bytes // _FOLDERS)
    return _shrunk(picture, side)


def _place(path: Path, side: int, folder: Path) -> Path | None:
    """The file of a thumbnail; `None` if nothing is known of the photo."""
    try:
        status = path.stat()
    except OSError:  # reading it gives the sentence
        return None
    name = digest_of(str(path.absolute()), status.st_size, status.st_mtime_ns, side)
    return folder / name[0] / f"{name}.jpg"


def _decoded(path: Path, side: int) -> NDArray[np.uint8]:
    from da3studio.media.decode import decode
    from da3studio.media.files import read_bytes

    return decode(read_bytes(path), path.name, side, exact=False).pixels


def _kept(place: Path) -> NDArray[np.uint8] | None:
    from PIL import Image

    try:
        content = place.read_bytes()
        with Image.open(io.BytesIO(content), formats=("JPEG",)) as image:
            picture = np.asarray(image.convert("RGB"))
        if time.time() - place.stat().st_mtime > _TOUCH_AFTER_S:
            os.utime(place)
    except (OSError, SyntaxError, ValueError):  # not there, or damaged: it is made again
        return None
    return picture


def _keep(place: Path, picture: NDArray[np.uint8], limit_bytes: int) -> None:
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(picture).save(file, "JPEG", quality=_QUALITY)
    with suppress(UserFacingError):  # a full disk costs only the time to decode it again
        write_bytes_atomic(place, file.getvalue())
        _trim(place.parent, limit_bytes)


def _trim(folder: Path, limit_bytes: int) -> None:
    """Remove what was not looked at for longest until the rest fits."""
    with suppress(OSError), os.scandir(folder) as found:  # another thread or program removes too
        entries = [(entry, entry.stat()) for entry in found]
        total = sum(status.st_size for _, status in entries)
        for entry, status in sorted(entries, key=lambda one: one[1].st_mtime):
            if total <= limit_bytes:
                return
            Path(entry).unlink(missing_ok=True)
            total -= status.st_size


def _shrunk(picture: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    import cv2

    height, width = picture.shape[:2]
    shrink = side / max(height, width)
    if shrink >= 1:
        return picture
    size = (max(1, round(width * shrink)), max(1, round(height * shrink)))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)
