"""`open.da3`: the file in a project folder that a double click opens.

Systems tie a program to files, not to folders. The file says nothing about the project but where
it is: by lying in it. So it is the same in every project, and stays right when one is moved,
renamed or copied.
"""

from __future__ import annotations

from pathlib import Path

from da3studio.base.atomic import write_bytes_atomic
from da3studio.base.i18n import tr
from da3studio.project.manifest_file import MANIFEST

DOOR = "open.da3"
_SUFFIX = ".da3"


def put_door(folder: Path) -> None:
    """Make the file in a project folder.

    Raises:
        CannotWrite, DiskFull: by the place.
    """
    says = tr("A double click on this file opens the DA3 Studio project in this folder.")
    write_bytes_atomic(folder / DOOR, f"{says}\n".encode())


def project_folder(path: Path) -> Path:
    """The project folder that a person means: the path itself, or the folder of its `open.da3`.

    The file may have another name, if it still ends in `.da3`, and links to it are followed.
    Nothing says yet that there is a project.

    Args:
        path: as dropped, chosen or typed.

    Returns:
        An absolute path.
    """
    path = path.absolute()
    if path.suffix.lower() == _SUFFIX and path.is_file():
        file = path.resolve() if path.is_symlink() else path
        if file.name == DOOR or (file.parent / MANIFEST).is_file():
            return file.parent
    return path
