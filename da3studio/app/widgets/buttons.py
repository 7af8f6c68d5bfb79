"""Buttons with an icon, built one way."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QToolButton

from da3studio.app.icons import icon

_HIT_PX = 28
_ICON_AND_AIR = QSize(21, 17)


def tool_button(icon_name: str, text: str, hint: str, *, checkable: bool = False) -> QToolButton:
    """A button for a bar.

    Args:
        icon_name: of the drawing.
        text: beside the icon; "" = the icon alone, and the hint is its name for screen readers.
        hint: tooltip.
        checkable: whether it stays down.
    """
    button = QToolButton()
    button.setIcon(icon(icon_name))
    button.setText(text)
    button.setToolTip(hint)
    button.setAccessibleName(text or hint)
    button.setCheckable(checkable)
    if text:
        button.setIconSize(_ICON_AND_AIR)
        button.setMinimumHeight(_HIT_PX)  # a least width would let the text be cut off
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
    else:
        button.setMinimumSize(_HIT_PX, _HIT_PX)
    return button
