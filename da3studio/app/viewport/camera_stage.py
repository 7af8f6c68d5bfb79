"""Cameras in the viewport: their photos, which are selected, and the one looked through."""

from __future__ import annotations

from collections import deque
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor

from da3studio.app.background import Newest
from da3studio.app.session import Session
from da3studio.app.theme import colours
from da3studio.app.viewmodels.scene_state import SceneState
from da3studio.app.viewmodels.view_state import ViewState
from da3studio.app.viewport.canvas import ViewportCanvas
from da3studio.app.viewport.frustum_layer import FrustumLayer
from da3studio.app.viewport.photo_layer import SIDE_PX, PhotoLayer
from da3studio.app.viewport.screen import Screen
from da3studio.app.viewport.tools.tool import Pointer
from da3studio.base.errors import UserFacingError
from da3studio.scene.view import ViewId

_THUMB_PX = 128
_AT_ONCE = 2  # thumbnails being made: the pool has other work, too


class CameraStage(QObject):
    """Keeps the layers of cameras and of the photo looked through up to date."""

    changed = Signal()  # the photo looked through, or how much of it is seen

    def __init__(
        self, canvas: ViewportCanvas, session: Session, view: ViewState, scene: SceneState
    ) -> None:
        super().__init__(canvas)
        self._canvas, self._session, self._view, self._scene = canvas, session, view, scene
        self.layer, self.photo = FrustumLayer(), PhotoLayer()
        self._hovered: ViewId | None = None
        self._wanted: deque[ViewId] = deque()
        self._n_making = 0
        self._project = 0  # counts projects: late pictures of the last one are dropped
        self._photos = Newest(session.background, self)
        canvas.add(self.photo, 25)
        canvas.add(self.layer, 30)
        canvas.pointer.hovered.connect(self._hover)
        canvas.pointer.left.connect(lambda: self._set_hovered(None))
        canvas.navigator.clicked.connect(self._click)
        canvas.through_left.connect(lambda: view.look_through(None))
        view.selected_changed.connect(self.show_states)
        view.through_changed.connect(self._look_through)
        session.folder_changed.connect(self._forget)

    # What other parts ask

    @property
    def through_name(self) -> str:
        """Name of the photo that is looked through, "" = none."""
        view_id = self._view.through
        return next((one.name for one in self._session.project.views if one.id == view_id), "")

    @property
    def photo_opacity(self) -> float:
        """How much of the photo is seen over the model, in 0...1."""
        return self.photo.opacity

    def set_photo_opacity(self, opacity: float) -> None:
        self.photo.opacity = min(max(opacity, 0.0), 1.0)
        self._canvas.redraw()
        self.changed.emit()

    def hit(self, screen: Screen, x: float, y: float) -> ViewId | None:
        """The drawn camera under a pixel."""
        return self.layer.hit(screen, x, y)

    def step(self, by: int) -> None:
        """Select the next or the last camera, and look through it if one is looked through."""
        ids = self._ids()
        if not ids:
            return
        present = self._view.through or next(iter(self._view.selected), None)
        row = (ids.index(present) + by) % len(ids) if present in ids else 0
        self._view.select([ids[row]])
        if self._view.through is not None:
            self._view.look_through(ids[row])

    def look_through_selected(self) -> None:
        """Look through the selected camera; without one through the nearest to the eye."""
        ids = self._ids()
        chosen = next((one for one in self._view.selected if one in ids), None)
        registration = self._scene.registration
        if chosen is None and registration is not None and ids:
            centres = np.array([registration.cameras[one].centre for one in ids])
            away = np.linalg.norm(centres - self._canvas.screen.centre, axis=1)
            chosen = ids[int(away.argmin())]
        if chosen is not None:
            self._view.select([chosen])
            self._view.look_through(chosen)

    # What changed

    def show_cameras(self) -> None:
        """The cameras are others."""
        registration = self._scene.registration
        cameras = {} if registration is None else registration.cameras
        self.layer.set_cameras({one: cameras[one] for one in self._ids()})
        self.show_states()
        self._wanted = deque(one for one in self._ids() if not self.layer.has_picture(one))
        self._make_thumbnails()
        self._look_through()

    def show_settings(self) -> None:
        """What is shown and how large."""
        settings, palette = self._view.settings, colours()
        self.layer.visible = settings.cameras
        self.layer.set_look(
            size=settings.frustum_size,
            # other photos would lie before the one that is looked through
            pictures=settings.photos_on_cameras and self._view.through is None,
            normal=rgb_of(palette.frustum),
            hovered=rgb_of(palette.frustum_hovered),
            selected=rgb_of(palette.frustum_selected),
        )
        self._canvas.redraw()

    def show_states(self) -> None:
        """Selection, pointer and cleaning decide how a camera looks."""
        self.layer.set_states(
            selected=self._view.selected,
            hidden=[
                one
                for one in self._ids()
                if any(e.on and e.edit.removes_view(one) for e in self._session.project.edits)
            ],
            hovered=self._hovered,
            through=self._view.through,
        )
        self._canvas.redraw()

    def _ids(self) -> tuple[ViewId, ...]:
        registration = self._scene.registration
        return () if registration is None else tuple(registration.view_ids)

    # The pointer

    def _hover(self, at: Pointer) -> None:
        self._set_hovered(self.hit(self._canvas.screen, at.x, at.y))

    def _set_hovered(self, view_id: ViewId | None) -> None:
        if view_id != self._hovered:
            self._hovered = view_id
            name = next((v.name for v in self._session.project.views if v.id == view_id), "")
            self._canvas.native.setToolTip(name)
            self.show_states()

    def _click(self, at: Pointer) -> None:
        if self._view.tool:  # its clicks mean points, not photos
            return
        view_id = self.hit(self._canvas.screen, at.x, at.y)
        adds = at.holds(Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
        before = self._view.selected if adds else ()
        if view_id is None:
            self._view.select(before)
        elif view_id in before:
            self._view.select(one for one in before if one != view_id)
        else:
            self._view.select((*before, view_id))

    # Pictures

    def _forget(self) -> None:
        self._project += 1
        self._wanted.clear()
        self._photos.drop()

    def _make_thumbnails(self) -> None:
        folder = self._session.folder
        paths = {one.id: one.source.path for one in self._session.project.views}
        while folder is not None and self._wanted and self._n_making < _AT_ONCE:
            view_id = self._wanted.popleft()
            if view_id in paths:
                self._make_thumbnail(view_id, folder.path / paths[view_id])

    def _make_thumbnail(self, view_id: ViewId, path: Path) -> None:
        project = self._project
        self._n_making += 1

        def make() -> NDArray[np.uint8] | None:
            from da3studio.media.thumbs import thumbnail

            try:
                return thumbnail(path, _THUMB_PX)
            except UserFacingError:  # the list of photos says so; here the pane stays empty
                return None

        def show(rgb: NDArray[np.uint8] | None) -> None:
            self._n_making -= 1
            if rgb is not None and project == self._project:
                self.layer.set_thumbnail(view_id, rgb)
                self._canvas.redraw()
            self._make_thumbnails()

        self._session.in_background(make, show)

    def _look_through(self) -> None:
        view_id, registration = self._view.through, self._scene.registration
        self._photos.drop()
        self.photo.set_photo(None, None)
        self.show_settings()
        self.show_states()
        camera = (
            None if registration is None or view_id is None else registration.cameras.get(view_id)
        )
        if camera is None:
            if self._canvas.looks_through:
                self._canvas.set_through(None)
            self.changed.emit()
            return
        self._canvas.set_through(camera)
        self.changed.emit()
        folder = self._session.folder
        view = next((one for one in self._session.project.views if one.id == view_id), None)
        if folder is None or view is None:
            return
        path = folder.path / view.source.path

        def read() -> NDArray[np.uint8] | None:
            from da3studio.media.thumbs import thumbnail

            return thumbnail(path, SIDE_PX)

        def show(rgb: NDArray[np.uint8] | None) -> None:
            self.photo.set_photo(camera, rgb)
            self._canvas.redraw()

        self._photos.ask(read, show)


def rgb_of(colour: QColor) -> tuple[float, float, float]:
    """A colour of the theme for a shader."""
    return colour.redF(), colour.greenF(), colour.blueF()
