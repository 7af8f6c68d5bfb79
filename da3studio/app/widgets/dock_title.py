"""The title of a panel, with buttons that are large enough to be hit.

Those that Qt draws by itself cannot be enlarged by a style sheet: they are cut to the height of the
title's text.
"""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QDockWidget, QFrame, QHBoxLayout, QLabel, QSizePolicy, QToolButton

from da3studio.app.icons import icon
from da3studio.app.theme import set_kind
from da3studio.base.i18n import tr

_ICON = QSize(20, 20)
_HIT = QSize(28, 28)


class DockTitle(QFrame):
    """Shows the name of a panel; dragging it moves the panel, as Qt sees to that.

    Args:
        dock: the panel; gets this as its title.
    """

    def __init__(self, dock: QDockWidget) -> None:
        super().__init__(dock)
        self._dock = dock
        set_kind(self, "docktitle")
        self.name = QLabel(dock.windowTitle())
        self.name.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.float = _button("undock")
        self.close_button = _button("cross")
        self.close_button.setToolTip(tr("Close this panel"))
        self.close_button.setAccessibleName(f"{tr('Close this panel')}: {dock.windowTitle()}")
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 2, 4, 2)
        row.setSpacing(2)
        row.addWidget(self.name, 1)
        row.addWidget(self.float)
        row.addWidget(self.close_button)
        self.float.clicked.connect(lambda: dock.setFloating(not dock.isFloating()))
        self.close_button.clicked.connect(dock.close)
        dock.topLevelChanged.connect(self._show)
        dock.setTitleBarWidget(self)
        self._show()

    def _show(self) -> None:
        floating = self._dock.isFloating()
        words = tr("Put this panel back") if floating else tr("Take this panel out of the window")
        self.float.setToolTip(words)
        self.float.setAccessibleName(f"{words}: {self._dock.windowTitle()}")


def _button(name: str) -> QToolButton:
    button = QToolButton()
    button.setIcon(icon(name, "text_soft"))
    button.setIconSize(_ICON)
    button.setMinimumSize(_HIT)
    return button
