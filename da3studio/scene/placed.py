"""A scene in the person's frame: upright, with its origin, in metres where a length is known."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from da3studio.geometry.rigid import wxyz_from_rotation
from da3studio.geometry.similarity import Sim3
from da3studio.geometry.spherical_harmonics import harmonics_turned
from da3studio.scene.cloud import PointCloud
from da3studio.scene.gaussians import Gaussians
from da3studio.scene.mesh import Mesh
from da3studio.scene.placement import Placement
from da3studio.scene.registration import Unit
from da3studio.scene.scene import Scene

_BLOCK = 500_000  # rows turned at a time, in float64: 12 MB


def unit_of(engine_unit: Unit, placement: Placement) -> Unit:
    """The unit of a placed scene: metres as soon as one real length is known."""
    return "metre" if placement.known_lengths else engine_unit


def placed(scene: Scene, placement: Placement) -> Scene:
    """The scene moved to where the person put it; the same object if that is nowhere else.

    Args:
        scene: in the world of its engine.
        placement: the person's frame for it.

    Returns:
        Cameras, points, mesh and Gaussians in the placed frame, y still pointing down.
    """
    sim = placement.placed_from_world()
    unit = unit_of(scene.registration.unit, placement)
    if _is_identity(sim) and unit == scene.registration.unit:
        return scene
    registration, cloud, mesh = scene.registration, scene.cloud, scene.mesh
    points = registration.points
    return replace(
        scene,
        registration=replace(
            registration,
            cameras={id_: sim.apply_to_camera(c) for id_, c in registration.cameras.items()},
            points=replace(points, xyz=_moved(points.xyz, sim)),
            unit=unit,
        ),
        cloud=cloud and cloud_moved(cloud, sim),
        mesh=mesh and mesh_moved(mesh, sim),
        gaussians=scene.gaussians and _placed_gaussians(scene.gaussians, sim),
    )


def cloud_moved(cloud: PointCloud, sim: Sim3) -> PointCloud:
    """The same points in another world."""
    return replace(cloud, xyz=_moved(cloud.xyz, sim), normal=_turned(cloud.normal, sim))


def mesh_moved(mesh: Mesh, sim: Sim3) -> Mesh:
    """The same mesh in another world."""
    return replace(mesh, vertices=_moved(mesh.vertices, sim), normals=_turned(mesh.normals, sim))


def _is_identity(sim: Sim3) -> bool:
    return bool(
        sim.scale == 1
        and np.array_equal(sim.rotation, np.eye(3))
        and np.array_equal(sim.translation, np.zeros(3))
    )


def _moved(points: NDArray[np.float32], sim: Sim3) -> NDArray[np.float32]:
    """`(N, 3)`; in blocks, as float64 of a large cloud is many times its own memory."""
    moved = np.empty_like(points)
    for start in range(0, len(points), _BLOCK):
        moved[start : start + _BLOCK] = sim.apply(points[start : start + _BLOCK])
    return _shared(moved)


def _turned(directions: NDArray[np.float32], sim: Sim3) -> NDArray[np.float32]:
    return _moved(directions, Sim3(1.0, sim.rotation, np.zeros(3)))


def _placed_gaussians(gaussians: Gaussians, sim: Sim3) -> Gaussians:
    sh = gaussians.sh @ harmonics_turned(sim.rotation).astype(np.float32)
    return replace(
        gaussians,
        means=_moved(gaussians.means, sim),
        scales=_shared(gaussians.scales * np.float32(sim.scale)),
        rotations=_shared(_turned_quaternions(gaussians.rotations, sim.rotation)),
        sh=_shared(sh),
    )


def _turned_quaternions(
    wxyz: NDArray[np.float32], rotation: NDArray[np.float64]
) -> NDArray[np.float32]:
    """`(N, 4)` rotations followed by one more; the product of quaternions, by Hamilton."""
    w, x, y, z = wxyz_from_rotation(rotation)
    left = np.array([[w, -x, -y, -z], [x, w, -z, y], [y, z, w, -x], [z, -y, x, w]])
    return (wxyz @ left.T.astype(np.float32)).astype(np.float32)


def _shared(array: NDArray[Any]) -> NDArray[Any]:
    """Read-only, so that the scene keeps this array instead of a copy."""
    array.setflags(write=False)
    return array
