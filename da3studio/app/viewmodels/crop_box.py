"""The crop box while it is being set: its numbers, what it would cut away, apply and cancel."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PySide6.QtCore import QObject, Signal

from da3studio.app.background import Newest
from da3studio.app.session import Session
from da3studio.app.units import METRES_PER_FOOT
from da3studio.app.viewmodels.scene_state import Part
from da3studio.base.i18n import tr
from da3studio.edits.base import ListedEdit
from da3studio.edits.shapes import Box, CropBox, DeleteInBox
from da3studio.scene.placement import Vec3

Number = Literal["x", "y", "z", "width", "depth", "height", "angle"]

PLACES: tuple[Number, ...] = ("x", "y", "z")
SIZES: tuple[Number, ...] = ("width", "depth", "height")

_OUTSIDE = 1.0  # percent of the points left out on each side when the box is fitted
_SAMPLE = 60_000  # points that a box is fitted to
_TURNS_DEG = np.arange(0.0, 90.0, 3.0)
_WORTH_TURNING = 0.9  # of the footprint: a turned box has to save that much
_HOLE = 0.4  # of the fitted box: where a box that cuts what is inside begins
_SMALLEST = 1e-4  # half size over the cloud's: a box cannot be dragged flat


@dataclass(frozen=True, eq=False)
class TurnedBox:
    """A box whose third axis is up."""

    centre: NDArray[np.float64]  # (3,) [world units]
    half: NDArray[np.float64]  # (3,) along its axes [world units]
    axes: NDArray[np.float64]  # (3, 3) rows: unit, in the world: width, depth, height

    def corners(self) -> NDArray[np.float64]:
        """`(8, 3)`; corner i is on the positive side of axis a where bit a of i is set."""
        signs = np.array([[1 if i >> a & 1 else -1 for a in range(3)] for i in range(8)])
        corners: NDArray[np.float64] = self.centre + (signs * self.half) @ self.axes
        return corners

    def face(self, axis: int, sign: int) -> NDArray[np.float64]:
        """`(3,)` middle of a face."""
        middle: NDArray[np.float64] = self.centre + sign * self.half[axis] * self.axes[axis]
        return middle


class CropBoxModel(QObject):
    """At most one box is set at a time; one that the project has already is taken up again.

    It cuts away what is outside of it, or what is inside; each is an entry of its own in the list.
    """

    changed = Signal()

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session, self._scene = session, session.scene
        self._newest = Newest(session.background, self)
        self._box: TurnedBox | None = None
        self._inside = False
        self._replaces: ListedEdit | None = None
        self._wanted = ""  # id of the entry to take up next
        self._reach = 1.0
        self._n_cut: int | None = None
        self._scene.changed.connect(self._follow)

    # The box

    @property
    def box(self) -> TurnedBox | None:
        """`None` while no box is being set."""
        return self._box

    @property
    def n_cut(self) -> int | None:
        """How many visible points it would cut away; `None` = being counted."""
        return self._n_cut

    @property
    def is_known(self) -> bool:
        """Whether an entry of the list is being changed, else applying makes a new one."""
        return self._replaces is not None

    @property
    def cuts_inside(self) -> bool:
        """Whether what is inside is cut away, else what is outside."""
        return self._inside

    def begin(self) -> None:
        """Start with the project's own crop, or a box around the middle 98 % of the points."""
        if self._scene.cloud is None or self._box is not None:
            return
        self._reach = float(np.linalg.norm(self._fitted().half))
        wanted, self._wanted = self._listed(self._wanted), ""
        self._inside = wanted is not None and isinstance(wanted.edit, DeleteInBox)
        self._take_up(wanted or self._own())

    def take_up(self, edit_id: str) -> None:
        """Change this entry of the list, now or when the next box is begun."""
        self._wanted = edit_id
        if self._box is not None:
            self._end()
            self.begin()

    def set_cuts_inside(self, inside: bool) -> None:
        """Cut what is inside, or what is outside: the box stays, unless the list has its own."""
        if self._box is None or inside == self._inside:
            self.changed.emit()
            return
        self._inside = inside
        own = self._own()
        if own is None and self._replaces is None:
            self._set(self._box)
        else:
            self._take_up(own)

    def begin_another(self) -> None:
        """Leave the entry of the list that is being changed as it is, and begin a new box."""
        if self._box is not None:
            self._take_up(None)

    def _take_up(self, listed: ListedEdit | None) -> None:
        """Show the box of an entry, or a new one."""
        if listed is not None or self._replaces is not None:
            self._replaces = listed
            # What the old box hides has to be seen while it is changed.
            self._scene.edits_changed(self._others())
        if listed is not None and isinstance(listed.edit, Box):
            edit = listed.edit
            box = TurnedBox(np.array(edit.centre), np.array(edit.half), np.array(edit.axes))
        else:
            box = self._fitted()
            if self._inside:
                box = replace(box, half=_HOLE * box.half)
        self._set(box)

    def _own(self) -> ListedEdit | None:
        """The first entry of the list that cuts on the chosen side of a box."""
        edits = self._session.project.edits
        return next((one for one in edits if type(one.edit) is self._kind), None)

    def _listed(self, edit_id: str) -> ListedEdit | None:
        edits = self._session.project.edits
        return next((one for one in edits if one.id == edit_id and isinstance(one.edit, Box)), None)

    @property
    def _kind(self) -> type[CropBox] | type[DeleteInBox]:
        return DeleteInBox if self._inside else CropBox

    def fit(self) -> None:
        """Around the middle 98 % of the points, turned to the smallest footprint."""
        if self._box is not None:
            self._set(self._fitted())

    def set_box(self, centre: ArrayLike, half: ArrayLike, axes: ArrayLike) -> None:
        """Another box; sizes that are too small are made as small as allowed."""
        if self._box is None:
            return
        smallest = _SMALLEST * self._reach
        size = np.maximum(np.abs(np.asarray(half, np.float64)), smallest)
        self._set(TurnedBox(np.asarray(centre, np.float64), size, np.asarray(axes, np.float64)))

    def move_face(self, axis: int, sign: int, to: float) -> None:
        """Put a face at `to` along its axis [world units from the box's centre]; the other stays.

        Args:
            axis: 0 width, 1 depth, 2 height.
            sign: 1 or -1, which of the two faces.
            to: signed, along the axis.
        """
        box = self._box
        if box is None:
            return
        fixed = -sign * box.half[axis]
        span = max(sign * (to - fixed), 2 * _SMALLEST * self._reach)
        half = box.half.copy()
        half[axis] = span / 2
        centre = box.centre + box.axes[axis] * (fixed + sign * span / 2)
        self.set_box(centre, half, box.axes)

    def turn_to(self, degrees: float) -> None:
        """Turn about up, 0 = square to the scene's front."""
        box = self._box
        if box is None:
            return
        by = math.radians(degrees - self.number("angle"))
        cosine, sine = math.cos(by), math.sin(by)
        width, depth, up = box.axes
        axes = np.stack([cosine * width + sine * depth, cosine * depth - sine * width, up])
        self.set_box(box.centre, box.half, axes)

    # Its numbers

    @property
    def unit_name(self) -> str:
        """The unit of all lengths shown: "m", "ft" or "units"."""
        if self._scene.metres_per_unit is None:
            return tr("units")
        return tr("ft") if self._session.settings.units == "imperial" else "m"

    def number(self, name: Number) -> float:
        """A number of the box as it is shown: lengths in `unit_name`, the angle in degrees."""
        box = self._box
        if box is None:
            return 0.0
        if name in SIZES:
            return 2 * float(box.half[SIZES.index(name)]) * self._shown_per_unit()
        frame, origin = self._frame()
        if name in PLACES:
            place = frame @ (box.centre - origin)
            return float(place[PLACES.index(name)]) * self._shown_per_unit()
        right, ahead, _ = frame
        return math.degrees(math.atan2(float(box.axes[0] @ ahead), float(box.axes[0] @ right)))

    def set_number(self, name: Number, value: float) -> None:
        """Change a number of the box; answers with `changed` whatever came of it."""
        box = self._box
        if box is None or not math.isfinite(value):
            self.changed.emit()
        elif name in SIZES:
            half = box.half.copy()
            half[SIZES.index(name)] = value / 2 / self._shown_per_unit()
            self.set_box(box.centre, half, box.axes)
        elif name in PLACES:
            frame, origin = self._frame()
            place = frame @ (box.centre - origin)
            place[PLACES.index(name)] = value / self._shown_per_unit()
            self.set_box(origin + place @ frame, box.half, box.axes)
        else:
            self.turn_to(value)

    def _shown_per_unit(self) -> float:
        metres = self._scene.metres_per_unit
        if metres is None:
            return 1.0
        return metres / METRES_PER_FOOT if self._session.settings.units == "imperial" else metres

    def frame(self) -> NDArray[np.float64]:
        """`(3, 3)` rows right, ahead, up in the world."""
        right, down, ahead = self._session.project.placement.placed_from_world().rotation
        return np.stack([right, ahead, -down])

    def _frame(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """`frame` and the `(3,)` origin."""
        return self.frame(), np.array(self._session.project.placement.origin or (0.0, 0.0, 0.0))

    # Its end

    def apply(self) -> None:
        """Cut away what is on the chosen side: one step to undo."""
        box, project = self._box, self._session.project
        if box is None:
            return
        registration = self._scene.registration
        unit = registration.unit if registration is not None else "relative"
        edit = self._kind(_vec3(box.centre), _vec3(box.half), _rows(box.axes), unit)
        old = self._replaces
        if old is not None and any(one.id == old.id for one in project.edits):
            edits = tuple(
                replace(one, edit=edit, on=True) if one.id == old.id else one
                for one in project.edits
            )
        else:
            edits = (*project.edits, ListedEdit.new(edit))
        label = tr("Delete inside a box") if self._inside else tr("Crop")
        self._end()
        self._session.commit(label, project.with_edits(edits))

    def cancel(self) -> None:
        """Leave everything as it was."""
        if self._box is not None:
            self._end()

    def _end(self) -> None:
        self._newest.drop()
        self._box = None
        self._scene.mark(None)
        if self._replaces is not None:
            self._scene.edits_changed(self._session.project.edits)
        self._replaces, self._inside = None, False
        self.changed.emit()

    # What it would do

    def _set(self, box: TurnedBox) -> None:
        self._box = box
        self._n_cut = None
        self._preview()
        self.changed.emit()

    def _preview(self) -> None:
        box, stack = self._box, self._scene.stack
        if box is None or stack is None:
            return
        edit = self._kind(_vec3(box.centre), _vec3(box.half), _rows(box.axes))
        others = self._others()

        def work() -> tuple[NDArray[np.bool_], int]:
            cut = edit.removes(stack.evidence) & stack.keep(others)
            return cut, int(np.count_nonzero(cut))

        self._newest.ask(work, self._show)

    def _show(self, found: tuple[NDArray[np.bool_], int]) -> None:
        mask, self._n_cut = found
        cloud = self._scene.cloud
        if self._box is not None and cloud is not None and len(mask) == len(cloud):
            self._scene.mark(mask)
        self.changed.emit()

    def _others(self) -> tuple[ListedEdit, ...]:
        old = self._replaces
        return tuple(
            one for one in self._session.project.edits if old is None or one.id != old.id
        )  # fmt: skip

    def _follow(self, parts: Part) -> None:
        if self._box is None:
            return
        if self._scene.cloud is None:
            self._end()
        elif Part.CLOUD in parts:
            self._preview()

    def _fitted(self) -> TurnedBox:
        return fitted_box(self._some_points(), self.frame())

    def _some_points(self) -> NDArray[np.float64]:
        """`(n, 3)` of the visible points: rows are in random order, the first do."""
        cloud, keep = self._scene.cloud, self._scene.keep
        if cloud is None or len(cloud) == 0:
            return np.zeros((1, 3))
        points = cloud.xyz[:_SAMPLE]
        if keep is not None and keep[:_SAMPLE].any():
            points = points[keep[:_SAMPLE]]
        return points.astype(np.float64)


def fitted_box(
    points: NDArray[np.float64], frame: NDArray[np.float64], outside: float = _OUTSIDE
) -> TurnedBox:
    """The box around most of some points, turned about up to the smallest footprint.

    Args:
        points: `(N, 3)`, N >= 1 [world units].
        frame: `(3, 3)` rows right, ahead, up in the world.
        outside: percent of the points left out on each side.
    """
    local = points @ frame.T
    best, least = 0.0, math.inf
    for degrees in _TURNS_DEG:
        turned = local @ _turned(degrees).T
        low, high = np.percentile(turned[:, :2], (outside, 100 - outside), axis=0)
        footprint = float(np.prod(high - low)) * (_WORTH_TURNING if degrees == 0 else 1.0)
        if footprint < least:
            best, least = float(degrees), footprint
    if best > 45:  # the same box, called by its smaller turn
        best -= 90
    axes = _turned(best) @ frame
    low, high = np.percentile(points @ axes.T, (outside, 100 - outside), axis=0)
    half = np.maximum((high - low) / 2, 1e-9)
    return TurnedBox((low + high) / 2 @ axes, half, axes)


def _turned(degrees: float) -> NDArray[np.float64]:
    """`(3, 3)` rows: right, ahead, up turned about up."""
    cosine, sine = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return np.array([[cosine, sine, 0.0], [-sine, cosine, 0.0], [0.0, 0.0, 1.0]])


def _vec3(values: NDArray[np.float64]) -> Vec3:
    x, y, z = (float(value) for value in values)
    return x, y, z


def _rows(axes: NDArray[np.float64]) -> tuple[Vec3, Vec3, Vec3]:
    return _vec3(axes[0]), _vec3(axes[1]), _vec3(axes[2])
