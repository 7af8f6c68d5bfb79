"""The one button of each stage: what it says and what it does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from da3studio.app.viewmodels.stages import StageId, StageState
from da3studio.base.i18n import tr

Deed = Literal["add", "reconstruct", "mesh", "export", "go"]


@dataclass(frozen=True)
class NextStep:
    """What leads on from a stage."""

    text: str
    icon: str
    deed: Deed
    enabled: bool
    why: str  # what it does, or why it cannot be pressed
    goes_to: StageId  # the stage to show then


def next_step(stage: StageId, states: Mapping[StageId, StageState], refusal: str = "") -> NextStep:
    """The button of a stage, by how far all stages are.

    Args:
        stage: that is shown.
        states: of all stages.
        refusal: why no file can be written as it is asked for, "" = one can.
    """
    made = (StageState.DONE, StageState.RUNNING)
    match stage:
        case "photos":
            if states["photos"] is StageState.READY:
                why = tr("Choose photos of one thing or place, taken from all sides.")
                return NextStep(tr("Add photos …"), "add-photos", "add", True, why, "photos")
            return _go("reconstruct", tr("Next: reconstruct"))
        case "reconstruct":
            if states["reconstruct"] in made:
                return _go("clean", tr("Next: clean"), states["reconstruct"])
            why = tr("Finds where the photos were taken and what they show.")
            text = tr("Reconstruct")
            if states["reconstruct"] is StageState.STALE:
                text = tr("Reconstruct again")
            possible = states["photos"] is StageState.DONE
            return NextStep(
                text,
                "reconstruct",
                "reconstruct",
                possible,
                why if possible else tr("Add photos first."),
                "reconstruct",
            )
        case "clean":
            return _go("mesh", tr("Next: mesh"), states["reconstruct"])
        case "mesh":
            if states["mesh"] in made:
                return _go("export", tr("Next: export"), states["mesh"])
            text = tr("Make mesh")
            if states["mesh"] is StageState.STALE:
                text = tr("Make mesh again")
            possible = states["reconstruct"] is StageState.DONE
            why = tr("Makes a surface and paints it from the photos.")
            if not possible:
                why = tr("Reconstruct the photos first.")
            return NextStep(text, "mesh", "mesh", possible, why, "mesh")
        case "export":
            possible = not refusal and states["export"] is not StageState.RUNNING
            why = refusal or tr("Write the model to a file for other programs.")
            return NextStep(tr("Export …"), "export", "export", possible, why, "export")


def _go(to: StageId, text: str, before: StageState = StageState.DONE) -> NextStep:
    ready = before is StageState.DONE
    why = "" if ready else tr("It can be pressed as soon as this stage is done.")
    return NextStep(text, "chevron-right", "go", ready, why, to)
