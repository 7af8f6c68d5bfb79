"""What a job in the worker gets: where to say things, when to stop, which engines there are."""

from __future__ import annotations

import threading
from collections.abc import Callable

from da3studio.base.cancel import CancelToken
from da3studio.base.progress import Notice, Progress, Report
from da3studio.jobs.messages import Computing, Happened, Message, Noted, Task, Working
from da3studio.pipeline.engines import ReconstructorFor
from da3studio.pipeline.events import Event
from da3studio.pipeline.metering import Pace


class Desk:
    """The job's side of the pipe; everything may be called from any thread.

    Args:
        job_id: of the job, put into every message.
        send: takes messages.
        token: checked by the work.
        reconstructor_for: gives the engine of an id.
    """

    def __init__(
        self,
        job_id: int,
        send: Callable[[Message], None],
        token: CancelToken,
        reconstructor_for: ReconstructorFor,
    ) -> None:
        self.job_id = job_id
        self.token = token
        self.reconstructor_for = reconstructor_for
        self._send = send
        self._lock = threading.Lock()

    def emit(self, event: Event) -> None:
        """Pass on an event of a run."""
        self.say(Happened(self.job_id, event))

    def computes_with(self, device: str) -> None:
        """Say what the work is computed with, in plain words."""
        self.say(Computing(self.job_id, device))

    def report_on(self, task: Task) -> Report:
        """A `Report` for work that is no stage: at most ten a second are passed on."""
        pace = Pace()

        def report(said: Progress | Notice) -> None:
            if isinstance(said, Notice):
                self.say(Noted(self.job_id, task, said.text))
                return
            paced = pace.of(said)
            if paced is not None:
                left = paced.seconds_left
                self.say(Working(self.job_id, task, said.step, said.done, said.total, left))

        return report

    def say(self, message: Message) -> None:
        """Send a message: an answer, or how the job ended."""
        with self._lock:
            self._send(message)
