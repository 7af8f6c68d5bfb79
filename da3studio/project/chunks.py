"""Results by key: immutable safetensors files that are there whole or not at all.

A chunk's header says which stage made it, for what unit, from which recipe and by which program,
and holds one digest per tensor; every tensor is compared with its digest when it is read. Nothing
in a file is believed: sizes are compared with the file's own before memory is taken.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

import da3studio
from da3studio.base.atomic import write_atomic, writing_to
from da3studio.base.digest import digest_of
from da3studio.project.fields import Fields, MalformedError, parse_json

_FORMAT = "da3studio chunk 1"
_LARGEST_HEADER_BYTES = 32 * 2**20
_DTYPES = frozenset({"BOOL", "U8", "I32", "I64", "F32", "F64"})
_DIGEST_BYTES = 16
_OS_ERROR = re.compile(r"\(os error (\d+)\)")  # how safetensors quotes the system


class ChunkDamagedError(Exception):
    """A stored result is not what was written; it has to be removed and made again.

    Args:
        key: of the chunk.
        reason: what was seen.
    """

    def __init__(self, key: str, reason: str) -> None:
        super().__init__(key, reason)
        self.key, self.reason = key, reason


@dataclass(frozen=True)
class ChunkHeader:
    """What is known of a chunk without reading its arrays."""

    key: str
    stage: str
    unit: str  # id of the view it belongs to, "" for the whole project
    recipe: dict[str, Any]  # the keyed settings it was made with
    program: str  # version that wrote it
    digest: str  # of the arrays and the meta values, equal for equal content
    meta: dict[str, Any]  # what the stage stored besides arrays
    tensors: dict[str, str]  # name of each array → its digest


@dataclass(frozen=True)
class Collected:
    """What a clean-up removed."""

    chunks: int
    size_bytes: int


class ChunkStore:
    """The `chunks` folder of a project."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @property
    def folder(self) -> Path:
        return self._folder

    def has(self, key: str) -> bool:
        """Whether there is a file for the key; its content is checked when it is read."""
        return self._path(key).is_file()

    def header(self, key: str) -> ChunkHeader:
        """What a chunk says of itself.

        Raises:
            KeyError: there is no such chunk.
            ChunkDamagedError: its header or its size is wrong.
        """
        with self._opened(key) as file:
            return _header(key, file)

    def read(self, key: str, names: Collection[str] | None = None) -> Mapping[str, NDArray[Any]]:
        """Arrays of a chunk, read-only, each compared with its digest.

        Args:
            key: of the chunk.
            names: which arrays; `None` = all.

        Raises:
            KeyError: there is no such chunk.
            ChunkDamagedError: it is not what was written, or lacks one of the names.
        """
        with self._opened(key) as file:
            header = _header(key, file)
            wanted = header.tensors if names is None else names
            return {name: _tensor(header, file, name) for name in wanted}

    def put(
        self,
        key: str,
        stage: str,
        arrays: Mapping[str, NDArray[Any]],
        meta: Mapping[str, Any],
        *,
        unit: str = "",
        recipe: Mapping[str, Any] | None = None,
    ) -> ChunkHeader:
        """Store a result.

        Args:
            key: its name.
            stage: what made it.
            arrays: of the dtypes bool, uint8, int32, int64, float32, float64.
            meta: small JSON values.
            unit: id of the view it belongs to.
            recipe: the keyed settings it was made with.

        Raises:
            DiskFull, CannotWrite: nothing is left behind.
        """
        contiguous = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
        tensors = {name: _digest(array) for name, array in contiguous.items()}
        header = ChunkHeader(
            key=key,
            stage=stage,
            unit=unit,
            recipe=dict(recipe or {}),
            program=da3studio.__version__,
            digest=digest_of(tensors, meta),
            meta=dict(meta),
            tensors=tensors,
        )
        text = json.dumps({"format": _FORMAT, **vars(header)}, sort_keys=True)

        def fill(path: Path) -> None:
            try:
                save_file(contiguous, path, metadata={"da3studio": text})
            except SafetensorError as error:
                system = _OS_ERROR.search(str(error))
                if system:
                    raise OSError(int(system[1]), str(error)) from error
                raise

        write_atomic(self._path(key), fill)
        return header

    def remove(self, key: str) -> None:
        """Forget a chunk; nothing happens if it is not there.

        Raises:
            CannotWrite: the folder is read-only.
        """
        path = self._path(key)
        with writing_to(path):
            path.unlink(missing_ok=True)

    def keys(self) -> Iterator[str]:
        """All chunks there are, in order of key."""
        for path in sorted(self._folder.glob("??/*.safetensors")):
            if not path.name.startswith("."):
                yield path.stem

    def size_bytes(self) -> int:
        """What all chunks take on the disk."""
        return sum(self._path(key).stat().st_size for key in self.keys())

    def verify(self) -> Iterator[tuple[str, str]]:
        """Read every chunk; the key of each damaged one, with the reason."""
        for key in self.keys():
            try:
                self.read(key)
            except ChunkDamagedError as damage:
                yield key, damage.reason

    def collect(self, keep: Collection[str], spare_bytes: int = 0) -> Collected:
        """Remove all chunks but those to keep, and what interrupted writes left behind.

        Args:
            keep: keys of those that stay.
            spare_bytes: how much of the others may stay, the newest of them.

        Raises:
            CannotWrite: the folder is read-only.
        """
        files = {key: self._path(key).stat() for key in self.keys() if key not in keep}
        left, removed = sum(file.st_size for file in files.values()), []
        for key in sorted(files, key=lambda key: files[key].st_mtime):
            if left <= spare_bytes:
                break
            self.remove(key)
            left -= files[key].st_size
            removed.append(key)
        self.sweep()
        return Collected(len(removed), sum(files[key].st_size for key in removed))

    def sweep(self) -> None:
        """Remove what interrupted writes left, ours and of safetensors; only while nobody writes.

        Raises:
            CannotWrite: the folder is read-only.
        """
        for path in self._folder.glob("??/.tmp*"):
            with writing_to(path):
                path.unlink(missing_ok=True)

    def _path(self, key: str) -> Path:
        return self._folder / key[:2] / f"{key}.safetensors"

    def _opened(self, key: str) -> Any:
        """The file, its header length believed only after a look at the first 8 bytes."""
        path = self._path(key)
        try:
            with path.open("rb") as file:
                length = int.from_bytes(file.read(8), "little")
        except FileNotFoundError:
            raise KeyError(key) from None
        except OSError as error:
            raise ChunkDamagedError(key, f"it cannot be read: {error.strerror}") from error
        if not 2 <= length <= min(_LARGEST_HEADER_BYTES, path.stat().st_size - 8):
            raise ChunkDamagedError(key, "its header has an impossible length")
        try:
            return safe_open(path, framework="numpy")
        except (SafetensorError, OSError) as error:
            raise ChunkDamagedError(key, f"it is no whole safetensors file: {error}") from error


def _header(key: str, file: Any) -> ChunkHeader:
    try:
        metadata = file.metadata() or {}
        fields = Fields(parse_json(metadata.get("da3studio", "").encode()), "the header")
        if fields.text("format") != _FORMAT or fields.text("key") != key:
            raise MalformedError("it is another chunk")
        tensors = fields.texts_by_name("tensors")
        if set(tensors) != set(file.keys()):
            raise MalformedError("its arrays are not those that were written")
        header = ChunkHeader(
            key=key,
            stage=fields.text("stage"),
            unit=fields.text("unit"),
            recipe=fields.plain("recipe"),
            program=fields.text("program"),
            digest=fields.text("digest"),
            meta=fields.plain("meta"),
            tensors=tensors,
        )
        if digest_of(tensors, header.meta) != header.digest:
            raise MalformedError("its values are not those that were written")
    except MalformedError as error:
        raise ChunkDamagedError(key, str(error)) from error
    return header


def _tensor(header: ChunkHeader, file: Any, name: str) -> NDArray[Any]:
    if name not in header.tensors:
        raise ChunkDamagedError(header.key, f"it has no array {name!r}")
    if file.get_slice(name).get_dtype() not in _DTYPES:
        raise ChunkDamagedError(header.key, f"the array {name!r} is of an unknown type")
    array: NDArray[Any] = file.get_tensor(name)
    if _digest(array) != header.tensors[name]:
        raise ChunkDamagedError(header.key, f"the array {name!r} is not the one that was written")
    array.setflags(write=False)
    return array


def _digest(array: NDArray[Any]) -> str:
    """Of dtype, shape and bytes."""
    digest = hashlib.blake2b(f"{array.dtype.str} {array.shape}".encode(), digest_size=_DIGEST_BYTES)
    digest.update(array.reshape(-1).view(np.uint8).data)
    return digest.hexdigest()
