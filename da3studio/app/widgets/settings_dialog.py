"""The settings of the program; what is chosen counts at once."""

from __future__ import annotations

from PySide6.QtWidgets import QDialog, QDialogButtonBox, QScrollArea, QVBoxLayout, QWidget

from da3studio.app.session import Session
from da3studio.app.viewmodels.recipe_form import RecipeForm
from da3studio.app.widgets.card import DIALOG_MARGINS, wrapping
from da3studio.app.widgets.form import FormWidget
from da3studio.base.i18n import tr
from da3studio.base.params import params_of
from da3studio.base.settings import Settings
from da3studio.updates.source import announced_at

_WIDTH_PX, _HEIGHT_PX = 620, 600


class SettingsDialog(QDialog):
    """A form over `Settings`."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Settings"))
        self._session = session
        self._language = session.settings.language
        self.form = RecipeForm(session.settings, names=_shown(), parent=self)
        self.form.edited.connect(session.set_settings)
        session.settings_changed.connect(self._follow)
        self.widget = FormWidget(self.form, beside=True)
        self._later = wrapping(
            tr("The language changes when DA3 Studio is started again."), "warning"
        )
        self._later.hide()

        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, 6, 0)
        column.addWidget(self.widget)
        column.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setWidget(inside)
        buttons = QDialogButtonBox()
        close = buttons.addButton(tr("Close"), QDialogButtonBox.ButtonRole.RejectRole)
        close.setAutoDefault(False)  # Enter ends the typing of a number, not the dialog
        close.clicked.connect(self.close)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(DIALOG_MARGINS)
        layout.addWidget(scroll, 1)
        layout.addWidget(self._later)
        layout.addWidget(buttons)
        self.resize(_WIDTH_PX, _HEIGHT_PX)

    def _follow(self) -> None:
        self.form.show(self._session.settings)
        self._later.setVisible(self._session.settings.language != self._language)


def _shown() -> list[str]:
    """Settings that mean something in this build of the program."""
    return [name for name in params_of(Settings) if name != "updates" or announced_at()]
