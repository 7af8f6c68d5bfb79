"""A project whose settings were changed many times does not fill the disk with old results."""

from __future__ import annotations

from da3studio.pipeline.plan import wanted_keys
from da3studio.project.chunks import ChunkHeader, ChunkStore, Collected
from da3studio.project.folder import ProjectFolder

SPARE_BYTES = 2 * 2**30


def collect_old_results(folder: ProjectFolder, spare_bytes: int = SPARE_BYTES) -> Collected:
    """Remove results that neither the project nor an earlier version of it asks for.

    Nothing happens while all results together are small. Only while nobody writes results.

    Args:
        folder: open for writing.
        spare_bytes: how much of them may stay, the newest.

    Raises:
        CannotWrite: the folder is read-only.
    """
    chunks = folder.chunks
    if chunks.size_bytes() <= spare_bytes:
        return Collected(0, 0)
    known = _KnownHeaders(chunks)
    wanted = frozenset[str]().union(*(wanted_keys(one, known) for one in folder.versions()))
    return chunks.collect(wanted, spare_bytes)


class _KnownHeaders(ChunkStore):
    """Reads each header once: the versions of a project share most of their results."""

    def __init__(self, chunks: ChunkStore) -> None:
        super().__init__(chunks.folder)
        self._known: dict[str, ChunkHeader] = {}

    def header(self, key: str) -> ChunkHeader:
        if key not in self._known:
            self._known[key] = super().header(key)
        return self._known[key]
