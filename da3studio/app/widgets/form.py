"""A form built from a `RecipeForm`: a control, its help and a way back for each field."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

from PySide6.QtCore import QPoint, QSignalBlocker, QSize, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QGridLayout,
    QLabel,
    QLineEdit,
    QSizePolicy,
    QSpinBox,
    QToolButton,
    QVBoxLayout,
    QWhatsThis,
    QWidget,
)

from da3studio.app.icons import icon
from da3studio.app.viewmodels.recipe_form import FormField, RecipeForm
from da3studio.app.widgets.fold import Fold
from da3studio.app.widgets.folder_field import FolderField
from da3studio.base.i18n import tr

_HIT_PX = 28
_ICON_PX = 16
_GAP_PX = 8
_LARGEST_WHOLE = 2**31 - 1  # of Qt's spin boxes
_LARGEST_NUMBER = 1e9


class FormWidget(QWidget):
    """Shows and edits one value; keeps no state of its own.

    Args:
        form: whose fields are shown.
        beside: labels to the left of their controls, for dialogs; else above them, for panels.
        fold: fold the fields away that are not `simple`.
        only: leave out the other fields, where a panel shows them elsewhere.
    """

    def __init__(
        self,
        form: RecipeForm,
        *,
        beside: bool = False,
        fold: bool = False,
        only: Literal["", "simple", "advanced"] = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._form = form
        self._beside = beside
        self.rows: dict[str, _Row] = {}
        self.advanced: Fold | None = None
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        fields = [one for one in form.fields if not only or one.info.simple == (only == "simple")]
        simple = [one for one in fields if one.info.simple or not fold]
        rest = [one for one in fields if one not in simple]
        if simple:
            layout.addWidget(self._grid(simple))
        if rest:
            self.advanced = Fold(tr("Advanced"), self._grid(rest))
            layout.addWidget(self.advanced)
        form.changed.connect(self._show)
        self._show()

    def control(self, name: str) -> QWidget:
        """The control of a field."""
        return self.rows[name].control

    def _grid(self, fields: Iterable[FormField]) -> QWidget:
        box = QWidget()
        grid = QGridLayout(box)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(8 if self._beside else 2)
        grid.setVerticalSpacing(6 if self._beside else 0)
        grid.setColumnStretch(1 if self._beside else 0, 1)
        for field in fields:
            row = _Row(self._form, field, grid, self._beside)
            self.rows[field.name] = row
        return box

    def _show(self) -> None:
        for row in self.rows.values():
            row.show()
        if self.advanced is not None:
            inside = [one.name for one in self._form.fields if not one.info.simple]
            n = sum(self._form.is_changed(name) for name in inside)
            title = tr("Advanced ({n} changed)").format(n=n) if n else tr("Advanced")
            self.advanced.set_title(title)


class _Row:
    """The widgets of one field in the grid of its form."""

    def __init__(self, form: RecipeForm, field: FormField, grid: QGridLayout, beside: bool) -> None:
        self._form, self._name = form, field.name
        self._is_visible = True
        self.control = _control(form, field)
        self.control.setAccessibleName(field.label)
        self.label: QLabel | None = None
        self._back = _small_button("reset", tr("Reset {label}").format(label=field.label))
        self._back.clicked.connect(lambda: form.reset(field.name))
        self._help = _small_button("help", tr("Explain {label}").format(label=field.label))
        self._help.clicked.connect(self._explain)
        at = grid.rowCount()
        own_label = field.kind != "flag"
        if own_label:
            self.label = QLabel(field.label)
            self.label.setBuddy(self.control)
            self.label.setWordWrap(not beside)
            grid.addWidget(self.label, at, 0)
        if beside:
            grid.addWidget(self.control, at, 1)
        elif own_label:
            grid.addWidget(self.control, at + 1, 0, 1, 3)
        else:
            grid.addWidget(self.control, at, 0)
        grid.addWidget(self._back, at, 2 if beside else 1)
        grid.addWidget(self._help, at, 3 if beside else 2)
        if not beside:  # closer to its own label than to the next
            grid.setRowMinimumHeight(grid.rowCount(), _GAP_PX)

    def show(self) -> None:
        field = self._form.field(self._name)
        with QSignalBlocker(self.control):
            _show_value(self.control, getattr(self._form.value, self._name))
        changed, blocked = self._form.is_changed(self._name), self._form.blocked(self._name)
        self.control.setEnabled(not blocked)
        keep = self._back.sizePolicy()
        keep.setRetainSizeWhenHidden(True)  # a button that comes and goes moves nothing
        self._back.setSizePolicy(keep)
        self._back.setVisible(changed and not blocked and self._is_visible)
        self._back.setToolTip(
            tr("Back to the default: {value}").format(value=field.shown(field.default))
        )
        explanation = self._form.explanation(self._name)
        for widget in (self.control, self.label, self._help):
            if widget is not None:
                widget.setToolTip(_wrapped(explanation))
        self.control.setAccessibleDescription(explanation)

    def set_visible(self, is_visible: bool) -> None:
        """Leave the field out, where it means nothing, or show it again."""
        self._is_visible = is_visible
        for widget in (self.control, self.label, self._help):
            if widget is not None:
                widget.setVisible(is_visible)
        self.show()

    def _explain(self) -> None:
        """Also works where the control is grey: the button never is."""
        below = self._help.mapToGlobal(QPoint(0, self._help.height()))
        QWhatsThis.showText(below, self._form.explanation(self._name), self._help)


def _control(form: RecipeForm, field: FormField) -> QWidget:
    """The control that a field is edited with, connected."""
    name = field.name
    low, high = field.info.low, field.info.high
    if field.kind == "flag":
        box = QCheckBox(field.label)
        box.toggled.connect(lambda on: form.set(name, on))
        return box
    if field.kind == "choice":
        combo = _Combo()
        for value, words in field.choices:
            combo.addItem(words, value)
        combo.activated.connect(lambda at: form.set(name, combo.itemData(at)))
        return combo
    if field.kind == "folder":
        folder = FolderField(field.label)
        folder.entered.connect(lambda path: form.set(name, path))
        return folder
    if field.kind == "text":
        line = QLineEdit()
        line.editingFinished.connect(lambda: form.set(name, line.text()))
        return line
    spin: QSpinBox | QDoubleSpinBox
    if field.kind == "whole":
        spin = _Whole()
        spin.setRange(int(low or 0), min(int(high or _LARGEST_WHOLE), _LARGEST_WHOLE))
        spin.setStepType(QAbstractSpinBox.StepType.AdaptiveDecimalStepType)
    else:
        spin = _Number()
        spin.setDecimals(field.decimals)
        spin.setRange(low or 0.0, _LARGEST_NUMBER if high is None else high)
        spin.setStepType(QAbstractSpinBox.StepType.AdaptiveDecimalStepType)
    spin.setGroupSeparatorShown(True)
    spin.setKeyboardTracking(False)  # a number is taken when it is complete
    if field.unit:
        spin.setSuffix(f" {field.unit}")
    spin.valueChanged.connect(lambda value: form.set(name, value))
    return spin


def _show_value(control: QWidget, value: Any) -> None:
    if isinstance(control, QCheckBox):
        control.setChecked(value)
    elif isinstance(control, QComboBox):
        control.setCurrentIndex(control.findData(value))
    elif isinstance(control, QLineEdit):
        control.setText(value)
    elif isinstance(control, FolderField):
        control.set_text(value)
    elif isinstance(control, (QSpinBox, QDoubleSpinBox)):
        control.setValue(value)


def _small_button(name: str, words: str) -> QToolButton:
    button = QToolButton()
    button.setIcon(icon(name, "text_soft"))
    button.setIconSize(QSize(_ICON_PX, _ICON_PX))
    button.setMinimumSize(_HIT_PX, _HIT_PX)
    button.setAccessibleName(words)
    button.setToolTip(words)
    return button


def _wrapped(text: str) -> str:
    """Rich text, as plain tool tips are never wrapped."""
    lines = text.replace("&", "&amp;").replace("<", "&lt;").split("\n")
    return "<p>" + "<br>".join(lines) + "</p>"


class _KeepsWheel:
    """The wheel scrolls the panel unless the control has the focus: no accidents."""

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():  # type: ignore[attr-defined]
            super().wheelEvent(event)  # type: ignore[misc]
        else:
            event.ignore()


class _Combo(_KeepsWheel, QComboBox):
    def __init__(self) -> None:
        super().__init__()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(12)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)


class _Whole(_KeepsWheel, QSpinBox):
    def __init__(self) -> None:
        super().__init__()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)


class _Number(_KeepsWheel, QDoubleSpinBox):
    def __init__(self) -> None:
        super().__init__()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
