"""What the log says of a session: enough to see what led to a fault."""

from __future__ import annotations

import logging

import da3studio
from da3studio.app.problems import Trouble
from da3studio.app.session import Session
from da3studio.jobs.messages import Job, Outcome

_log = logging.getLogger("da3studio.app")


def keep_journal(session: Session) -> None:
    """Log what the person is told, and how each job ended, from now on."""
    _log.info("DA3 Studio %s starts", da3studio.__version__)
    session.problem.connect(_trouble)
    session.said.connect(lambda text: _log.info("said: %s", text))
    for lane in session.jobs.lanes:
        lane.ended.connect(_job_ended)


def _job_ended(job: Job, outcome: Outcome) -> None:
    _log.info("%s: %s", type(job).__name__, type(outcome).__name__)


def _trouble(trouble: Trouble) -> None:
    _log.warning("shown: %s %s", trouble.what, trouble.why)
