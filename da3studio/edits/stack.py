"""Which points are left after a list of edits, with everything computed once."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from da3studio.edits.base import Edit, Evidence, ListedEdit

_MASK_BYTES = 128_000_000  # a hundred edits of 10 million points
_KEPT_LISTS = 4  # answers held ready: what undo and redo come back to


@dataclass(frozen=True, eq=False)
class _Removed:
    """What one edit cuts away."""

    packed: NDArray[np.uint8]  # a bit a point
    n: int  # points


class EditStack:
    """The masks of edits over one evidence.

    A mask is stored packed, under the edit's value: moving, switching and undoing need no new ones.
    Any thread may ask; two that ask for the same new mask at once both compute it.

    Args:
        evidence: the cloud, and what edits look at besides.
        mask_bytes: of masks that are not asked for at present and still kept.
    """

    def __init__(self, evidence: Evidence, mask_bytes: int = _MASK_BYTES) -> None:
        self.evidence = evidence
        self._lock = Lock()
        self._removed: OrderedDict[Edit, _Removed] = OrderedDict()
        self._keeps: OrderedDict[frozenset[Edit], NDArray[np.bool_]] = OrderedDict()
        self._most = mask_bytes // max(1, (len(self) + 7) // 8)

    def __len__(self) -> int:
        return len(self.evidence.cloud)

    def removed_by(self, edit: Edit) -> NDArray[np.bool_]:
        """`(N,)` what this edit alone cuts away."""
        return _unpacked(self._known(edit).packed, len(self))

    def put(self, edit: Edit, removed: NDArray[np.bool_]) -> None:
        """Take over what `edit.removes` gave elsewhere, so that it is not computed again."""
        self._put(edit, removed)

    def n_removed_by(self, edit: Edit) -> int | None:
        """How many points it cuts away; `None` = not computed yet."""
        with self._lock:
            known = self._removed.get(edit)
        return None if known is None else known.n

    def keep(self, edits: Sequence[ListedEdit]) -> NDArray[np.bool_]:
        """`(N,)` read-only: what none of the switched-on edits cuts away."""
        wanted = _switched_on(edits)
        with self._lock:
            keep = self._keeps.get(wanted)
            if keep is not None:
                self._keeps.move_to_end(wanted)
                return keep
        removed = np.zeros((len(self) + 7) // 8, np.uint8)
        for edit in wanted:
            removed |= self._known(edit).packed
        keep = _unpacked(~removed, len(self))
        keep.setflags(write=False)
        with self._lock:
            self._keeps[wanted] = keep
            while len(self._keeps) > _KEPT_LISTS:
                self._keeps.popitem(last=False)
            while len(self._removed) > max(self._most, len(wanted)):
                self._removed.popitem(last=False)
        return keep

    def is_ready(self, edits: Sequence[ListedEdit]) -> bool:
        """Whether `keep` would answer at once."""
        wanted = _switched_on(edits)
        with self._lock:
            return wanted in self._keeps or all(edit in self._removed for edit in wanted)

    def _known(self, edit: Edit) -> _Removed:
        with self._lock:
            known = self._removed.get(edit)
            if known is not None:
                self._removed.move_to_end(edit)
                return known
        return self._put(edit, edit.removes(self.evidence))

    def _put(self, edit: Edit, removed: NDArray[np.bool_]) -> _Removed:
        packed = np.packbits(removed, bitorder="little")
        known = _Removed(packed, int(np.count_nonzero(removed)))
        with self._lock:
            self._removed[edit] = known
        return known


def _switched_on(edits: Sequence[ListedEdit]) -> frozenset[Edit]:
    """What decides the answer: the order of edits that only remove does not."""
    return frozenset(listed.edit for listed in edits if listed.on)


def _unpacked(packed: NDArray[np.uint8], n: int) -> NDArray[np.bool_]:
    return np.unpackbits(packed, count=n, bitorder="little").view(np.bool_)
