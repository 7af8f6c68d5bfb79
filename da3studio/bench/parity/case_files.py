"""Stored cases on disk. They come from anywhere: sizes are checked before memory is asked for."""

from __future__ import annotations

import json
import re
import tokenize
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import IO, Any, Literal, cast

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from da3studio.base.errors import BadInput, Missing
from da3studio.base.i18n import tr

Kind = Literal["net", "e2e", "fn"]
Stored = Mapping[str, NDArray[Any]]
Meta = Mapping[str, Any]

_LARGEST_ARRAY_BYTES = 256 * 2**20
_LARGEST_FILE_BYTES = 2**30  # of all arrays together, unpacked
_LARGEST_META_BYTES = 2**20
_MOST_ARRAYS = 1000
_MOST_PIXELS = 64 * 10**6  # of photos that a file asks to be made
_LONGEST_PATTERN, _MOST_QUANTIFIERS = 200, 3
_UNREADABLE = (  # what zip, npy and JSON files raise that are none
    OSError, ValueError, EOFError, RuntimeError, SyntaxError, zipfile.BadZipFile, zlib.error,
    tokenize.TokenError,
)  # fmt: skip
_TEXT = "U"
_NUMBERS = "biuf"


@dataclass(frozen=True, eq=False)
class CaseFile:
    """One stored case."""

    name: str  # of the file, without its suffix
    kind: Kind
    stored: Stored  # everything but `meta`
    meta: Meta

    @property
    def variant(self) -> str:
        """The network that was run; "" = functions alone."""
        case = self.meta.get("case", self.meta)
        return str(case.get("variant", "")) if isinstance(case, dict) else ""


def case_paths(folder: Path) -> list[Path]:
    """The case files of a folder, by name.

    Raises:
        Missing: there is no such folder, or none in it.
    """
    paths = sorted(folder.glob("*.npz")) if folder.is_dir() else []
    if not paths:
        raise Missing(
            tr("{folder} holds no stored cases.").format(folder=folder),
            why=tr("No .npz file was found there."),
            fix=tr("Give the folder with the files net_*.npz, e2e_*.npz and fn_*.npz."),
        )
    return paths


def read_case(path: Path) -> CaseFile:
    """Read a file whole.

    Raises:
        BadInput: it is damaged, not such a file, or claims more than any case needs.
    """
    try:
        stored = _arrays(path)
        meta = json.loads(str(stored.pop("meta")[()]))
        if not isinstance(meta, dict):
            raise ValueError(tr("its meta is not a JSON object"))
        return CaseFile(path.stem, _kind(path.stem, meta), stored, meta)
    except KeyError as error:
        raise _bad(path, ValueError(tr("it has no {name}").format(name=error))) from error
    except _UNREADABLE as error:
        raise _bad(path, error) from error


def check_photos(sizes: list[tuple[int, int]], resolution: int) -> None:
    """Refuse photos that would not fit into memory.

    Args:
        sizes: that a file asks for [px].
        resolution: that they are to be brought to [px].

    Raises:
        ValueError: one of them is empty, or they are too many or too large.
    """
    sides = [side for size in sizes for side in (*size, resolution)]
    pixels = sum(max(width * height, resolution**2) for width, height in sizes)
    if min(sides, default=0) < 1 or max(sides) > _MOST_PIXELS or pixels > _MOST_PIXELS:
        raise ValueError(f"photos of these sizes are not made: {sizes}, to {resolution} px")
    thin = max(max(size) / min(size) for size in sizes)
    if thin * resolution**2 * len(sizes) > _MOST_PIXELS:
        raise ValueError(f"photos of these shapes are not resized: {sizes}, to {resolution} px")


def checked_pattern(pattern: str) -> str:
    """A regular expression of a file, if matching it cannot take long.

    Raises:
        ValueError: it repeats groups, repeats too often or is too long.
    """
    quantifiers = len(re.findall(r"(?<!\\)[*+?{]", pattern))
    if (
        len(pattern) > _LONGEST_PATTERN
        or quantifiers > _MOST_QUANTIFIERS
        or re.search(r"\)[*+?{]", pattern)
    ):
        raise ValueError(f"this pattern is not used: {pattern[:_LONGEST_PATTERN]!r}")
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"this is no pattern: {pattern!r}") from error
    return pattern


def _kind(name: str, meta: Meta) -> Kind:
    """By the beginning of the name, or else by what the file says of itself."""
    prefix = name.partition("_")[0]
    if prefix in ("net", "e2e", "fn"):
        return cast(Kind, prefix)
    if "case" in meta:
        return "net"
    return "e2e" if "sizes_wh" in meta else "fn"


def _arrays(path: Path) -> dict[str, NDArray[Any]]:
    with zipfile.ZipFile(path) as archive:
        entries = archive.infolist()
        if len(entries) > _MOST_ARRAYS:
            raise ValueError(tr("it claims {n} arrays").format(n=len(entries)))
        sizes = [entry.file_size for entry in entries]
        if max(sizes, default=0) > _LARGEST_ARRAY_BYTES or sum(sizes) > _LARGEST_FILE_BYTES:
            raise ValueError(tr("it claims {n} bytes of arrays").format(n=sum(sizes)))
        stored = {}
        for entry in entries:
            with archive.open(entry) as file:
                stored[entry.filename.removesuffix(".npy")] = _array(file, entry)
    return stored


def _array(file: IO[bytes], entry: zipfile.ZipInfo) -> NDArray[Any]:
    """An array whose header claims what is there: numpy would allocate first."""
    version = npy.read_magic(file)
    if version == (1, 0):
        shape, fortran, dtype = npy.read_array_header_1_0(file)
    elif version == (2, 0):
        shape, fortran, dtype = npy.read_array_header_2_0(file)
    else:
        raise ValueError(tr("{name} has an unknown format").format(name=entry.filename))
    kinds = _TEXT if entry.filename == "meta.npy" else _NUMBERS
    if dtype.kind not in kinds or dtype.hasobject:
        raise ValueError(
            tr("{name} holds {dtype}, which is not read").format(name=entry.filename, dtype=dtype)
        )
    n_bytes = prod(shape) * dtype.itemsize
    if n_bytes > entry.file_size or (dtype.kind == _TEXT and n_bytes > _LARGEST_META_BYTES):
        raise ValueError(
            tr("{name} claims the shape {shape}").format(name=entry.filename, shape=shape)
        )
    data = file.read(n_bytes + 1)  # one more, so that the end is reached and its checksum checked
    if len(data) != n_bytes:
        raise ValueError(tr("{name} is cut off or too long").format(name=entry.filename))
    array = np.ndarray(shape, dtype, data, order="F" if fortran else "C")
    return array.copy()


def _bad(path: Path, error: Exception) -> BadInput:
    return BadInput(
        tr("{file} is not a stored case.").format(file=path.name),
        why=tr("Reading it fails: {reason}.").format(reason=error or type(error).__name__),
        fix=tr("Get the file again, or take it out of the folder."),
    )
