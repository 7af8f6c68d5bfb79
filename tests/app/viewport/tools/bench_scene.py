"""A scene that tools can work on, without a project on the disk and without OpenGL.

desk.around      the tools' Surroundings        desk.session    its session
desk.look(...)   another view                   desk.press/move/release/click(tool, x, y)
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import cast

import numpy as np
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QImage, QKeyEvent, QPainter

from da3studio.app.session import Session
from da3studio.app.viewmodels.crop_box import CropBoxModel
from da3studio.app.viewmodels.known_lengths import KnownLengths
from da3studio.app.viewmodels.measurements import Measurements
from da3studio.app.viewmodels.placing import Placing
from da3studio.app.viewmodels.scene_look import shuffled
from da3studio.app.viewmodels.scene_state import EVERY_PART
from da3studio.app.viewmodels.selection import Selection
from da3studio.app.viewmodels.sightings import Sightings
from da3studio.app.viewport.navigation import Navigator, Steered
from da3studio.app.viewport.screen import Screen
from da3studio.app.viewport.tools.tool import Pointer, Surroundings, Tool
from da3studio.base.settings import Settings
from da3studio.edits.base import Evidence
from da3studio.edits.stack import EditStack
from da3studio.geometry.camera import unproject
from da3studio.scene.cloud import PointCloud
from da3studio.scene.placement import Placement
from da3studio.scene.registration import Registration, SparsePoints, Unit
from tests.synthetic.captures import Capture, still_life
from tests.synthetic.rigs import lens_of, look_at

UP = (0.0, 0.0, 1.0)
SIZE = (800, 600)
LEFT, NONE = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
PLAIN = Qt.KeyboardModifier.NoModifier


def screen_at(eye=(3.0, -4.0, 3.0), target=(0.0, 0.0, 0.3), ortho=False, size=SIZE) -> Screen:
    camera = look_at(eye, target, lens_of(size, 1.1), up=UP if eye[:2] != target[:2] else (0, 1, 0))
    lens = camera.intrinsics
    focus = float(np.linalg.norm(np.subtract(eye, target)))
    f = lens.fx / focus if ortho else lens.fx
    return Screen(camera.cam_from_world, f, f, lens.cx, lens.cy, *size, ortho, 0.01, 50.0, focus)


def cloud_of(capture: Capture, every: int = 1, confidence: float = 2.0) -> PointCloud:
    xyz, view_idx = [], []
    for row, (view_id, camera) in enumerate(capture.cameras.items()):
        points = unproject(capture.depth_of(view_id).z, camera.pinhole()).reshape(-1, 3)[::every]
        points = points[np.isfinite(points[:, 0])]
        xyz.append(points)
        view_idx.append(np.full(len(points), row, np.int32))
    points = np.concatenate(xyz)
    n = len(points)
    return shuffled(
        PointCloud(
            points,
            np.full((n, 3), 180, np.uint8),
            np.tile(UP, (n, 1)),
            np.full(n, confidence),
            np.ones(n),
            np.full(n, 3),
            np.concatenate(view_idx),
            tuple(capture.cameras),
        )
    )


def registration_of(capture: Capture, unit: Unit = "relative") -> Registration:
    none = np.zeros(0, np.int32)
    points = SparsePoints(
        np.zeros((0, 3)), np.zeros((0, 3), np.uint8), np.zeros(0), none, none, np.zeros((0, 2))
    )
    return Registration(tuple(capture.cameras), capture.cameras, points, {}, (), unit)


@dataclass
class ToolDesk:
    session: Session
    screen: Screen = field(default_factory=screen_at)

    def __post_init__(self) -> None:
        self.navigator = Navigator(cast(Steered, None), self.session)
        selection = Selection(self.session, self.session)
        crop = CropBoxModel(self.session, self.session)
        self.around = Surroundings(
            self.session, selection, crop, Measurements(self.session, selection, crop),
            KnownLengths(self.session, self.session),
            Placing(self.session, lambda: self.screen.forward, self.session),
            Sightings(self.session), lambda: self.screen, self.navigator,
        )  # fmt: skip

    def show(self, capture: Capture, cloud: PointCloud, *, unit: Unit = "relative", up=UP) -> None:
        scene = self.session.scene
        scene.registration, scene.cloud, scene.keep = registration_of(capture, unit), cloud, None
        evidence = Evidence(cloud, scene.registration.cameras, lambda _: np.zeros((1, 1), bool))
        scene.stack = EditStack(evidence)
        project = self.session.project.with_placement(Placement(up=up))
        self.session.commit("Stand upright", project)
        scene.changed.emit(EVERY_PART)

    def at(self, x, y, button=NONE, buttons=NONE, modifiers=PLAIN) -> Pointer:
        return Pointer(x, y, button, buttons, modifiers)

    def press(self, tool: Tool, x, y, modifiers=PLAIN) -> bool:
        return tool.press(self.at(x, y, LEFT, LEFT, modifiers))

    def drag(self, tool: Tool, places, modifiers=PLAIN) -> bool:
        """Press at the first place, move along the others, release at the last one."""
        if not self.press(tool, *places[0], modifiers):
            return False
        for x, y in places[1:]:
            tool.move(self.at(x, y, NONE, LEFT, modifiers))
        return tool.release(self.at(*places[-1], LEFT, NONE, modifiers))

    def click(self, x, y, modifiers=PLAIN) -> None:
        """As navigation tells it to the tools that pick."""
        self.navigator.clicked.emit(self.at(x, y, LEFT, NONE, modifiers))

    def click_on(self, point) -> None:
        x, y, _ = self.screen.project(point)
        self.click(float(x), float(y))

    def key(self, tool: Tool, key: Qt.Key, modifiers=PLAIN) -> bool:
        return tool.key(QKeyEvent(QEvent.Type.KeyPress, key, modifiers))

    def painted(self, tool: Tool) -> QImage:
        """What the tool paints, on mid grey."""
        image = QImage(*SIZE, QImage.Format.Format_RGB32)
        image.fill(0xFF606060)
        with QPainter(image) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            tool.paint(painter, self.screen)
        return image


def small_capture() -> Capture:
    return still_life(6, size=(160, 120))


def new_session() -> Session:
    return Session(Settings())
