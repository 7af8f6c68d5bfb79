"""A batch of made scenes with photos, depth and cameras."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import Any, TypeVar

import torch
from torch import Tensor

from da3studio.train.scenes.cameras import Views
from da3studio.train.scenes.layouts import SLOTS, layout
from da3studio.train.scenes.looks import look
from da3studio.train.scenes.motion import views as photographer
from da3studio.train.scenes.parts import Device, Draw, bodies_of
from da3studio.train.scenes.patterns import TRAINED
from da3studio.train.scenes.photo import photographed
from da3studio.train.scenes.render import Made, picture

T = TypeVar("T")

# Priority of what scenes are made with: thousands of tiny operations in a row, each of which would
# else wait until the large ones of a step that learns at the same time are handed out.
FIRST = -1


@dataclass(frozen=True, eq=False)
class Batch:
    """`B` scenes with `V` photos each."""

    photos: Tensor  # (B, V, 3, H, W) in 0 to 1
    depth: Tensor  # (B, V, H, W) z of the pixels' centres [scene units]; 0 = nothing there
    views: Views


def made(
    kind: str, n: int, n_views: int, aspect: float, families: Sequence[str], device: Device
) -> tuple[Made, Views]:
    """`n` scenes of a kind with their cameras.

    Args:
        kind: a name of `layouts.LAYOUTS`.
        n: scenes.
        n_views: photos of each.
        aspect: width over height of the photos.
        families: of `patterns.FAMILIES` that surfaces are taken from.
        device: where to.
    """
    plan, draw = layout(kind, n, device), Draw(n, device)
    bodies, role = bodies_of(plan.solids, SLOTS[kind], plan.lumps, plan.lump_shapes, plan.terrain)
    looks = look(
        draw, role, plan.focus, plan.radius, lamp=plan.lamp, plain=plan.plain, families=families
    )
    return Made(bodies, looks), photographer(plan, bodies, draw, n_views, aspect)


def batch(
    counts: Mapping[str, int],
    n_views: int,
    height: int,
    width: int,
    device: Device,
    *,
    families: Sequence[str] = TRAINED,
    strength: float = 1.0,
) -> Batch:
    """A batch, by torch's own random numbers of the device.

    Args:
        counts: scenes of each kind.
        n_views: photos of each scene.
        height: of the photos [px].
        width: likewise.
        device: where to.
        families: see `made`.
        strength: see `photographed`.
    """

    def drawn(kind: str, n: int) -> tuple[Tensor, Tensor, Views]:
        scenes, views = made(kind, n, n_views, width / height, families, device)
        return *picture(scenes, views, height, width), views

    jobs = [partial(drawn, kind, n) for kind, n in counts.items() if n]
    lights, depths, cameras = zip(*_side_by_side(jobs), strict=True)
    together = (
        torch.cat(column) for column in zip(*(vars(v).values() for v in cameras), strict=True)
    )
    photos = photographed(torch.cat(lights), Draw(sum(counts.values()), device), strength)
    return Batch(photos, torch.cat(depths), Views(*together))


def shares(weights: Mapping[str, float], n: int) -> dict[str, int]:
    """How many of `n` scenes are of each kind; every kind's share is rounded, the sum kept."""
    total, given, counts = sum(weights.values()), 0.0, {}
    done = 0
    for kind, weight in weights.items():
        given += weight
        counts[kind] = round(n * given / total) - done
        done += counts[kind]
    return counts


def _side_by_side(jobs: Sequence[Callable[[], T]]) -> list[T]:
    """The results of all jobs; in a CUDA graph they run at the same time."""
    if not torch.cuda.is_available() or not torch.cuda.is_current_stream_capturing():
        return [job() for job in jobs]
    main = torch.cuda.current_stream()
    streams = _streams(len(jobs))
    results = []
    for job, stream in zip(jobs, streams, strict=True):
        stream.wait_stream(main)
        with torch.cuda.stream(stream):
            results.append(job())
    for stream in streams:
        main.wait_stream(stream)
    return results


@cache
def _streams(count: int) -> list[Any]:
    """Always the same ones: memory that a stream has used is used again by that stream alone."""
    return [torch.cuda.Stream(priority=FIRST) for _ in range(count)]
