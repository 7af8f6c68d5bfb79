"""Which photos see a point, and where in them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QImage

from da3studio.app.background import Newest
from da3studio.app.session import Session
from da3studio.base.errors import UserFacingError
from da3studio.base.i18n import tr, trn
from da3studio.geometry.camera import Camera, project
from da3studio.project.photo_paths import photo_path
from da3studio.scene.depth import DepthMap
from da3studio.scene.view import View, ViewId

State = Literal["sees", "hidden", "past", "maybe"]

STATE_TEXT: Mapping[State, str] = {  # translated where it is shown
    "sees": "Sees it",
    "hidden": "Hidden behind something",
    "past": "Sees past it",
    "maybe": "In the picture; no depth to tell more",
}
_ORDER: Sequence[State] = ("sees", "maybe", "past", "hidden")

_AGREE = 0.02  # of the depth: how far a stored depth may be off and still mean the same surface
_THUMBNAIL_PX = 256

_Index = QModelIndex | QPersistentModelIndex
_NOWHERE = QModelIndex()


class Role(IntEnum):
    """What a row has besides its text."""

    VIEW = Qt.ItemDataRole.UserRole
    STATE = Qt.ItemDataRole.UserRole + 1
    PLACE = Qt.ItemDataRole.UserRole + 2  # (x, y) of the point, as shares of width and height
    PICTURE = Qt.ItemDataRole.UserRole + 3  # QImage of the whole photo; None while it is read


@dataclass(frozen=True)
class Sighting:
    """A point in a photo."""

    view_id: ViewId
    state: State
    x: float  # [px] of the upright photo at its own size
    y: float
    depth: float  # of the point along the optical axis [world units]
    slant: float  # distance from the photo's middle, as a share of its diagonal


def sighting(
    point: ArrayLike, view_id: ViewId, camera: Camera, depth: DepthMap | None
) -> Sighting | None:
    """Where a photo has a point, and whether it sees it; `None` = outside the picture.

    Args:
        point: `(3,)` [world units].
        view_id: of the photo.
        camera: of the photo at its own size; its lens distortion is honoured.
        depth: of the photo, if there is one.
    """
    place = np.asarray(point, np.float64)
    in_camera = camera.cam_from_world.apply(place)
    z, lens = float(in_camera[2]), camera.intrinsics
    if z <= 0 or not _is_before_the_fold(camera, in_camera):
        return None
    x, y = (float(value) for value in project(place, camera))
    if not (0 <= x < lens.width and 0 <= y < lens.height):
        return None
    slant = float(np.hypot(x - lens.width / 2, y - lens.height / 2)) / float(
        np.hypot(lens.width, lens.height)
    )
    return Sighting(view_id, _state(place, z, camera, depth), x, y, z, slant)


def _state(place: NDArray[np.float64], z: float, camera: Camera, depth: DepthMap | None) -> State:
    """By the stored depths of the nine pixels around: the best agreement counts."""
    if depth is None:
        return "maybe"
    seen = camera.pinhole().resized(depth.width, depth.height)
    x, y = project(place, seen)
    if not (0 <= x < depth.width and 0 <= y < depth.height):
        return "maybe"  # the corners of a distorted photo are outside its undistorted one
    column, row = int(x), int(y)
    around = (slice(max(row - 1, 0), row + 2), slice(max(column - 1, 0), column + 2))
    stored = depth.z[around]
    if not (stored > 0).any():
        return "past" if depth.sky[around].any() else "maybe"
    off = stored[stored > 0].astype(np.float64) - z
    best = float(off[np.argmin(np.abs(off))])
    if abs(best) <= _AGREE * z:
        return "sees"
    return "hidden" if best < 0 else "past"


def _is_before_the_fold(camera: Camera, in_camera: NDArray[np.float64]) -> bool:
    """Far off the axis, a polynomial lens folds back and would put points into the picture."""
    lens = camera.intrinsics
    r2 = float((in_camera[:2] ** 2).sum()) / float(in_camera[2]) ** 2
    at = np.linspace(0, r2, 16)
    return bool((1 + 3 * lens.k1 * at + 5 * lens.k2 * at**2 > 0).all())


class Sightings(QAbstractListModel):
    """Rows: the photos that have the picked point in their picture, those that see it first."""

    changed = Signal()  # the point, or what is known about it

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._session, self._scene = session, session.scene
        self._newest = Newest(session.background, self)
        self._point: NDArray[np.float64] | None = None
        self._rows: tuple[Sighting, ...] = ()
        self._is_looking = False
        self._pictures: dict[ViewId, QImage | None] = {}
        session.folder_changed.connect(self.clear)
        self._scene.moved.connect(self.clear)

    @property
    def point(self) -> NDArray[np.float64] | None:
        """`(3,)` that was picked [world units]; `None` = none."""
        return self._point

    @property
    def rows(self) -> tuple[Sighting, ...]:
        return self._rows

    @property
    def summary(self) -> str:
        """The answer in one sentence."""
        if self._point is None:
            return tr("Double-click a point in the model to find the photos that see it.")
        if self._is_looking:
            return tr("Looking through the photos …")
        n_sees = sum(row.state == "sees" for row in self._rows)
        if n_sees:
            return trn("{n} photo sees this point.", "{n} photos see this point.", n_sees)
        if any(row.state == "maybe" for row in self._rows):
            return trn(
                "{n} photo may see this point.", "{n} photos may see this point.", len(self._rows)
            )
        return tr("No photo sees this point.")

    def look_at(self, point: ArrayLike) -> None:
        """Find the photos that see a world point `(3,)`."""
        registration, scene = self._scene.registration, self._scene
        if registration is None:
            return
        place = np.array(point, np.float64)
        self._point, self._is_looking = place, True
        cameras = {id_: registration.cameras[id_] for id_ in registration.view_ids}
        self.changed.emit()
        self._newest.ask(lambda: found_in(place, cameras, scene.depth_of), self._show)

    def clear(self) -> None:
        self._newest.drop()
        self._point, self._is_looking = None, False
        self._pictures.clear()
        self._show(())

    def select(self, row: int) -> None:
        """Select a photo of the list."""
        if 0 <= row < len(self._rows):
            self._session.view.select((self._rows[row].view_id,))

    def look_through(self, row: int) -> None:
        """Look through the camera of a photo of the list."""
        self.select(row)
        if 0 <= row < len(self._rows):
            self._session.view.look_through(self._rows[row].view_id)

    # The list

    def rowCount(self, parent: _Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row = self._rows[index.row()]
        view = self._view(row.view_id)
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return view.name if view is not None else str(row.view_id)
            case Qt.ItemDataRole.ToolTipRole | Qt.ItemDataRole.AccessibleTextRole:
                name = view.name if view is not None else str(row.view_id)
                return tr("{name}: {state}").format(name=name, state=tr(STATE_TEXT[row.state]))
            case Role.VIEW:
                return row.view_id
            case Role.STATE:
                return row.state
            case Role.PLACE if view is not None:
                return row.x / view.width, row.y / view.height
            case Role.PICTURE if view is not None:
                return self._picture(view)
        return None

    def _show(self, rows: tuple[Sighting, ...]) -> None:
        self._is_looking = False
        self.beginResetModel()  # another point: nothing of the list before is meant any more
        self._rows = rows
        self.endResetModel()
        self.changed.emit()

    def _view(self, view_id: ViewId) -> View | None:
        return next((one for one in self._session.project.views if one.id == view_id), None)

    def _picture(self, view: View) -> QImage | None:
        """The photo, small; asked for when it is first looked at."""
        folder = self._session.folder
        if view.id in self._pictures or folder is None:
            return self._pictures.get(view.id)
        self._pictures[view.id] = None
        path = photo_path(view, folder.path)

        def read() -> QImage | None:
            from da3studio.media.thumbs import thumbnail

            try:
                pixels = thumbnail(path, _THUMBNAIL_PX)
            except UserFacingError:  # the photo list says so; here the frame stays empty
                return None
            height, width, _ = pixels.shape
            image = QImage(pixels.tobytes(), width, height, 3 * width, QImage.Format.Format_RGB888)
            return image.copy()

        def show(picture: QImage | None) -> None:
            if view.id in self._pictures:
                self._pictures[view.id] = picture
                rows = [i for i, row in enumerate(self._rows) if row.view_id == view.id]
                for i in rows:
                    self.dataChanged.emit(self.index(i), self.index(i), [int(Role.PICTURE)])

        self._session.in_background(read, show)
        return None


def found_in(
    point: NDArray[np.float64],
    cameras: Mapping[ViewId, Camera],
    depth_of: Callable[[ViewId], DepthMap | None],
) -> tuple[Sighting, ...]:
    """All photos that have a point in their picture: those that see it first, most central first.

    Args:
        point: `(3,)` [world units].
        cameras: of the registered photos.
        depth_of: stored depth; asked only of photos that could see it.
    """
    found = []
    for view_id, camera in cameras.items():
        if sighting(point, view_id, camera, None) is not None:
            seen = sighting(point, view_id, camera, depth_of(view_id))
            if seen is not None:
                found.append(seen)
    return tuple(sorted(found, key=lambda row: (_ORDER.index(row.state), row.slant)))
