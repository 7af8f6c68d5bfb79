"""Reading stored results back, one at a time."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TypeVar

from da3studio.pipeline.pack import Packed
from da3studio.project.chunks import ChunkDamagedError, ChunkHeader, ChunkStore

Result = TypeVar("Result")


def read_result(
    chunks: ChunkStore,
    header: ChunkHeader,
    unpack: Callable[[Packed], Result],
    names: Collection[str] | None = None,
) -> Result:
    """A stored result.

    Args:
        chunks: hold it.
        header: of its chunk.
        unpack: makes the result of it.
        names: the arrays that `unpack` needs; `None` = all.

    Raises:
        ChunkDamagedError: it is gone or not what was written.
    """
    try:
        return unpack(Packed(chunks.read(header.key, names), header.meta))
    except (KeyError, ValueError, TypeError) as error:
        raise ChunkDamagedError(header.key, str(error)) from error
