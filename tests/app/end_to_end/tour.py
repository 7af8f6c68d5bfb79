"""From dropped photos to a GLB file, as somebody does it who sees the window for the first time."""

from __future__ import annotations

import math
from pathlib import Path

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QWidget

from da3studio.app.widgets.main_window import MainWindow
from da3studio.app.widgets.workspace import Workspace
from da3studio.edits.selection import DeleteSelected
from da3studio.edits.shapes import CropBox
from tests.app.end_to_end.person import Person

_RECONSTRUCTION_S, _MESH_S, _EXPORT_S = 600, 300, 120


class Tour:
    """The steps, in order; each looks at what came of it.

    Args:
        window: shown, at its start page.
        person: does it.
    """

    def __init__(self, window: MainWindow, person: Person) -> None:
        self.window, self.person = window, person
        self.session = window.session

    @property
    def workspace(self) -> Workspace:
        return self.window.workspace

    @property
    def view(self) -> QWidget:
        """The picture of the viewport."""
        return self.workspace.canvas.native

    def go_on(self) -> None:
        """The one button of the stage."""
        self.person.wait(self.window.rail.next.isEnabled, f"the button of {self.window.stage}")
        self.person.click(self.window.rail.next)

    def drop_photos(self, photos: list[Path]) -> None:
        """Onto the start page; they are in the list at once, and in the project soon."""
        person, session = self.person, self.session
        person.picture("0-start")
        person.drop(self.window.welcome, photos)
        person.wait(lambda: session.folder is not None, "a project")
        person.wait(lambda: len(session.pending_imports) == len(photos), "tiles of the photos", 5)
        person.wait(lambda: len(session.project.views) == len(photos), "the photos")
        person.wait(lambda: not session.pending_imports, "the end of reading")
        person.rest(1)
        person.picture("1-photos")

    def reconstruct(self) -> None:
        """Draft quality; the cloud grows, then it is whole."""
        person, scene = self.person, self.session.scene
        self.go_on()
        person.click(self.workspace.reconstruct_panel.quality.cards["draft"])
        person.picture("2-reconstruct")
        self.go_on()
        person.wait(lambda: scene.registration is not None, "cameras", _RECONSTRUCTION_S)
        person.wait(lambda: scene.preview is not None, "the first points", _RECONSTRUCTION_S)
        person.rest(3)
        person.picture("3-growing")
        person.wait(lambda: scene.cloud is not None, "the cloud", _RECONSTRUCTION_S)
        person.wait(lambda: not self.session.jobs.busy, "the end of the work")
        person.picture("4-points")

    def crop(self) -> None:
        """Pull one side of the crop box inwards, and apply it."""
        person, scene = self.person, self.session.scene
        self.go_on()
        person.press(Qt.Key.Key_C)
        person.wait(lambda: self.workspace.around.crop.box is not None, "the crop box")
        box, screen = self.workspace.around.crop.box, self.workspace.canvas.screen
        sides = [(axis, sign) for axis in (0, 1) for sign in (1, -1)]
        places = {side: screen.project(box.face(*side)[None])[0] for side in sides}
        axis, sign = max(sides, key=lambda side: -places[side][2])  # the nearest one
        middle = screen.project(box.centre[None])[0]
        x, y, _ = places[axis, sign]
        start = QPoint(round(x), round(y))
        end = QPoint(round(x + 0.4 * (middle[0] - x)), round(y + 0.4 * (middle[1] - y)))
        person.drag(self.view, [start, end])
        person.wait(lambda: scene.marked is not None and scene.marked.any(), "what goes")
        person.picture("5-crop")
        person.press(Qt.Key.Key_Return)
        person.wait(lambda: self._has(CropBox), "the crop")
        person.wait(lambda: not scene.keep.all(), "fewer points")

    def lasso(self) -> None:
        """Cut something away, take it back, and do it again."""
        person, scene = self.person, self.session.scene
        before = int(scene.keep.sum())
        person.press(Qt.Key.Key_L)
        width, height = self.view.width(), self.view.height()
        centre, radius = (0.36 * width, 0.62 * height), 0.09 * width
        around = [
            QPoint(
                round(centre[0] + radius * math.cos(angle / 8 * math.tau)),
                round(centre[1] + 0.6 * radius * math.sin(angle / 8 * math.tau)),
            )
            for angle in range(9)
        ]
        person.drag(self.view, around)
        person.wait(lambda: scene.marked is not None and scene.marked.any(), "a selection")
        person.picture("6-lasso")
        person.press(Qt.Key.Key_Delete)
        person.wait(lambda: self._has(DeleteSelected), "the deletion")
        person.wait(lambda: int(scene.keep.sum()) < before, "fewer points")
        cut = int(scene.keep.sum())
        person.press(Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
        assert not self._has(DeleteSelected)
        assert int(scene.keep.sum()) == before
        person.press(Qt.Key.Key_Y, Qt.KeyboardModifier.ControlModifier)
        assert int(scene.keep.sum()) == cut
        person.press(Qt.Key.Key_Escape)
        person.press(Qt.Key.Key_Escape)
        person.picture("7-clean")

    def set_scale(self, length: str, metres: float) -> None:
        """Click two points, type how far they are apart."""
        person, session = self.person, self.session
        person.press(Qt.Key.Key_S)
        panel = self.workspace.scale_panel
        width, height = self.view.width(), self.view.height()
        for x in (0.42, 0.6):
            person.click(self.view, QPoint(round(x * width), round(0.58 * height)))
        person.wait(panel.field.isEnabled, "two points on the model")
        person.type(length, panel.field)
        person.picture("8-scale")
        person.press(Qt.Key.Key_Return)
        person.wait(lambda: bool(session.project.placement.known_lengths), "the known length")
        assert session.project.placement.known_lengths[0].metres == metres
        person.press(Qt.Key.Key_Escape)
        person.press(Qt.Key.Key_Escape)

    def make_mesh(self) -> None:
        """On from cleaning, then the button of the stage."""
        person, scene = self.person, self.session.scene
        self.go_on()
        person.rest(0.3)
        person.picture("9-mesh-before")
        self.go_on()
        person.wait(lambda: scene.plan.finished and scene.mesh is not None, "a mesh", _MESH_S)
        person.wait(lambda: not self.session.jobs.busy, "the end of the work")
        person.picture("10-mesh")

    def export(self, target: Path) -> None:
        """Name a file and get it."""
        person = self.person
        self.go_on()
        person.picture("11-export")
        person.answer_file_dialog(target, self.go_on)
        person.wait(lambda: self.session.work.last_export is not None, "the file", _EXPORT_S)
        person.wait(lambda: not self.session.jobs.busy, "the end of the work")
        person.picture("12-exported")

    def look_through_a_photo(self) -> None:
        """The photo's view with the photo over it, and its depth beside it."""
        person, session = self.person, self.session
        photos = self.workspace.photos
        first = photos.list.visualRect(photos.list.model().index(1, 0)).center()
        person.click(photos.list.viewport(), first)
        person.wait(lambda: len(session.view.selected) == 1, "a selected photo")
        person.press(Qt.Key.Key_Return)
        person.wait(lambda: session.view.through is not None, "the view through it")
        self.workspace.show_depth(session.view.selected[0])
        person.rest(1.5)
        person.picture("13-through-a-photo")
        session.view.look_through(None)

    def _has(self, kind: type) -> bool:
        return any(isinstance(one.edit, kind) for one in self.session.project.edits)
