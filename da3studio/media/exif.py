"""What a photo's EXIF says of its camera: focal length, place, moment and name.

The focal length comes from, in this order:

1. `FocalLengthIn35mmFilm`, as `longer side * f35 / 35`, COLMAP's rule. The standard (CIPA DCG-001)
   means equal *diagonals*, which makes the divisor 36.0 for 3:2 sensors and 34.6 for 4:3; a 16:9
   picture may be cut from either. 35 is never more than 3 % off, whatever the sensor was.
2. `FocalPlaneXResolution`, the sensor's pixels per inch or centimetre.
3. `FocalLength` and the sensor's width in `resources/sensor_widths.csv`: maker and model as cameras
   write them, and the width in mm of the whole still picture's longer side. Phones with several
   rear lenses are not in it: their name does not tell the sensor, and all of them write (1).
"""

from __future__ import annotations

import csv
import math
import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from types import MappingProxyType
from typing import Any

from PIL import Image

from da3studio.base.paths import resources
from da3studio.scene.view import Gps

ORIENTATION = 0x0112
_MAKE, _MODEL, _CHANGED_AT = 0x010F, 0x0110, 0x0132
_PHOTO_IFD, _GPS_IFD = 0x8769, 0x8825
_TAKEN_AT, _DIGITIZED_AT, _SUBSECONDS = 0x9003, 0x9004, 0x9291
_FOCAL_MM, _FOCAL_35MM, _DIGITAL_ZOOM = 0x920A, 0xA405, 0xA404
_PIXELS_X, _PIXELS_Y = 0xA002, 0xA003
_PLANE_X_RESOLUTION, _PLANE_UNIT = 0xA20E, 0xA210
_MM_PER_PLANE_UNIT = {2: 25.4, 3: 10.0, 4: 1.0, 5: 0.001}  # EXIF 2.32; 4 and 5 are in use too

_FILM_MM = 35.0  # see the module's docstring
_PLAUSIBLE_FOCAL = (0.2, 30.0)  # in longer sides: from an 8 mm fisheye to 1000 mm, 35 mm film
_PLAUSIBLE_SENSOR_MM = (1.0, 70.0)  # from phone selfie cameras to medium format
_ASPECT_TOLERANCE = 0.02  # beyond, the picture was cropped after it was taken
_ZOOM_TOLERANCE = 0.1


@dataclass(frozen=True)
class Tags:
    """EXIF tags by number, of the main, the photo's and the GPS directory."""

    main: Mapping[int, Any]
    photo: Mapping[int, Any]
    gps: Mapping[int, Any]

    @staticmethod
    def of(exif: Image.Exif) -> Tags:
        """Pillow's tags; a directory that is damaged counts as empty."""
        return Tags(dict(exif), _directory(exif, _PHOTO_IFD), _directory(exif, _GPS_IFD))


def _directory(exif: Image.Exif, ifd: int) -> dict[int, Any]:
    try:
        return dict(exif.get_ifd(ifd))
    except (OSError, SyntaxError, ValueError, TypeError, KeyError, struct.error):
        return {}


@cache
def sensor_widths() -> Mapping[str, float]:
    """Camera, by the spelling of `_key`, → width of its sensor [mm]."""
    with (resources() / "sensor_widths.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return MappingProxyType(
        {_key(_full_name(row["maker"], row["model"])): float(row["width_mm"]) for row in rows}
    )


def camera_name(tags: Tags) -> str:
    """Maker and model, the maker once and short ("NIKON D3200"); "" = not known."""
    return _full_name(_text(tags.main.get(_MAKE)), _text(tags.main.get(_MODEL)))


def focal_px(tags: Tags, width: int, height: int) -> float | None:
    """Focal length in pixels of the photo at `width` x `height`; `None` = not known.

    Values that no lens has are passed over, and nothing is believed of a photo that was cropped
    after it was taken (its shape is not the one that the camera wrote down).
    """
    if _was_cropped(tags, width, height):
        return None
    low, high = _PLAUSIBLE_FOCAL
    for focal in (_from_film(tags), _from_focal_plane(tags), _from_sensor(tags)):
        if focal is not None and low <= focal <= high:
            return focal * max(width, height)
    return None


def gps(tags: Tags) -> Gps | None:
    """Where the photo was taken; `None` = not known (also at 0°, 0°: a receiver without a fix)."""
    latitude = _degrees(tags.gps.get(2), tags.gps.get(1), "S", limit=90)
    longitude = _degrees(tags.gps.get(4), tags.gps.get(3), "W", limit=180)
    if latitude is None or longitude is None or (latitude == 0 and longitude == 0):
        return None
    altitude = _number(tags.gps.get(6))
    below_sea = tags.gps.get(5) in (1, b"\x01")
    return Gps(latitude, longitude, -altitude if altitude and below_sea else altitude)


def taken_at(tags: Tags) -> str:
    """Local time, ISO 8601, with the fraction of a second if known; "" = not known."""
    for directory, tag in (
        (tags.photo, _TAKEN_AT), (tags.photo, _DIGITIZED_AT), (tags.main, _CHANGED_AT),
    ):  # fmt: skip
        digits = re.findall(r"\d+", _text(directory.get(tag)))
        if len(digits) < 6:
            continue
        year, month, day, hour, minute, second = (int(part) for part in digits[:6])
        try:
            moment = datetime(year, month, day, hour, minute, second)  # noqa: DTZ001  local
        except ValueError:
            continue
        fraction = _text(tags.photo.get(_SUBSECONDS)) if tag == _TAKEN_AT else ""
        return moment.isoformat() + (f".{fraction}" if fraction.isdigit() else "")
    return ""


def _was_cropped(tags: Tags, width: int, height: int) -> bool:
    x, y = _number(tags.photo.get(_PIXELS_X)), _number(tags.photo.get(_PIXELS_Y))
    if not x or not y or x < 0 or y < 0:
        return False
    was, now = max(x, y) / min(x, y), max(width, height) / min(width, height)
    return abs(was / now - 1) > _ASPECT_TOLERANCE


def _from_film(tags: Tags) -> float | None:
    """Focal length in longer sides, from its 35 mm equivalent.

    Most cameras have digital zoom in the equivalent already. Where it plainly is the lens's own
    (equal to what the sensor table says without zoom), the zoom is applied here.
    """
    film_mm = _number(tags.photo.get(_FOCAL_35MM))
    if not film_mm:
        return None
    zoom, unzoomed = _zoom(tags), _unzoomed_from_sensor(tags)
    focal = film_mm / _FILM_MM
    left_out = unzoomed is not None and abs(focal / unzoomed - 1) < _ZOOM_TOLERANCE
    return focal * zoom if left_out else focal


def _from_focal_plane(tags: Tags) -> float | None:
    focal_mm = _number(tags.photo.get(_FOCAL_MM))
    per_unit = _number(tags.photo.get(_PLANE_X_RESOLUTION))
    pixels = max(_number(tags.photo.get(t)) or 0.0 for t in (_PIXELS_X, _PIXELS_Y))
    if not focal_mm or not per_unit or pixels <= 0:
        return None
    sensor_mm = pixels / per_unit * _MM_PER_PLANE_UNIT.get(tags.photo.get(_PLANE_UNIT, 2), 25.4)
    low, high = _PLAUSIBLE_SENSOR_MM
    return focal_mm / sensor_mm * _zoom(tags) if low <= sensor_mm <= high else None


def _from_sensor(tags: Tags) -> float | None:
    unzoomed = _unzoomed_from_sensor(tags)
    return None if unzoomed is None else unzoomed * _zoom(tags)


def _unzoomed_from_sensor(tags: Tags) -> float | None:
    focal_mm = _number(tags.photo.get(_FOCAL_MM))
    sensor_mm = sensor_widths().get(_key(camera_name(tags)))
    return focal_mm / sensor_mm if focal_mm and sensor_mm else None


def _zoom(tags: Tags) -> float:
    """Digital zoom; 0 means "not used" in EXIF, and some cameras write 0/0."""
    zoom = _number(tags.photo.get(_DIGITAL_ZOOM))
    return zoom if zoom and zoom > 1 else 1.0


def _full_name(make: str, model: str) -> str:
    maker = make.partition(" ")[0]
    if not model or not maker or model.casefold().startswith(maker.casefold()):
        return model or make
    return f"{maker} {model}"


def _key(name: str) -> str:
    return re.sub(r"[^a-z0-9+]", "", name.casefold())


def _text(value: object) -> str:
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    return " ".join(str(value or "").replace("\0", " ").split())


def _number(value: Any) -> float | None:
    """A tag's number; `None` if it is missing, not a number or divided by 0."""
    if isinstance(value, tuple) and len(value) == 1:
        value = value[0]
    try:
        number = float(value)
    except (TypeError, ValueError, ZeroDivisionError):
        return None
    return number if math.isfinite(number) else None


def _degrees(value: Any, reference: Any, negative: str, limit: float) -> float | None:
    try:
        parts = [_number(part) for part in value]
    except TypeError:
        return None
    if not parts or len(parts) > 3 or None in parts:
        return None
    degrees = sum(part / 60**i for i, part in enumerate(parts) if part is not None)
    signed = -degrees if _text(reference).upper().startswith(negative) else degrees
    return signed if abs(signed) <= limit else None
