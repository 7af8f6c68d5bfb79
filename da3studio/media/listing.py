"""Files and folders a person gives → photos and videos to read, and what was left out.

`os.path` asks whether a file is there: unlike `Path`, it says no instead of raising where a folder
may not be entered.
"""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from da3studio.base.i18n import tr, trn
from da3studio.media.formats import is_photo, is_raw, is_video

_SAID_SINGLY = 3  # files of one other kind in a folder; more are counted in one sentence
_LIVE_PHOTO_MOVIE = ".mov"
_PROJECT_SUFFIX = ".da3"
_MATERIAL_SUFFIX = ".mtl"  # of an OBJ model, whose texture has the same name


@dataclass(frozen=True)
class Refusal:
    """A file or folder that is not used."""

    path: Path
    why: str  # one sentence


@dataclass(frozen=True)
class Listing:
    """What was found, in natural order, absolute, each file once."""

    photos: tuple[Path, ...]
    videos: tuple[Path, ...]
    refused: tuple[Refusal, ...]


def list_files(paths: Iterable[Path]) -> Listing:
    """Look through files and, recursively, folders.

    Hidden files are skipped silently; a link that leads back to a folder above is not followed.
    A file that is named itself is taken whatever its suffix: its content decides later.
    """
    search = _Search()
    for path in paths:
        search.named(path.absolute())
    return search.listing()


def natural_key(path: Path) -> tuple[tuple[tuple[int, str], ...], ...]:
    """Sorts `IMG_2` before `IMG_10`, folder by folder."""
    return tuple(
        tuple(
            (int(piece), "") if piece.isdecimal() else (-1, piece.casefold())
            for piece in re.split(r"(\d+)", part)
        )
        for part in path.parts
    )


@dataclass
class _Search:
    """The state of one look through the folders."""

    photos: dict[Path, None] = field(default_factory=dict)  # as ordered sets
    videos: dict[Path, None] = field(default_factory=dict)
    refused: list[Refusal] = field(default_factory=list)
    folders: set[tuple[int, int]] = field(default_factory=set)  # device and inode, read already

    def named(self, path: Path) -> None:
        if _is_folder(path):
            self._folder(path)
        elif path.suffix.lower() == _PROJECT_SUFFIX and os.path.isfile(path):  # noqa: PTH113
            self._refuse(path, _project_sentence())
        elif not os.path.lexists(path):
            self._refuse(path, tr("No file or folder has this name."))
        elif is_raw(path):
            self._refuse(path, _raw_sentence())
        elif _is_special(path):
            self._refuse(path, _other_sentence())
        elif is_video(path):
            self.videos[path] = None
        else:
            self.photos[path] = None

    def listing(self) -> Listing:
        stills = {photo.with_suffix("") for photo in self.photos}
        for video in list(self.videos):
            if video.suffix.lower() == _LIVE_PHOTO_MOVIE and video.with_suffix("") in stills:
                del self.videos[video]
                self._refuse(
                    video, tr("It is the movie of a Live Photo; the photo itself is used.")
                )
        return Listing(tuple(self.photos), tuple(self.videos), tuple(self.refused))

    def _refuse(self, path: Path, why: str) -> None:
        self.refused.append(Refusal(path, why))

    def _folder(self, folder: Path) -> None:
        if folder.suffix.lower() == _PROJECT_SUFFIX:
            self._refuse(folder, _project_sentence())
            return
        try:
            status = folder.stat()
            entries = sorted(folder.iterdir(), key=natural_key)
        except OSError as error:
            reason = error.strerror or str(error)
            self._refuse(folder, tr("The folder cannot be read: {reason}.").format(reason=reason))
            return
        if (status.st_dev, status.st_ino) in self.folders:
            if folder.is_symlink():
                self._refuse(folder, tr("It leads to a folder that was read already."))
            return
        self.folders.add((status.st_dev, status.st_ino))
        others: dict[str, list[Path]] = defaultdict(list)
        materials = {entry for entry in entries if entry.suffix == _MATERIAL_SUFFIX}
        for entry in entries:
            if not entry.name.startswith("."):
                self._entry(entry, materials, others)
        self._refuse_others(folder, others)

    def _entry(self, entry: Path, materials: set[Path], others: dict[str, list[Path]]) -> None:
        if _is_folder(entry):
            self._folder(entry)
        elif _is_special(entry):
            self._refuse(entry, _other_sentence())
        elif is_photo(entry) and entry.with_suffix(_MATERIAL_SUFFIX) in materials:
            self._refuse(entry, tr("It is the texture of a 3D model."))
        elif is_photo(entry):
            self.photos[entry] = None
        elif is_video(entry):
            self.videos[entry] = None
        else:
            others[entry.suffix.lower()].append(entry)

    def _refuse_others(self, folder: Path, others: dict[str, list[Path]]) -> None:
        for suffix, files in others.items():
            why = _raw_sentence() if is_raw(files[0]) else _other_sentence()
            if len(files) <= _SAID_SINGLY:
                self.refused += [Refusal(file, why) for file in files]
                continue
            counted = trn("{n} file of this kind.", "{n} files of this kind.", len(files))
            self._refuse(folder / f"*{suffix}", f"{why} {counted}")


def _is_folder(path: Path) -> bool:
    return os.path.isdir(path)  # noqa: PTH112  see the module's docstring


def _is_special(path: Path) -> bool:
    """Whether it is a pipe, socket or device: reading it could wait for ever."""
    return os.path.exists(path) and not os.path.isfile(path)  # noqa: PTH110, PTH113  likewise


def _other_sentence() -> str:
    return tr("It is not a photo or video.")


def _project_sentence() -> str:
    return tr("It is a project of this program, not a folder of photos.")


def _raw_sentence() -> str:
    return tr("Raw photos are not read: export them as JPEG or TIFF, all with the same settings.")
