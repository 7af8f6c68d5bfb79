"""Many worlds and measured similarities between them: where all of them are in one world.

What was measured between two worlds is kept as six anchors, points with the mean and the
covariance of those that the similarity was fitted to. How far two estimates disagree about the
anchors is how far they disagree about all the points, in every direction and with every
correlation between turn, shift and scale; so there is nothing to weigh by hand.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix, diags
from scipy.sparse.linalg import splu

from da3studio.geometry.arrays import frozen
from da3studio.geometry.similarity import Sim3

DEGREES_OF_FREEDOM = 7  # of a similarity: three of turn, three of shift, one of scale
_ANCHORS = 6
_ROUNDS = 50
_SETTLED = 1e-9  # relative change of the cost
_FIRST_DAMPING, _MOST_DAMPING = 1e-6, 1e6
_DOUBTED_FROM = 3.0 * DEGREES_OF_FREEDOM  # chi-square from which a doubtful edge loses its say

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Sim3Edge:
    """A measured `a_from_b` between two nodes."""

    a: int
    b: int
    a_from_b: Sim3
    anchors: Array  # (6, 3) what it was measured on [units of b]
    tolerance: float  # standard deviation of an anchor's place, in each direction [units of a]
    doubtful: bool = False  # may be wrong altogether: the less it fits, the less it counts

    def __post_init__(self) -> None:
        object.__setattr__(self, "anchors", frozen(self.anchors, (_ANCHORS, 3), np.float64))
        if not self.tolerance > 0:
            raise ValueError(f"an edge needs a positive tolerance, got {self.tolerance}")


def anchors_of(points: Array, weights: Array) -> Array:
    """`(6, 3)` points with the mean and the covariance of weighted `(N, 3)` points."""
    share = weights / weights.sum()
    mean = share @ points
    variances, axes = np.linalg.eigh(((points - mean) * share[:, None]).T @ (points - mean))
    arms = np.sqrt(3 * np.maximum(variances, 0)) * axes  # as columns; 3 of the 6 lie on each side
    return np.concatenate([mean + arms.T, mean - arms.T])


def optimise(nodes: Sequence[Sim3], edges: Sequence[Sim3Edge]) -> tuple[Sim3, ...]:
    """The `world_from_node` of all nodes that fit the edges best; the first one stays.

    Doubtful edges are believed first, as a true one may be far off where a chain has drifted; only
    then those lose their say that still contradict the others.

    Args:
        nodes: a fair guess.
        edges: they connect all nodes.

    Source: Levenberg-Marquardt on the manifold, as in Strasdat, Montiel and Davison 2010.
    """
    if len(nodes) < 2:
        return tuple(nodes)
    state = _settled(_State.of(nodes), _Edges(_believed(edges)))
    if any(edge.doubtful for edge in edges):
        state = _settled(state, _Edges(edges))
    return state.nodes()


def chi_squares(
    nodes: Sequence[Sim3], edges: Sequence[Sim3Edge], candidates: Sequence[Sim3Edge]
) -> Array:
    """How surprising each candidate is to who knows only the edges.

    Args:
        nodes: as `optimise` made them from the edges.
        edges: what is believed.
        candidates: further edges between the same nodes, each judged by itself.

    Returns:
        `(C,)` squared disagreement over what its own tolerance and the play that the edges leave
        between its two nodes explain; about `DEGREES_OF_FREEDOM` if all are as good as they say.
    """
    if not candidates:
        return np.zeros(0)
    state = _State.of(nodes)
    solve = _Linear(state, _Edges(edges)).solver(0.0)
    new = _Linear(state, _Edges(_believed(candidates)))
    found = np.empty(len(candidates))
    for i, rows in enumerate(np.split(np.arange(len(new.off)), len(candidates))):
        jacobian = new.jacobian[rows]
        play = jacobian @ solve(jacobian.T.toarray())
        found[i] = new.off[rows] @ np.linalg.solve(np.eye(len(rows)) + play, new.off[rows])
    return found


def _believed(edges: Sequence[Sim3Edge]) -> list[Sim3Edge]:
    return [replace(edge, doubtful=False) for edge in edges]


def _settled(state: _State, edges: _Edges) -> _State:
    """The state of least cost near this one."""
    here, damping = _Linear(state, edges), _FIRST_DAMPING
    for _ in range(_ROUNDS):
        tried = state.moved(here.step(damping))
        there = _Linear(tried, edges)
        if there.cost > here.cost:
            damping *= 10
            if damping > _MOST_DAMPING:
                break
            continue
        done = here.cost - there.cost <= _SETTLED * here.cost
        state, here, damping = tried, there, damping / 10
        if done:
            break
    return state


class _State:
    """All `world_from_node` as arrays."""

    def __init__(self, scale: Array, rotation: Array, translation: Array) -> None:
        self.scale, self.rotation, self.translation = scale, rotation, translation

    @classmethod
    def of(cls, nodes: Sequence[Sim3]) -> _State:
        return cls(
            np.array([node.scale for node in nodes]),
            np.stack([node.rotation for node in nodes]),
            np.stack([node.translation for node in nodes]),
        )

    def nodes(self) -> tuple[Sim3, ...]:
        rows = zip(self.scale.tolist(), self.rotation, self.translation, strict=True)
        return tuple(Sim3(*row) for row in rows)

    def moved(self, steps: Array) -> _State:
        """Each but the first after a small similarity in its own frame, `(n - 1, 7)`."""
        steps = np.concatenate([np.zeros((1, 7)), steps])
        turn, shift, growth = steps[:, :3], steps[:, 3:6], np.exp(steps[:, 6])
        shift = np.einsum("nij,nj->ni", self.rotation, shift) * self.scale[:, None]
        return _State(
            self.scale * growth, self.rotation @ _rotations(turn), self.translation + shift
        )


class _Edges:
    """All edges as arrays."""

    def __init__(self, edges: Sequence[Sim3Edge]) -> None:
        self.a = np.array([edge.a for edge in edges], np.intp)
        self.b = np.array([edge.b for edge in edges], np.intp)
        self.anchors = np.stack([edge.anchors for edge in edges])  # (E, 6, 3) in b
        self.seen = np.stack([edge.a_from_b.apply(edge.anchors) for edge in edges])  # in a
        self.tolerance = np.array([edge.tolerance for edge in edges])
        self.doubtful = np.array([edge.doubtful for edge in edges])


class _Linear:
    """What the edges say at one state, and how that changes with small steps of the nodes."""

    def __init__(self, state: _State, edges: _Edges) -> None:
        self._n, self._edges = len(state.scale), edges
        a, b = edges.a, edges.b
        world_from_a = state.rotation[a]
        turn = world_from_a.transpose(0, 2, 1) @ state.rotation[b]
        self._turn = turn * (state.scale[b] / state.scale[a])[:, None, None]
        shift = (state.translation[b] - state.translation[a]) / state.scale[a][:, None]
        shift = np.einsum("eji,ej->ei", world_from_a, shift)
        self._placed = np.einsum("eij,ekj->eki", self._turn, edges.anchors) + shift[:, None]
        off = (self._placed - edges.seen) / (np.sqrt(_ANCHORS) * edges.tolerance)[:, None, None]
        chi = (off**2).sum(axis=(1, 2))
        limit = _DOUBTED_FROM
        cost = np.where(edges.doubtful, limit * np.log1p(chi / limit), chi)  # Cauchy's
        self._say = np.where(edges.doubtful, 1 / np.sqrt(1 + chi / limit), 1.0)
        self.cost = float(cost.sum())
        self.off = (off * self._say[:, None, None]).ravel()  # (E * 18,)

    @cached_property
    def jacobian(self) -> Any:
        """`(E * 18, 7 * (n - 1))` sparse, of `off`, by steps of all nodes but the first."""
        edges = self._edges
        unit = self._say / (np.sqrt(_ANCHORS) * edges.tolerance)
        of_b = np.einsum("eij,ekjc->ekic", self._turn, _by_step(edges.anchors))
        blocks = np.stack([-_by_step(self._placed), of_b], axis=3)  # (E, 6, 3, 2, 7)
        blocks = blocks * unit[:, None, None, None, None]
        columns = 7 * (np.stack([edges.a, edges.b], axis=1) - 1)[..., None] + np.arange(7)
        columns = np.broadcast_to(columns[:, None, None], blocks.shape).ravel()
        rows = np.arange(len(self.off)).repeat(14)
        free = columns >= 0
        shape = (len(self.off), 7 * (self._n - 1))
        return coo_matrix((blocks.ravel()[free], (rows[free], columns[free])), shape).tocsr()

    def solver(self, damping: float) -> Any:
        """Solves the normal equations for any right sides."""
        normal = (self.jacobian.T @ self.jacobian).tocsc()
        return splu(normal + damping * diags(normal.diagonal(), format="csc")).solve

    def step(self, damping: float) -> Array:
        """`(n - 1, 7)` towards a lower cost."""
        step: Array = self.solver(damping)(-(self.jacobian.T @ self.off))
        return step.reshape(-1, 7)


def _by_step(points: Array) -> Array:
    """`(..., 3, 7)`: how `(..., 3)` points move by a small turn, shift and growth."""
    moves = np.zeros((*points.shape, 7))
    x, y, z = np.moveaxis(points, -1, 0)
    moves[..., 0, 1], moves[..., 0, 2] = z, -y
    moves[..., 1, 0], moves[..., 1, 2] = -z, x
    moves[..., 2, 0], moves[..., 2, 1] = y, -x
    moves[..., :, 3:6] = np.eye(3)
    moves[..., :, 6] = points
    return moves


def _rotations(turns: Array) -> Array:
    """`(n, 3, 3)` of rotation vectors `(n, 3)` [rad]; Rodrigues' formula."""
    angle = np.linalg.norm(turns, axis=1)
    cross = _by_step(turns)[..., :3]  # the transposed cross-product matrix
    sine = np.sinc(angle / np.pi)[:, None, None]
    versine = np.sinc(angle / (2 * np.pi))[:, None, None] ** 2 / 2
    rotations: Array = np.eye(3) - sine * cross + versine * (cross @ cross)
    return rotations
