"""Cutting away small pieces that hang apart from the rest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from da3studio.base.i18n import trn
from da3studio.edits.base import Evidence, OnlyPoints, Placeless, check_range
from da3studio.edits.blocks import by_blocks

_ALL = 200_000  # points up to which the spacing is measured on all of them ...
_SAMPLE = 20_000  # ... and else on so many: few enough to be random where the cloud is a grid
_BITS = 21  # of a cell's number along one axis: three fit into 63
_MEDIAN_GAP = 0.47  # of the nearest neighbour among random points of a surface, sqrt(ln 2 / pi)


@dataclass(frozen=True)
class LargestComponents(Placeless, OnlyPoints):
    """Keep the largest connected pieces.

    Points are connected where the cells of a grid that they fall into touch; a cell's side is
    `gap` times the cloud's typical spacing.
    """

    kind: ClassVar[str] = "largest_components"
    title: ClassVar[str] = "Small pieces"

    n_kept: int = 1
    gap: float = 5.0  # in typical spacings of the points

    def __post_init__(self) -> None:
        check_range("number of pieces", self.n_kept, 1, 10_000)
        check_range("gap", self.gap, 1, 1000)

    def removes(self, evidence: Evidence) -> NDArray[np.bool_]:
        xyz = evidence.cloud.xyz
        if len(xyz) < 2:
            return np.zeros(len(xyz), np.bool_)
        piece, sizes = pieces_of(evidence, self.gap)
        kept = np.zeros(len(sizes), np.bool_)
        kept[np.argsort(-sizes, kind="stable")[: self.n_kept]] = True
        return ~kept[piece]

    def detail(self) -> str:
        return trn("keep the largest piece", "keep the {n} largest pieces", self.n_kept)


def pieces_of(evidence: Evidence, gap: float) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """`pieces` of the cloud at a gap in typical spacings; asked again with it, known at once."""
    xyz = evidence.cloud.xyz
    spacing = evidence.once("spacing", None, lambda: typical_spacing(xyz))
    return evidence.once("pieces", gap, lambda: pieces(xyz, gap * spacing))


def typical_spacing(xyz: NDArray[np.float32]) -> float:
    """Side of the square of surface that one of `(N, 3)` points stands for [world units].

    The answer does not depend on the order of the points: those looked at are chosen by where they
    are. A sparse random sample of a surface has neighbours `sqrt(N / n)` times as far apart.
    """
    from scipy.spatial import KDTree

    chosen = xyz if len(xyz) <= _ALL else xyz[_drawn(xyz, _SAMPLE / len(xyz))]
    distances = KDTree(chosen).query(chosen, k=2)[0][:, 1]
    distances = distances[distances > 0]  # the same place twice says nothing
    if not len(distances):
        return float(np.finfo(np.float32).tiny)
    median = float(np.median(distances))
    if len(chosen) == len(xyz):  # fused points are thinned to a grid: this is its pitch
        return median
    return median / _MEDIAN_GAP * float(np.sqrt(len(chosen) / len(xyz)))


def _drawn(xyz: NDArray[np.float32], share: float) -> NDArray[np.bool_]:
    """`(N,)` a fair sample of the points, drawn by a hash of their coordinates."""
    limit = np.uint32(share * 0xFFFFFFFF)

    def drawn(rows: slice) -> NDArray[np.bool_]:
        bits = np.ascontiguousarray(xyz[rows]).view(np.uint32)
        mixed = bits[:, 0] * np.uint32(0x9E3779B1)
        for column, factor in ((1, 0x85EBCA77), (2, 0xC2B2AE3D)):
            mixed ^= mixed >> np.uint32(15)
            mixed += bits[:, column]
            mixed *= np.uint32(factor)
        mixed ^= mixed >> np.uint32(16)
        mixed *= np.uint32(0x27D4EB2F)
        mixed ^= mixed >> np.uint32(15)
        return mixed < limit

    return by_blocks(len(xyz), drawn)


def pieces(xyz: NDArray[np.float32], cell: float) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Sort points into pieces connected through touching cells, corners included.

    Args:
        xyz: `(N, 3)` points, at least one [world units].
        cell: side of a cell [world units].

    Returns:
        `(N,)` the piece of each point, and `(P,)` how many points each piece has. Pieces are
        numbered by their place, not by the order of the points.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    keys = _cell_keys(xyz, cell)
    cells = np.sort(keys)  # np.unique takes ten times as long on millions of integers
    cells = cells[np.concatenate([[True], cells[1:] != cells[:-1]])]
    here, there = [], []
    for step in _half_of_the_neighbours():
        wanted = cells + step
        found = np.searchsorted(cells, wanted)
        found[found == len(cells)] = 0
        touching = np.flatnonzero(cells[found] == wanted)
        here.append(touching)
        there.append(found[touching])
    rows, columns = np.concatenate(here), np.concatenate(there)
    links = coo_array(
        (np.ones(len(rows), np.bool_), (rows, columns)), shape=(len(cells), len(cells))
    )
    piece_of_cell = connected_components(links, directed=False)[1].astype(np.int32)
    piece: NDArray[np.int32] = by_blocks(
        len(xyz), lambda some: piece_of_cell[np.searchsorted(cells, keys[some])], np.int32
    )
    return piece, np.bincount(piece)


def _cell_keys(xyz: NDArray[np.float32], cell: float) -> NDArray[np.int64]:
    """`(N,)` one number a cell; numbers of neighbours differ by `_half_of_the_neighbours`."""
    low = xyz.min(axis=0)
    most = 2**_BITS - 3  # one empty layer at either end: nothing touches around the corner

    def key(rows: slice) -> NDArray[np.int64]:
        place = (xyz[rows] - low).astype(np.float64) / cell
        number = np.minimum(place, most).astype(np.int64) + 1
        keys: NDArray[np.int64] = number @ np.array([1, 1 << _BITS, 1 << 2 * _BITS])
        return keys

    return by_blocks(len(xyz), key, np.int64)


def _half_of_the_neighbours() -> list[int]:
    """Differences of keys to 13 of the 26 neighbours; the others see it the other way round."""
    steps = [
        (z << 2 * _BITS) + (y << _BITS) + x
        for z in (-1, 0, 1)
        for y in (-1, 0, 1)
        for x in (-1, 0, 1)
    ]
    return [step for step in steps if step > 0]
