"""Which package of the build computer a library came from, and what its copyright file says."""

from __future__ import annotations

import platform
import shutil
import subprocess
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

_DOCUMENTS = Path("/usr/share/doc")


@dataclass(frozen=True)
class DebianPackage:
    """An installed package of Debian or of a system made from it."""

    name: str
    version: str
    copyright: str

    @property
    def purl(self) -> str:
        system = platform.freedesktop_os_release()["ID"]
        return f"pkg:deb/{system}/{self.name}@{self.version}"


def packages_of(libraries: Collection[str]) -> dict[str, DebianPackage]:
    """The packages that libraries come from.

    Args:
        libraries: file names, as `libX11.so.6`.

    Returns:
        By file name; without those that no installed package has. Empty on other systems.
    """
    if not libraries or shutil.which("dpkg") is None:
        return {}
    patterns = [f"*/{name}" for name in libraries]
    ran = subprocess.run(["dpkg", "-S", *patterns], capture_output=True, text=True)
    owners: dict[str, str] = {}
    for line in ran.stdout.splitlines():  # "libx11-6:amd64: /usr/lib/…/libX11.so.6"
        owner, _, path = line.rpartition(": ")
        owners.setdefault(Path(path).name, owner.split(",")[0].split(":")[0])
    return {name: _package(owner) for name, owner in owners.items() if name in set(libraries)}


def _package(name: str) -> DebianPackage:
    asked = ["dpkg-query", "--show", "--showformat=${Version}\n", name]
    ran = subprocess.run(asked, capture_output=True, text=True, check=True)
    text = _DOCUMENTS / name / "copyright"
    return DebianPackage(
        name=name,
        version=ran.stdout.split()[0],  # of several architectures the first
        copyright=text.read_text("utf-8", errors="replace") if text.is_file() else "",
    )
