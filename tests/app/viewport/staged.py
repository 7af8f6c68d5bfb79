"""A project on the stage without having it computed: its photos, true cameras, true points."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from pytestqt.qtbot import QtBot

from da3studio.app.session import Session
from da3studio.app.viewmodels.scene_look import shuffled
from da3studio.app.viewmodels.scene_state import Part
from da3studio.app.viewport.canvas import ViewportCanvas
from da3studio.app.viewport.stage import ViewportStage
from da3studio.app.viewport.tools import surroundings_of
from da3studio.app.widgets.viewport_panel import ViewportPanel
from da3studio.base.settings import Settings
from da3studio.geometry.camera import unproject
from da3studio.scene.cloud import PointCloud
from da3studio.scene.mesh import Mesh, Texture
from da3studio.scene.placement import Placement
from tests.pipeline.exact_engine import (
    capture,
    exact_engine,
    exact_project,
    exact_registration,
    make_photos,
)

UP = (0.0, 0.0, 1.0)


@contextmanager
def staged(qtbot: QtBot, folder: Path, tools=(), size=(900, 640)) -> Iterator[ViewportPanel]:
    """An open project in a viewport panel, with nothing computed yet."""
    project = exact_project(folder / "still.da3", make_photos(folder / "photos"))
    session = Session(Settings(reduced_motion=True), exact_engine)
    canvas = ViewportCanvas()
    around = surroundings_of(session, canvas)
    stage = ViewportStage(canvas, session, session.view, session.scene, tools, around)
    panel = ViewportPanel(stage)
    panel.resize(*size)
    panel.session = session
    with qtbot.waitSignal(canvas.drawn, timeout=10_000):
        panel.show()
    session.show(project)
    placement = Placement(up=UP)
    session.commit("Stand upright", session.project.with_placement(placement))
    qtbot.waitUntil(lambda: session.scene.plan is not None, timeout=10_000)
    try:
        yield panel
    finally:
        session.close()
        panel.close_picture()
        panel.close()
        panel.deleteLater()


def reveal(panel: ViewportPanel, cloud: PointCloud | None = None, mesh: Mesh | None = None) -> None:
    """Put cameras, points and perhaps a mesh on show."""
    scene = panel.session.scene
    views = tuple(view.id for view in panel.session.project.views)
    scene.registration = exact_registration(views)
    scene.cloud = still_cloud() if cloud is None else cloud
    scene.keep = None
    parts = Part.CAMERAS | Part.CLOUD | Part.KEEP
    if mesh is not None:
        scene.mesh = mesh
        parts |= Part.MESH
    scene.changed.emit(parts)


def still_cloud() -> PointCloud:
    """What the six cameras see, in their photos' colours; rows in random order."""
    shot = capture()
    xyz, rgb, row_of, ids = [], [], [], tuple(shot.cameras)
    for row, (view_id, camera) in enumerate(shot.cameras.items()):
        points = unproject(shot.depth_of(view_id).z, camera.pinhole()).reshape(-1, 3)
        seen = np.isfinite(points).all(axis=1)
        size = camera.intrinsics.width, camera.intrinsics.height
        xyz.append(points[seen])
        rgb.append(shot.rgb_of(view_id, *size).reshape(-1, 3)[seen])
        row_of.append(np.full(seen.sum(), row))
    points = np.concatenate(xyz)
    n = len(points)
    cloud = PointCloud(
        xyz=points,
        rgb=np.concatenate(rgb),
        normal=np.tile(UP, (n, 1)),
        confidence=np.linspace(1, 5, n),
        isolation=np.ones(n),
        n_views=np.full(n, 3),
        view_idx=np.concatenate(row_of),
        view_ids=ids,
    )
    return shuffled(cloud)


def table_mesh(side: float = 1.5) -> Mesh:
    """A square above the table, red."""
    square = np.array([(-1, 1, 0.2), (1, 1, 0.2), (1, -1, 0.2), (-1, -1, 0.2)], np.float32)
    faces = np.array([(0, 2, 1), (0, 3, 2)], np.int32)
    corner = np.array([(0, 0), (1, 0), (1, 1), (0, 1)], np.float32)
    image = np.full((64, 64, 3), (230, 20, 20), np.uint8)
    texture = Texture(image, corner[faces])
    return Mesh(square * (side, side, 1), faces, np.tile(UP, (4, 1)), None, texture)
