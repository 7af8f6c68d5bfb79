"""How well the backbone's own descriptors recognise places, on real photos."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from da3studio.base.cancel import CancelToken
from da3studio.bench.markdown import number, table
from da3studio.bench.pages import Made, head
from da3studio.bench.photo_sets import PhotoSet
from da3studio.media.image import read_image
from da3studio.model.network import DA3
from da3studio.model.preprocess import Fit, fit, normalised

_SHARED_POINTS = 15  # of the reference model, from which on two photos show the same place

_TEXT = """
Each photo is described by the mean and the spread of its patches just before the views meet in
the network, so without looking at any other photo and without a further download.

- **own set**: share of photos whose most similar photo, among all photos of all sets, is of the
  same set.
- **precision**: average precision of ranking the pairs within a set by similarity, where a pair is
  right if the reference model has {n} or more points that both photos saw. **By chance**: the
  share of such pairs, which any order would have.
"""


@dataclass(frozen=True, eq=False)
class Described:
    """One set's photos."""

    name: str
    descriptors: NDArray[np.float32]  # (n, D)
    shares: NDArray[np.bool_]  # (n, n) whether two photos show the same place


def describe(network: DA3, resolution: int, photo_set: PhotoSet, token: CancelToken) -> Described:
    """Let the network look at each photo of a set that has a reference, alone."""
    import pycolmap
    import torch

    model = pycolmap.Reconstruction(str(photo_set.reference_folder))
    rows: list[NDArray[np.float32]] = []
    points: list[set[int]] = []
    for image in sorted(model.images.values(), key=lambda image: image.name):
        token.check()
        photo = read_image(photo_set.folder / "images" / image.name)
        with torch.inference_mode():
            output = network([normalised(fit(photo, Fit(resolution)).image)])
        rows.append(output.descriptors[0].float().numpy())
        points.append({point.point3D_id for point in image.points2D if point.has_point3D()})
    shares = np.array([[len(a & b) >= _SHARED_POINTS for b in points] for a in points])
    return Described(photo_set.name, np.stack(rows), shares)


def retrieval_page(sets: Sequence[Described], network: str, made: Made) -> str:
    """The page as Markdown."""
    own = _own_set(sets)
    rows = []
    for one in sets:
        pairs = np.triu_indices(len(one.descriptors), 1)
        right = one.shares[pairs]
        precision = average_precision(_likeness(one.descriptors)[pairs], right)
        rows.append(
            (
                one.name,
                str(len(one.descriptors)),
                f"{own[one.name]:.0%}",
                number(precision, 2),
                number(float(right.mean()), 2),
            )
        )
    return "\n".join(
        [
            head("Recognising places", made),
            f"- Network: {network}",
            _TEXT.format(n=_SHARED_POINTS),
            table(("set", "photos", "own set", "precision", "by chance"), rows),
            "",
        ]
    )


def average_precision(likeness: NDArray[np.float64], right: NDArray[np.bool_]) -> float:
    """Mean, over the right ones, of the share of right ones among those at least as alike."""
    ordered = right[np.argsort(-likeness, kind="stable")]
    precision = np.cumsum(ordered) / np.arange(1, len(ordered) + 1)
    return float(precision[ordered].mean())


def _own_set(sets: Sequence[Described]) -> Mapping[str, float]:
    names = np.concatenate([[one.name] * len(one.descriptors) for one in sets])
    likeness = _likeness(np.concatenate([one.descriptors for one in sets]))
    np.fill_diagonal(likeness, -np.inf)
    hit = names[likeness.argmax(axis=1)] == names
    return {one.name: float(hit[names == one.name].mean()) for one in sets}


def _likeness(descriptors: NDArray[np.float32]) -> NDArray[np.float64]:
    """Cosines after the part that all have in common is taken away, as loops are looked for."""
    own = descriptors.astype(np.float64) - descriptors.mean(axis=0)
    own /= np.linalg.norm(own, axis=1, keepdims=True)
    cosines: NDArray[np.float64] = own @ own.T
    return cosines
