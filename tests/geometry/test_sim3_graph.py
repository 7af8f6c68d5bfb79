"""Graphs of similarities, on nodes that are known."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from da3studio.geometry.rigid import angle_between
from da3studio.geometry.sim3_graph import Sim3Edge, anchors_of, chi_squares, optimise
from da3studio.geometry.similarity import Sim3

CHAIN = 12
SEEN = np.random.default_rng(3).normal((0, 0, 3), (1, 1, 0.5), (500, 3))
ANCHORS = anchors_of(SEEN, np.ones(500))


def ring(n: int = CHAIN) -> list[Sim3]:
    """Nodes on a circle that look outward, each in a unit of its own."""
    return [
        Sim3(
            1.3 ** (k % 5 - 2),
            Rotation.from_euler("xyz", (0.1, 6.283 * k / n, 0.05 * k)).as_matrix(),
            np.array([5 * np.sin(6.283 * k / n), 0.1 * k, 5 * np.cos(6.283 * k / n)]),
        )
        for k in range(n)
    ]


def measured(
    nodes: Sequence[Sim3], a: int, b: int, noise: Sim3 | None = None, *, doubtful: bool = False
) -> Sim3Edge:
    """The edge that the nodes imply, with an error in the frame of b."""
    a_from_b = nodes[a].inverse() @ nodes[b]
    tolerance = 0.03 * a_from_b.scale
    wrong = a_from_b if noise is None else a_from_b @ noise
    return Sim3Edge(a, b, wrong, ANCHORS, tolerance, doubtful=doubtful)


def small(seed: int, size: float = 0.01) -> Sim3:
    rng = np.random.default_rng(seed)
    turn = Rotation.from_rotvec(rng.normal(0, size, 3)).as_matrix()
    return Sim3(float(np.exp(rng.normal(0, size))), turn, rng.normal(0, size, 3))


def worst_error(found: Sequence[Sim3], true: Sequence[Sim3]) -> float:
    """Of the anchors of any node [world units]."""
    return max(
        float(np.abs(one.apply(ANCHORS) - other.apply(ANCHORS)).max())
        for one, other in zip(found, true, strict=True)
    )


def along(edges: Sequence[Sim3Edge], first: Sim3) -> list[Sim3]:
    nodes = [first]
    for edge in edges:
        nodes.append(nodes[-1] @ edge.a_from_b)
    return nodes


def test_that_anchors_have_the_mean_and_the_covariance_of_what_they_stand_for():
    rng = np.random.default_rng(0)
    points, weights = rng.normal((1, 2, 3), (3, 2, 0.1), (300, 3)), rng.random(300)
    anchors = anchors_of(points, weights)

    np.testing.assert_allclose(anchors.mean(axis=0), weights @ points / weights.sum())
    np.testing.assert_allclose(
        np.cov(anchors.T, bias=True), np.cov(points.T, aweights=weights, bias=True), atol=1e-12
    )


def test_that_exact_edges_are_met_exactly_from_a_rough_start():
    true = ring()
    edges = [measured(true, k, k + 1) for k in range(CHAIN - 1)] + [measured(true, 0, CHAIN - 1)]
    rough = [true[0], *(node @ small(k, 0.2) for k, node in enumerate(true[1:]))]
    found = optimise(rough, edges)

    assert worst_error(rough, true) > 0.5
    assert worst_error(found, true) < 1e-6
    assert found[0].scale == true[0].scale  # the first one stays


def test_that_closing_a_ring_takes_out_most_of_a_drift_of_scale_and_heading():
    true = ring()
    drift = Sim3(1.02, Rotation.from_rotvec((0, 0.02, 0)).as_matrix(), np.zeros(3))
    edges = [measured(true, k, k + 1, drift) for k in range(CHAIN - 1)]
    start = along(edges, true[0])
    closed = optimise(start, [*edges, measured(true, 0, CHAIN - 1)])

    assert worst_error(start, true) > 1.0
    assert worst_error(closed[-1:], true[-1:]) < 0.15 * worst_error(start[-1:], true[-1:])
    assert worst_error(closed, true) < 0.5 * worst_error(start, true)


def test_that_a_false_edge_among_true_ones_is_outvoted():
    true = ring()
    edges = [measured(true, k, k + 1, small(k)) for k in range(CHAIN - 1)]
    loops = [measured(true, k, k + 6, small(50 + k), doubtful=True) for k in range(4)]
    false = Sim3Edge(1, 8, Sim3(1.0, np.eye(3), np.zeros(3)), ANCHORS, 0.03, doubtful=True)
    start = along(edges, true[0])
    without = optimise(start, [*edges, *loops])
    with_false = optimise(start, [*edges, *loops, false])

    assert worst_error(with_false, without) < 0.02
    assert worst_error(with_false, true) < 0.25


def test_that_a_false_candidate_surprises_a_hundred_times_more_than_a_true_one():
    true = ring()
    edges = [measured(true, k, k + 1, small(k)) for k in range(CHAIN - 1)]
    nodes = optimise(along(edges, true[0]), edges)
    candidates = [
        measured(true, 0, CHAIN - 1, doubtful=True),
        Sim3Edge(1, 8, Sim3(1.0, np.eye(3), np.zeros(3)), ANCHORS, 0.03, doubtful=True),
    ]
    true_one, false_one = chi_squares(nodes, edges, candidates)

    assert true_one < 14  # twice the seven that are expected
    assert false_one > 100 * true_one


def test_that_the_number_of_units_in_a_node_does_not_matter():
    """The same graph with every window in other units has the same solution."""
    true = ring()
    edges = [measured(true, k, k + 1, small(k)) for k in range(CHAIN - 1)]
    edges.append(measured(true, 0, CHAIN - 1))
    found = optimise(along(edges[:-1], true[0]), edges)
    units = [Sim3(1.0 if k == 0 else 10.0 ** (k % 3), np.eye(3), np.zeros(3)) for k in range(CHAIN)]
    other = [
        Sim3Edge(
            edge.a, edge.b, units[edge.a] @ edge.a_from_b @ units[edge.b].inverse(),
            units[edge.b].apply(edge.anchors), edge.tolerance * units[edge.a].scale,
        )
        for edge in edges
    ]  # fmt: skip
    again = optimise(along(other[:-1], true[0]), other)

    for node, same, unit in zip(found, again, units, strict=True):
        np.testing.assert_allclose((same @ unit).apply(ANCHORS), node.apply(ANCHORS), atol=1e-5)
        assert angle_between(same.rotation, node.rotation) < 1e-6


def test_that_one_node_stays_as_it_is():
    (node,) = optimise(ring(1), [])
    assert node.scale == ring(1)[0].scale


def test_that_an_edge_without_tolerance_is_refused():
    with pytest.raises(ValueError, match="positive tolerance"):
        Sim3Edge(0, 1, ring()[0], ANCHORS, 0.0)
