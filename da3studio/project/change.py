"""What differs between two values of a project: what a window has to show anew."""

from __future__ import annotations

from enum import Flag, auto

from da3studio.project.document import Project


class Change(Flag):
    """Parts of a project; `RESULTS` is not one and never comes from `difference`."""

    VIEWS = auto()
    RECIPE = auto()
    CAMERAS = auto()  # the known ones
    EDITS = auto()
    PLACEMENT = auto()
    MEASUREMENTS = auto()
    NAME = auto()
    RESULTS = auto()  # stored results came or went


NOTHING = Change(0)

EVERYTHING = Change((1 << len(Change)) - 1)
"""As after another project was opened."""

_FIELDS = {
    Change.VIEWS: "views",
    Change.RECIPE: "recipe",
    Change.CAMERAS: "known_cameras",
    Change.EDITS: "edits",
    Change.PLACEMENT: "placement",
    Change.MEASUREMENTS: "measurements",
    Change.NAME: "name",
}


def difference(old: Project, new: Project) -> Change:
    """The parts that are not equal; `NOTHING` where all are."""
    changed = NOTHING
    for change, field in _FIELDS.items():
        before, after = getattr(old, field), getattr(new, field)
        if before is not after and before != after:
            changed |= change
    return changed
