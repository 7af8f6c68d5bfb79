"""Places follow when cameras are found anew: edits, placement and measurements in the new world.

The world of a project is that of its cameras. Other photos or settings give other cameras, whose
world may lie elsewhere and be of another size. The cameras that both have tell how the one lies in
the other. Nothing here is stored: the same results and the same project give the same answer.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np

from da3studio.base.i18n import tr
from da3studio.edits.base import ListedEdit
from da3studio.edits.shapes import Box
from da3studio.geometry.camera_alignment import agreeing_cameras, align_poses
from da3studio.geometry.rigid import angle_between
from da3studio.geometry.similarity import Sim3
from da3studio.pipeline.pack import unpack_registration
from da3studio.pipeline.results import read_result
from da3studio.project.chunks import ChunkDamagedError, ChunkHeader, ChunkStore
from da3studio.project.document import Project
from da3studio.scene.registration import Registration, Unit

IDENTITY = Sim3(1.0, np.eye(3), np.zeros(3))

_MOST_JUDGED = 60  # cameras, evenly over the capture: more tell nothing new and take seconds
_LEAST_SHARE = 0.6  # of the shared cameras that have to agree
_OFF = 0.05  # of the cameras' spread: how far apart two that agree may lie
_TURNED_RAD = 0.05  # how far they may be turned against each other, about 3 degrees
_ROUNDING = 1e-9  # a way this close to none is none, so that nothing is made again
_WAYS_KEPT = 64


@dataclass(frozen=True, eq=False)
class Way:
    """How places come from one world of a project to that of some cameras."""

    frame: str  # key of those cameras
    unit: Unit  # of their world
    new_from_old: Sim3 | None  # `None` = the two worlds have too little in common

    @property
    def is_none(self) -> bool:
        """Whether both are the same world."""
        return self.new_from_old is IDENTITY


@dataclass(frozen=True, eq=False)
class Followed:
    """A project whose places are in the world of its cameras, as far as that could be."""

    project: Project
    way: Way | None = None  # that its places went; `None` = none, they were there or are none

    @property
    def is_lost(self) -> bool:
        """Whether its places stayed where they were, and mean something else now."""
        return self.way is not None and self.way.new_from_old is None

    @property
    def is_moved(self) -> bool:
        """Whether its places have other coordinates now."""
        return self.way is not None and not (self.is_lost or self.way.is_none)

    @property
    def notice(self) -> str:
        """What a person has to know, "" = nothing."""
        if not self.is_lost:
            return ""
        return tr(
            "The cameras were found anew, and the edits and measurements of before could not be"
            " carried over: check crop, size and measurements."
        )


def follow(project: Project, chunks: ChunkStore, cameras: ChunkHeader) -> Followed:
    """The project with everything moved into the world of its cameras.

    Args:
        project: its places are in the world of `project.frame`.
        chunks: hold the cameras of both, if they still do.
        cameras: of the result whose world is wanted.

    Returns:
        The same project where it has no places or is there already.

    Raises:
        ChunkDamagedError: `cameras` cannot be read.
    """
    if not project.has_places or project.frame == cameras.key:
        return Followed(project)
    if not project.frame:  # of a program that did not tell: it knew of no other cameras
        return Followed(project.with_frame(cameras.key))
    return moved_along(project, _way(chunks, project.frame, cameras))


def moved_along(project: Project, way: Way) -> Followed:
    """The project after a way that leads on from its frame."""
    there = project.with_frame(way.frame)
    if way.new_from_old is None or way.is_none:
        return Followed(there, way)
    try:
        moved = there.moved(way.new_from_old)
    except ValueError:  # a world of an impossible size
        return Followed(there, replace(way, new_from_old=None))
    return Followed(moved.with_edits(_in_unit(one, way.unit) for one in moved.edits), way)


def new_from_old(old: Registration, new: Registration) -> Sim3 | None:
    """How the world of some cameras lies in that of others.

    From places and orientations of the cameras that both have, of which up to 40 % may have gone
    elsewhere. Two that stand apart are enough.

    Returns:
        The similarity, the identity where the difference is rounding; `None` where fewer than two
        cameras are shared, all stand in one place, or too few agree.
    """
    shared = [view_id for view_id in old.view_ids if view_id in new.cameras]
    if len(shared) < 2:
        return None
    step = max(1.0, len(shared) / _MOST_JUDGED)
    judged = [shared[int(i * step)] for i in range(min(len(shared), _MOST_JUDGED))]
    a = [old.cameras[view_id] for view_id in judged]
    b = [new.cameras[view_id] for view_id in judged]
    spread_a, spread_b = (
        _spread(np.array([camera.centre for camera in cameras])) for cameras in (a, b)
    )
    if not (spread_a > 0 and spread_b > 0):
        return None
    agree = agreeing_cameras(a, b)
    found = align_poses(
        [camera for camera, good in zip(a, agree, strict=True) if good],
        [camera for camera, good in zip(b, agree, strict=True) if good],
    )
    met = [
        np.linalg.norm(moved.centre - camera.centre) <= _OFF * spread_b
        and angle_between(moved.cam_from_world.rotation, camera.cam_from_world.rotation)
        <= _TURNED_RAD
        for moved, camera in zip(map(found.apply_to_camera, a), b, strict=True)
    ]
    if sum(met) < max(2, _LEAST_SHARE * len(met)):
        return None
    return IDENTITY if _is_rounding(found, spread_b) else found


def _way(chunks: ChunkStore, frame: str, cameras: ChunkHeader) -> Way:
    try:
        old = chunks.header(frame)
        return _known_way(chunks.folder, frame, old.digest, cameras.key, cameras.digest)
    except KeyError:
        pass
    except ChunkDamagedError as damage:
        if damage.key != frame:
            raise
    new = read_result(chunks, cameras, unpack_registration)
    return Way(cameras.key, new.unit, None)


@lru_cache(maxsize=_WAYS_KEPT)
def _known_way(folder: Path, old_key: str, old_digest: str, new_key: str, new_digest: str) -> Way:
    """Kept by content: a plan is made after every gesture."""
    del old_digest, new_digest  # they only tell one content from another
    chunks = ChunkStore(folder)
    old, new = (
        read_result(chunks, chunks.header(key), unpack_registration) for key in (old_key, new_key)
    )
    return Way(new_key, new.unit, new_from_old(old, new))


def _spread(centres: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> float:
    """Typical distance from the middle; 0 where it is only rounding."""
    away = float(np.median(np.linalg.norm(centres - np.median(centres, axis=0), axis=1)))
    return away if away > _ROUNDING * float(np.abs(centres).max()) else 0.0


def _is_rounding(found: Sim3, spread: float) -> bool:
    return bool(
        abs(found.scale - 1) < _ROUNDING
        and np.abs(found.rotation - np.eye(3)).max() < _ROUNDING
        and np.abs(found.translation).max() < _ROUNDING * spread
    )


def _in_unit(listed: ListedEdit, unit: Unit) -> ListedEdit:
    """A box says its size in the unit of its world."""
    edit = listed.edit
    return replace(listed, edit=replace(edit, unit=unit)) if isinstance(edit, Box) else listed
