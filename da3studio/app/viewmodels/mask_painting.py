"""A mask being painted on one photo: strokes, outlines, its own undo, saving."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from da3studio.app.background import Newest
from da3studio.app.units import percent_text
from da3studio.app.viewmodels.mask_import import read_mask, resized
from da3studio.app.viewmodels.photo_commands import mask_digest, set_masks
from da3studio.base.errors import UserFacingError
from da3studio.base.i18n import tr
from da3studio.project.change import Change
from da3studio.scene.view import View, ViewId

if TYPE_CHECKING:
    from da3studio.app.session import Session

Pixels = NDArray[np.uint8]
Tool = Literal["brush", "outline"]

_WORK_PX = 1600  # longer side of the mask: finer than any depth map that it is applied to
BRUSH_PX = (2, 300)  # least and largest radius
_BRUSH_STEP = 1.25
_STEPS = 60  # that can be undone


class MaskPainting(QObject):
    """The mask of the photo that is open, and the brush; positions are pixels of `size`.

    Args:
        session: has the photos and takes the mask.
    """

    opened = Signal()  # another photo, or nothing
    changed = Signal()  # the mask, or what can be undone
    brush_changed = Signal()

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._reader = Newest(session.background, self)
        self._brush_px = 30
        self._erasing = False
        self._tool: Tool = "brush"
        self._white_is_kept = True
        self._clear()
        session.folder_changed.connect(self.close)
        session.changed.connect(self._project_changed)

    def _clear(self) -> None:
        self.view: View | None = None
        self.photo: Pixels | None = None
        self.why_no_photo = ""
        self.mask: Pixels = np.zeros((0, 0), np.uint8)  # (H, W) 1 = do not use
        self._saved = self.mask.copy()
        self._past: list[NDArray[np.uint8]] = []
        self._future: list[NDArray[np.uint8]] = []
        self._last: tuple[float, float] | None = None
        self._erases = False

    # What is shown

    @property
    def title(self) -> str:
        """Name of the photo, "" = none is open."""
        return self.view.name if self.view else ""

    @property
    def message(self) -> str:
        """Why nothing can be painted, "" = it can."""
        if self.view is None:
            return tr("Choose a photo to paint on.")
        if self.photo is None:
            return self.why_no_photo or tr("Reading…")
        return ""

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the mask."""
        return self.mask.shape[1], self.mask.shape[0]

    @property
    def share_text(self) -> str:
        """How much of the photo is painted over."""
        if not self.mask.size:
            return ""
        return tr("{share} painted over").format(share=percent_text(float(self.mask.mean())))

    @property
    def brush_px(self) -> int:
        """Radius of the brush."""
        return self._brush_px

    @property
    def erasing(self) -> bool:
        """Whether the left button takes paint away."""
        return self._erasing

    @property
    def tool(self) -> Tool:
        return self._tool

    @property
    def white_is_kept(self) -> bool:
        """How pictures that are imported are meant."""
        return self._white_is_kept

    @property
    def can_undo(self) -> bool:
        return bool(self._past)

    @property
    def can_redo(self) -> bool:
        return bool(self._future)

    @property
    def unsaved(self) -> bool:
        """Whether the mask differs from that of the project."""
        return not np.array_equal(self.mask, self._saved)

    # Opening and saving

    def open(self, view_id: ViewId) -> None:
        """Paint on this photo; what was painted on another is used, as Undo takes it back."""
        if self.view is not None and self.view.id == view_id and self.mask.size:
            self.opened.emit()
            return
        self.save()
        views = [view for view in self._session.project.views if view.id == view_id]
        folder = self._session.folder
        self._clear()
        if not views or folder is None:
            self.opened.emit()
            return
        self.view = view = views[0]
        digest = mask_digest(self._session.project, view_id)
        self.opened.emit()

        def read() -> tuple[Pixels | None, Pixels | None, str]:
            from da3studio.media.photos import PhotoFiles

            try:
                photo = PhotoFiles(folder.path).read(view, _WORK_PX)
            except UserFacingError as error:
                return None, None, f"{error.what} {error.fix}"
            height, width = photo.shape[:2]
            if not digest:
                return photo, np.zeros((height, width), np.uint8), ""
            return photo, resized(folder.mask(digest), width, height).astype(np.uint8), ""

        self._reader.ask(read, self._take)

    def close(self) -> None:
        """Paint on nothing; what was not saved is dropped."""
        self._reader.drop()
        self._clear()
        self.opened.emit()

    def save(self) -> None:
        """Use the mask in the project, as one step that can be undone."""
        if self.view is not None and self.unsaved:
            self._saved = self.mask.copy()
            set_masks(self._session, {self.view.id: self.mask.astype(np.bool_)})
            self.changed.emit()

    def _take(self, read: tuple[Pixels | None, Pixels | None, str]) -> None:
        self.photo, mask, self.why_no_photo = read
        if mask is not None:
            self.mask, self._saved = mask, mask.copy()
        self.opened.emit()
        self.changed.emit()

    def _project_changed(self, change: Change) -> None:
        gone = self.view is not None and self.view not in self._session.project.views
        if change & Change.VIEWS and gone:
            self.close()

    # The brush

    def set_brush_px(self, radius: int) -> None:
        least, most = BRUSH_PX
        self._brush_px = max(least, min(most, radius))
        self.brush_changed.emit()

    def grow_brush(self) -> None:
        self.set_brush_px(max(self._brush_px + 1, round(self._brush_px * _BRUSH_STEP)))

    def shrink_brush(self) -> None:
        self.set_brush_px(round(self._brush_px / _BRUSH_STEP))

    def set_erasing(self, erasing: bool) -> None:
        self._erasing = erasing
        self.brush_changed.emit()

    def set_tool(self, tool: Tool) -> None:
        self._tool = tool
        self.brush_changed.emit()

    def set_white_is_kept(self, kept: bool) -> None:
        self._white_is_kept = kept
        self.brush_changed.emit()

    # Painting

    def begin(self, x: float, y: float, *, erase: bool) -> None:
        """Put the brush down; it takes paint away where that or `erasing` is asked for."""
        if self.mask.size:
            self._remember()
            self._erases = erase != self._erasing
            self._last = (x, y)
            self._stroke((x, y), (x, y))

    def extend(self, x: float, y: float) -> None:
        """Draw the brush on to here."""
        if self._last is not None:
            self._stroke(self._last, (x, y))
            self._last = (x, y)

    def end(self) -> None:
        """Lift the brush."""
        self._last = None

    def fill(self, outline: Sequence[tuple[float, float]], *, erase: bool) -> None:
        """Paint, or take away, everything inside an outline."""
        if len(outline) < 3 or not self.mask.size:
            return
        import cv2

        self._remember()
        inside = np.zeros(self.mask.shape, np.uint8)
        # corners are given with centres at half integers; the last digits are parts of a pixel
        corners = np.round((np.asarray(outline) - 0.5) * 16).astype(np.int32)
        cv2.fillPoly(inside, [corners], 1, shift=4)
        self.mask[inside == 1] = 0 if erase != self._erasing else 1
        self.changed.emit()

    def invert(self) -> None:
        """Swap what is used and what is not."""
        self._put(1 - self.mask)

    def clear(self) -> None:
        """Use the whole photo."""
        self._put(np.zeros_like(self.mask))

    def import_picture(self, path: Path) -> None:
        """Take a picture of any size and the photo's aspect as the mask, not saved yet."""
        view, kept = self.view, self._white_is_kept
        width, height = self.size
        if view is None or not self.mask.size:
            return

        def take(mask: NDArray[np.bool_]) -> None:
            if self.view is view:
                self._put(mask.astype(np.uint8))

        self._session.in_background(
            lambda: resized(read_mask(path, view, white_is_kept=kept), width, height), take
        )

    def undo(self) -> None:
        if self._past:
            self._future.append(np.packbits(self.mask))
            self._restore(self._past.pop())

    def redo(self) -> None:
        if self._future:
            self._past.append(np.packbits(self.mask))
            self._restore(self._future.pop())

    def _put(self, mask: Pixels) -> None:
        if self.mask.size:
            self._remember()
            self.mask[...] = mask
            self.changed.emit()

    def _remember(self) -> None:
        self._past = [*self._past, np.packbits(self.mask)][-_STEPS:]
        self._future = []

    def _restore(self, packed: NDArray[np.uint8]) -> None:
        flat = np.unpackbits(packed, count=self.mask.size)
        self.mask[...] = flat.reshape(self.mask.shape)
        self.changed.emit()

    def _stroke(self, a: tuple[float, float], b: tuple[float, float]) -> None:
        """Everything within the radius of the line from a to b, pixel centres at half integers."""
        reach = self._brush_px + 1
        height, width = self.mask.shape
        left = int(np.clip(min(a[0], b[0]) - reach, 0, width))
        right = int(np.clip(max(a[0], b[0]) + reach + 1, 0, width))
        top = int(np.clip(min(a[1], b[1]) - reach, 0, height))
        bottom = int(np.clip(max(a[1], b[1]) + reach + 1, 0, height))
        x = np.arange(left, right, dtype=np.float32)[None, :] + 0.5 - a[0]
        y = np.arange(top, bottom, dtype=np.float32)[:, None] + 0.5 - a[1]
        dx, dy = b[0] - a[0], b[1] - a[1]
        length2 = max(dx * dx + dy * dy, 1e-12)
        along = np.clip((x * dx + y * dy) / length2, 0, 1)
        near = (x - along * dx) ** 2 + (y - along * dy) ** 2 <= self._brush_px**2
        self.mask[top:bottom, left:right][near] = 0 if self._erases else 1
        self.changed.emit()
