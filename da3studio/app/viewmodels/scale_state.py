"""Whether lengths are real ones, for the status bar."""

from __future__ import annotations

from da3studio.app.viewmodels.scene_state import SceneState
from da3studio.base.i18n import tr
from da3studio.project.document import Project


def scale_text(project: Project, scene: SceneState) -> str:
    """One short sentence, with a word for each of the three states."""
    if project.placement.metres_per_unit() is not None:
        return tr("Size: set by you")
    if scene.registration is None:
        return ""
    if scene.registration.unit == "metre":
        return tr("Size: estimated")
    return tr("Size: not known")
