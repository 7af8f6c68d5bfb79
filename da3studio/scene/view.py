"""A view: one photo or video frame, with what its file says about the camera."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NewType

ViewId = NewType("ViewId", str)


@dataclass(frozen=True)
class PhotoSource:
    """Where a view's pixels lie."""

    path: str  # POSIX style; relative to the project folder, or absolute
    digest: str  # of the file's bytes
    video: str = ""  # name of the video it was taken from, "" for a photo
    time_s: float = 0.0  # moment in that video


@dataclass(frozen=True)
class Gps:
    """Position as written by the camera, WGS 84."""

    latitude_deg: float
    longitude_deg: float
    altitude_m: float | None


@dataclass(frozen=True)
class View:
    """One photo, upright: every size and every pixel position is after EXIF orientation."""

    id: ViewId  # opaque, unique in the project, stable across machines
    name: str  # unique in the project, shown to people
    source: PhotoSource
    width: int  # upright [px]
    height: int  # upright [px]
    focal_px: float | None  # from EXIF, for this width and height; None = not known
    camera_name: str  # maker and model from EXIF, "" = not known
    sharpness: float  # see media.sharpness; comparable within a project
    gps: Gps | None = None
    taken_at: str = ""  # ISO 8601 local time from EXIF, "" = not known
