"""One reading of a photo file: its view's facts, its sharpness and its fingerprint."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import cv2

from da3studio.base.cancel import CancelToken
from da3studio.base.digest import digest_of_bytes
from da3studio.base.errors import UserFacingError
from da3studio.base.i18n import tr
from da3studio.base.progress import Progress, Report
from da3studio.media.decode import decode
from da3studio.media.duplicates import Fingerprint, fingerprint
from da3studio.media.exif import camera_name, focal_px, gps, taken_at
from da3studio.media.files import read_bytes
from da3studio.media.listing import Refusal
from da3studio.media.sharpness import sharpness
from da3studio.scene.view import PhotoSource, View, ViewId

_PROBE_SIDE = 640  # [px] for sharpness and fingerprints
_ID_LENGTH = 12  # hex digits of the digest: no two alike among millions
_MAX_THREADS = 8  # each may hold a decoded photo of 200 megapixels


@dataclass(frozen=True)
class Candidate:
    """A photo, or a frame that was written from a video."""

    path: Path  # absolute
    video: str = ""  # its name
    time_s: float = 0.0


@dataclass(frozen=True, eq=False)
class Scan:
    """A readable photo: its view (named by the file alone) and how to recognise it again."""

    path: Path
    view: View
    fingerprint: Fingerprint


def scan(candidate: Candidate) -> Scan:
    """Read and decode a photo once, whole, so that a truncated one is found now and not later.

    Raises:
        Missing, BadInput: it cannot be used.
    """
    path = candidate.path
    content = read_bytes(path)
    photo = decode(content, path.name, _PROBE_SIDE)
    grey = cv2.cvtColor(photo.pixels, cv2.COLOR_RGB2GRAY)
    header, digest = photo.header, digest_of_bytes(content)
    view = View(
        id=ViewId(digest[:_ID_LENGTH]),
        name=path.name,
        source=PhotoSource(path.as_posix(), digest, candidate.video, candidate.time_s),
        width=header.width,
        height=header.height,
        focal_px=focal_px(header.tags, header.width, header.height),
        camera_name=camera_name(header.tags),
        sharpness=round(sharpness(grey), 4),
        gps=gps(header.tags),
        taken_at=taken_at(header.tags),
    )
    return Scan(path, view, fingerprint(grey))


def scan_all(
    candidates: Sequence[Candidate], report: Report, token: CancelToken
) -> Iterator[Scan | Refusal]:
    """`scan` for each, in order, on a few threads: Pillow and OpenCV let them run side by side.

    Raises:
        JobCancelled: by the token.
    """
    threads = ThreadPoolExecutor(min(_MAX_THREADS, os.cpu_count() or 1))
    try:
        for done, outcome in enumerate(threads.map(_scan_or_refusal, candidates), start=1):
            token.check()
            report(Progress(tr("Reading photos"), done, len(candidates)))
            yield outcome
    finally:
        threads.shutdown(cancel_futures=True)


def _scan_or_refusal(candidate: Candidate) -> Scan | Refusal:
    try:
        return scan(candidate)
    except UserFacingError as error:
        return Refusal(candidate.path, error.why)
