"""The parts of the scene as a list: how many, shown or not, and what to know about them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QObject, Signal

from da3studio.app.session import Session
from da3studio.app.units import whole_text
from da3studio.app.viewmodels.scene_state import SceneState
from da3studio.app.viewmodels.view_state import ViewState
from da3studio.base.i18n import tr, trn


@dataclass(frozen=True)
class SceneRow:
    """One part, with words ready to show."""

    id: str  # name of the field of `ViewSettings` that shows it
    label: str
    icon: str
    count: str  # "" = it is not there yet
    is_there: bool
    is_shown: bool
    note: str = ""
    warns: bool = False


class SceneRows(QObject):
    """Follows session, scene and view."""

    changed = Signal()

    def __init__(self, session: Session, view: ViewState, scene: SceneState) -> None:
        super().__init__(session)
        self._session, self._view, self._scene = session, view, scene
        session.changed.connect(self.changed)
        scene.changed.connect(self.changed)
        scene.planned.connect(self.changed)
        view.changed.connect(self.changed)

    @property
    def rows(self) -> tuple[SceneRow, ...]:
        """Cameras, points, mesh, measurements, floor grid."""
        return (
            self._cameras(), self._points(), self._mesh(), self._measurements(),
            SceneRow("grid", tr("Floor grid"), "grid", "", True, self._view.settings.grid),
        )  # fmt: skip

    def show_part(self, part: str, on: bool) -> None:
        """Show or hide one."""
        self._view.set(**{part: on})

    def _cameras(self) -> SceneRow:
        registration, n_views = self._scene.registration, len(self._session.project.views)
        n = 0 if registration is None else len(registration.view_ids)
        missing = n_views - n if n else 0
        note = (
            trn("{n} photo was not placed", "{n} photos were not placed", missing)
            if missing > 0
            else ""
        )
        return self._row("cameras", tr("Cameras"), "camera", n, note)

    def _points(self) -> SceneRow:
        cloud, keep, preview = self._scene.cloud, self._scene.keep, self._scene.preview
        if preview is not None:
            return self._row("points", tr("Points"), "points", len(preview[0]), tr("growing"))
        n = 0 if cloud is None else len(cloud)
        kept = n if keep is None else int(np.count_nonzero(keep))
        note = ""
        if n > kept:
            note = tr("{n} removed by cleaning").format(n=whole_text(n - kept))
        if self._scene.cloud_is_stale:
            return self._row("points", tr("Points"), "points", kept, tr("Out of date"), warns=True)
        return self._row("points", tr("Points"), "points", kept, note)

    def _mesh(self) -> SceneRow:
        mesh = self._scene.mesh
        if mesh is None:
            return self._row("mesh", tr("Mesh"), "mesh", 0)
        n = len(mesh.faces)
        if self._scene.mesh_is_stale:
            note = tr("Out of date: make it again to match the points")
            return self._row("mesh", tr("Mesh"), "mesh", n, note, warns=True)
        note = tr("with texture") if mesh.texture is not None else ""
        return self._row("mesh", tr("Mesh"), "mesh", n, note)

    def _measurements(self) -> SceneRow:
        n = len(self._session.project.measurements)
        return self._row("measurements", tr("Measurements"), "measure", n)

    def _row(
        self, part: str, label: str, icon: str, n: int, note: str = "", *, warns: bool = False
    ) -> SceneRow:
        count = whole_text(n) if n else ""
        if part == "mesh" and n:
            count = tr("{n} faces").format(n=count)
        shown = bool(getattr(self._view.settings, part))
        return SceneRow(part, label, icon, count, n > 0, shown, note, warns)
