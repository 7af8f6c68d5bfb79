"""Buttons with an icon, built one way."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QToolButton

from da3studio.app.icons import icon


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
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
    return button
