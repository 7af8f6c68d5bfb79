"""A client whose messages a test can wait for."""

from __future__ import annotations

import queue
from collections.abc import Callable
from typing import TypeVar

import psutil

from da3studio.jobs.client import JobClient
from da3studio.jobs.messages import Answer, Happened, Message, Outcome, Working
from da3studio.pipeline.engines import ReconstructorFor
from da3studio.pipeline.events import StageDone, StageKept, StageStarted
from da3studio.pipeline.stages import Goal

PATIENCE_S = 60.0

Kind = TypeVar("Kind", bound=Message)


class Talk:
    """A client and what it said."""

    def __init__(self, lookup: ReconstructorFor, grace_s: float = 5.0) -> None:
        self._messages: queue.Queue[Message] = queue.Queue()
        self.client = JobClient(self._messages.put, reconstructor_for=lookup, grace_s=grace_s)
        self.said: list[Message] = []

    def until(self, wanted: Callable[[Message], bool]) -> Message:
        while True:
            message = self._messages.get(timeout=PATIENCE_S)
            self.said.append(message)
            if wanted(message):
                return message

    def outcome(self) -> Outcome:
        message = self.until(lambda message: isinstance(message, Outcome))
        assert isinstance(message, Outcome)
        return message

    def until_started(self, stage: Goal) -> None:
        self.until(
            lambda m: (
                isinstance(m, Happened)
                and isinstance(m.event, StageStarted)
                and m.event.stage == stage
            )
        )

    def until_working(self) -> None:
        self.until(lambda message: isinstance(message, Working))

    @property
    def has_news(self) -> bool:
        """Whether something was said that no test has read yet."""
        return not self._messages.empty()

    @property
    def events(self) -> list[Happened]:
        return [message for message in self.said if isinstance(message, Happened)]

    def answer(self, kind: type[Kind]) -> Kind:
        """The only answer of that kind, which was said right before the last outcome."""
        assert [type(m) for m in self.said if isinstance(m, Answer)] == [kind]
        answer = self.said[-2]
        assert isinstance(answer, kind)
        return answer

    def stages(self, kind: type[StageDone | StageKept]) -> list[Goal]:
        return [m.event.stage for m in self.events if isinstance(m.event, kind)]


def workers() -> list[psutil.Process]:
    """Worker processes of this one; the helper of multiprocessing is not among them."""
    found = []
    for process in psutil.Process().children():
        try:
            if "spawn_main" in " ".join(process.cmdline()):
                found.append(process)
        except psutil.Error:
            continue
    return found
