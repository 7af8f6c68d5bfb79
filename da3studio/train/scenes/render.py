"""Pictures and depth of made scenes: by kernels of our own on a GPU, by torch elsewhere."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from da3studio.train.scenes import shading
from da3studio.train.scenes.cameras import Views, pixel_places, rays
from da3studio.train.scenes.shading import Look
from da3studio.train.scenes.tracing import MISS, Bodies, nearest

_SUBPIXELS = (-0.25, 0.25)  # [px] right and down of the centre, where colour is looked at
_BLOCK = 128  # rays that a kernel's threads share out
_TILE = (4, 8)  # pixels down and across that the threads of one warp look at
_MOST_BODIES = 64  # of a kind: kernels keep a bit for each
_REGISTERS = 128  # of a thread; with more, too few of them run at the same time


@dataclass(frozen=True, eq=False)
class Made:
    """`B` scenes, ready to be looked at."""

    bodies: Bodies
    look: Look

    def part(self, scenes: slice) -> Made:
        """Some of the scenes."""
        return Made(self.bodies.part(scenes), self.look.part(scenes))


def trace(bodies: Bodies, origins: Tensor, directions: Tensor) -> tuple[Tensor, Tensor]:
    """`tracing.nearest`, wherever the tensors are."""
    if not origins.is_cuda:
        return nearest(bodies, origins, directions)
    from da3studio.train.scenes.trace_kernel import trace_kernel

    n_scenes, n_rays = origins.shape[:2]
    distance = torch.empty(n_scenes, n_rays, device=origins.device)
    which = torch.empty(n_scenes, n_rays, device=origins.device, dtype=torch.int32)
    trace_kernel[(-(-n_rays // _BLOCK), n_scenes)](
        *_packed(bodies),
        origins.contiguous(),
        directions.contiguous(),
        n_rays,
        distance,
        which,
        block=_BLOCK,
    )
    return distance, which.long()


def picture(made: Made, views: Views, height: int, width: int) -> tuple[Tensor, Tensor]:
    """What the cameras see.

    Args:
        made: `B` scenes.
        views: `V` of each.
        height: of the pictures [px].
        width: likewise.

    Returns:
        `(B, V, 3, H, W)` linear light, and `(B, V, H, W)` z of the pixels' centres, exact; 0 where
        there is nothing.
    """
    draw = _by_kernel if views.position.is_cuda else by_torch
    return draw(made, views, height, width)


def by_torch(made: Made, views: Views, height: int, width: int) -> tuple[Tensor, Tensor]:
    """`picture` on any device; what the kernel is compared with."""
    n_scenes, n_views = views.position.shape[:2]
    x, y = pixel_places(height, width, views.position.device)
    distance, _ = nearest(made.bodies, *rays(views, x, y))
    depth = torch.where(distance < MISS / 2, distance, 0.0)
    pixel = (1 / (views.lens[..., 0] * width))[..., None].expand(-1, -1, len(x)).flatten(1)
    light = torch.zeros_like(depth)[..., None]
    for shift in _SUBPIXELS:
        light = light + _colour(made, *rays(views, x + shift / width, y + shift / height), pixel)
    light = (light / len(_SUBPIXELS)).view(n_scenes, n_views, height, width, 3)
    return light.permute(0, 1, 4, 2, 3), depth.view(n_scenes, n_views, height, width)


def _by_kernel(made: Made, views: Views, height: int, width: int) -> tuple[Tensor, Tensor]:
    from da3studio.train.scenes.picture_kernel import picture_kernel

    n_scenes, n_views = views.position.shape[:2]
    device = views.position.device
    light = torch.empty(n_scenes, n_views, 3, height, width, device=device)
    depth = torch.empty(n_scenes, n_views, height, width, device=device)
    cameras = torch.cat([views.rotation.flatten(-2), views.position, views.lens], dim=-1)
    materials = made.look.materials.contiguous()
    rows, cols = _TILE
    picture_kernel[(-(-height // rows) * -(-width // cols), n_scenes * n_views)](
        *_packed(made.bodies),
        materials,
        materials.shape[1],
        made.look.light.contiguous(),
        cameras.contiguous(),
        n_views,
        height,
        width,
        light,
        depth,
        rows=rows,
        cols=cols,
        num_warps=1,
        maxnreg=_REGISTERS,
    )
    return light, depth


def _packed(bodies: Bodies) -> tuple[Tensor | int, ...]:
    """What both kernels take of bodies; what is not there has the number 0."""
    if bodies.solids.shape[1] > _MOST_BODIES:
        raise ValueError(f"{bodies.solids.shape[1]} solids; the kernels know {_MOST_BODIES}")
    solids = bodies.solids.contiguous()
    lumps, shapes, waves = (
        solids if part is None else part.contiguous()
        for part in (bodies.lumps, bodies.lump_shapes, bodies.terrain)
    )
    n_lumps = 0 if bodies.lumps is None else lumps.shape[1]
    n_waves = 0 if bodies.terrain is None else waves.shape[1]
    quadrics = bodies.quadrics.contiguous()
    return solids, quadrics, lumps, shapes, waves, solids.shape[1], n_lumps, n_waves


def _colour(made: Made, origins: Tensor, directions: Tensor, pixel: Tensor) -> Tensor:
    """`(B, R, 3)` linear light along the rays."""
    bodies, look = made.bodies, made.look
    distance, which = nearest(bodies, origins, directions)
    met = shading.met(bodies, look, origins, directions, pixel, distance, which)
    shadow, _ = nearest(bodies, met.start, met.toward)
    openness = shading.openness(bodies.solids, look.light, met.start, met.normal)
    return shading.lit(look, met, shadow, openness)
