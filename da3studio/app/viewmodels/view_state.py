"""What the viewport draws and how: settings of the eye, not of the project."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Literal, get_args

from PySide6.QtCore import QObject, Signal

from da3studio.scene.view import ViewId

ColourMode = Literal["photo", "confidence", "view", "height", "normal", "n_views"]
Shading = Literal["textured", "smooth", "flat", "wireframe", "normals"]


@dataclass(frozen=True)
class ViewSettings:
    """Choices that change no result; kept with the project's folder and lost without harm."""

    colour: ColourMode = "photo"
    point_px: float = 2.0  # logical pixels at the pivot
    size_by_distance: bool = True
    eye_dome: bool = True  # shading of depth steps, which makes bare points readable
    floor_confidence: float = 0.0  # points below are not drawn; changes nothing else
    cameras: bool = True
    photos_on_cameras: bool = True
    points: bool = True
    mesh: bool = True
    grid: bool = True
    measurements: bool = True
    frustum_size: float = 1.0
    shading: Shading = "textured"

    @staticmethod
    def from_plain(values: dict[str, Any]) -> ViewSettings:
        """Those of a file that anyone may have written; what is not fit has its default."""
        default = ViewSettings()
        choices: dict[str, tuple[Any, ...]] = {
            "colour": get_args(ColourMode),
            "shading": get_args(Shading),
        }
        fit: dict[str, Any] = {}
        for field in fields(ViewSettings):
            value, usual = values.get(field.name), getattr(default, field.name)
            if field.name in choices:
                if value in choices[field.name]:
                    fit[field.name] = value
            elif isinstance(usual, bool):
                if isinstance(value, bool):
                    fit[field.name] = value
            elif isinstance(value, (int, float)) and 0 <= value <= 1e9:  # NaN compares false
                fit[field.name] = float(value)
        return replace(default, **fit)

    def plain(self) -> dict[str, Any]:
        """As JSON values."""
        return asdict(self)


class ViewState(QObject):
    """The one place that widgets and layers agree about what is looked at."""

    changed = Signal()  # settings
    selected_changed = Signal()
    tool_changed = Signal()
    through_changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._settings = ViewSettings()
        self._selected: tuple[ViewId, ...] = ()
        self._tool = ""
        self._through: ViewId | None = None

    @property
    def settings(self) -> ViewSettings:
        return self._settings

    def set(self, **changes: Any) -> None:
        """Change some of the settings; answers with `changed`, also when nothing changed."""
        self._settings = replace(self._settings, **changes)
        self.changed.emit()

    @property
    def selected(self) -> tuple[ViewId, ...]:
        """The selected photos, in the order in which they were selected."""
        return self._selected

    def select(self, view_ids: Iterable[ViewId]) -> None:
        chosen = tuple(dict.fromkeys(view_ids))
        if chosen != self._selected:
            self._selected = chosen
            self.selected_changed.emit()

    @property
    def tool(self) -> str:
        """Id of the active tool, "" = the mouse navigates."""
        return self._tool

    def set_tool(self, tool: str) -> None:
        if tool != self._tool:
            self._tool = tool
            self.tool_changed.emit()

    @property
    def through(self) -> ViewId | None:
        """The photo whose camera the viewport looks through; `None` = it moves freely."""
        return self._through

    def look_through(self, view_id: ViewId | None) -> None:
        if view_id != self._through:
            self._through = view_id
            self.through_changed.emit()

    def reset(self, settings: ViewSettings) -> None:
        """For another project: these settings, nothing selected, no tool, moving freely."""
        self.set_tool("")
        self.look_through(None)
        self.select(())
        self._settings = settings
        self.changed.emit()
