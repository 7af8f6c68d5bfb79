"""The network's depth and cameras brought to those of structure from motion.

Which model? The network's depth is right up to one scale per pass, with errors that vary slowly
over a photo. Median error per pixel left on exact scenes whose depth had such errors (2 %, a third
of the photo wide) and half a per cent of noise (0.34 %):

    sparse points, wrong ones    one scale   affine in z   affine in 1/z   smooth scale
       60, none                    1.42 %       1.36 %        1.37 %          0.67 %
      300, none                    1.44         1.34          1.33            0.41
      300, 40 %                    1.44         1.39          1.39            0.45
      300, none, noise only        0.34         0.34          0.34            0.36

Where the error itself is affine in 1/z (3 %) the affine models leave 0.34 %, a smooth scale 0.39,
one scale 0.42; nothing in the network makes such errors. So the scale is smooth where 60 points
agree, else one number.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from da3studio.geometry.arrays import frozen
from da3studio.geometry.camera import Camera, project
from da3studio.geometry.camera_alignment import agreeing_cameras, align_poses
from da3studio.scene.depth import DepthMap
from da3studio.scene.registration import Registration
from da3studio.scene.view import ViewId

_SMOOTH_FROM = 60  # points; from here on a smooth scale loses at most 0.05 % where none is needed
_GRID = (3, 4)  # nodes down and across: the errors meant are a third of the photo wide
_PRIOR = 0.03  # [relative] how far a node's scale usually is from the view's
_PRIOR_STEP = 0.02  # [relative] and from its neighbour's

_CELLS = 3  # down and across: points of one cell share their error and count as one measurement
_UNKNOWN_SPREAD = 0.05  # [relative] assumed, with the weight of two points, before any are seen
_UNKNOWN_POINTS = 2
_LEAST_SPREAD = 1e-5  # [relative] rounding of float32 depth
_LEAST_ERROR = 0.0005  # [relative] of a scale: depth is looked up at whole pixels
_LEAST_BETWEEN = 0.002  # [relative] views of one pass never agree better in scale than this
_CONTRADICTS = 4.0  # [standard deviations]
_CUT = 4.685  # [standard deviations] Tukey's biweight: 95 % efficient on good points
_NEAR = 0.35  # trust of a value three standard deviations off
_ROUNDS = 15  # the weights have settled after about ten

_ERROR_FLOOR_PX = 0.5  # reprojection errors below it say nothing about a point's depth
_LONG_TRACK = 5  # views; a longer track makes a point no better for this purpose
_NEIGHBOURS = 4  # cameras nearest to a lost one that mostly say where it belongs


@dataclass(frozen=True, eq=False)
class SeenPoints:
    """Sparse points that one view saw, where the undistorted photo shows them."""

    xy: NDArray[np.float64]  # (N, 2) [px of the depth map]
    z: NDArray[np.float64]  # (N,) > 0, along the optical axis [world units]
    weight: NDArray[np.float64]  # (N,) > 0

    def __post_init__(self) -> None:
        n = len(self.z)
        for name, shape in (("xy", (n, 2)), ("z", (n,)), ("weight", (n,))):
            object.__setattr__(self, name, frozen(getattr(self, name), shape, np.float64))


@dataclass(frozen=True, eq=False)
class Anchor:
    """What a view's depth is multiplied with to be in world units.

    No point at all gives scale 1 with infinite uncertainty; see `settled`.
    """

    scale: float  # [world units per unit of depth]
    uncertainty: float  # of scale, relative, one standard deviation
    spread: float  # of the agreeing points about the result, relative, one standard deviation
    n_points: int  # that agree
    nodes: NDArray[np.float64]  # (3, 4) log of the scale over the photo, relative to `scale`

    def __post_init__(self) -> None:
        object.__setattr__(self, "nodes", frozen(self.nodes, _GRID, np.float64))

    def apply(self, depth: DepthMap) -> DepthMap:
        """The depth map in world units."""
        factor = self.scale * np.exp(_on_pixels(self.nodes, depth.height, depth.width))
        return DepthMap((depth.z * factor).astype(np.float32), depth.confidence, depth.sky)


def seen_points(
    registration: Registration, sizes: Mapping[ViewId, tuple[int, int]]
) -> Mapping[ViewId, SeenPoints]:
    """What the registered views saw, for depth maps of the given sizes (width, height).

    Points weigh by their reprojection error and the length of their track. Those behind a camera
    or outside the undistorted photo are left out.
    """
    points = registration.points
    track = np.bincount(points.point_idx, minlength=len(points.xyz))
    error = np.maximum(points.error_px.astype(np.float64), _ERROR_FLOOR_PX)
    weight = np.minimum(track, _LONG_TRACK) / error**2
    order = np.argsort(points.view_idx, kind="stable")
    ends = np.searchsorted(points.view_idx[order], np.arange(len(registration.view_ids) + 1))
    found = {}
    for i, view_id in enumerate(registration.view_ids):
        if view_id not in sizes:
            continue
        mine = np.unique(points.point_idx[order[ends[i] : ends[i + 1]]])
        camera = registration.cameras[view_id].pinhole().resized(*sizes[view_id])
        xyz = points.xyz[mine].astype(np.float64)
        xy, z = project(xyz, camera), camera.cam_from_world.apply(xyz)[:, 2]
        inside = np.isfinite(xy).all(axis=1) & (xy >= 0).all(axis=1) & (xy < sizes[view_id]).all(1)
        inside &= np.isfinite(weight[mine]) & (weight[mine] > 0)
        found[view_id] = SeenPoints(xy[inside], z[inside], weight[mine][inside])
    return found


def anchor_depth(depth: DepthMap, seen: SeenPoints, *, smooth: bool = True) -> Anchor:
    """The scale that brings a view's depth to the sparse points it saw; 40 % of them may be wrong.

    Args:
        depth: of the network [its own units].
        seen: from `seen_points`, for this size.
        smooth: let the scale vary over the photo where there are points enough.
    """
    size = np.array([depth.width, depth.height])
    column, row = np.clip(seen.xy.astype(np.intp), 0, size - 1).T
    z = depth.z[row, column].astype(np.float64)
    kept = (z > 0) & ~depth.sky[row, column]
    if not kept.any():
        return Anchor(1.0, np.inf, np.inf, 0, np.zeros(_GRID))
    place = seen.xy[kept] / size
    log_ratio, weight = np.log(seen.z[kept] / z[kept]), seen.weight[kept]
    middle, trust = _robust_mean(log_ratio, weight)
    nodes = np.zeros(_GRID)
    if smooth and np.count_nonzero(trust) >= _SMOOTH_FROM:
        middle, nodes, trust = _smooth_scale(log_ratio, weight, trust, middle, place)
    rest = log_ratio - middle - _basis(place) @ nodes.ravel()
    n_points, spread = int(np.count_nonzero(trust)), _spread(rest, weight * trust)
    uncertainty = _standard_error(rest, weight * trust, spread, place)
    return Anchor(float(np.exp(middle)), uncertainty, spread, n_points, nodes)


def settled(anchors: Mapping[ViewId, Anchor]) -> Mapping[ViewId, Anchor]:
    """The anchors of views that the network saw in one pass, each helped by the others.

    Such views nearly share one scale. Each gets the mean of its own and the median over all,
    weighted by how well it is known and by how much the views differ: a view without points gets
    the median, one with hundreds keeps its own. A view with few points that contradicts the
    others outright has followed a wrong majority and gets the median, too.

    Raises:
        ValueError: no view has any point.
    """
    known = [anchor for anchor in anchors.values() if anchor.n_points]
    if not known:
        raise ValueError("no view sees a sparse point where its depth is measured")
    own = np.log([anchor.scale for anchor in known])
    variance = np.array([anchor.uncertainty for anchor in known]) ** 2
    weight = 1 / (variance + _LEAST_BETWEEN**2)
    median = _weighted_median(own, weight)
    apart = 1.4826 * _weighted_median(np.abs(own - median), weight)
    between = max(apart**2 - float(np.median(variance)), _LEAST_BETWEEN**2)
    result = {}
    for view_id, anchor in anchors.items():
        variance_here = between + anchor.uncertainty**2
        trust = between / variance_here
        away = abs(np.log(anchor.scale) - median)
        if anchor.n_points < _SMOOTH_FROM and away > _CONTRADICTS * np.sqrt(variance_here):
            trust = 0.0
        log_scale = trust * np.log(anchor.scale) + (1 - trust) * median
        uncertainty = float(np.sqrt(between * (1 - trust)))
        result[view_id] = replace(anchor, scale=float(np.exp(log_scale)), uncertainty=uncertainty)
    return result


def place_unregistered(
    known: Mapping[ViewId, Camera], network: Mapping[ViewId, Camera], *, depth_scale: float
) -> Mapping[ViewId, Camera]:
    """Cameras, in the world of `known`, of those views of `network` that `known` lacks.

    Each is moved by the similarity of the cameras that both know, the nearest to it weighing
    most. Cameras on which the two contradict the majority are not listened to.

    Args:
        known: the cameras that registered [world units].
        network: the network's cameras of one pass, in its own world.
        depth_scale: from the anchors [world units per unit of depth]; the scale where the shared
            cameras give none: there is only one, or all stand in one place.

    Raises:
        ValueError: no camera is in both.
    """
    shared = [view_id for view_id in network if view_id in known]
    if not shared:
        raise ValueError("no view is known in both worlds")
    theirs, ours = [network[view_id] for view_id in shared], [known[view_id] for view_id in shared]
    agree = np.flatnonzero(agreeing_cameras(theirs, ours))
    theirs, ours = [theirs[i] for i in agree], [ours[i] for i in agree]
    centres = np.array([camera.centre for camera in theirs])
    placed = {}
    for view_id, camera in network.items():
        if view_id in known:
            continue
        away = np.linalg.norm(centres - camera.centre, axis=1)
        reach = np.sort(away)[min(_NEIGHBOURS, len(away)) - 1]
        weight = 1 / (1 + (away / max(reach, 1e-12)) ** 2) ** 2
        world_from_network = align_poses(theirs, ours, weight, scale_in_one_place=depth_scale)
        placed[view_id] = world_from_network.apply_to_camera(camera)
    return placed


def _robust_mean(
    values: NDArray[np.float64], weight: NDArray[np.float64]
) -> tuple[float, NDArray[np.float64]]:
    """Mean of the majority, and `(N,)` trust in each value, 0 = an outlier.

    Starts in the shortest interval that holds half the weight: with 40 % of the values wrong, all
    to one side, the median would be off by a standard deviation already.
    """
    order = np.argsort(values, kind="stable")
    ordered, total = values[order], np.concatenate([[0.0], np.cumsum(weight[order])])
    last = np.searchsorted(total[1:], total[:-1] + total[-1] / 2 * (1 - 1e-9))
    first = np.flatnonzero(last < len(values))
    lengths = ordered[last[first]] - ordered[first]
    best = first[np.argmin(lengths)]
    middle = float((ordered[best] + ordered[last[best]]) / 2)
    deviation = max(float(lengths.min()) / 2 / 0.6745, _LEAST_SPREAD)
    trust = np.ones(len(values))
    for _ in range(_ROUNDS):
        trust = _biweight((values - middle) / deviation)
        middle = float((weight * trust) @ values / (weight @ trust))
        deviation = _deviation(values - middle, weight, trust)
    return middle, trust


def _smooth_scale(
    log_ratio: NDArray[np.float64],
    weight: NDArray[np.float64],
    trust: NDArray[np.float64],
    middle: float,
    place: NDArray[np.float64],
) -> tuple[float, NDArray[np.float64], NDArray[np.float64]]:
    """Mean, nodes about it and trust, by robust least squares with the priors above."""
    basis, prior = _basis(place), _prior()
    relative = weight / np.median(weight)
    nodes = np.zeros(basis.shape[1])
    for _ in range(_ROUNDS):
        rest = log_ratio - middle - basis @ nodes
        deviation = _deviation(rest, weight, trust)
        trust = _biweight(rest / deviation)
        gain = relative * trust / max(deviation, _LEAST_BETWEEN) ** 2
        normal = (basis * gain[:, None]).T @ basis + prior
        target = basis.T @ (gain * (log_ratio - middle))
        nodes = np.asarray(np.linalg.solve(normal, target), np.float64)
        middle += float(nodes.mean())
        nodes -= nodes.mean()
    return middle, nodes.reshape(_GRID), trust


def _basis(place: NDArray[np.float64]) -> NDArray[np.float64]:
    """`(N, 12)` bilinear weights of the nodes at `(N, 2)` places, x and y in 0...1."""
    down, across = _hats(place[:, 1], _GRID[0]), _hats(place[:, 0], _GRID[1])
    both: NDArray[np.float64] = np.einsum("nd,na->nda", down, across)
    return both.reshape(len(place), -1)


def _on_pixels(nodes: NDArray[np.float64], height: int, width: int) -> NDArray[np.float64]:
    """`(height, width)` values of the nodes at the pixels' centres."""
    down = _hats((np.arange(height) + 0.5) / height, _GRID[0])
    across = _hats((np.arange(width) + 0.5) / width, _GRID[1])
    values: NDArray[np.float64] = down @ nodes @ across.T
    return values


def _hats(at: NDArray[np.float64], n: int) -> NDArray[np.float64]:
    """`(N, n)` linear interpolation between nodes in the middles of n equal parts of 0...1."""
    position = np.clip(at * n - 0.5, 0, n - 1)
    weights: NDArray[np.float64] = np.clip(1 - np.abs(position[:, None] - np.arange(n)), 0, None)
    return weights


def _prior() -> NDArray[np.float64]:
    """`(12, 12)` information on the nodes: near 0, and near their neighbours."""
    n = _GRID[0] * _GRID[1]
    index = np.arange(n).reshape(_GRID)
    steps = [index[:, :-1].ravel(), index[:, 1:].ravel(), index[:-1].ravel(), index[1:].ravel()]
    one, other = np.concatenate(steps[::2]), np.concatenate(steps[1::2])
    difference = np.eye(n)[one] - np.eye(n)[other]
    return np.eye(n) / _PRIOR**2 + difference.T @ difference / _PRIOR_STEP**2


def _biweight(deviations: NDArray[np.float64]) -> NDArray[np.float64]:
    weight: NDArray[np.float64] = np.clip(1 - (deviations / _CUT) ** 2, 0, None) ** 2
    return weight


def _deviation(
    rest: NDArray[np.float64], weight: NDArray[np.float64], trust: NDArray[np.float64]
) -> float:
    """Robust standard deviation of the residuals, of those that are trusted."""
    near = trust > _NEAR
    return max(1.4826 * _weighted_median(np.abs(rest[near]), weight[near]), _LEAST_SPREAD)


def _weighted_median(values: NDArray[np.float64], weight: NDArray[np.float64]) -> float:
    order = np.argsort(values)
    total = np.cumsum(weight[order])
    return float(values[order[np.searchsorted(total, total[-1] / 2)]])


def _spread(rest: NDArray[np.float64], weight: NDArray[np.float64]) -> float:
    """Standard deviation of the residuals; of few, mostly the one assumed beforehand."""
    n = np.count_nonzero(weight)
    seen = n * float(weight @ rest**2 / weight.sum())
    return float(np.sqrt((seen + _UNKNOWN_POINTS * _UNKNOWN_SPREAD**2) / (n + _UNKNOWN_POINTS)))


def _standard_error(
    rest: NDArray[np.float64],
    weight: NDArray[np.float64],
    spread: float,
    place: NDArray[np.float64],
) -> float:
    """Of the weighted mean; neighbouring points err together, so the larger of two estimates.

    Source: Liang and Zeger 1986, the variance of a mean of clusters.
    """
    share = weight / weight.sum()
    alone = spread * float(np.sqrt(share @ share))
    row, column = np.minimum((place * _CELLS).astype(np.intp), _CELLS - 1).T[::-1]
    cell = row * _CELLS + column
    n_cells = len(np.unique(cell[weight > 0]))
    together = spread / float(np.sqrt(n_cells))
    if n_cells >= 3:
        sums = np.bincount(cell, share * rest)
        together = float(np.sqrt(n_cells / (n_cells - 1) * (sums @ sums)))
    return float(np.hypot(max(alone, together), _LEAST_ERROR))
