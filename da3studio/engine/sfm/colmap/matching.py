"""Which photos to compare, and comparing them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pycolmap
from numpy.typing import NDArray

from da3studio.base.i18n import tr
from da3studio.base.progress import Progress, Report

_EXHAUSTIVE_UP_TO = 60  # photos: 1,770 pairs, two to four minutes on two cores
_NEIGHBOURS = 8  # photos before and after, in the order given
_SIMILAR = 16  # most similar photos to compare beside the neighbours
_BLOCK_PAIRS = 24  # between two words about progress

_SAMPLE_PER_PHOTO = 256

Learn = Callable[[NDArray[np.float32], int], NDArray[np.float32]]
"""A sample of `(N, 128)` descriptors and a seed → `(K, 128)` centres of them."""


def choose_pairs(
    database: Any, n_views: int, learn: Learn, *, seed: int
) -> tuple[tuple[int, int], ...]:
    """Pairs of view indices worth matching, i < j.

    All pairs of a small set; in a long one each photo's neighbours in the order given and the
    photos that look most alike (`describe_photos`), so that loops close.
    """
    if n_views <= _EXHAUSTIVE_UP_TO:
        return tuple(combinations(range(n_views), 2))
    pairs = {
        (i, j) for i in range(n_views) for j in range(i + 1, min(i + 1 + _NEIGHBOURS, n_views))
    }
    photos = describe_photos(database, n_views, learn, seed=seed)
    likeness = photos @ photos.T
    np.fill_diagonal(likeness, -np.inf)
    for i, row in enumerate(np.argpartition(-likeness, _SIMILAR, axis=1)[:, :_SIMILAR]):
        pairs.update((min(i, int(j)), max(i, int(j))) for j in row)
    return tuple(sorted(pairs))


def describe_photos(database: Any, n_views: int, learn: Learn, *, seed: int) -> NDArray[np.float32]:
    """One unit vector per photo, made from its own SIFT features; alike photos, close vectors.

    No vocabulary has to be downloaded: the codebook is learnt from these photos.

    Returns:
        `(n_views, D)`; the zero vector for a photo without features.

    Source: VLAD with intra-normalisation, Arandjelovic and Zisserman 2013.
    """
    rng = np.random.default_rng(seed)
    sample = [
        rows[rng.permutation(len(rows))[:_SAMPLE_PER_PHOTO]]
        for idx in range(n_views)
        if len(rows := _descriptors(database, idx))
    ]
    if not sample:
        return np.zeros((n_views, 1), np.float32)
    centres = learn(np.concatenate(sample), seed)
    vectors = np.zeros((n_views, centres.size), np.float32)
    for idx in range(n_views):
        rows = _descriptors(database, idx)
        nearest = np.argmax(rows @ centres.T - 0.5 * (centres**2).sum(axis=1), axis=1)
        residuals = np.zeros_like(centres)
        np.add.at(residuals, nearest, rows - centres[nearest])
        residuals /= np.maximum(np.linalg.norm(residuals, axis=1, keepdims=True), 1e-9)
        vectors[idx] = residuals.ravel()
    vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    return vectors


def forget_pairs(database: Any, pairs: Sequence[tuple[int, int]]) -> None:
    """Remove the matches of these pairs, so that they are matched anew."""
    for i, j in pairs:
        if database.exists_matches(i + 1, j + 1):
            database.delete_matches(i + 1, j + 1)
        if database.exists_two_view_geometry(i + 1, j + 1):
            database.delete_two_view_geometry(i + 1, j + 1)


def _descriptors(database: Any, view_idx: int) -> NDArray[np.float32]:
    rows: NDArray[np.float32] = database.read_descriptors(view_idx + 1).data.astype(np.float32)
    rows /= 512  # pycolmap stores unit vectors as bytes, 512 = 1
    return rows


def match_pairs(
    database_path: Path,
    names: Sequence[str],
    pairs: Sequence[tuple[int, int]],
    *,
    seed: int,
    guided: bool = False,
    report: Report,
) -> None:
    """Match and geometrically verify the pairs; those already in the database are skipped.

    `guided` looks a second time along epipolar lines: slow, but it helps views with few matches.
    """
    matching = pycolmap.FeatureMatchingOptions()
    matching.use_gpu = False
    matching.guided_matching = guided
    verification = pycolmap.TwoViewGeometryOptions()
    verification.ransac.random_seed = seed
    listing = database_path.with_suffix(".pairs")
    for start in range(0, len(pairs), _BLOCK_PAIRS):
        report(Progress(tr("Comparing photos"), start, len(pairs)))
        block = pairs[start : start + _BLOCK_PAIRS]
        listing.write_text("".join(f"{names[i]} {names[j]}\n" for i, j in block))
        pairing = pycolmap.ImportedPairingOptions(match_list_path=listing)
        pycolmap.match_image_pairs(
            database_path, matching, pairing, verification, pycolmap.Device.cpu
        )
    report(Progress(tr("Comparing photos"), len(pairs), len(pairs)))
