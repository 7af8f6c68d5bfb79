"""Where the program's own files lie, and where it keeps what it was given; one place knows."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from platformdirs import user_config_path, user_data_path


def is_frozen() -> bool:
    """Whether this is the installed program with its own Python (PyInstaller)."""
    return bool(getattr(sys, "frozen", False))


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


def data_folder() -> Path:
    """Where things lie that outlive a project: models, licences accepted. May not exist yet.

    `DA3STUDIO_HOME` where it is set, else where the system keeps data of programs.
    """
    home = os.environ.get("DA3STUDIO_HOME")
    if home:
        return Path(home).expanduser().absolute()
    return user_data_path("da3studio", appauthor=False)


def config_folder() -> Path:
    """Where the person's settings of the program lie. May not exist yet.

    `DA3STUDIO_HOME` where it is set, else where the system keeps settings of programs.
    """
    home = os.environ.get("DA3STUDIO_HOME")
    if home:
        return Path(home).expanduser().absolute()
    return user_config_path("da3studio", appauthor=False)
