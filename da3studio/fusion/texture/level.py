"""Equal exposure: one gain per photo, then corrections that vanish the seams.

Source: the gains are those of panorama stitching (Brown and Lowe 2007), found from logarithms;
the seams follow Lempitsky and Ivanov 2007 and Waechter et al. 2014.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from da3studio.fusion.texture.adjacency import Adjacency
from da3studio.fusion.texture.observe import Observations
from da3studio.fusion.texture.sampling import linear_from_srgb, sample, srgb_from_linear
from da3studio.fusion.texture.solve import smallest_squares
from da3studio.fusion.unwrap import Charts
from da3studio.geometry.camera import project
from da3studio.scene.mesh import Mesh

_SAMPLED_FACES = 40_000  # enough for the median of every pair of photos
_TRUSTED_LEVELS = (8, 247)  # darker is noise, brighter is clipped
_FEWEST_FACES = 8  # a pair of photos with fewer common faces says nothing
_HOLD_BRIGHTNESS = 0.1  # weight of a photo's own brightness against its common faces'
_HOLD_TINT = 0.5  # and of its own white balance, which cameras change less
_GAIN_LIMIT = 4.0  # two stops either way
_ALONG_SEAM = np.linspace(0, 1, 5)  # where colours are compared on a seam's edge
_SMOOTHNESS = 0.5  # weight of equal corrections at neighbours against equal colours at seams
_HOLD = 1e-3  # weight of no correction: far from seams the photo stays as it is
_LIKELY_STEP = 24.0  # levels; photos that differ much more show different things there


def photo_gains(seen: Observations) -> NDArray[np.float32]:
    """`(P, 3)` factors on each photo's light that make common faces look alike.

    Photos that share no faces with others keep 1. All are held to 1 a little, by the weight of
    their common faces: else the small errors of a long row of photos add up at its end.
    """
    n_views = len(seen.cameras)
    step = max(len(seen.view_idx) // _SAMPLED_FACES, 1)
    view_idx, rgb = seen.view_idx[::step], seen.rgb[::step]
    low, high = _TRUSTED_LEVELS
    usable = (view_idx >= 0) & ((rgb >= low) & (rgb <= high)).all(axis=2)
    log_light = np.log(np.maximum(linear_from_srgb(rgb), 1e-6))
    pairs, ratios = [], []
    for i in range(view_idx.shape[1]):
        for j in range(i):
            both = usable[:, i] & usable[:, j]
            a, b = view_idx[both, i].astype(np.int64), view_idx[both, j].astype(np.int64)
            step_ab = log_light[both, i] - log_light[both, j]
            pairs.append(np.minimum(a, b) * n_views + np.maximum(a, b))
            ratios.append(np.where((a < b)[:, None], step_ab, -step_ab))
    key, ratio = np.concatenate(pairs), np.concatenate(ratios)
    order = np.argsort(key, kind="stable")
    key, ratio = key[order], ratio[order]
    normal, target = np.zeros((n_views, n_views)), np.zeros((n_views, 3))
    found, starts, counts = np.unique(key, return_index=True, return_counts=True)
    for pair, start, count in zip(found, starts, counts, strict=True):
        if count < _FEWEST_FACES:
            continue
        a, b = divmod(int(pair), n_views)
        typical = np.median(ratio[start : start + count], axis=0)
        weight = np.sqrt(count)
        normal[[a, b], [a, b]] += weight
        normal[[a, b], [b, a]] -= weight
        target[a] -= weight * typical
        target[b] += weight * typical
    degree = np.maximum(np.diag(normal), 1e-9)  # 1e-9: photos without common faces keep 1
    brightness = target.mean(axis=1, keepdims=True)
    log_gain = np.linalg.solve(normal + np.diag(_HOLD_BRIGHTNESS * degree), brightness)
    log_gain = log_gain + np.linalg.solve(
        normal + np.diag(_HOLD_TINT * degree), target - brightness
    )
    limit = np.log(_GAIN_LIMIT)
    gains: NDArray[np.float32] = np.exp(np.clip(log_gain, -limit, limit)).astype(np.float32)
    return gains


def gain_table(gain: NDArray[np.float32]) -> NDArray[np.float32]:
    """`(256, 3)` stored value → stored value [0..255] under `(3,)` factors on the light.

    A factor above 1 bends smoothly into white instead of clipping what comes near it: of the
    curves `g x / (1 + (g - 1) x**p)`, which begin with slope g and end in white, the straightest
    that still rises everywhere.
    """
    light = linear_from_srgb(np.arange(256))[:, None]
    more = np.maximum(gain - 1, 1e-3)
    return srgb_from_linear(light * gain / (1 + np.maximum(gain - 1, 0) * light ** (gain / more)))


def anchored(
    gains: NDArray[np.float32], view_idx: NDArray[np.int16], area: NDArray[np.float64]
) -> NDArray[np.float32]:
    """The gains, changed by one factor per channel so that the whole keeps its colour.

    Args:
        gains: `(P, 3)` from `photo_gains`.
        view_idx: `(F,)` the photo each face is painted from, -1 = none.
        area: `(F,)` of the faces.

    Returns:
        `(P, 3)` with a geometric mean of 1 over the painted area.
    """
    painted = np.bincount(view_idx[view_idx >= 0], area[view_idx >= 0], len(gains))
    mean = (painted @ np.log(gains.astype(np.float64))) / max(float(painted.sum()), 1e-30)
    return (gains / np.exp(mean)).astype(np.float32)


def seam_corrections(
    mesh: Mesh,
    edges: Adjacency,
    charts: Charts,
    seen: Observations,
    gains: NDArray[np.float32],
) -> NDArray[np.float32]:
    """What to add to the gain-corrected photos so that colours agree across seams.

    Returns:
        `(F, 3, 3)` per face, corner and channel [levels of 0..255]; 0 on unseen faces.
    """
    node = _corner_nodes(mesh, charts)
    n_nodes = int(node.max()) + 1
    view_of = charts.view_idx[charts.chart]
    sides = charts.chart[edges.faces]
    seam = (sides[:, 0] != sides[:, 1]) & (view_of[edges.faces] >= 0).all(axis=1)
    faces, ends = edges.faces[seam], edges.vertices[seam]
    # (S, 2 sides, 2 ends): the node at each end of a seam's edge, on each side.
    at_end = np.stack([_node_of(mesh, node, faces[:, side, None], ends) for side in (0, 1)], axis=1)
    colour = _seam_colours(mesh, ends, view_of[faces], seen, gains)
    weights = np.stack([1 - _ALONG_SEAM, _ALONG_SEAM])  # (2 ends, T)
    mean = np.einsum("et,sktc->skec", weights / weights.sum(axis=1, keepdims=True), colour)
    step = mean[:, 1] - mean[:, 0]  # (S, 2 ends, 3)
    # Geman-McClure: exposure steps are closed, different contents left alone; a wrong surface
    # would otherwise spread one thing's colour over another.
    trust = (1 + (np.abs(step).max(axis=2) / _LIKELY_STEP) ** 2) ** -2.0

    same_chart = np.concatenate([node[:, [0, 1]], node[:, [1, 2]], node[:, [2, 0]]])
    same_chart = same_chart[np.tile(view_of >= 0, 3)]
    across = at_end.transpose(0, 2, 1).reshape(-1, 2)
    pairs = np.concatenate([across, same_chart])
    # An inner edge comes twice, once from each face.
    weight = np.concatenate([trust.ravel(), np.full(len(same_chart), _SMOOTHNESS / 2)])
    wanted = np.zeros((len(pairs), 3))
    wanted[: len(across)] = step.reshape(-1, 3)
    hold = np.full(n_nodes, _HOLD)
    correction = smallest_squares(pairs, weight, wanted, hold, np.zeros((n_nodes, 3)))
    corrections: NDArray[np.float32] = correction[node].astype(np.float32)
    return corrections


def _corner_nodes(mesh: Mesh, charts: Charts) -> NDArray[np.int64]:
    """Number the vertices of every chart: a vertex on a seam once for each of its charts.

    Returns:
        `(F, 3)` node of each face's corner.
    """
    n_charts = len(charts.view_idx)
    key = mesh.faces.astype(np.int64) * n_charts + charts.chart[:, None]
    node: NDArray[np.int64] = np.unique(key, return_inverse=True)[1].reshape(-1, 3)
    return node


def _node_of(
    mesh: Mesh, node: NDArray[np.int64], face: NDArray[np.int32], vertex: NDArray[np.int32]
) -> NDArray[np.int64]:
    """Node of a vertex in a face that has it; arguments broadcast."""
    face = np.broadcast_to(face, vertex.shape)
    corner = (mesh.faces[face] == vertex[..., None]).argmax(axis=-1)
    nodes: NDArray[np.int64] = node[face, corner]
    return nodes


def _seam_colours(
    mesh: Mesh,
    ends: NDArray[np.int32],
    views: NDArray[np.int16],
    seen: Observations,
    gains: NDArray[np.float32],
) -> NDArray[np.float32]:
    """`(S, 2, T, 3)` colours along seam edges, in the photos of both sides, gain-corrected."""
    start, stop = mesh.vertices[ends[:, 0]], mesh.vertices[ends[:, 1]]
    along = _ALONG_SEAM[:, None].astype(np.float32)
    points = start[:, None] * (1 - along) + stop[:, None] * along
    colour = np.zeros((len(ends), 2, len(_ALONG_SEAM), 3), np.float32)
    for index in range(len(seen.cameras)):
        edge, side = np.nonzero(views == index)
        if len(edge):
            colour[edge, side] = _levelled_sample(seen, index, gains, points[edge])
    return colour


def _levelled_sample(
    seen: Observations, index: int, gains: NDArray[np.float32], points: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Gain-corrected colours [0..255] of `(..., 3)` world points in a view's small copy."""
    small = seen.small[index]
    camera = seen.cameras[index].resized(small.shape[1], small.shape[0])
    pixels = project(points.reshape(-1, 3), camera)
    levelled = np.take_along_axis(gain_table(gains[index]), small.reshape(-1, 3), axis=0)
    return sample(levelled.reshape(small.shape), pixels).reshape(points.shape)
