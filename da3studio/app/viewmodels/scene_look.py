"""One look at a project's folder, on a thread: what is new, and in which world."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from da3studio.edits.base import Evidence
from da3studio.edits.stack import EditStack
from da3studio.geometry.similarity import Sim3
from da3studio.pipeline.frame import IDENTITY, Followed, follow, new_from_old
from da3studio.pipeline.pack import (
    CLOUD_ARRAYS,
    unpack_cloud,
    unpack_mesh,
    unpack_registration,
)
from da3studio.pipeline.plan import Plan, Step, plan
from da3studio.pipeline.results import read_result
from da3studio.project.chunks import ChunkDamagedError, ChunkHeader
from da3studio.project.document import Project
from da3studio.project.folder import ProjectFolder
from da3studio.scene.cloud import PointCloud
from da3studio.scene.mesh import Mesh
from da3studio.scene.placed import cloud_moved, mesh_moved
from da3studio.scene.registration import Registration

_SHUFFLE_SEED = 1
_ELSEWHERE = ""  # instead of a key: no stored result is quite like what is shown


@dataclass(frozen=True, eq=False)
class Shown:
    """What was on show when the look began; all of it is in the world of its cameras."""

    keys: Mapping[str, str] = field(default_factory=dict)  # part → key of the result
    registration: Registration | None = None
    cloud: PointCloud | None = None
    stack: EditStack | None = None
    mesh: Mesh | None = None


@dataclass(frozen=True, eq=False)
class Look:
    """What a look found; results are `None` where what is shown stays."""

    plan: Plan
    asked: Project
    followed: Followed  # `asked`, with its places in the world that is shown from now on
    keys: dict[str, str] = field(default_factory=dict)  # part → key of the result
    registration: Registration | None = None
    cloud: PointCloud | None = None
    stack: EditStack | None = None
    mesh: Mesh | None = None
    new_from_shown: Sim3 | None = IDENTITY  # `None` = what is shown has no place in the new world
    is_carried: bool = False  # `cloud` is what was shown, moved


def look(folder: ProjectFolder, project: Project, shown: Shown) -> Look:
    """Compare what the project wants with what is shown, and read what differs.

    Raises:
        ChunkDamagedError: a result cannot be read.
    """
    found = plan(project, "texture", folder.chunks)
    target = _world(folder, project, found, shown)
    followed = follow(project, folder.chunks, target) if target is not None else Followed(project)
    read = Look(found, project, followed)
    if target is not None and target.key != shown.keys.get("cameras"):
        registration = read_result(folder.chunks, target, unpack_registration)
        read = replace(read, registration=registration)
        read.keys["cameras"] = target.key
        if shown.registration is not None:
            between = new_from_old(shown.registration, registration)
            read = replace(read, new_from_shown=between)
    cloud = found.step("cloud")
    if cloud.done and cloud.header.key != shown.keys.get("cloud"):
        points = shuffled(read_result(folder.chunks, cloud.header, unpack_cloud, CLOUD_ARRAYS))
        cameras = found.step("cameras").header
        lens = read_result(folder.chunks, cameras, unpack_registration).cameras
        evidence = Evidence(points, lens, folder.mask)
        read = replace(read, cloud=points, stack=EditStack(evidence))
        read.keys["cloud"] = cloud.header.key
    mesh = _first_done(found.step("texture"), found.step("mesh"))
    if mesh is not None and mesh.header.key != shown.keys.get("mesh"):
        read = replace(read, mesh=read_result(folder.chunks, mesh.header, unpack_mesh))
        read.keys["mesh"] = mesh.header.key
    return _carried(read, shown)


def _world(
    folder: ProjectFolder, project: Project, found: Plan, shown: Shown
) -> ChunkHeader | None:
    """The cameras whose world is to be shown.

    Those that the project wants; until they are found those that its places are in, or that are
    shown already.
    """
    cameras = found.step("cameras")
    if cameras.done:
        return cameras.header
    on_show = shown.keys.get("cameras")
    if on_show is None:
        return None
    for key in (project.frame if project.has_places else "", on_show):
        try:
            header = folder.chunks.header(key) if key else None
        except (KeyError, ChunkDamagedError):
            continue
        if header is not None and header.stage == "cameras":
            return header
    return None


def _carried(read: Look, shown: Shown) -> Look:
    """Take along into the new world what is shown and has no newer result there."""
    move, stack = read.new_from_shown, shown.stack
    if move is None or move is IDENTITY:
        return read
    if read.mesh is None and shown.mesh is not None:
        read = replace(read, mesh=mesh_moved(shown.mesh, move))
        read.keys["mesh"] = _ELSEWHERE
    if read.cloud is None and shown.cloud is not None and stack is not None:
        cloud = cloud_moved(shown.cloud, move)
        cameras = stack.evidence.cameras
        lens = {view_id: move.apply_to_camera(camera) for view_id, camera in cameras.items()}
        moved = EditStack(Evidence(cloud, lens, stack.evidence.mask_of))
        if read.asked.frame == shown.keys.get("cameras"):
            pairs = zip(read.asked.edits, read.followed.project.edits, strict=True)
            for old, new in pairs:  # a moved edit cuts the same rows away
                if stack.n_removed_by(old.edit) is not None:
                    moved.put(new.edit, stack.removed_by(old.edit))
        read = replace(read, cloud=cloud, stack=moved, is_carried=True)
        read.keys["cloud"] = _ELSEWHERE
    return read


def _first_done(*steps: Step) -> Step | None:
    return next((step for step in steps if step.done), None)


def shuffled(cloud: PointCloud) -> PointCloud:
    """The same cloud with its rows in random order, the same order every time."""
    order = np.random.default_rng(_SHUFFLE_SEED).permutation(len(cloud))
    rows = {name: getattr(cloud, name)[order] for name in CLOUD_ARRAYS}
    return PointCloud(**rows, view_ids=cloud.view_ids)
