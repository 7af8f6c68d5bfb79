"""Holes of a measured depth map, filled with the network's depth of the same photo.

Photogrammetry is right where there is texture and has nothing where there is none. The network has
depth everywhere, off by a factor that varies slowly over the photo (see `anchor`). So the factor
is taken where both have depth and continued over the holes.

Where only one photo looks, photogrammetry matches by chance, and a factor fitted to chance is worse
than a hole: so the measured pixels around have to be sure, and agree. Precision and recall of the
mesh at 1 % with da3-mini at 336 px, fuse tolerance 0.01 for room_hololens:

                        room_hololens, normal    table of the sample, draft
    photogrammetry           35.4   77.0              96.5   83.3
    all that fits smoothly   29.5   83.2              95.5   84.5
    and where half is sure   35.0   79.9              96.3   83.6
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from da3studio.scene.depth import DepthMap

_EDGE = 0.07  # [relative] range of depth over 3 x 3 pixels of the network that is more than a slope
# Coarse to fine [photo's longer side], and the longer side on which it is smoothed [px]. Measured
# depth that was hidden came back 2.4 and 1.8 % off (median, room_hololens and object_buddha13) with
# the finest left out, 2.2 and 1.6 % with it.
_REACH = (0.25, 0.12, 0.06, 0.03, 0.015, 0.008)
_ENOUGH = 0.05  # share of the surroundings that is measured, from where on a finer reach is right
_LEAST = 0.05  # the same for the coarsest reach: with less around it, nothing is filled
_SMOOTHING_PX = 160
_WILD = 0.3  # [relative] farther from the median factor the two saw different things
_OUTLIER = 3.0  # [standard deviations] from the factor around
_NEVER_OUTLIER = 0.05  # [relative] the network errs by as much, and the factor is to follow it
# [relative] mean distance from the factor around. Of measured depth that was hidden, 85 to 90 % is
# filled, the worst tenth off by over 8 % (room_hololens) and 5 % (object_buddha13); without a limit
# 97 %, the worst tenth off by over 12 and 14 %.
_DOUBT = 0.05
_SURE = 0.5  # confidence (NCC) of a measurement that may say how far off the network is
_SHARE = 0.5  # of the measured pixels around that have to be sure and agree
_LOW = 0.5  # confidence, in units of the least that was measured


def filled(measured: DepthMap, network: DepthMap) -> DepthMap:
    """A depth map whose holes hold the network's depth, fitted to what was measured around them.

    Nothing is filled

    - in the sky, at the network's depth edges, and where the network has no depth;
    - where under a twentieth around it (within a Gaussian of a quarter of the photo) is measured:
      the network's error varies over a third of a photo, so farther away the factor is a guess;
    - where the two differ around it by more than a smooth factor;
    - where under half of what is measured around it is sure and agrees with that factor.

    A map with nothing sure comes back as it is.

    Args:
        measured: `(H, W)` [world units]; its confidence is an NCC, see `measure_depth`.
        network: of the same photo, in any size, scaled to about the same units.

    Returns:
        `(H, W)` [world units]; what was measured is the same bit for bit. What was filled has half
        the least confidence of what was measured, so that any threshold removes it first.
    """
    known = measured.z > 0
    guess, usable = _resized(network, measured.width, measured.height)
    both = known & usable
    sure = both & (measured.confidence >= _SURE)
    if not sure.any():
        return measured
    log_ratio = np.zeros(known.shape, np.float32)
    log_ratio[both] = np.log(measured.z[both] / guess[both])
    agreeing = _agreeing(log_ratio, sure)
    log_factor, surroundings = _continued(log_ratio, agreeing)
    off = np.minimum(np.abs(log_ratio - log_factor), np.float32(_WILD))
    doubt, _ = _continued(off, both)
    share, _ = _continued(agreeing.astype(np.float32), known)
    trusted = (surroundings >= _LEAST) & (doubt < _DOUBT) & (share >= _SHARE)
    hole = ~known & ~measured.sky & usable & trusted
    z = np.where(hole, guess * np.exp(log_factor), measured.z)
    confidence = np.where(hole, _LOW * measured.confidence[known].min(), measured.confidence)
    return DepthMap(z.astype(np.float32), confidence.astype(np.float32), measured.sky)


def _resized(
    network: DepthMap, width: int, height: int
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Depth in another size, and where it is of one surface."""
    import cv2

    # Where there is no depth the logarithm falls steeply, so that its border counts as an edge.
    logarithm = np.log(np.maximum(network.z, np.float32(1e-30)))
    around = np.ones((3, 3), np.uint8)
    edge = cv2.dilate(logarithm, around) - cv2.erode(logarithm, around) > _EDGE
    good = ((network.z > 0) & ~network.sky & ~edge).astype(np.float32)
    z, all_good = (cv2.resize(image, (width, height)) for image in (network.z, good))
    return np.asarray(z, np.float32), np.asarray(all_good > 1 - 1e-3) & (z > 0)


def _agreeing(log_ratio: NDArray[np.float32], both: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Pixels that are no outliers among those around them.

    Around, not in the photo: where the network has a whole chair too near, the factor follows it.
    """
    tame = both & (np.abs(log_ratio - np.median(log_ratio[both])) < _WILD)
    if not tame.any():
        return np.asarray(tame)
    off = np.abs(log_ratio - _continued(log_ratio, tame)[0])
    limit = max(_OUTLIER * 1.4826 * float(np.median(off[tame])), _NEVER_OUTLIER)
    return np.asarray(tame & (off < limit))


def _continued(
    values: NDArray[np.float32], known: NDArray[np.bool_]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Values smoothed and continued over all pixels, as finely as enough of them are known.

    Returns:
        The values, and how much is known within the coarsest reach (0 to 1); `(H, W)` each.

    Source: normalised convolution, Knutsson and Westin 1993.
    """
    import cv2

    height, width = known.shape
    scale = min(1.0, _SMOOTHING_PX / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    weight = cv2.resize(known.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    total = cv2.resize(np.where(known, values, np.float32(0)), size, interpolation=cv2.INTER_AREA)
    smooth, coarsest = np.zeros_like(weight), np.zeros_like(weight)
    for k, share in enumerate(_REACH):
        sigma = share * max(size)
        near = cv2.GaussianBlur(weight, (0, 0), sigma)
        mean = cv2.GaussianBlur(total, (0, 0), sigma) / np.maximum(near, np.float32(1e-6))
        if k == 0:
            smooth, coarsest = mean, near
        smooth = smooth + np.clip(near / _ENOUGH, 0, 1) * (mean - smooth)
    large = (cv2.resize(image, (width, height)) for image in (smooth, coarsest))
    smooth, coarsest = (np.asarray(image, np.float32) for image in large)
    return smooth, coarsest
