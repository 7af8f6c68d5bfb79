"""A project on the disk: its manifest, its results, its lock, its earlier versions.

```
Statue.da3/
├── project.json   what was asked for, rewritten whole
├── open.da3       for a double click; see `door`
├── chunks/        results by key
├── masks/         painted on photos, by digest
├── frames/        taken from videos
├── earlier/       up to 20 earlier manifests, from seconds to months old
├── scratch/       intermediate files of a run in progress
├── view.json      how the window showed it; losing it costs nothing
├── thumbnail.png  a picture for lists of projects
└── lock           who writes; empty = nobody
```
"""

from __future__ import annotations

import errno
import shutil
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from da3studio.base.atomic import remove_temporary, write_bytes_atomic, write_error, writing_to
from da3studio.base.cancel import NEVER, CancelToken
from da3studio.base.errors import BadInput, CannotWrite, DiskFull, UserFacingError
from da3studio.base.i18n import tr
from da3studio.base.progress import Report, silent
from da3studio.project.chunks import ChunkStore
from da3studio.project.document import Project
from da3studio.project.door import DOOR, project_folder, put_door
from da3studio.project.duplicate import duplicate
from da3studio.project.earlier import Earlier, keep_earlier, list_earlier
from da3studio.project.lock import FolderLock
from da3studio.project.manifest import decode, encode, same_content
from da3studio.project.manifest_file import (
    MANIFEST,
    load,
    manifest_bytes,
    newest_readable,
    not_a_folder,
)
from da3studio.project.masks import MaskStore
from da3studio.project.remembered import read_view, stopped_sentence, write_view

_OURS = frozenset({"chunks", "earlier", "scratch", "lock", DOOR})


class ProjectFolder:
    """An open project; made by `create`, `open` or `open_or_create`, ended by `close`.

    Use it as a context manager. Opened for writing it holds the folder's lock; opened with
    `write=False` it changes nothing and works in read-only folders and beside a writer. Any thread
    may save.
    """

    def __init__(
        self, path: Path, project: Project, document: dict[str, Any], lock: FolderLock | None
    ) -> None:
        self.path = path
        self.chunks = ChunkStore(path / "chunks")
        self._project = project
        self._document = document
        self._lock = lock
        self._saving = threading.Lock()
        self._masks = MaskStore(path / "masks")
        self._recovered = (
            stopped_sentence(path, lock.left_by.since) if lock and lock.left_by else None
        )

    @classmethod
    def create(cls, path: Path, name: str) -> ProjectFolder:
        """Make an empty project in a new or empty folder.

        Raises:
            BadInput: there is a file or a folder with other things in it.
            CannotWrite: the place refuses.
            ProjectBusy: another program is making it.
        """
        path = path.absolute()
        with writing_to(path):
            if path.exists() and not path.is_dir():
                raise not_a_folder(path)
            path.mkdir(parents=True, exist_ok=True)
            foreign = any(not _is_ours(entry) for entry in path.iterdir())
        if foreign:
            raise BadInput(
                tr("No project can be made in {folder}.").format(folder=path),
                why=tr("The folder holds other files already."),
                fix=tr("Name a folder that does not exist yet, such as {example}.").format(
                    example=path / "scan.da3"
                ),
            )
        folder = cls(path, Project(name), {}, FolderLock(path / "lock"))
        try:
            put_door(path)
            folder.save(folder.project)
        except BaseException:
            folder.close()
            raise
        return folder

    @classmethod
    def open(cls, path: Path, *, write: bool = True) -> ProjectFolder:
        """Open a project.

        Args:
            path: the project folder, or the `open.da3` in it.
            write: `False` = only look; takes no lock.

        Raises:
            Missing: there is no project.
            ProjectDamaged, ProjectTooNew: its manifest cannot be used; nothing is touched.
            ProjectBusy: another program writes in it.
            CannotWrite: the folder is read-only, and `write` is asked for.
        """
        path = project_folder(path)
        project, document = load(path)  # before the lock: a refusal leaves no trace
        if not write:
            return cls(path, project, document, None)
        lock = FolderLock(path / "lock")
        try:
            project, document = load(path)  # again, as the last writer left it
            folder = cls(path, project, document, lock)
            folder.chunks.sweep()
            if not lock.is_shared:  # else the window may be saving in this moment
                _sweep(path)
        except BaseException:
            lock.release()
            raise
        return folder

    @classmethod
    def mend(cls, path: Path) -> ProjectFolder:
        """Open a project that is damaged, with the newest earlier version that can be read.

        The damaged manifest stays beside the new one, as `project-damaged.json`.

        Raises:
            ProjectDamaged: no earlier version can be read, either; and everything that `open` says.
        """
        path = project_folder(path)
        manifest = path / MANIFEST
        lock = FolderLock(path / "lock")
        try:
            earlier = newest_readable(path)
            if earlier is not None:
                content = manifest_bytes(earlier.path)
                write_bytes_atomic(manifest.with_stem("project-damaged"), manifest.read_bytes())
                write_bytes_atomic(manifest, content)
        finally:
            lock.release()
        return cls.open(path)

    @classmethod
    def open_or_create(cls, path: Path, name: str) -> ProjectFolder:
        """Open the project of a folder, or make one there; see `open` and `create`."""
        path = project_folder(path)
        if (path / MANIFEST).exists():
            return cls.open(path)
        return cls.create(path, name)

    @property
    def project(self) -> Project:
        """What was last saved."""
        return self._project

    @property
    def recovered(self) -> str | None:
        """One sentence for a person, if the program that wrote here last was killed."""
        return self._recovered

    def save(self, project: Project) -> None:
        """Write the manifest if it changed; the one before goes to `earlier`.

        Raises:
            BadInput: a value that could not be read back; nothing was changed.
            CannotWrite: the folder is read-only, or was opened only to look.
            DiskFull: the manifest from before is still there.
        """
        with self._saving:
            self._save(project, self._document)

    def earlier(self) -> list[Earlier]:
        """Manifests that were saved over, newest first, each with the time when it was."""
        return list_earlier(self.path / "earlier")

    def versions(self) -> Iterator[Project]:
        """What was last saved, then every earlier version that can be read, newest first."""
        yield self._project
        for earlier in self.earlier():
            with suppress(UserFacingError):
                yield decode(manifest_bytes(earlier.path))[0]

    def restore(self, path: Path) -> Project:
        """Go back to an earlier manifest; the present one becomes an earlier one.

        Args:
            path: of one of `earlier`.

        Raises:
            Missing, ProjectDamaged, ProjectTooNew: it cannot be used; nothing was changed.
            CannotWrite, DiskFull: as `save`.
        """
        project, document = decode(manifest_bytes(path))
        with self._saving:
            self._save(project, document)
            return self._project

    def duplicate(
        self,
        target: Path,
        name: str,
        *,
        report: Report = silent,
        token: CancelToken = NEVER,
    ) -> None:
        """Make a project of its own with the same content, as last saved.

        Args:
            target: a new or empty folder; photos outside of projects are shared by both.
            name: of the new project.
            report: told about progress.
            token: checked between files; the target is there whole or not at all.

        Raises:
            BadInput: there is something at the target, or it is inside this project.
            CannotWrite, DiskFull: by the place.
            JobCancelled: by the token.
        """
        with self._saving:
            project, document = self._project, self._document
        duplicate(self.path, project.with_name(name), document, target.absolute(), report, token)

    def put_mask(self, mask: NDArray[np.bool_]) -> str:
        """Store a painted mask, see `masks.MaskStore.put`; returns its digest.

        Raises:
            CannotWrite: the folder is read-only, or was opened only to look.
            DiskFull: by the place.
        """
        self._check_writing()
        return self._masks.put(mask)

    def mask(self, digest: str) -> NDArray[np.bool_]:
        """`(H, W)` a painted mask, True = do not use.

        Raises:
            Missing: it is not there, or not what was painted.
        """
        return self._masks.get(digest)

    def read_view(self) -> dict[str, Any]:
        """How the window showed the project; empty where nothing is known."""
        return read_view(self.path)

    def write_view(self, view: dict[str, Any]) -> None:
        """Remember how the window shows the project; does nothing where it is only looked at.

        Raises:
            CannotWrite, DiskFull: by the place.
            ValueError: no JSON values, or too many.
        """
        if self._lock is not None:
            write_view(self.path, view)

    @property
    def thumbnail(self) -> Path:
        """Where the picture for lists of projects lies, if there is one."""
        return thumbnail_of(self.path)

    def write_thumbnail(self, png: bytes) -> None:
        """Store the picture for lists of projects; does nothing where it is only looked at.

        Raises:
            CannotWrite, DiskFull: by the place.
        """
        if self._lock is not None:
            write_bytes_atomic(self.thumbnail, png)

    def scratch(self, key: str) -> Path:
        """A folder for intermediate files of the work `key`, kept until `clear_scratch`.

        Raises:
            CannotWrite, DiskFull: it cannot be made.
        """
        path = self.path / "scratch" / key
        with writing_to(path):
            path.mkdir(parents=True, exist_ok=True)
        return path

    def clear_scratch(self, keep: str = "") -> None:
        """Remove the intermediate files of all work but `keep`."""
        folder = self.path / "scratch"
        for path in folder.iterdir() if folder.is_dir() else ():
            if path.name != keep:
                shutil.rmtree(path, ignore_errors=True)  # at worst some space is not freed
        if not keep:
            shutil.rmtree(folder, ignore_errors=True)

    def close(self) -> None:
        """Let other programs write."""
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _save(self, project: Project, document: dict[str, Any]) -> None:
        self._check_writing()
        manifest = self.path / MANIFEST
        content = encode(project, document)
        if manifest.is_file():
            before = manifest.read_bytes()
            if same_content(before, content):
                return
            try:
                keep_earlier(self.path / "earlier", before)
            except DiskFull as error:  # the person knows of the project, not of its versions
                raise write_error(manifest, OSError(errno.ENOSPC, "")) from error
        write_bytes_atomic(manifest, content)
        self._project, self._document = decode(content)

    def _check_writing(self) -> None:
        if self._lock is None:
            raise CannotWrite(
                tr("The project {folder} cannot be changed.").format(folder=self.path),
                why=tr("It was opened only to be looked at."),
                fix=tr("Open it for writing."),
            )


def thumbnail_of(path: Path) -> Path:
    """Where the picture of the project in a folder lies, if there is one."""
    return path / "thumbnail.png"


def _sweep(path: Path) -> None:
    """Remove what a program that was killed while it wrote has left beside the results."""
    for folder in (path, path / "earlier", path / "masks", *path.glob("frames/*")):
        remove_temporary(folder)


def _is_ours(entry: Path) -> bool:
    """What an interrupted `create` may have left."""
    return entry.name in _OURS or entry.name.startswith(".tmp")
