"""Whether a window could be seen."""

from __future__ import annotations

import os
import sys


def has_screen() -> bool:
    """Elsewhere than on Linux that is taken for granted."""
    if sys.platform != "linux":
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
