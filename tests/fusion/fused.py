"""Captures taken through fusion once, for all tests of this folder."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np

from da3studio.base.cancel import NEVER
from da3studio.base.progress import silent
from da3studio.fusion.bridge import nearest
from da3studio.fusion.points import Fused, fuse
from da3studio.fusion.surface import Surface, make_surface
from da3studio.recipes.fuse import FuseRecipe
from da3studio.recipes.mesh import MeshRecipe
from da3studio.scene.mesh import Mesh
from tests.synthetic.captures import Capture, still_life

SIZE = (200, 150)  # of the depth maps: small, as they go through every stage
PIXEL = 4.2 / (1.1 * 200)  # what one covers in the middle of the scene


@cache
def exact() -> Capture:
    return still_life(14, SIZE)


@cache
def noisy() -> Capture:
    return replace(still_life(14, SIZE), noise=0.003, outliers=0.02)


@cache
def fused(capture: Capture) -> Fused:
    return fuse(
        capture.cameras, capture.depth_of, capture.rgb_of, FuseRecipe(), report=silent, token=NEVER
    )


@cache
def surfaced(capture: Capture, recipe: MeshRecipe = MeshRecipe()) -> Surface:  # noqa: B008
    return make_surface(
        capture.cameras, capture.depth_of, fused(capture), recipe,
        min_views=3, report=silent, token=NEVER,
    )  # fmt: skip


def on_surface(mesh: Mesh, n: int = 50_000) -> np.ndarray:
    """`n` points spread evenly over a mesh, the same ones each time."""
    rng = np.random.default_rng(0)
    a, b, c = mesh.vertices[mesh.faces].astype(np.float64).transpose(1, 0, 2)
    area = np.linalg.norm(np.cross(b - a, c - a), axis=1)
    face = rng.choice(len(area), n, p=area / area.sum())
    u, v = rng.random((2, n, 1))
    flip = u + v > 1
    u, v = np.where(flip, 1 - u, u), np.where(flip, 1 - v, v)
    return a[face] + u * (b - a)[face] + v * (c - a)[face]


def f_score(mesh: Mesh, capture: Capture, share: float = 0.01) -> float:
    """Harmonic mean of precision and recall at `share` of the diagonal of what is seen."""
    points, truth = on_surface(mesh), capture.seen(every=11)
    threshold = share * np.linalg.norm(np.ptp(truth, axis=0))
    precision = (capture.distance(points) < threshold).mean()
    recall = (nearest(points, truth, 1)[1] < threshold).mean()
    return float(2 * precision * recall / (precision + recall))
