"""One photo beside its depth: pictures, ranges, histograms, and the value at a pixel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from da3studio.app.background import Newest
from da3studio.app.units import UnitSystem, length_text, number_text
from da3studio.app.viewmodels.depth_pictures import (
    Counts,
    Overlay,
    Pixels,
    Range,
    Shown,
    count,
    limits,
    overlay_of,
    painted,
    shades,
    within,
)
from da3studio.app.viewmodels.scene_state import Part
from da3studio.base.errors import UserFacingError
from da3studio.base.i18n import tr
from da3studio.project.change import Change
from da3studio.scene.depth import DepthMap
from da3studio.scene.view import View, ViewId

if TYPE_CHECKING:
    from da3studio.app.session import Session

_PHOTO_PX = 2000  # longer side of the photo that is read


@dataclass(frozen=True, eq=False)
class _Content:
    """What was read of one photo."""

    view: View
    photo: Pixels | None  # undistorted where there is a depth map
    why_no_photo: str
    depth: DepthMap | None
    depths: Counts | None
    confidences: Counts | None


class DepthView(QObject):
    """What the depth panel shows.

    Args:
        session: has the photos and the results.
    """

    changed = Signal()  # another photo, or its depth map is new
    painted = Signal()  # `depth_picture` is new
    ranges_changed = Signal()
    overlay_changed = Signal()

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session, self._scene = session, session.scene
        self._reader = Newest(session.background, self)
        self._painter = Newest(session.background, self)
        self._clear()
        self._shown: Shown = "depth"
        self._overlay: Overlay = ""
        session.changed.connect(self._project_changed)
        session.folder_changed.connect(lambda: self.show(None))
        self._scene.planned.connect(self._look_again)
        self._scene.changed.connect(self._scene_changed)

    def _clear(self) -> None:
        self.view_id: ViewId | None = None
        self._content: _Content | None = None
        self._depth_key: str | None = None
        self._depth_range: Range | None = None
        self._confidence_range: Range | None = None
        self.depth_picture: Pixels | None = None
        self.overlay_picture: Pixels | None = None  # (H, W, 4) to lay over the photo

    # What is shown

    @property
    def title(self) -> str:
        """Name of the photo, "" = none is chosen."""
        return self._content.view.name if self._content else ""

    @property
    def photo(self) -> Pixels | None:
        """The photo as its pinhole camera would have taken it, so that its pixels are the map's."""
        return self._content.photo if self._content else None

    @property
    def photo_message(self) -> str:
        """Why there is no photo to see, "" = there is one."""
        if self.view_id is None:
            return tr("Choose a photo to see its depth.")
        return self._content.why_no_photo if self._content else tr("Reading…")

    @property
    def depth_message(self) -> str:
        """Why there is no depth map to see, "" = there is one."""
        if self.view_id is None or self._content is None:
            return ""
        if self._content.depth is not None:
            return ""
        registration = self._scene.registration
        if registration is not None and self.view_id in registration.left_out:
            return tr("This photo has no depth, because it is not used: {why}").format(
                why=registration.left_out[self.view_id]
            )
        return tr("Not computed yet: Reconstruct makes the depth of every photo.")

    @property
    def has_depth(self) -> bool:
        return self._content is not None and self._content.depth is not None

    @property
    def depth_size(self) -> tuple[int, int]:
        """Width and height of the depth map, (0, 0) without one."""
        depth = self._content.depth if self._content else None
        return (depth.width, depth.height) if depth is not None else (0, 0)

    @property
    def depths(self) -> Counts | None:
        """How often each depth occurs [world units]."""
        return self._content.depths if self._content else None

    @property
    def confidences(self) -> Counts | None:
        """How often each confidence occurs, on the engine's own scale."""
        return self._content.confidences if self._content else None

    @property
    def depth_range(self) -> Range | None:
        """The depths that are shown in colour."""
        return self._depth_range

    @property
    def confidence_range(self) -> Range | None:
        """The confidences that are shown; the rest is dimmed."""
        return self._confidence_range

    @property
    def shown(self) -> Shown:
        return self._shown

    @property
    def overlay(self) -> Overlay:
        """What lies over the photo."""
        return self._overlay

    def depth_text(self, z: float) -> str:
        """A depth in words: metres where the scale is known."""
        imperial = self._session.settings.units == "imperial"
        system: UnitSystem = "imperial" if imperial else "metric"
        return length_text(z, self._scene.metres_per_unit, system=system)

    @staticmethod
    def confidence_text(value: float) -> str:
        """A confidence in words."""
        return number_text(value, 2)

    def depth_colours(self, depths: NDArray[np.float64]) -> Pixels:
        """`(N, 3)` how these depths look in the picture."""
        return shades(depths, self._depth_range, "depth")

    def confidence_colours(self, values: NDArray[np.float64]) -> Pixels:
        """`(N, 3)` how these confidences look in the picture."""
        return shades(values, self._confidence_range, "confidence")

    def value_text(self, share_x: float, share_y: float) -> str:
        """What is known at a place of the picture.

        Args:
            share_x: 0 = left edge, 1 = right edge.
            share_y: 0 = top, 1 = bottom.
        """
        depth = self._content.depth if self._content else None
        if depth is None or not (0 <= share_x < 1 and 0 <= share_y < 1):
            return ""
        row, column = int(share_y * depth.height), int(share_x * depth.width)
        if depth.sky[row, column]:
            return tr("Sky")
        z = float(depth.z[row, column])
        if z <= 0:
            return tr("Not measured here")
        return tr("{depth} away, confidence {confidence}").format(
            depth=self.depth_text(z),
            confidence=self.confidence_text(float(depth.confidence[row, column])),
        )

    # What the person does

    def show(self, view_id: ViewId | None) -> None:
        """Show a photo, or nothing."""
        if view_id == self.view_id:
            return
        self._reader.drop()
        self._painter.drop()
        self._clear()
        self.view_id = view_id
        self.changed.emit()
        self._read()

    def set_shown(self, shown: Shown) -> None:
        """Show depth or confidence as colours."""
        self._shown = shown
        self._paint()
        self.ranges_changed.emit()

    def set_overlay(self, overlay: Overlay) -> None:
        """Lay something over the photo."""
        self._overlay = overlay
        self._paint()
        self.overlay_changed.emit()

    def set_depth_range(self, low: float, high: float) -> None:
        self._depth_range = within(low, high, self.depths)
        self._paint()
        self.ranges_changed.emit()

    def set_confidence_range(self, low: float, high: float) -> None:
        self._confidence_range = within(low, high, self.confidences)
        self._paint()
        self.ranges_changed.emit()

    # Reading and painting

    def _project_changed(self, change: Change) -> None:
        if change & Change.VIEWS and self.view_id is not None and self._view() is None:
            self.show(None)
        if change & Change.PLACEMENT:
            self.ranges_changed.emit()  # lengths read differently

    def _scene_changed(self, part: Part) -> None:
        if part & Part.CAMERAS and self.view_id is not None:
            self._read()

    def _look_again(self) -> None:
        """After every stored result: has the depth map of this photo come?"""
        if self.view_id is not None and self._scene.depth_key(self.view_id) != self._depth_key:
            self._read()

    def _view(self) -> View | None:
        return next((v for v in self._session.project.views if v.id == self.view_id), None)

    def _read(self) -> None:
        view, folder, scene = self._view(), self._session.folder, self._scene
        if view is None or folder is None:
            return
        registration, path = scene.registration, folder.path
        camera = registration.cameras.get(view.id) if registration else None
        self._depth_key = scene.depth_key(view.id)

        def read() -> _Content:
            from da3studio.media.photos import PhotoFiles

            files = PhotoFiles(path)
            photo, why = None, ""
            try:
                if camera is None:
                    photo = files.read(view, _PHOTO_PX)
                else:
                    photo = files.read_undistorted(view, camera, _PHOTO_PX)
            except UserFacingError as error:
                why = f"{error.what} {error.fix}"
            return _content(view, photo, why, scene.depth_of(view.id))

        self._reader.ask(read, self._take)

    def _take(self, content: _Content) -> None:
        before = self._content
        self._content = content
        if before is None or before.depth is not content.depth:
            depths, sure = content.depths, content.confidences
            self._depth_range = (depths.low, depths.high) if depths else None
            self._confidence_range = (sure.low, sure.high) if sure else None
        self.changed.emit()
        self._paint()

    def _paint(self) -> None:
        depth = self._content.depth if self._content else None
        if self._content is None or depth is None:
            self.depth_picture = self.overlay_picture = None
            self.painted.emit()
            return
        content, shown, overlay = self._content, self._shown, self._overlay
        depths = limits(self._depth_range, content.depths)
        sure = limits(self._confidence_range, content.confidences)

        def paint() -> tuple[Pixels, Pixels | None]:
            return painted(depth, shown, depths, sure), overlay_of(depth, overlay)

        self._painter.ask(paint, self._show_painted)

    def _show_painted(self, pictures: tuple[Pixels, Pixels | None]) -> None:
        self.depth_picture, self.overlay_picture = pictures
        self.painted.emit()


def _content(view: View, photo: Pixels | None, why: str, depth: DepthMap | None) -> _Content:
    if depth is None:
        return _Content(view, photo, why, None, None, None)
    return _Content(view, photo, why, depth, *count(depth))
