"""The five stages on the way from photos to a file, and how far each is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import Literal

from da3studio.app.viewmodels.scene_state import SceneState
from da3studio.base.i18n import tr_later
from da3studio.project.document import Project

StageId = Literal["photos", "reconstruct", "clean", "mesh", "export"]


class StageState(Enum):
    """How far a stage is; each has its own mark and word, not only a colour."""

    EMPTY = auto()  # something before it is missing
    READY = auto()
    RUNNING = auto()
    DONE = auto()
    STALE = auto()  # done, but not for what is asked for now


@dataclass(frozen=True)
class StageRow:
    """One stage of the rail; labels are translated where they are shown."""

    id: StageId
    label: str
    help: str
    keys: str  # that show it; not Ctrl: with a number that is the view from the other side


STAGE_ROWS: tuple[StageRow, ...] = (
    StageRow("photos", "Photos", "Add the photos or a video, and see what they are like.", "Alt+1"),
    StageRow("reconstruct", "Reconstruct", "Find the cameras, the depth and the points.", "Alt+2"),
    StageRow("clean", "Clean", "Cut away what does not belong to the model.", "Alt+3"),
    StageRow("mesh", "Mesh", "Make a surface with its texture from the photos.", "Alt+4"),
    StageRow("export", "Export", "Write the model to a file for other programs.", "Alt+5"),
)

STATE_WORDS: dict[StageState, str] = {
    StageState.EMPTY: tr_later("not yet"),
    StageState.READY: tr_later("ready"),
    StageState.RUNNING: tr_later("running"),
    StageState.DONE: tr_later("done"),
    StageState.STALE: tr_later("out of date"),
}


@dataclass(frozen=True)
class Running:
    """What is being worked on."""

    importing: bool = False
    reconstructing: bool = False
    meshing: bool = False
    exporting: bool = False


def stage_states(
    project: Project, scene: SceneState, running: Running, exported: bool
) -> dict[StageId, StageState]:
    """How far each stage is.

    Args:
        project: the present value.
        scene: what is there of it.
        running: what is at work.
        exported: whether the model as it is now was written to a file.
    """
    there = scene.plan is not None and scene.plan.step("cloud").done
    textured = scene.plan is not None and scene.plan.finished
    cleaned = any(one.on for one in project.edits)
    photos = StageState.DONE if project.views else StageState.READY
    points = _made(there, scene.cloud_is_stale, bool(project.views))
    mesh = _made(textured, scene.mesh_is_stale, there)
    states: dict[StageId, StageState] = {
        "photos": StageState.RUNNING if running.importing else photos,
        "reconstruct": StageState.RUNNING if running.reconstructing else points,
        "clean": _made(there and cleaned, False, there),
        "mesh": StageState.RUNNING if running.meshing else mesh,
        "export": _made(textured and exported, exported and not textured, there),
    }
    if running.exporting:
        states["export"] = StageState.RUNNING
    return states


def _made(done: bool, stale: bool, possible: bool) -> StageState:
    if done:
        return StageState.DONE
    if stale:
        return StageState.STALE
    return StageState.READY if possible else StageState.EMPTY
