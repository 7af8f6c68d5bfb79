"""One palette, light and dark, from which Qt's palette, the style sheet and all painters draw.

Widgets name no colours. They say what they are through the property `kind` (`set_kind`), and
`resources/theme/style.qss` knows what that looks like: "primary", "flat", "link", "danger", "card"
for buttons; "title", "heading", "soft", "small", "warning", "good", "bad", "badge" for labels;
"card", "notice", "error", "done", "plate", "drop", "rule" for frames. Painters ask `colours()`.
"""

from __future__ import annotations

import string
from dataclasses import dataclass, fields
from functools import cache
from typing import Literal

from PySide6.QtCore import QDir, QObject, Qt, Signal
from PySide6.QtGui import QColor, QFont, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication, QWidget

from da3studio.base.paths import resources

ThemeChoice = Literal["system", "light", "dark"]

_LEAST_FONT_PX = 13.0
_STYLE_FOLDER = "theme"  # Qt's search path for the style sheet's pictures


@dataclass(frozen=True, eq=False)
class Palette:
    """The colours of one appearance."""

    name: str  # also the folder of the pictures in the style sheet
    window: QColor  # behind everything
    panel: QColor  # docks, cards, menus
    raised: QColor  # buttons
    hover: QColor  # buttons and rows under the pointer
    field: QColor  # where something is typed or listed
    border: QColor  # lines that only divide
    outline: QColor  # lines by which a control is recognised
    text: QColor
    text_soft: QColor  # second in rank, still easy to read
    text_off: QColor  # disabled
    accent: QColor
    accent_text: QColor  # on accent
    accent_soft: QColor  # behind what is selected
    warning: QColor
    warning_soft: QColor  # behind warnings
    good: QColor
    good_soft: QColor
    bad: QColor
    bad_soft: QColor
    viewport_top: QColor
    viewport_bottom: QColor
    grid: QColor
    plate: QColor  # behind words on the picture, translucent
    plate_text: QColor
    marked: QColor  # points that are selected or about to be removed
    frustum: QColor
    frustum_hovered: QColor
    frustum_selected: QColor
    axis_x: QColor
    axis_y: QColor
    axis_z: QColor


def _palette(name: str, **colours: str) -> Palette:
    return Palette(name, **{part: QColor(value) for part, value in colours.items()})


DARK = _palette(
    "dark",
    window="#1b1e23",
    panel="#23272d",
    raised="#343a43",
    hover="#3e4651",
    field="#16181c",
    border="#363c45",
    outline="#7d8794",
    text="#e8eaed",
    text_soft="#b3bbc6",
    text_off="#6d7683",
    accent="#5aa7f5",
    accent_text="#08192b",
    accent_soft="#274668",
    warning="#f0b545",
    warning_soft="#3a3120",
    good="#5fc98a",
    good_soft="#20362b",
    bad="#ff8a80",
    bad_soft="#41272a",
    viewport_top="#2a2f37",
    viewport_bottom="#14161a",
    grid="#5b6470",
    plate="#d914161a",
    plate_text="#f2f4f6",
    marked="#ff8f1f",
    frustum="#8fa3b8",
    frustum_hovered="#ffffff",
    frustum_selected="#5aa7f5",
    axis_x="#ff6b6b",
    axis_y="#63c96f",
    axis_z="#5b9bff",
)

LIGHT = _palette(
    "light",
    window="#eef0f3",
    panel="#f9fafb",
    raised="#ffffff",
    hover="#e9edf2",
    field="#ffffff",
    border="#d5dae1",
    outline="#7d8693",
    text="#1c2127",
    text_soft="#56606c",
    text_off="#959da8",
    accent="#0a66c2",
    accent_text="#ffffff",
    accent_soft="#cfe3f9",
    warning="#8a5a00",
    warning_soft="#fdf0d3",
    good="#1a7340",
    good_soft="#def3e6",
    bad="#b3261e",
    bad_soft="#fbe4e2",
    viewport_top="#f4f6f8",
    viewport_bottom="#cfd6de",
    grid="#8f99a5",
    plate="#e6ffffff",
    plate_text="#1c2127",
    marked="#c4500a",
    frustum="#536678",
    frustum_hovered="#101418",
    frustum_selected="#0a66c2",
    axis_x="#c62828",
    axis_y="#1f7a33",
    axis_z="#1a56c4",
)


def colours() -> Palette:
    """The palette that is shown now; ask anew in every paint event."""
    return DARK if QGuiApplication.palette().window().color().lightness() < 128 else LIGHT


class Theme(QObject):
    """Gives the application its look, and keeps it in step with the system or the setting."""

    changed = Signal()

    def __init__(self, app: QApplication, choice: ThemeChoice = "system") -> None:
        super().__init__(app)
        self._app = app
        self._choice: ThemeChoice = choice
        self._shown: Palette | None = None
        app.setStyle("Fusion")
        app.setFont(readable(app.font()))
        app.styleHints().colorSchemeChanged.connect(self._follow)
        self._ask_system()
        self._follow()

    @property
    def choice(self) -> ThemeChoice:
        return self._choice

    @property
    def palette(self) -> Palette:
        """What the choice means now."""
        if self._choice != "system":
            return DARK if self._choice == "dark" else LIGHT
        # where the system has no opinion: dark, as pictures are judged better on it
        return LIGHT if self._app.styleHints().colorScheme() == Qt.ColorScheme.Light else DARK

    def set_choice(self, choice: ThemeChoice) -> None:
        """Follow the system, or stay light or dark."""
        self._choice = choice
        self._ask_system()
        self._follow()

    def _ask_system(self) -> None:
        """Let title bars and the system's own dialogs have the same look."""
        scheme = {"light": Qt.ColorScheme.Light, "dark": Qt.ColorScheme.Dark}
        self._app.styleHints().setColorScheme(scheme.get(self._choice, Qt.ColorScheme.Unknown))

    def _follow(self) -> None:
        palette = self.palette
        if palette is self._shown:
            return
        self._shown = palette
        self._app.setPalette(qt_palette(palette))
        self._app.setStyleSheet(style_sheet(palette, self._app.font()))
        self.changed.emit()


def qt_palette(palette: Palette) -> QPalette:
    """The same colours in Qt's roles, for what the style sheet does not reach."""
    role = QPalette.ColorRole
    result = QPalette()
    for place, colour in {
        role.Window: palette.panel,
        role.WindowText: palette.text,
        role.Base: palette.field,
        role.AlternateBase: palette.panel,
        role.Text: palette.text,
        role.PlaceholderText: palette.text_soft,
        role.Button: palette.raised,
        role.ButtonText: palette.text,
        role.BrightText: palette.bad,
        role.ToolTipBase: palette.raised,
        role.ToolTipText: palette.text,
        role.Highlight: palette.accent_soft,
        role.HighlightedText: palette.text,
        role.Link: palette.accent,
        role.LinkVisited: palette.accent,
        role.Accent: palette.accent,
        role.Light: palette.hover,
        role.Midlight: palette.hover,
        role.Mid: palette.border,
        role.Dark: palette.border,
        role.Shadow: palette.window,
    }.items():
        result.setColor(place, colour)
    for place in (role.WindowText, role.Text, role.ButtonText, role.HighlightedText):
        result.setColor(QPalette.ColorGroup.Disabled, place, palette.text_off)
    return result


def style_sheet(palette: Palette, font: QFont) -> str:
    """The one style sheet, with the colours of a palette and sizes that follow the font."""
    QDir.setSearchPaths(_STYLE_FOLDER, [str(resources() / "theme")])
    names = {
        field.name: getattr(palette, field.name).name(QColor.NameFormat.HexArgb)
        for field in fields(palette)
        if field.name != "name"
    }
    pt = font.pointSizeF()
    sizes = {
        "title_size": f"{pt * 1.7:.1f}pt",
        "heading_size": f"{pt * 1.15:.1f}pt",
        "small_size": f"{pt * 0.92:.1f}pt",
    }
    return _template().substitute(names, **sizes, pictures=f"{_STYLE_FOLDER}:{palette.name}")


def readable(font: QFont) -> QFont:
    """The system's font; not below 13 pixels, which some desktops leave unset."""
    screen = QGuiApplication.primaryScreen()
    per_inch = screen.logicalDotsPerInchY() if screen is not None else 96.0
    least_pt = _LEAST_FONT_PX * 72.0 / per_inch
    result = QFont(font)
    result.setPointSizeF(max(font.pointSizeF(), least_pt))
    return result


def set_kind(widget: QWidget, kind: str) -> None:
    """Say what a widget is, see the module; may change while it is shown."""
    if widget.property("kind") == kind:
        return
    widget.setProperty("kind", kind)
    style = widget.style()
    style.unpolish(widget)
    style.polish(widget)


@cache
def _template() -> string.Template:
    return string.Template((resources() / "theme" / "style.qss").read_text("utf-8"))
