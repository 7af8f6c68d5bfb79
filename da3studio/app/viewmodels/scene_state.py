"""What is there to look at: the results that the project wants, or the last ones it had."""

from __future__ import annotations

import threading
from collections import OrderedDict
from enum import Flag, auto

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from da3studio.app.background import Background, Newest
from da3studio.app.viewmodels.scene_look import Look, Shown, look
from da3studio.edits.base import ListedEdit
from da3studio.edits.stack import EditStack
from da3studio.pipeline.frame import IDENTITY, Way, moved_along
from da3studio.pipeline.keys import cameras_key
from da3studio.pipeline.load import damaged
from da3studio.pipeline.pack import unpack_depth
from da3studio.pipeline.plan import Plan
from da3studio.pipeline.results import read_result
from da3studio.project.chunks import ChunkDamagedError
from da3studio.project.document import Project
from da3studio.project.folder import ProjectFolder
from da3studio.scene.cloud import PointCloud
from da3studio.scene.depth import DepthMap
from da3studio.scene.mesh import Mesh
from da3studio.scene.placement import ENGINE_UP, Vec3
from da3studio.scene.registration import Registration
from da3studio.scene.view import ViewId

_DEPTH_MAPS = 6  # kept in memory


class Part(Flag):
    """Parts of the scene."""

    CAMERAS = auto()
    CLOUD = auto()
    MESH = auto()
    KEEP = auto()
    MARKED = auto()
    PREVIEW = auto()


EVERY_PART = Part((1 << len(Part)) - 1)


class SceneState(QObject):
    """The results on show. Until what the project wants exists, the last that was shown stays.

    All that is shown is in the world of the cameras that are shown, also where it is of before.
    Rows of the cloud are in random order: any prefix of them is a fair sample of all.
    """

    changed = Signal(object)  # Part
    planned = Signal()  # `plan` is new
    moved = Signal(object)  # Sim3 new_from_old, or None: places of before mean nothing any more
    followed = Signal(object)  # Look: the places of its project are in another world now

    def __init__(self, background: Background, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._background = background
        self._looks, self._keeps = Newest(background, self), Newest(background, self)
        self._depths: OrderedDict[str, DepthMap] = OrderedDict()
        self._lock = threading.Lock()
        self._folder: ProjectFolder | None = None
        self._project = Project("")
        self._clear()

    def _clear(self) -> None:
        self.plan: Plan | None = None
        self.registration: Registration | None = None
        self.cloud: PointCloud | None = None
        self.mesh: Mesh | None = None
        self.stack: EditStack | None = None
        self.keep: NDArray[np.bool_] | None = None
        self.marked: NDArray[np.bool_] | None = None
        self.preview: tuple[NDArray[np.float32], NDArray[np.uint8]] | None = None
        self._keys: dict[str, str] = {}
        self._ways: dict[str, Way] = {}  # frame → how its places come into the world on show
        self._depths.clear()

    def show(self, folder: ProjectFolder | None, project: Project) -> None:
        """Show another project, or nothing."""
        self._looks.drop()
        self._keeps.drop()
        self._folder, self._project = folder, project
        self._clear()
        self.changed.emit(EVERY_PART)
        self.planned.emit()
        self.refresh(project)

    def refresh(self, project: Project) -> None:
        """Look for the results that this value of the project wants, and read what is new."""
        self._project = project
        folder = self._folder
        if folder is None:
            return
        shown = Shown(dict(self._keys), self.registration, self.cloud, self.stack, self.mesh)

        def read() -> Look:
            try:
                return look(folder, project, shown)
            except ChunkDamagedError as damage:
                raise damaged(project.name, damage) from damage

        self._looks.ask(read, self._take)

    def edits_changed(self, edits: tuple[ListedEdit, ...]) -> None:
        """Show what these edits leave; at once where each was evaluated before."""
        stack = self.stack
        if stack is None:
            return
        self._keeps.drop()
        if stack.is_ready(edits):
            self._set_keep(stack.keep(edits))
        else:
            self._keeps.ask(lambda: stack.keep(edits), self._set_keep)

    def mark(self, mask: NDArray[np.bool_] | None) -> None:
        """Draw these points in the accent colour: a selection, or what an edit would cut."""
        self.marked = mask
        self.changed.emit(Part.MARKED)

    def set_preview(self, preview: tuple[NDArray[np.float32], NDArray[np.uint8]] | None) -> None:
        """Points of a reconstruction that is not finished, shown instead of the cloud."""
        self.preview = preview
        self.changed.emit(Part.PREVIEW)

    @property
    def mesh_is_stale(self) -> bool:
        """Whether the mesh on show is not the one that the project wants now."""
        return self.mesh is not None and not self._wanted("texture", "mesh")

    @property
    def cloud_is_stale(self) -> bool:
        """The same of the cloud."""
        return self.cloud is not None and not self._wanted("cloud", "cloud")

    @property
    def cameras_are_stale(self) -> bool:
        """Whether the cameras on show are not those that the project wants now."""
        return not self._wanted("cameras", "cameras")

    @property
    def frame(self) -> str:
        """Key of the cameras on show, "" = there are none."""
        return self._keys.get("cameras", "")

    def in_its_world(self, project: Project) -> Project:
        """The project with its places in the world on show, where that is known to be its own.

        At once, for a value that undo brought back from before the cameras were found anew.
        """
        way = self._ways.get(project.frame)
        if way is None or not project.has_places or cameras_key(project) != self.frame:
            return project
        return moved_along(project, way).project

    @property
    def up(self) -> Vec3:
        """Unit vector of the world that points up."""
        return self._project.placement.up or ENGINE_UP

    @property
    def metres_per_unit(self) -> float | None:
        """How long a world unit is; `None` = not known."""
        known = self._project.placement.metres_per_unit()
        if known is not None:
            return known
        metric = self.registration is not None and self.registration.unit == "metre"
        return 1.0 if metric else None

    def depth_key(self, view_id: ViewId) -> str | None:
        """Name of the stored depth map of a photo, `None` where there is none yet."""
        if self.plan is None:
            return None
        header = self.plan.step("depth").stored.get(view_id)
        return header.key if header else None

    def depth_of(self, view_id: ViewId) -> DepthMap | None:
        """The depth map of a photo, `None` where there is none; reads from the disk: not for the
        GUI thread, unless it was just read.
        """
        folder, key = self._folder, self.depth_key(view_id)
        if folder is None or key is None:
            return None
        with self._lock:
            if key in self._depths:
                return self._depths[key]
        try:
            depth = read_result(folder.chunks, folder.chunks.header(key), unpack_depth)
        except (KeyError, ChunkDamagedError):
            return None
        with self._lock:
            self._depths[key] = depth
            while len(self._depths) > _DEPTH_MAPS:
                self._depths.popitem(last=False)
        return depth

    def _wanted(self, stage: str, part: str) -> bool:
        """Whether what is shown of a part is the finished result of a stage of the plan."""
        if self.plan is None:
            return False
        step = next(step for step in self.plan.steps if step.stage.name == stage)
        return step.done and self._keys.get(part) == step.header.key

    def _set_keep(self, keep: NDArray[np.bool_]) -> None:
        self.keep = keep
        self.changed.emit(Part.KEEP)

    def _take(self, read: Look) -> None:
        parts = Part(0)
        self.plan = read.plan
        is_elsewhere = self.registration is not None and read.new_from_shown is not IDENTITY
        if is_elsewhere:
            self.preview = None
            parts |= Part.PREVIEW
        if read.new_from_shown is None:
            self.cloud = self.stack = self.mesh = self.keep = self.marked = None
            self._keys.clear()
            parts |= Part.CLOUD | Part.KEEP | Part.MARKED | Part.MESH
        if read.registration is not None:
            self.registration = read.registration
            self._ways.clear()
            parts |= Part.CAMERAS
        if read.cloud is not None:
            self.cloud, self.stack, self.marked = read.cloud, read.stack, None
            self.keep = self.keep if read.is_carried else None
            self.preview = None
            parts |= Part.CLOUD | Part.KEEP | Part.MARKED | Part.PREVIEW
        if read.mesh is not None:
            self.mesh = read.mesh
            parts |= Part.MESH
        self._keys.update(read.keys)
        if read.followed.way is not None:
            self._ways[read.asked.frame] = read.followed.way
        if is_elsewhere:
            self.moved.emit(read.new_from_shown)
        if read.followed.project is not read.asked:
            self.followed.emit(read)
        if parts:
            self.changed.emit(parts)
        self.planned.emit()
        if read.stack is not None:
            self.edits_changed(self._project.edits)
