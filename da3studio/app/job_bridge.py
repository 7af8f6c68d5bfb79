"""Work in other processes, seen from the window: what the workers say becomes signals."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import assert_never

from PySide6.QtCore import QObject, QTimer, Signal

from da3studio.app.problems import Trouble, bug, worker_died
from da3studio.app.viewmodels.job_status import Course, JobStatus, course_to
from da3studio.base.i18n import language, tr
from da3studio.base.paths import data_folder
from da3studio.jobs.client import JobClient
from da3studio.jobs.messages import (
    Answer,
    Cancelled,
    Computing,
    Crashed,
    Exported,
    Failed,
    Finished,
    GpuReady,
    Happened,
    Imported,
    Job,
    Message,
    ModelReady,
    Noted,
    Outcome,
    RunJob,
    WorkerDied,
    Working,
)
from da3studio.pipeline.engines import ReconstructorFor, registered_engine
from da3studio.pipeline.events import (
    Event,
    Noticed,
    Registered,
    StageDone,
    StageKept,
    StageProgress,
    StageStarted,
)

_GRACE_S = 1.5  # after Cancel everything has stopped within two seconds
_LOOK_EVERY_MS = 1000
_TELL_EVERY_MS = 500  # each change paints the window anew
_STEP_SHARE = 0.6  # of what is left of a stage: nobody knows beforehand how many steps it has

Done = Callable[[Answer | None], None]
"""What to do with the answer of a job that finished; `None` where it has none."""


Refused = Callable[[Failed], bool]
"""Hears of a failure before anybody else; true = it is dealt with and not told."""


@dataclass(frozen=True)
class Task:
    """A job with what the window needs to know of it."""

    job: Job
    title: str  # "Reconstructing"
    done: Done | None = None
    refused: Refused | None = None
    cuts: bool = False  # of a run: the project has edits switched on


class Lane(QObject):
    """One worker process and its jobs, one after the other.

    Args:
        reconstructor_for: gives the engine of an id, in the worker.
    """

    changed = Signal()  # `status`
    happened = Signal(object)  # Event of a run
    ended = Signal(object, object)  # the job, its Outcome
    trouble = Signal(object)  # Trouble
    _said = Signal(int, object)  # number of the client, Message; from the client's thread

    def __init__(self, reconstructor_for: ReconstructorFor, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._reconstructor_for = reconstructor_for
        self._client: JobClient | None = None
        self._n_clients = 0  # so far: each counts its jobs from one
        self._tasks: dict[int, Task] = {}  # submitted and not ended, oldest first
        self._answers: dict[int, Answer] = {}
        self._course: Course | None = None
        self._steps = 0  # of the stage that runs
        self._paused: tuple[Task, ...] = ()  # what goes on when the person wants it
        self.status = JobStatus()
        self._said.connect(self._hear)
        self._clock = QTimer(self)
        self._clock.setInterval(_LOOK_EVERY_MS)
        self._clock.timeout.connect(self._look_at_memory)
        self._telling = QTimer(self, singleShot=True, interval=_TELL_EVERY_MS)
        self._telling.timeout.connect(self.changed)

    def warm(self) -> None:
        """Start the worker and let it load its libraries, so that the first job begins at once."""
        self._started().warm()

    def renew(self) -> None:
        """Have a new worker do what is submitted from now on, ready for it as this one was."""
        if self._client is not None:
            self._client.renew()
            self._client.warm()

    def submit(self, task: Task) -> None:
        """Do this job after those submitted before."""
        number = self._started().submit(task.job)
        self._tasks[number] = task
        self._paused = ()  # whoever starts something else has ended the pause
        if len(self._tasks) == 1:
            self._begin(task)
        else:
            waiting = tuple(one.title for one in list(self._tasks.values())[1:])
            self._show(replace(self.status, waiting=waiting))

    def cancel(self) -> None:
        """Stop all jobs; says so at once, and it has stopped within two seconds."""
        if self._paused:
            self._paused = ()
            self._show(replace(self.status, state="idle", step=tr("Stopped")))
        if self._client is not None and self._tasks:
            step = tr("Stopping after this piece …")
            self._show(replace(self.status, state="stopping", step=step, seconds_left=None))
            self._client.cancel()

    @property
    def can_pause(self) -> bool:
        """Whether what runs can go on later from where it was."""
        return isinstance(self.job, RunJob)

    def pause(self, *, free_memory: bool = True) -> None:
        """Stop, ready to go on.

        Args:
            free_memory: end the process, so that other programs get its memory back.
        """
        if not self.can_pause or self._client is None:
            return
        self._paused = tuple(self._tasks.values())
        self._show(replace(self.status, state="stopping", step=tr("Pausing …"), seconds_left=None))
        if free_memory:
            self._client.restart()
        else:
            self._client.cancel()

    def resume(self) -> None:
        """Go on with what was paused, and what waited for it."""
        if self._paused and not self._tasks:
            for task in self._paused:
                self.submit(task)

    @property
    def job(self) -> Job | None:
        """What runs now."""
        first = next(iter(self._tasks.values()), None)
        return None if first is None else first.job

    @property
    def busy(self) -> bool:
        """Whether a job runs or waits."""
        return bool(self._tasks)

    @property
    def jobs(self) -> tuple[Job, ...]:
        """The job that runs, and those that wait."""
        return tuple(task.job for task in self._tasks.values())

    def close(self) -> None:
        """Stop what runs and end the worker; blocks until it is gone."""
        self._clock.stop()
        self._telling.stop()
        self._tasks.clear()
        self._answers.clear()
        self._paused, self._course = (), None
        if self._client is not None:
            self._client.close()
            self._client = None
        if self.status != JobStatus():
            self._show(JobStatus())

    def _started(self) -> JobClient:
        if self._client is None:
            self._n_clients += 1
            number = self._n_clients
            self._client = JobClient(
                lambda message: self._said.emit(number, message),
                reconstructor_for=self._reconstructor_for,
                grace_s=_GRACE_S,
            )
            self._client.language = language()
            self._client.start()
        return self._client

    def _begin(self, task: Task) -> None:
        job = task.job
        self._course = course_to(job.goal, cuts=task.cuts) if isinstance(job, RunJob) else None
        self._steps = 0
        started = replace(
            JobStatus("running", task.title, tr("Starting …"), log=self.status.log),
            device=self.status.device,
            waiting=tuple(one.title for one in list(self._tasks.values())[1:]),
            can_pause=self.can_pause,
        )
        self._show(started.logged(task.title))
        self._clock.start()

    def _show(self, status: JobStatus) -> None:
        """Take this status; a mere step forward is told a little later, with what follows it."""
        turn = (status.state, status.title, status.waiting, status.log)
        before = self.status
        self.status = status
        if turn != (before.state, before.title, before.waiting, before.log):
            self._telling.stop()
            self.changed.emit()
        elif not self._telling.isActive():
            self._telling.start()

    def _look_at_memory(self) -> None:
        if self._client is not None:
            self._show(replace(self.status, memory_bytes=self._client.memory_bytes()))

    def _hear(self, client: int, message: Message) -> None:
        if client != self._n_clients or message.job_id not in self._tasks:
            return  # said just before the lane was closed
        match message:
            case Happened():
                self._follow(message.event)
                self.happened.emit(message.event)
            case Working():
                share = message.done / message.total if message.total else None
                self._progress(message.step, message.done, message.total, share)
                self._show(replace(self.status, seconds_left=message.seconds_left))
            case Noted():
                self._show(self.status.logged(message.text))
            case Computing():
                self._show(replace(self.status, device=message.device))
            case Imported() | Exported() | ModelReady() | GpuReady():
                self._answers[message.job_id] = message
            case Finished() | Cancelled() | Failed() | Crashed() | WorkerDied():
                self._end(message)
            case _ as never:
                assert_never(never)

    def _progress(self, step: str, done: int, total: int, fraction: float | None) -> None:
        status = self.status
        if step != status.step:
            status = status.logged(step)
        if status.state == "stopping":  # the answer to the button stays readable
            step = status.step
        self._show(replace(status, step=step, done=done, total=total, fraction=fraction))

    def _follow(self, event: Event) -> None:
        """Keep count of how far a run is."""
        course = self._course
        if course is None:
            return
        match event:
            case StageStarted():
                self._steps = 0
            case StageProgress():
                self._steps += event.step != self.status.step
                share = event.done / event.total if event.total else 0.0
                if event.stage != "depth":
                    before = 1 - _STEP_SHARE ** max(self._steps - 1, 0)
                    share = before + (1 - before) * (1 - _STEP_SHARE) * share
                course.within(event.stage, share)
                self._progress(event.step, event.done, event.total, course.fraction)
                self._show(replace(self.status, seconds_left=course.seconds_left))
            case StageDone():
                course.finished(event.stage)
                self._show(replace(self.status, fraction=course.fraction))
            case StageKept():
                course.kept(event.stage)
            case Registered():
                words = tr("{n} of {total} photos have found their place").format(
                    n=event.registered, total=event.total
                )
                self._show(self.status.logged(words))
            case Noticed():
                self._show(self.status.logged(event.text))

    def _end(self, outcome: Outcome) -> None:
        task = self._tasks.pop(outcome.job_id)
        answer = self._answers.pop(outcome.job_id, None)
        self._clock.stop()
        if not isinstance(outcome, Cancelled):  # it ended before the pause could stop it
            self._paused = tuple(one for one in self._paused if one is not task)
        self._say_end(task, outcome)
        self.ended.emit(task.job, outcome)
        if isinstance(outcome, Finished) and task.done is not None:
            task.done(answer)
        self._say_trouble(task, outcome)
        following = next(iter(self._tasks.values()), None)
        if self.status.state != "running" and following and following not in self._paused:
            self._begin(following)

    def _say_end(self, task: Task, outcome: Outcome) -> None:
        paused = isinstance(outcome, Cancelled) and task in self._paused
        words = {
            Finished: tr("Done"),
            Cancelled: tr("Paused; what was finished is kept")
            if paused
            else tr("Stopped; what was finished is kept"),
        }.get(type(outcome), tr("Did not succeed"))
        status = replace(
            self.status,
            state="paused" if paused else "idle",
            title=task.title,
            step=words,
            done=0,
            total=0,
            fraction=self.status.fraction if paused else None,
            seconds_left=None,
            memory_bytes=0,
        )
        self._show(status.logged(f"{task.title}: {words}"))

    def _say_trouble(self, task: Task, outcome: Outcome) -> None:
        def again() -> None:
            self.submit(task)

        match outcome:
            case Failed() if task.refused is not None and task.refused(outcome):
                pass
            case Failed():
                self.trouble.emit(Trouble.of(outcome.error(), tr("Try again"), again))
            case WorkerDied():
                wrote_to = getattr(task.job, "path", data_folder())
                words = tr("Try again")
                self.trouble.emit(worker_died(outcome.exit_code, wrote_to, words, again))
            case Crashed():
                self.trouble.emit(bug(outcome.traceback))


class Jobs(QObject):
    """All workers of the window: one computes, one reads photos, one fetches models."""

    trouble = Signal(object)  # Trouble
    renewed = Signal()  # what computes has changed

    def __init__(
        self,
        reconstructor_for: ReconstructorFor = registered_engine,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.main = Lane(reconstructor_for, self)
        self.files = Lane(reconstructor_for, self)
        self.models = Lane(reconstructor_for, self)
        for lane in self.lanes:
            lane.trouble.connect(self.trouble)

    @property
    def lanes(self) -> tuple[Lane, Lane, Lane]:
        return self.main, self.files, self.models

    @property
    def busy(self) -> bool:
        """Whether anything runs."""
        return any(lane.busy for lane in self.lanes)

    def renew(self) -> None:
        """Have new workers do what is submitted from now on."""
        for lane in self.lanes:
            lane.renew()
        self.renewed.emit()

    def close(self) -> None:
        """End all workers."""
        for lane in self.lanes:
            lane.close()
