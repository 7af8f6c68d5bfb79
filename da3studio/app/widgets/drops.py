"""What is dragged onto the window from a file manager."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QMimeData


def dragged_paths(content: QMimeData) -> tuple[Path, ...]:
    """Files and folders of this computer; pictures dragged from a web page are none."""
    return tuple(Path(url.toLocalFile()) for url in content.urls() if url.isLocalFile())
