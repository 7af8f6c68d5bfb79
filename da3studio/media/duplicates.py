"""Photos that show the same picture twice: copies, other sizes, bursts from a tripod."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

_HASH_SIDE, _COEFFICIENTS = 32, 8
_SMALL_SIDE = 64  # [px]
_CONTRAST_FLOOR = 2.0  # [grey levels] keeps the noise of a blank photo from being a picture
_MAX_BITS = 8  # of 64; copies differ in at most 2, neighbouring views of a scene in 12 and more
_MAX_DIFFERENCE = 0.1  # of the contrast; copies reach 0.06, neighbouring views start at 0.41


@dataclass(frozen=True, eq=False)
class Fingerprint:
    """What is kept of a photo to recognise it again."""

    bits: np.uint64  # perceptual hash of the low frequencies
    small: NDArray[np.float32]  # (64, 64) grey, mean 0, contrast 1


def fingerprint(grey: NDArray[np.uint8]) -> Fingerprint:
    """Fingerprint of a `(H, W)` grey photo of any size.

    Source: the DCT hash known as pHash (Zauner 2010): signs of the lowest 8 x 8 cosine
    coefficients against their median.
    """
    tiny = cv2.resize(grey, (_HASH_SIDE, _HASH_SIDE), interpolation=cv2.INTER_AREA)
    low = cv2.dct(tiny.astype(np.float32))[:_COEFFICIENTS, :_COEFFICIENTS].ravel()
    low[0] = 0  # the mean brightness says nothing of the picture
    bits = np.packbits(low > np.median(low)).view(np.uint64)[0]
    small = cv2.resize(grey, (_SMALL_SIDE, _SMALL_SIDE), interpolation=cv2.INTER_AREA)
    centred = small.astype(np.float32) - small.mean(dtype=np.float32)
    return Fingerprint(bits, centred / (centred.std() + np.float32(_CONTRAST_FLOOR)))


def same_picture(a: Fingerprint, b: Fingerprint) -> bool:
    """Whether two photos show the same picture without camera motion between them."""
    if int(a.bits ^ b.bits).bit_count() > _MAX_BITS:
        return False
    return float(np.abs(a.small - b.small).mean()) < _MAX_DIFFERENCE


def groups_of_same(prints: Sequence[Fingerprint]) -> list[list[int]]:
    """Groups of two or more indices, each of one picture, in the order given.

    A photo belongs to the first earlier photo that it equals, so that a slow pan does not become
    one long chain.
    """
    all_bits = np.array([one.bits for one in prints], np.uint64)
    groups: dict[int, list[int]] = {}
    grouped: set[int] = set()
    for i, one in enumerate(prints):
        if i in grouped:
            continue
        later = np.flatnonzero(np.bitwise_count(all_bits[i + 1 :] ^ one.bits) <= _MAX_BITS)
        for j in (int(offset) + i + 1 for offset in later):
            if j not in grouped and same_picture(one, prints[j]):
                groups.setdefault(i, [i]).append(j)
                grouped.add(j)
    return list(groups.values())
