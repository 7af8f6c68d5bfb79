"""Whether a window could be seen."""

from __future__ import annotations

import os
import sys

from da3studio.base.errors import Missing
from da3studio.base.i18n import tr


def has_screen() -> bool:
    """Elsewhere than on Linux that is taken for granted."""
    if sys.platform != "linux":
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def require_screen() -> None:
    """Refuse to open a window where nobody could see it; Qt would abort.

    Raises:
        Missing: there is no screen.
    """
    if not has_screen():
        raise Missing(
            tr("The window cannot be opened."),
            why=tr("No screen was found: neither DISPLAY nor WAYLAND_DISPLAY is set."),
            fix=tr("Use the command line: da3studio reconstruct PHOTOS -o scan.glb"),
        )
