"""Which way is up, where the floor and the origin are, what is the front: proposals and commits."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PySide6.QtCore import QObject, Signal

from da3studio.app.session import Session
from da3studio.app.units import percent_text
from da3studio.app.viewmodels.scene_state import Part
from da3studio.base.i18n import tr
from da3studio.geometry.floor import Plane, Upright, find_up
from da3studio.project.change import Change
from da3studio.scene.placement import ENGINE_UP, Placement, Vec3

Tip = Literal["forwards", "sideways"]

_SAMPLE = 60_000  # points that are looked at
_LOWEST = 1.0  # percent of the points that may lie under a floor nobody set
_SURE = 0.5  # confidence from which a proposal needs no second look


@dataclass(frozen=True, eq=False)
class Proposal:
    """An up direction that is shown and not yet taken."""

    up: NDArray[np.float64]  # (3,) unit
    floor: NDArray[np.float64] | None  # (3,) a point of the floor; None = not known
    says: str  # one sentence about where it is from, translated
    ahead: NDArray[np.float64] | None = None  # (3,) the front where that was tipped along


class Placing(QObject):
    """Everything of the placement but its known lengths.

    Args:
        session: of the project.
        gaze: the `(3,)` world direction into the picture that the viewport shows now.
        parent: of the object.
    """

    changed = Signal()

    def __init__(
        self,
        session: Session,
        gaze: Callable[[], NDArray[np.float64]],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._gaze = gaze
        self._session, self._scene = session, session.scene
        self._proposal: Proposal | None = None
        self._is_searching = False
        session.changed.connect(self._follow)
        session.folder_changed.connect(self.cancel)
        session.scene.changed.connect(self._scene_changed)

    @property
    def placement(self) -> Placement:
        return self._session.project.placement

    @property
    def is_possible(self) -> bool:
        """Whether there is a scene to place."""
        return self._scene.registration is not None and self._scene.cloud is not None

    @property
    def is_searching(self) -> bool:
        """Whether up is being looked for."""
        return self._is_searching

    @property
    def proposal(self) -> Proposal | None:
        """What would be applied; `None` = nothing is proposed."""
        return self._proposal

    # Up and floor

    def stand_upright(self) -> None:
        """Look for up and the floor; the answer becomes the proposal."""
        registration, points = self._scene.registration, self._some_points()
        if registration is None or self._is_searching:
            return
        cameras = [registration.cameras[view_id] for view_id in registration.view_ids]
        folder = self._session.folder
        self._is_searching = True
        self.changed.emit()

        def show(found: Upright) -> None:
            self._is_searching = False
            if self._session.folder is folder:
                self._propose(found.up, _foot(found, points), _words(found))
            self.changed.emit()

        self._session.in_background(lambda: find_up(cameras, points), show)

    def propose_floor(self, plane: Plane) -> None:
        """Make a plane the floor; its normal is up."""
        base = plane.foot_of(self.base_centre())
        self._propose(plane.normal, base, tr("The plane you picked becomes the floor."))

    def tip(self, way: Tip, degrees: float) -> None:
        """Tip the scene: its proposal, or from what holds now.

        Args:
            way: "forwards" about the axis to the right of the front, "sideways" about that ahead.
            degrees: positive tips the model's top away from the person, or to the right.
        """
        right, down, ahead = self._present_frame()
        # The model tips one way by its frame tipping the other way in the world.
        axis, angle = (right if way == "forwards" else -ahead), math.radians(degrees)
        up, front = _turned(-down, axis, angle), _turned(ahead, axis, angle)
        self._propose(up, self._present_floor(), tr("Tipped by hand."), front)

    def flip(self) -> None:
        """Upside down."""
        self._propose(-self._present_up(), None, tr("Turned upside down."))

    def apply(self) -> None:
        """Take the proposal, as one step to undo; the origin comes down to the floor."""
        proposal = self._proposal
        if proposal is None:
            return
        placement = replace(self.placement, up=_vec3(proposal.up))
        if proposal.ahead is not None:
            placement = replace(placement, facing=_vec3(proposal.ahead))
        if proposal.floor is not None:
            start = placement.origin or _vec3(self.base_centre())
            plane = Plane(proposal.up, float(proposal.up @ proposal.floor), 1.0)
            placement = replace(placement, origin=_vec3(plane.foot_of(start)))
        self._proposal = None
        self._commit(tr("Stand upright"), placement)
        self.changed.emit()

    def cancel(self) -> None:
        """Drop the proposal."""
        self._proposal = None
        self.changed.emit()

    # Origin and front

    def set_origin(self, point: ArrayLike) -> None:
        self._commit(tr("Set the origin"), replace(self.placement, origin=_vec3(point)))

    def origin_to_base(self) -> None:
        """The middle of what stands there, on the floor."""
        self.set_origin(self.base_centre())

    def make_this_the_front(self) -> None:
        """What is seen now becomes the front view."""
        self._commit(tr("Set the front"), replace(self.placement, facing=_vec3(self._gaze())))

    def reset(self) -> None:
        """As the engine gave it; known lengths stay."""
        self._proposal = None
        kept = Placement(known_lengths=self.placement.known_lengths)
        self._commit(tr("Reset the placement"), kept)
        self.changed.emit()

    def base_centre(self) -> NDArray[np.float64]:
        """`(3,)` under the middle of the visible points, at the height of the floor."""
        points, up = self._some_points(), self._present_up()
        if not len(points):
            return np.zeros(3)
        middle = np.median(points, axis=0)
        floor = self._present_floor()
        low = float(up @ floor) if floor is not None else self._lowest(points, up)
        base: NDArray[np.float64] = middle + up * (low - float(up @ middle))
        return base

    def floor_square(self) -> NDArray[np.float64]:
        """`(4, 3)` corners of a square on the proposed floor, or on the present one."""
        right, _, ahead = self._present_frame()
        points = self._some_points()
        if not len(points):
            return np.zeros((4, 3))
        centre = self.base_centre()
        away = np.abs((points - centre) @ np.stack([right, ahead]).T)
        reach = float(np.percentile(away, 97))
        signs = ((-1, -1), (1, -1), (1, 1), (-1, 1))
        return np.stack([centre + reach * (a * right + b * ahead) for a, b in signs])

    # Parts

    def _present_up(self) -> NDArray[np.float64]:
        if self._proposal is not None:
            return self._proposal.up
        return np.array(self.placement.up or ENGINE_UP)

    def _present_frame(self) -> NDArray[np.float64]:
        """`(3, 3)` rows right, down, ahead."""
        placement = replace(self.placement, up=_vec3(self._present_up()))
        if self._proposal is not None and self._proposal.ahead is not None:
            placement = replace(placement, facing=_vec3(self._proposal.ahead))
        return placement.placed_from_world().rotation

    def _present_floor(self) -> NDArray[np.float64] | None:
        if self._proposal is not None:
            return self._proposal.floor
        return None if self.placement.origin is None else np.array(self.placement.origin)

    def _lowest(self, points: NDArray[np.float64], up: NDArray[np.float64]) -> float:
        return float(np.percentile(points @ up, _LOWEST))

    def _propose(
        self,
        up: ArrayLike,
        floor: NDArray[np.float64] | None,
        says: str,
        ahead: NDArray[np.float64] | None = None,
    ) -> None:
        direction = np.asarray(up, np.float64)
        self._proposal = Proposal(direction / np.linalg.norm(direction), floor, says, ahead)
        self.changed.emit()

    def _commit(self, label: str, placement: Placement) -> None:
        if placement != self.placement:
            self._session.commit(label, self._session.project.with_placement(placement))

    def _some_points(self) -> NDArray[np.float64]:
        """`(n, 3)` of the visible points; rows are in random order, the first do."""
        cloud, keep = self._scene.cloud, self._scene.keep
        if cloud is None:
            return np.zeros((0, 3))
        points = cloud.xyz[:_SAMPLE]
        if keep is not None and keep[:_SAMPLE].any():
            points = points[keep[:_SAMPLE]]
        return points.astype(np.float64)

    def _follow(self, change: Change) -> None:
        if Change.PLACEMENT in change:
            self.changed.emit()

    def _scene_changed(self, parts: Part) -> None:
        if parts & (Part.CLOUD | Part.CAMERAS):
            self.changed.emit()


def _foot(found: Upright, points: NDArray[np.float64]) -> NDArray[np.float64] | None:
    if found.floor is None or not len(points):
        return None
    return found.floor.foot_of(np.median(points, axis=0))


def _words(found: Upright) -> str:
    if found.floor is None:
        return tr("No floor was found: upright as the camera was held. Check it.")
    share = percent_text(found.floor.share)
    if found.confidence >= _SURE:
        return tr("A floor was found that holds {share} of the points.").format(share=share)
    return tr("Something flat was found that holds {share} of the points. Check it.").format(
        share=share
    )


def _turned(
    vector: NDArray[np.float64], axis: NDArray[np.float64], angle_rad: float
) -> NDArray[np.float64]:
    """A vector turned about a unit axis; Rodrigues' formula."""
    cosine, sine = math.cos(angle_rad), math.sin(angle_rad)
    turned: NDArray[np.float64] = (
        vector * cosine + np.cross(axis, vector) * sine + axis * float(axis @ vector) * (1 - cosine)
    )
    return turned


def _vec3(values: ArrayLike) -> Vec3:
    x, y, z = (float(value) for value in np.asarray(values, np.float64))
    return x, y, z
