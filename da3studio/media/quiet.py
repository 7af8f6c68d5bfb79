"""Libraries that write to the terminal about damaged files; our own sentences say what to do.

These are settings of the whole process, so nothing is set before a file is read, and every call
leaves the same state.
"""

from __future__ import annotations

import os
import re
import warnings

import cv2

_FFMPEG_QUIET = "-8"  # FFmpeg's AV_LOG_QUIET
_PILLOW = r"PIL\."


def silence_pillow() -> None:
    """Pillow warns of odd metadata.

    The filter is added only where it is absent: while it is replaced, another thread's warning
    could slip through.
    """
    if ("ignore", None, Warning, re.compile(_PILLOW), 0) not in warnings.filters:
        warnings.filterwarnings("ignore", module=_PILLOW)


def silence_opencv() -> None:
    """OpenCV, its TIFF reader and FFmpeg log every damaged byte."""
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", _FFMPEG_QUIET)
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
