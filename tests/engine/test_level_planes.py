"""A table top seen at a slant: what the sweep with level planes is there for."""

from __future__ import annotations

import numpy as np
import torch

from da3studio.engine.stereo.aggregate import aggregate, pick_planes
from da3studio.engine.stereo.frames import Frame
from da3studio.engine.stereo.level_planes import add_level_planes
from da3studio.engine.stereo.sources import Sweep
from da3studio.engine.stereo.sweep import choose_planes, sweep_cost
from da3studio.geometry.camera import Camera
from tests.synthetic.rigs import lens_of, look_at
from tests.synthetic.shapes import Plane, cast, photo

# The engine's worlds have y down: a table at y = 0, seen from a little above it.
TABLE = Plane(u=(1, 0, 0), v=(0, 0, 1), half=(4, 4), cell=0.12)


def seated(azimuth_deg: float) -> Camera:
    azimuth = np.radians(azimuth_deg)
    eye = (2.0 * np.sin(azimuth), -0.55, -2.0 * np.cos(azimuth))
    return look_at(eye, (0, 0, 0), lens_of((160, 120), focal=0.9), up=(0, -1, 0))


def frame(camera: Camera) -> Frame:
    return Frame(
        torch.from_numpy(photo(TABLE, camera).mean(axis=2).astype(np.float32) / 255), camera
    )


def test_that_level_planes_find_a_table_seen_at_a_slant():
    reference, sources = frame(seated(0)), [frame(seated(angle)) for angle in (-22, 22)]
    seen = cast(TABLE, reference.camera)
    near = seen.hit & (seen.depth < 4)
    points = reference.camera.cam_from_world.apply(seen.points[near][::7])
    sweep = Sweep(0, (1, 2), float(seen.depth[near].min()), 4.0, points)
    cameras = [source.camera for source in sources]
    planes = choose_planes(reference.camera, cameras, sweep.near, sweep.far)

    def right(cost: torch.Tensor) -> float:
        place = pick_planes(aggregate(cost, reference.grey)).numpy()
        inverse = planes[0] - place * (planes[0] - planes[1])
        return float((np.abs(1 / inverse[near] / seen.depth[near] - 1) < 0.01).mean())

    cost = sweep_cost(reference, sources, planes)
    without = right(cost.clone())
    found = right(add_level_planes(cost, reference, sources, planes, sweep))

    assert found > 0.8
    assert found > without + 0.05
