"""Frames of a video for reconstruction: evenly spread over the camera's motion, and sharp."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from da3studio.base.atomic import write_bytes_atomic
from da3studio.base.cancel import CancelToken
from da3studio.base.errors import BadInput
from da3studio.base.i18n import tr
from da3studio.base.progress import Progress, Report
from da3studio.media.decode import size_within
from da3studio.media.files import refuse_unopenable
from da3studio.media.quiet import silence_opencv
from da3studio.media.sharpness import sharpness

_CANDIDATES_PER_FRAME = 8  # looked at for each frame that is wanted
_MOTION_SIDE = 160  # [px] where motion is measured
_STILL = 0.1  # of the median motion: what a moment without any counts, so that time passes too
_OFF_CENTRE = 0.3  # how much sharper a frame at the rim of its interval has to be
_JPEG_QUALITY = 95


@dataclass(frozen=True)
class VideoFrame:
    """A frame that was written as a photo."""

    path: Path
    index: int  # in the video, from 0
    time_s: float


@dataclass(frozen=True)
class _Candidate:
    index: int
    sharpness: float
    motion: float  # since the candidate before, median [px of the small picture]


def read_video_frames(
    path: Path, folder: Path, n_frames: int, *, report: Report, token: CancelToken
) -> tuple[VideoFrame, ...]:
    """Choose frames of a video and write them as JPEG, `<name>_<frame index, 6 digits>.jpg`.

    The video is read twice: once to measure, once to write, so that memory does not grow with its
    length. The camera's path is cut into `n_frames` pieces of equal motion in the picture, and the
    sharpest frame of each is taken.

    Args:
        path: of the video; its rotation flag is obeyed, its sound ignored.
        folder: where the frames go.
        n_frames: wanted; a shorter video gives all its frames.
        report: told about progress.
        token: checked between frames.

    Raises:
        Missing: there is no such file.
        BadInput: the video is empty, cannot be opened or cannot be decoded.
        CannotWrite, DiskFull: the folder refuses.
        JobCancelled: by the token.
    """
    refuse_unopenable(path)
    candidates = _measure(path, n_frames, report, token)
    if not candidates:
        raise _unreadable(path)
    wanted = set(_choose(candidates, n_frames))
    frames = []
    for index, time_s, capture in _grabbed(path, token):
        if index not in wanted:
            continue
        seen, picture = capture.retrieve()
        if not seen:
            continue
        target = folder / f"{path.stem}_{index:06d}.jpg"
        quality = [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY]
        write_bytes_atomic(target, cv2.imencode(".jpg", picture, quality)[1].tobytes())
        frames.append(VideoFrame(target, index, time_s))
        report(Progress(tr("Taking frames from the video"), len(frames), len(wanted)))
        if len(frames) == len(wanted):
            break
    return tuple(frames)


def _grabbed(path: Path, token: CancelToken) -> Iterator[tuple[int, float, Any]]:
    """Index, time [s] and the capture, whose `retrieve()` decodes the frame into a picture."""
    silence_opencv()
    capture = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
    try:
        index = 0
        while capture.isOpened() and capture.grab():
            token.check()
            yield index, capture.get(cv2.CAP_PROP_POS_MSEC) / 1000, capture
            index += 1
    finally:
        capture.release()


def _measure(path: Path, n_frames: int, report: Report, token: CancelToken) -> list[_Candidate]:
    candidates: list[_Candidate] = []
    before: NDArray[np.uint8] | None = None
    flow = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST)
    total, step = 0, 1
    for index, _, capture in _grabbed(path, token):
        if index == 0:
            total = max(0, int(capture.get(cv2.CAP_PROP_FRAME_COUNT)))  # 0 = not known
            step = max(1, total // (n_frames * _CANDIDATES_PER_FRAME))
        if index % step:
            continue
        seen, picture = capture.retrieve()
        if not seen:
            continue
        grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
        size = size_within(grey.shape[1], grey.shape[0], _MOTION_SIDE)
        small = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
        motion = 0.0
        if before is not None:
            motion = float(np.median(np.linalg.norm(flow.calc(before, small, None), axis=-1)))
        before = small
        candidates.append(_Candidate(index, sharpness(grey), motion))
        report(Progress(tr("Looking through the video"), index + 1, total))
    return candidates


def _choose(candidates: list[_Candidate], n_frames: int) -> list[int]:
    """Frame indices: one per interval of equal motion, sharp and not at the interval's rim."""
    n = min(n_frames, len(candidates))
    motion = np.array([one.motion for one in candidates])
    motion = np.maximum(motion, max(_STILL * float(np.median(motion)), 1e-6))
    way = np.cumsum(motion) - motion[0]
    cuts = np.searchsorted(way, np.linspace(0, way[-1], n + 1)[1:-1]).tolist()
    edges = [0, *cuts, len(candidates)]
    for i in range(1, n):  # at least one candidate in every interval
        edges[i] = max(edges[i], edges[i - 1] + 1)
    for i in range(n - 1, 0, -1):
        edges[i] = min(edges[i], edges[i + 1] - 1)
    chosen = []
    for start, end in pairwise(edges):
        inside = way[start:end]
        middle, reach = (inside[0] + inside[-1]) / 2, max((inside[-1] - inside[0]) / 2, 1e-9)
        penalty = 1 - _OFF_CENTRE * np.abs(inside - middle) / reach
        scores = np.array([one.sharpness for one in candidates[start:end]]) * penalty
        chosen.append(candidates[start + int(scores.argmax())].index)
    return chosen


def _unreadable(path: Path) -> BadInput:
    return BadInput(
        tr("{file} cannot be read as a video.").format(file=path.name),
        why=tr("No frame of it could be decoded: it is damaged, or its codec (AV1, ProRes RAW)"
               " is not supported."),
        fix=tr("Play it to see whether it is whole, then convert it to an H.264 MP4."),
    )  # fmt: skip
