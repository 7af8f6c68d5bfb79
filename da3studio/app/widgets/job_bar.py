"""The bar at the bottom: what runs, how far, how long, with which device, and how to stop it."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from da3studio.app.icons import icon
from da3studio.app.theme import set_kind
from da3studio.app.units import number_text, whole_text
from da3studio.app.viewmodels.job_status import JobStatus, duration_text
from da3studio.base.i18n import tr

_STEPS = 1000  # of the progress bar
_ICON = QSize(16, 16)
_LOG_LINES_SHOWN = 8


class JobBar(QFrame):
    """Shows a `JobStatus`; pressing a button only says so."""

    pause_wanted = Signal()
    resume_wanted = Signal()
    cancel_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        set_kind(self, "jobs")
        self._status = JobStatus()
        self._log_length = 0
        self._build()
        self.show_status(JobStatus())

    def _build(self) -> None:
        self.title = QLabel()
        self.step = QLabel()
        set_kind(self.step, "soft")
        self.step.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName(tr("Progress"))
        self.bar.setMinimumWidth(120)
        self.left = QLabel()
        self.left.setMinimumWidth(QFontMetrics(self.left.font()).horizontalAdvance("0" * 14))
        self.device = QLabel()
        set_kind(self.device, "soft")
        self.pause = self._button("pause", tr("Pause"))
        self.cancel = self._button("stop", tr("Cancel"))
        self.log_button = QToolButton()
        self.log_button.setCheckable(True)
        self.log_button.setText(tr("Log"))
        self.log_button.setIcon(icon("list"))
        self.log_button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.log_button.setToolTip(tr("Show what was done so far"))
        self.log_button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.log = QPlainTextEdit()
        self.log.setReadOnly(True)
        self.log.setAccessibleName(tr("Log"))
        self.log.setPlaceholderText(tr("Nothing was done yet."))
        lines = self.log.fontMetrics().lineSpacing() * _LOG_LINES_SHOWN
        self.log.setFixedHeight(lines + 12)
        self.log.hide()
        self.copy = QPushButton(icon("copy"), tr("Copy"))
        self.copy.hide()
        self._lay_out()
        self.pause.clicked.connect(self._pause_or_resume)
        self.cancel.clicked.connect(self.cancel_wanted)
        self.log_button.toggled.connect(self.log.setVisible)
        self.log_button.toggled.connect(self.copy.setVisible)
        self.copy.clicked.connect(self._copy)

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(12)
        for widget, stretch in (
            (self.title, 0),
            (self.step, 3),
            (self.bar, 2),
            (self.left, 0),
            (self.device, 0),
            (self.pause, 0),
            (self.cancel, 0),
            (self.copy, 0),
            (self.log_button, 0),
        ):
            row.addWidget(widget, stretch)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 4, 8, 4)
        column.setSpacing(4)
        column.addLayout(row)
        column.addWidget(self.log)

    def _button(self, name: str, text: str) -> QPushButton:
        button = QPushButton(icon(name), text)
        button.setIconSize(_ICON)
        return button

    def show_status(self, status: JobStatus) -> None:
        """Show this moment of the work."""
        self._status = status
        self.title.setText(status.title if status.state != "idle" else tr("Nothing is running"))
        self.step.setText(_step_text(status))
        self.step.setToolTip(self.step.text())
        self.bar.setVisible(status.state != "idle")
        if status.fraction is None and status.busy:
            self.bar.setRange(0, 0)
        else:
            self.bar.setUpdatesEnabled(False)  # else setValue() paints at once, and all around it
            self.bar.setRange(0, _STEPS)
            self.bar.setValue(round((status.fraction or 0.0) * _STEPS))
            self.bar.setUpdatesEnabled(True)
        self.left.setText(_left_text(status))
        self.device.setText(_device_text(status))
        paused = status.state == "paused"
        self.pause.setText(tr("Go on") if paused else tr("Pause"))
        self.pause.setIcon(icon("play" if paused else "pause"))
        self.pause.setVisible(status.state != "idle" and status.can_pause)
        self.pause.setEnabled(status.state in ("running", "paused"))
        self.cancel.setVisible(status.state != "idle")
        self.cancel.setEnabled(status.state != "stopping")
        self._show_log(status)

    def _show_log(self, status: JobStatus) -> None:
        if len(status.log) < self._log_length:
            self.log.clear()
            self._log_length = 0
        for line in status.log[self._log_length :]:
            self.log.appendPlainText(line)
        self._log_length = len(status.log)

    def _pause_or_resume(self) -> None:
        if self._status.state == "paused":
            self.resume_wanted.emit()
        else:
            self.pause_wanted.emit()

    def _copy(self) -> None:
        QApplication.clipboard().setText("\n".join(self._status.log))


def _step_text(status: JobStatus) -> str:
    text = status.step
    if status.total:
        text = tr("{step}: {done} of {total}").format(
            step=status.step, done=whole_text(status.done), total=whole_text(status.total)
        )
    if status.waiting:
        text += "   " + tr("Next: {titles}").format(titles=", ".join(status.waiting))
    return text


def _left_text(status: JobStatus) -> str:
    if status.state != "running":
        return ""
    if status.seconds_left is None:
        return tr("estimating time …")
    return tr("{time} left").format(time=duration_text(status.seconds_left))


def _device_text(status: JobStatus) -> str:
    parts = [status.device] if status.device else []
    if status.memory_bytes:
        parts.append(tr("{n} GB").format(n=number_text(status.memory_bytes / 1e9, 1)))
    return ", ".join(parts) if status.state != "idle" else ""
