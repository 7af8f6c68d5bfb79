"""Stages run in the worker process: it can be stopped at any moment, and a crash ends only it."""

from __future__ import annotations

import errno
import os
import queue
import shutil

from da3studio.base.atomic import write_error
from da3studio.base.cancel import CancelToken, JobCancelled
from da3studio.base.errors import ProcessDied
from da3studio.base.i18n import tr
from da3studio.cli.progress import Narrator
from da3studio.jobs.client import JobClient
from da3studio.jobs.messages import (
    Crashed,
    Failed,
    Happened,
    Message,
    Outcome,
    RunJob,
    WorkerDied,
)
from da3studio.pipeline.deliver import finished_scene
from da3studio.pipeline.stages import Goal
from da3studio.project.folder import ProjectFolder
from da3studio.scene.scene import Scene

_GRACE_S = 0.8  # then the worker is killed; Ctrl+C promises two seconds for everything
_LOOK_EVERY_S = 0.1  # how soon a stop is noticed
_ROOM_BYTES = 16 * 2**20  # with less on the disk, native code that dies died of that


class WorkerCrashedError(Exception):
    """The worker met a bug of ours; the argument is its traceback."""


def finish(folder: ProjectFolder, goal: Goal, narrator: Narrator, token: CancelToken) -> Scene:
    """Do what a project, open for writing in this process, lacks for a goal, and load it.

    A result that turns out to be damaged when it is read is removed and made again, once.

    Raises:
        JobCancelled: by the token.
        ProcessDied: the worker process died.
        DiskFull: it died where the disk is full; COLMAP's database ends the process then.
        WorkerCrashedError: it met a bug.
        UserFacingError: see `pipeline.run.run` and `finished_scene`.
    """
    return finished_scene(folder, goal, lambda: bring(folder, goal, narrator, token))


def bring(folder: ProjectFolder, goal: Goal, narrator: Narrator, token: CancelToken) -> None:
    """Do what a project lacks for a goal, in the worker process; raises as `finish` does."""
    _work(RunJob(folder.path, goal), narrator, token)


def _work(job: RunJob, narrator: Narrator, token: CancelToken) -> None:
    """Let the worker process run a job, and raise what it ended with."""
    messages: queue.Queue[Message] = queue.Queue()
    with JobClient(messages.put, grace_s=_GRACE_S) as client:
        client.submit(job)
        outcome = _outcome(client, messages, narrator, token)
        client.renew()  # all is stored: nobody waits until it has put its libraries away
    token.check()  # also where a signal to the whole group ended the worker before we asked it to
    match outcome:
        case Failed():
            raise outcome.error()
        case Crashed():
            raise WorkerCrashedError(outcome.traceback)
        case WorkerDied():
            if shutil.disk_usage(job.path).free < _ROOM_BYTES:
                raise write_error(job.path, OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)))
            raise ProcessDied(
                tr("The worker process stopped unexpectedly."),
                why=tr(
                    "It ended with code {code}: a crash in native code, or the system ended it,"
                    " as it does when memory runs out."
                ).format(code=outcome.exit_code),
                fix=tr(
                    "Nothing is lost: run the same command again. If it stops at the same place,"
                    " close other programs or use --preset draft."
                ),
            )


def _outcome(
    client: JobClient, messages: queue.Queue[Message], narrator: Narrator, token: CancelToken
) -> Outcome:
    """Tell what happens until the job ends, which it does soon after the token asked for it."""
    try:
        while True:
            token.check()
            try:
                message = messages.get(timeout=_LOOK_EVERY_S)
            except queue.Empty:
                continue
            if isinstance(message, Outcome):
                return message
            if isinstance(message, Happened):
                narrator.event(message.event)
    except JobCancelled:
        client.cancel()
        while not isinstance(message := messages.get(), Outcome):
            pass  # nobody wants to hear of it any more
        return message
