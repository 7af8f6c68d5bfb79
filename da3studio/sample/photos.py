"""The photos of the sample scene as files, with noise and EXIF like those of a compact camera."""

from __future__ import annotations

import io
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image

from da3studio.base.atomic import write_bytes_atomic
from da3studio.base.cancel import NEVER, CancelToken
from da3studio.base.digest import digest_of
from da3studio.base.i18n import tr
from da3studio.base.progress import Progress, Report, silent
from da3studio.geometry.camera import Camera
from da3studio.sample.paint import chance
from da3studio.sample.render import developed, radiance
from da3studio.sample.scene import SCENE_VERSION, SampleScene, sample_scene
from da3studio.sample.viewpoints import (
    FOCAL_MM,
    HEIGHT_PX,
    SENSOR_MM,
    WIDTH_PX,
    photo_cameras,
)

N_PHOTOS = 16
_QUALITY = 92
_FIRST_TAKEN = datetime(2024, 5, 18, 15, 4, 10)  # noqa: DTZ001  EXIF knows no time zone
_BETWEEN = timedelta(seconds=7)
_FULL_FRAME_DIAGONAL_MM = 43.267
_READ_NOISE, _SHOT_NOISE = 0.9, 1.4  # standard deviation in black, and added in white [1/255]


def write_photos(
    folder: Path,
    *,
    n_views: int = N_PHOTOS,
    width: int = WIDTH_PX,
    scene: SampleScene | None = None,
    report: Report = silent,
    token: CancelToken = NEVER,
) -> tuple[Path, ...]:
    """Render the photos into a folder; those that are there already and whole are kept.

    Args:
        folder: made if it is not there.
        n_views: how many neighbouring photos, from the middle of the arc, 2 to 16.
        width: of the photos; their height is three quarters of it [px].
        scene: from `sample_scene`, if it was made already; it is made only if a photo is missing.
        report: hears how many photos are there.
        token: asked before every photo.

    Returns:
        Their paths in the order in which they were taken; `cameras_of_photos` has their cameras.

    Raises:
        ValueError: `n_views` is out of range.
        DiskFull, CannotWrite: the folder takes no files.
        JobCancelled: what was finished stays and is kept by the next call.
    """
    chosen = _chosen(n_views)
    paths = tuple(folder / f"sample_{index + 1:02d}.jpg" for index in chosen)
    cameras = cameras_of_photos(n_views, width)
    for done, (index, path, camera) in enumerate(zip(chosen, paths, cameras, strict=True)):
        token.check()
        report(Progress(tr("Taking the sample photos"), done, n_views))
        identity = digest_of(SCENE_VERSION, index, width)
        if not _is_whole(path, identity):
            scene = scene or sample_scene()
            write_bytes_atomic(path, _jpeg(_exposed(scene, camera, index), index, identity))
    report(Progress(tr("Taking the sample photos"), n_views, n_views))
    return paths


def cameras_of_photos(n_views: int = N_PHOTOS, width: int = WIDTH_PX) -> tuple[Camera, ...]:
    """The true cameras of the photos that `write_photos` writes, in the same order."""
    cameras, height = photo_cameras(), round(width * HEIGHT_PX / WIDTH_PX)
    return tuple(cameras[index].resized(width, height) for index in _chosen(n_views))


def _chosen(n_views: int) -> range:
    """Neighbours from the middle of the arc, so that few photos overlap as well as many."""
    if not 2 <= n_views <= N_PHOTOS:
        raise ValueError(f"the sample has 2 to {N_PHOTOS} photos, not {n_views}")
    first = (N_PHOTOS - n_views) // 2
    return range(first, first + n_views)


def _exposed(scene: SampleScene, camera: Camera, index: int) -> NDArray[np.uint8]:
    """The photo with the noise of a small sensor: a little in the dark, more in the light."""
    shown = 255 * developed(radiance(scene, camera))
    rng = chance(f"sensor {index}")
    sigma = _READ_NOISE + _SHOT_NOISE * np.sqrt(shown / 255)
    shown += sigma * rng.standard_normal(shown.shape, np.float32)
    return np.clip(np.round(shown), 0, 255).astype(np.uint8)


def _jpeg(pixels: NDArray[np.uint8], index: int, identity: str) -> bytes:
    exif = Image.Exif()
    taken = (_FIRST_TAKEN + index * _BETWEEN).strftime("%Y:%m:%d %H:%M:%S")
    exif[ExifTags.Base.Make] = "DA3 Studio"
    exif[ExifTags.Base.Model] = "Sample camera"
    exif[ExifTags.Base.Orientation] = 1
    exif[ExifTags.Base.DateTime] = taken
    details = exif.get_ifd(ExifTags.IFD.Exif)
    details[ExifTags.Base.DateTimeOriginal] = taken
    # Cameras write their focal length to two digits and the equivalent one as a whole number.
    details[ExifTags.Base.FocalLength] = round(FOCAL_MM, 2)
    diagonal = float(np.hypot(*SENSOR_MM))
    equivalent = round(FOCAL_MM * _FULL_FRAME_DIAGONAL_MM / diagonal)
    details[ExifTags.Base.FocalLengthIn35mmFilm] = equivalent
    details[ExifTags.Base.ImageUniqueID] = identity
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "JPEG", quality=_QUALITY, subsampling=0, exif=exif)
    return stream.getvalue()


def _is_whole(path: Path, identity: str) -> bool:
    """Whether the file is this very photo and can be read to its end."""
    if not path.is_file():
        return False
    try:
        with Image.open(path) as photo:
            photo.load()
            details = photo.getexif().get_ifd(ExifTags.IFD.Exif)
    except (OSError, SyntaxError):  # Pillow's words for a damaged file
        return False
    return bool(details.get(ExifTags.Base.ImageUniqueID) == identity)
