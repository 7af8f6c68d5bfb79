"""What a project has delivered already, so that the same command again has nothing to do."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from da3studio.base.atomic import write_bytes_atomic

_FILE = "delivered.json"


@dataclass(frozen=True)
class Ledger:
    """The file in the project folder; losing it costs writing a model once more.

    An entry counts as long as every file of the delivery has the size and date it had when it
    was written, so that a file that was changed or removed is written again.
    """

    folder: Path  # of the project

    def find(self, path: Path, key: str) -> dict[str, Any] | None:
        """What was noted of a delivery, `None` if it has to be made (again).

        Args:
            path: the file asked for.
            key: digest of all that it is made from.
        """
        entry = self._entries().get(str(path.absolute()))
        if not isinstance(entry, dict) or entry.get("key") != key:
            return None
        stamps, facts = entry.get("stamps"), entry.get("facts")
        if not isinstance(stamps, dict) or not isinstance(facts, dict):
            return None
        return facts if all(_stamp(Path(name)) == stamp for name, stamp in stamps.items()) else None

    def note(self, path: Path, key: str, written: Collection[Path], facts: dict[str, Any]) -> None:
        """Remember a delivery.

        Args:
            path: the file asked for.
            key: digest of all that it is made from.
            written: every file or folder of it.
            facts: plain values to find again.

        Raises:
            DiskFull, CannotWrite: the project folder takes no files.
        """
        stamps = {str(one.absolute()): _stamp(one) for one in written}
        entry = {"key": key, "stamps": stamps, "facts": facts}
        entries = {**self._entries(), str(path.absolute()): entry}
        write_bytes_atomic(self.folder / _FILE, json.dumps(entries, indent=1).encode())

    def _entries(self) -> dict[str, Any]:
        try:
            entries = json.loads((self.folder / _FILE).read_bytes())
        except (OSError, ValueError):  # not there, or damaged: then nothing is known
            return {}
        return entries if isinstance(entries, dict) else {}


def _stamp(path: Path) -> list[int]:
    """Size [bytes] and date [ns] of a file, of each file in a folder; empty if it is not there."""
    files = sorted(path.rglob("*")) if path.is_dir() else [path]
    stamp: list[int] = []
    for file in files:
        if file.is_file():
            status = file.stat()
            stamp += [status.st_size, status.st_mtime_ns]
    return stamp
