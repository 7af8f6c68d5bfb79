"""Functions of the reference's mode for long captures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from da3studio.bench.parity.case_files import Meta, Stored
from da3studio.bench.parity.comparison import Compared, compare
from da3studio.bench.parity.comparison import compare_exactly as exactly
from da3studio.bench.parity.reference_streaming import (
    align_weighted,
    align_with_huber,
    chunks_of,
    loop_windows,
)
from da3studio.geometry.similarity import Sim3

_MOST_CHUNKS = 10**5


def streaming(stored: Stored, meta: Meta) -> Iterator[Compared]:
    """Weighted alignments, their accumulation, chunks and loop windows."""
    clouds = stored["src"], stored["tgt"], stored["w"]
    yield from _parts("sim3", align_weighted(*clouds), stored)
    yield from _parts("irls", align_with_huber(*clouds), stored)
    rigid = align_weighted(*clouds, fixed_scale=True)
    yield compare("se3_R", rigid.rotation, stored["se3_R"])
    yield compare("se3_t", rigid.translation, stored["se3_t"])
    links = [
        Sim3(float(s), r, t)
        for s, r, t in zip(stored["seq_s"], stored["seq_R"], stored["seq_t"], strict=True)
    ]
    first_from = links[:1]
    for link in links[1:]:
        first_from.append(first_from[-1] @ link)
    for name, values in _columns(first_from).items():
        yield compare(f"acc_{name}", values, stored[f"acc_{name}"])
    yield from _parts("ab", links[1] @ links[0].inverse(), stored)
    for i, row in enumerate(meta["chunks"]):
        n, size, overlap = (int(row[name]) for name in ("n", "size", "overlap"))
        if not 0 <= overlap < size or n > _MOST_CHUNKS * (size - overlap):
            raise ValueError(f"chunks of {row}")
        yield exactly(f"chunks {i}", chunks_of(n, size, overlap), row["out"])
    loops = meta["loops"]
    ours = loop_windows(loops["chunks"], loops["pairs"], int(loops["half_window"]))
    yield exactly("loops", _flat(ours), _flat(loops["out"]))


def _parts(name: str, found: Sim3, stored: Stored) -> Iterator[Compared]:
    yield compare(f"{name}_s", found.scale, stored[f"{name}_s"])
    yield compare(f"{name}_R", found.rotation, stored[f"{name}_R"])
    yield compare(f"{name}_t", found.translation, stored[f"{name}_t"])


def _columns(found: Sequence[Sim3]) -> dict[str, Any]:
    return {
        "s": [one.scale for one in found],
        "R": np.stack([one.rotation for one in found]),
        "t": np.stack([one.translation for one in found]),
    }


def _flat(windows: Sequence[Sequence[Any]]) -> list[list[int]]:
    """`[chunk, [start, end], chunk, [start, end]]` → six numbers."""
    return [[a, *first, b, *second] for a, first, b, second in windows]
