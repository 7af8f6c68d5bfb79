"""What a viewport tool is: it gets the pointer first, and paints above the picture."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter

if TYPE_CHECKING:  # navigation imports this module, and needs none of these
    from da3studio.app.session import Session
    from da3studio.app.viewmodels.crop_box import CropBoxModel
    from da3studio.app.viewmodels.known_lengths import KnownLengths
    from da3studio.app.viewmodels.measurements import Measurements
    from da3studio.app.viewmodels.placing import Placing
    from da3studio.app.viewmodels.scene_state import SceneState
    from da3studio.app.viewmodels.selection import Selection
    from da3studio.app.viewmodels.sightings import Sightings
    from da3studio.app.viewmodels.view_state import ViewState
    from da3studio.app.viewport.navigation import Navigator
    from da3studio.app.viewport.screen import Screen

CLICK_PX = 4.0
"""A press that moved less than this is a click, not a drag [logical px]."""


@dataclass(frozen=True)
class Pointer:
    """Where the pointer is and what is held, at one event."""

    x: float  # [logical px] from the viewport's left
    y: float  # [logical px] from its top
    button: Qt.MouseButton  # that caused the event; NoButton for a move
    buttons: Qt.MouseButton  # all that are down
    modifiers: Qt.KeyboardModifier

    @property
    def xy(self) -> tuple[float, float]:
        return self.x, self.y

    def near(self, x: float, y: float, within: float = CLICK_PX) -> bool:
        """Whether it is that close to a place [logical px]."""
        return (self.x - x) ** 2 + (self.y - y) ** 2 <= within**2

    def holds(self, modifier: Qt.KeyboardModifier) -> bool:
        return bool(self.modifiers & modifier)


@dataclass(frozen=True, eq=False)
class Surroundings:
    """What a tool may look at and ask for; made once by the window, see `surroundings_of`."""

    session: Session
    selection: Selection
    crop: CropBoxModel
    measurements: Measurements
    lengths: KnownLengths
    placing: Placing
    sightings: Sightings
    screen: Callable[[], Screen]  # how the world falls onto the viewport now
    navigator: Navigator  # says when the left button clicked without dragging

    @property
    def scene(self) -> SceneState:
        return self.session.scene

    @property
    def view(self) -> ViewState:
        return self.session.view


class Tool(QObject):
    """A tool of the viewport; this one leaves everything to navigation.

    The canvas offers every event of the left button to the active tool first; wheel, middle and
    right button always navigate. A tool answers True to what it takes.
    """

    id: ClassVar[str] = ""
    label: ClassVar[str] = ""  # translated where it is shown
    hint: ClassVar[str] = ""  # its keys in one line, translated where it is shown
    cursor: ClassVar[Qt.CursorShape] = Qt.CursorShape.CrossCursor

    changed = Signal()  # what it paints changed: the overlay repaints

    def press(self, at: Pointer) -> bool:  # noqa: ARG002  the plain tool takes nothing
        return False

    def move(self, at: Pointer) -> bool:  # noqa: ARG002
        return False

    def release(self, at: Pointer) -> bool:  # noqa: ARG002
        return False

    def double(self, at: Pointer) -> bool:  # noqa: ARG002
        return False

    def key(self, event: QKeyEvent) -> bool:  # noqa: ARG002
        return False

    def paint(self, painter: QPainter, screen: Screen) -> None:
        """Draw on the overlay, in logical pixels of the viewport."""

    def leave(self) -> None:
        """Another tool takes over: what is unfinished is dropped."""


@dataclass(frozen=True)
class ToolRow:
    """A tool as menus, toolbar and shortcut list know it."""

    id: str
    label: str
    hint: str
    shortcut: str
    icon: str
    factory: Callable[[Surroundings], Tool]
