"""Where the files that ship with the program lie; the one place that knows."""

from __future__ import annotations

import sys
from pathlib import Path


def resources() -> Path:
    """The folder of tables and pictures that ship with the program.

    `<repository>/resources` in a source tree, `da3studio/_resources` in an installed wheel and
    `resources` inside the bundle of a frozen program (PyInstaller).
    """
    bundle = getattr(sys, "_MEIPASS", None)
    if bundle is not None:
        return Path(bundle) / "resources"
    package = Path(__file__).resolve().parent.parent
    installed = package / "_resources"
    return installed if installed.is_dir() else package.parent / "resources"
