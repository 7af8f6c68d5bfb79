"""How good the photos of the project are, judged beside the window whenever they change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from da3studio.app.background import Newest
from da3studio.app.viewmodels.photo_commands import leave_out_blurred
from da3studio.app.viewmodels.photo_facts import blurred_views, remarks_on
from da3studio.project.change import Change
from da3studio.scene.view import ViewId

if TYPE_CHECKING:
    from da3studio.app.session import Session


class PhotoCheck(QObject):
    """Which photos are blurred, and what else there is to say about them.

    Args:
        session: has the photos, and what was said when they were added.
    """

    changed = Signal()

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._newest = Newest(session.background, self)
        self._blurred: frozenset[ViewId] = frozenset()
        self._remarks: tuple[str, ...] = ()
        session.changed.connect(self._changed)
        session.import_changed.connect(self.changed)
        self._judge()

    @property
    def blurred(self) -> frozenset[ViewId]:
        """The photos that are much less sharp than the rest."""
        return self._blurred

    @property
    def advice(self) -> tuple[str, ...]:
        """About all photos together."""
        return self._remarks

    @property
    def import_notes(self) -> tuple[str, ...]:
        """What was said when photos were added, newest first, without what is said of all."""
        notes = reversed(dict.fromkeys(self._session.import_notes))
        return tuple(note for note in notes if note not in self._remarks)

    @property
    def n_photos(self) -> int:
        return len(self._session.project.views)

    def leave_out_blurred(self) -> None:
        """Take the blurred photos out, as one step that can be undone."""
        leave_out_blurred(self._session, self._blurred)

    def _changed(self, change: Change) -> None:
        if change & Change.VIEWS:
            self._judge()

    def _judge(self) -> None:
        views = self._session.project.views
        if views:
            self._newest.ask(lambda: (blurred_views(views), remarks_on(views)), self._take)
        else:
            self._newest.drop()
            self._take((frozenset(), ()))

    def _take(self, judged: tuple[frozenset[ViewId], tuple[str, ...]]) -> None:
        self._blurred, self._remarks = judged
        self.changed.emit()
