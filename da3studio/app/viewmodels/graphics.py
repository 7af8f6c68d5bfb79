"""The graphics card: whether it is used, and getting what it needs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import QObject, Signal

from da3studio.app.hardware import card_text
from da3studio.app.job_bridge import Task
from da3studio.app.session import Session
from da3studio.app.viewmodels.targets import size_text
from da3studio.base.i18n import tr
from da3studio.base.paths import is_frozen
from da3studio.jobs.messages import Answer, Cancelled, Failed, GpuReady, InstallGpuJob
from da3studio.runtime import store
from da3studio.runtime.status import Status, look

GraphicsState = Literal["hidden", "absent", "part", "waiting", "working", "installed", "unfit"]


@dataclass(frozen=True)
class GraphicsRow:
    """The card as the window shows it; texts are in the person's language."""

    state: GraphicsState
    words: str = ""
    is_good: bool = False  # the card is used
    step: str = ""  # what is being done
    fraction: float | None = None  # None = not known


class GraphicsSupport(QObject):
    """Binds the card, what is installed for it, and the worker that fetches.

    In a source checkout, and where there is no card, there is nothing to show.
    """

    changed = Signal()

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._lane = session.jobs.models
        self._status: Status | None = None  # not looked at yet
        self.said = ""  # how the last piece of work ended
        self._lane.changed.connect(self.changed)
        self._lane.ended.connect(self._ended)
        self.refresh()

    @property
    def row(self) -> GraphicsRow:
        """As it is now."""
        status = self._status
        if status is None or not is_frozen():
            return GraphicsRow("hidden")
        if status.card is None and status.installed is None:
            return GraphicsRow("hidden")
        words = " ".join(filter(None, (_words(status), self.said)))
        if self._is_asked_for:
            first = self._lane.jobs[0]
            if not isinstance(first, InstallGpuJob):
                return GraphicsRow("waiting", words, step=tr("waiting"))
            now = self._lane.status
            return GraphicsRow("working", words, step=now.step, fraction=now.fraction)
        if status.installed is not None:
            return GraphicsRow("installed", words, status.is_used)
        if status.edition is None:
            return GraphicsRow("unfit", words)
        return GraphicsRow("part" if status.fetched_bytes else "absent", words)

    @property
    def _is_asked_for(self) -> bool:
        return any(isinstance(job, InstallGpuJob) for job in self._lane.jobs)

    def refresh(self) -> None:
        """Look again at the card and at what is installed."""

        def take(status: Status) -> None:
            self._status = status
            self.changed.emit()

        self._session.in_background(look, take)

    def download(self) -> None:
        """Fetch what the card needs; goes on where it was paused."""
        if self._is_asked_for:
            return
        self.said = ""
        title = tr("Downloading support for the graphics card")
        self._lane.submit(Task(InstallGpuJob(), title, done=self._installed))
        self.changed.emit()

    def pause(self) -> None:
        """Stop; what came is kept, and the next download goes on from there."""
        self._lane.cancel()

    def remove(self) -> None:
        """Remove what was installed or fetched; what runs now is finished as it began."""

        def done(n_bytes: int) -> None:
            self.said = tr("{size} are free again.").format(size=size_text(n_bytes))
            self._session.jobs.renew()
            self.refresh()

        self._session.in_background(store.remove_all, done)

    def _installed(self, answer: Answer | None) -> None:
        if isinstance(answer, GpuReady):
            self._session.jobs.renew()

    def _ended(self, job: object, outcome: object) -> None:
        if not isinstance(job, InstallGpuJob):
            return
        match outcome:
            case Cancelled():
                self.said = tr("Stopped. What was fetched is kept.")
            case Failed():
                self.said = f"{outcome.what} {outcome.why} {outcome.fix}"
            case _:
                self.said = ""
        self.refresh()


def _words(status: Status) -> str:
    """What there is to say of the card."""
    name = card_text(status.card) if status.card is not None else tr("none found")
    if status.is_used:
        return tr("{card} is used.").format(card=name)
    if status.installed is not None:
        if status.verdict is None:
            return tr("Support for the graphics card is installed; it is tried at the next work.")
        words = tr("{card} does not work with what is installed: {why} The processor is used.")
        return words.format(card=name, why=tr(status.verdict.why))
    if status.edition is None:
        words = tr("{card} was found, but cannot be used. {why}")
        return words.format(card=name, why=status.why_not)
    return tr(
        "{card} was found. Networks run many times faster on it; what it needs is a download of"
        " {size}, under the licences of PyTorch and NVIDIA."
    ).format(card=name, size=size_text(status.edition.size_bytes - status.fetched_bytes))
