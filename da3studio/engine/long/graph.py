"""All windows in one world: the chain is believed, a loop only if it does not strain the chain."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from da3studio.engine.long.join import Link
from da3studio.geometry.sim3_graph import DEGREES_OF_FREEDOM, Sim3Edge, chi_squares, optimise
from da3studio.geometry.similarity import Sim3

_BENT = 0.01  # of the depth: how much a window differs from a rigid world, one standard deviation
_CREDIBLE = 15.0 * DEGREES_OF_FREEDOM  # chi-square: tolerances are known to a factor of four
_EXPECTED = 1.0 * DEGREES_OF_FREEDOM


@dataclass(frozen=True, eq=False)
class Placed:
    """Where the windows of the largest group are."""

    world_from_window: Mapping[int, Sim3]  # the world is that of the group's first window
    other_groups: tuple[tuple[int, ...], ...]  # windows that nothing joins to these
    closed: tuple[Sim3Edge, ...]  # loops that were believed
    refused: tuple[Sim3Edge, ...]  # loops that contradict the chain


def chain_edge(a: int, b: int, link: Link) -> Sim3Edge:
    """Window `b` as window `a` sees it."""
    return Sim3Edge(a, b, link.a_from_b, link.anchors, _tolerance(link))


def loop_edge(a: int, b: int, a_from_extra: Link, extra_from_b: Link) -> Sim3Edge:
    """Window `b` as window `a` sees it through an extra window that shares views with both."""
    a_from_b = a_from_extra.a_from_b @ extra_from_b.a_from_b
    far = a_from_extra.a_from_b.scale * _tolerance(extra_from_b)
    tolerance = float(np.hypot(_tolerance(a_from_extra), far))
    return Sim3Edge(a, b, a_from_b, extra_from_b.anchors, tolerance, doubtful=True)


def place_windows(n_windows: int, chain: Sequence[Sim3Edge], loops: Sequence[Sim3Edge]) -> Placed:
    """Find where all windows are.

    A loop is judged before it is let in: by how far it is from what the chain and the loops so far
    predict, against the play that they leave there. So a false one cannot bend anything, and a true
    one is recognised however far the chain has drifted, as long as it drifted no more than windows
    do. Where the chain is broken, a loop between the parts is all there is, and is believed.

    Args:
        n_windows: in capture order.
        chain: between neighbours.
        loops: the likeliest first.
    """
    groups, tree = _groups(n_windows, [*chain, *loops])
    members = max(groups, key=len)
    bridges = [edge for edge in tree if edge.doubtful]
    believed = [edge for edge in (*chain, *bridges) if edge.a in members]
    open_loops = [edge for edge in loops if edge.a in members and edge not in bridges]
    local = {window: idx for idx, window in enumerate(members)}
    inside = [_renamed(edge, local) for edge in believed]
    nodes = optimise(_along_the_tree(len(members), inside), inside)
    waiting = [_renamed(edge, local) for edge in open_loops]
    while waiting:
        chi = chi_squares(nodes, inside, waiting)
        welcome = chi <= max(_EXPECTED, chi.min())
        if chi.min() > _CREDIBLE:
            break
        inside += [edge for edge, yes in zip(waiting, welcome, strict=True) if yes]
        waiting = [edge for edge, yes in zip(waiting, welcome, strict=True) if not yes]
        nodes = optimise(nodes, inside)
    back = dict(enumerate(members))
    return Placed(
        world_from_window=dict(zip(members, nodes, strict=True)),
        other_groups=tuple(group for group in groups if group is not members),
        closed=tuple(_renamed(edge, back) for edge in inside if edge.doubtful),
        refused=tuple(_renamed(edge, back) for edge in waiting),
    )


def _tolerance(link: Link) -> float:
    """Errors of depth are the same all over a view, so views count and pixels do not."""
    return link.reach * float(np.hypot(link.spread / np.sqrt(link.n_views), _BENT))


def _groups(n: int, edges: Iterable[Sim3Edge]) -> tuple[list[tuple[int, ...]], list[Sim3Edge]]:
    """Connected windows, each group in capture order; and the edges that first connected them."""
    group = {window: [window] for window in range(n)}
    tree = []
    for edge in edges:
        one, other = group[edge.a], group[edge.b]
        if one is not other:
            tree.append(edge)
            one.extend(other)
            group.update(dict.fromkeys(other, one))
    distinct = {id(windows): windows for windows in group.values()}
    return sorted(tuple(sorted(windows)) for windows in distinct.values()), tree


def _along_the_tree(n: int, edges: Sequence[Sim3Edge]) -> list[Sim3]:
    """A first guess: every node as the first edge that reaches it says."""
    found = {0: Sim3(1.0, np.eye(3), np.zeros(3))}
    while len(found) < n:
        for edge in edges:
            if edge.a in found and edge.b not in found:
                found[edge.b] = found[edge.a] @ edge.a_from_b
            elif edge.b in found and edge.a not in found:
                found[edge.a] = found[edge.b] @ edge.a_from_b.inverse()
    return [found[node] for node in range(n)]


def _renamed(edge: Sim3Edge, names: Mapping[int, int]) -> Sim3Edge:
    return replace(edge, a=names[edge.a], b=names[edge.b])
