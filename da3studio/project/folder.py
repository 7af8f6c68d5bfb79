"""A project on the disk: its manifest, its results, its lock, its earlier versions.

```
Statue.da3/
├── project.json   what was asked for, rewritten whole
├── chunks/        results by key
├── earlier/       the last 20 manifests
├── scratch/       intermediate files of a run in progress
└── lock           who writes; empty = nobody
```
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from da3studio.base.atomic import write_bytes_atomic, writing_to
from da3studio.base.errors import BadInput, CannotWrite, Missing, ProjectDamaged
from da3studio.base.i18n import tr
from da3studio.project.chunks import ChunkStore
from da3studio.project.document import Project
from da3studio.project.lock import FolderLock
from da3studio.project.manifest import decode, encode, same_content

_MANIFEST = "project.json"
_OURS = frozenset({"chunks", "earlier", "scratch", "lock"})
_LARGEST_MANIFEST_BYTES = 256 * 2**20
_EARLIER_VERSIONS = 20


class ProjectFolder:
    """An open project; made by `create`, `open` or `open_or_create`, ended by `close`.

    Use it as a context manager. Opened for writing it holds the folder's lock; opened with
    `write=False` it changes nothing and works in read-only folders and beside a writer.
    """

    def __init__(
        self, path: Path, project: Project, document: dict[str, Any], lock: FolderLock | None
    ) -> None:
        self.path = path
        self.chunks = ChunkStore(path / "chunks")
        self._project = project
        self._document = document
        self._lock = lock

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
                raise _not_a_folder(path)
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
            folder.save(folder.project)
        except BaseException:
            folder.close()
            raise
        return folder

    @classmethod
    def open(cls, path: Path, *, write: bool = True) -> ProjectFolder:
        """Open a project.

        Args:
            path: the project folder.
            write: `False` = only look; takes no lock.

        Raises:
            Missing: there is no project.
            ProjectDamaged, ProjectTooNew: its manifest cannot be used; nothing is touched.
            ProjectBusy: another program writes in it.
            CannotWrite: the folder is read-only, and `write` is asked for.
        """
        path = path.absolute()
        project, document = _load(path)  # before the lock: a refusal leaves no trace
        if not write:
            return cls(path, project, document, None)
        lock = FolderLock(path / "lock")
        try:
            project, document = _load(path)  # again, as the last writer left it
            folder = cls(path, project, document, lock)
            folder.chunks.sweep()
        except BaseException:
            lock.release()
            raise
        return folder

    @classmethod
    def open_or_create(cls, path: Path, name: str) -> ProjectFolder:
        """Open the project of a folder, or make one there; see `open` and `create`."""
        if (path / _MANIFEST).exists():
            return cls.open(path)
        return cls.create(path, name)

    @property
    def project(self) -> Project:
        """What was last saved."""
        return self._project

    def save(self, project: Project) -> None:
        """Write the manifest if it changed; the one before goes to `earlier`.

        Raises:
            CannotWrite: the folder is read-only, or was opened only to look.
            DiskFull: the manifest from before is still there.
        """
        if self._lock is None:
            raise CannotWrite(
                tr("The project {folder} cannot be changed.").format(folder=self.path),
                why=tr("It was opened only to be looked at."),
                fix=tr("Open it for writing."),
            )
        manifest = self.path / _MANIFEST
        content = encode(project, self._document)
        if manifest.is_file():
            before = manifest.read_bytes()
            if same_content(before, content):
                return
            self._keep_earlier(before)
        write_bytes_atomic(manifest, content)
        self._project, self._document = decode(content)

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

    def _keep_earlier(self, content: bytes) -> None:
        folder = self.path / "earlier"
        stamp = datetime.now(UTC).strftime("%Y-%m-%dT%H-%M-%S-%f")
        write_bytes_atomic(folder / f"{stamp}.json", content)
        for path in sorted(folder.glob("[0-9]*.json"))[:-_EARLIER_VERSIONS]:
            with writing_to(path):
                path.unlink()


def stored_photo_path(photo: Path, project_folder: Path) -> str:
    """How a project names a photo: relative to its folder with `/`, absolute on another drive.

    Relative paths keep working when project and photos move together.
    """
    try:
        relative = os.path.relpath(photo.absolute(), project_folder.absolute())
    except ValueError:  # Windows: another drive
        return photo.absolute().as_posix()
    return Path(relative).as_posix()


def _not_a_folder(path: Path) -> BadInput:
    return BadInput(
        tr("{path} is not a project.").format(path=path),
        why=tr("A project is a folder, and this is a file."),
        fix=tr("Name a project folder, such as {example}.").format(
            example=path.with_suffix(".da3").name
        ),
    )


def _is_ours(entry: Path) -> bool:
    """What an interrupted `create` may have left."""
    return entry.name in _OURS or entry.name.startswith(".tmp")


def _load(path: Path) -> tuple[Project, dict[str, Any]]:
    try:
        return decode(_manifest_bytes(path / _MANIFEST))
    except ProjectDamaged as error:
        for earlier in _readable_earlier(path):
            raise ProjectDamaged(
                error.what,
                why=error.why,
                fix=tr(
                    "Copy {earlier} over {manifest}: it is the newest version that can be read;"
                    " finished results are found again."
                ).format(earlier=earlier, manifest=path / _MANIFEST),
            ) from error
        raise


def _readable_earlier(path: Path) -> Iterator[Path]:
    """Earlier manifests that can be read, newest first."""
    for earlier in sorted((path / "earlier").glob("[0-9]*.json"), reverse=True):
        try:
            decode(_manifest_bytes(earlier))
        except ProjectDamaged:
            continue
        yield earlier


def _manifest_bytes(path: Path) -> bytes:
    try:
        size = path.stat().st_size
        content = path.read_bytes() if size <= _LARGEST_MANIFEST_BYTES else b""
    except FileNotFoundError as error:
        raise Missing(
            tr("There is no project in {folder}.").format(folder=path.parent),
            why=tr("It has no file {name}.").format(name=path.name),
            fix=tr("Name a project folder, or make one with: da3studio reconstruct PHOTOS."),
        ) from error
    except NotADirectoryError as error:
        raise _not_a_folder(path.parent) from error
    except OSError as error:
        raise Missing(
            tr("{file} cannot be read.").format(file=path),
            why=tr("The system says: {reason}.").format(reason=error.strerror or str(error)),
            fix=tr("Check that you may read the file and that its disk is connected."),
        ) from error
    if size > _LARGEST_MANIFEST_BYTES:
        raise ProjectDamaged(
            tr("The project cannot be read."),
            why=tr("Its file project.json is impossibly large ({size} MB).").format(
                size=size // 2**20
            ),
            fix=tr("Restore project.json from a backup; finished results are found again."),
        )
    return content
