"""Looks inside the native libraries of a bundle for code that may not be shipped.

What a wheel says of its licence speaks for its own sources. What its makers linked into it shows
only in the compiled file: the configuration that FFmpeg keeps of itself, names of functions,
messages. Every marker below was chosen so that libraries which merely mention or load such code
(OpenCV knows x264 streams, Intel's MKL has FFTW's interface) do not carry it.
"""

from __future__ import annotations

import mmap
import re
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

from building.code_markers import MARKERS, Marker

_HEADS = (b"\x7fELF", b"MZ", b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe")  # Linux, Windows, macOS (2)


@dataclass(frozen=True)
class Finding:
    """One marker seen in one library.

    Args:
        path: of the library, from the scanned folder on, with forward slashes.
        marker: what was looked for.
        seen: the text or name that was met.
    """

    path: str
    marker: Marker
    seen: str


def native_files(folder: Path) -> Iterator[Path]:
    """The programs and libraries of a folder, in order of their names; each once.

    Links are left out: what they lead to lies in the folder under its own name. What a file is
    is read from its first bytes, so that a program without a suffix counts too.
    """
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink():
            with path.open("rb") as file:
                if file.read(4).startswith(_HEADS):
                    yield path


def scan_native_code(folder: Path) -> list[Finding]:
    """Look for all markers in all native files of a folder.

    A library is mapped, not read: the system brings in what the search walks over.

    Returns:
        In order of the files; each marker at most once in a file.
    """
    texts = {text: marker for marker in MARKERS for text in marker.texts}
    pattern = re.compile(b"|".join(map(re.escape, texts)))
    findings = []
    for path in native_files(folder):
        place = path.relative_to(folder).as_posix()
        seen = {
            marker: path.name
            for marker in MARKERS
            if any(fnmatch(path.name.lower(), name) for name in marker.names)
        }
        for text in sorted(_texts_in(path, pattern)):
            seen.setdefault(texts[text], text.decode())
        findings += [Finding(place, marker, what) for marker, what in seen.items()]
    return findings


def _texts_in(path: Path, pattern: re.Pattern[bytes]) -> set[bytes]:
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return {match.group() for match in pattern.finditer(content)}
