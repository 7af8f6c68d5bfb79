"""The worker process: one job at a time, and every end of one is a message."""

from __future__ import annotations

import faulthandler
import multiprocessing
import os
import signal
import sys
import threading
import traceback
from multiprocessing.connection import Connection, wait
from typing import Protocol

import psutil

from da3studio.base.cancel import CancelToken, JobCancelled
from da3studio.base.errors import UserFacingError
from da3studio.jobs.messages import Cancelled, Crashed, Failed, Finished, Happened, Order, Outcome
from da3studio.pipeline.engines import ReconstructorFor
from da3studio.project.folder import ProjectFolder

_NICENESS = 5  # the person's other programs come first
_PARENT_DIED = 1


class SharedNumber(Protocol):
    """An integer in memory that both processes see."""

    value: int


def worker_main(
    pipe: Connection, cancelled_up_to: SharedNumber, reconstructor_for: ReconstructorFor
) -> None:
    """Do the jobs that come through the pipe until it closes.

    Args:
        pipe: brings `Order`s, takes messages.
        cancelled_up_to: every job with this number or a lower one has to stop.
        reconstructor_for: gives the engine of an id.
    """
    _become_a_worker()
    while True:
        try:
            order: Order = pipe.recv()
        except EOFError:
            return
        pipe.send(_outcome(order, pipe, cancelled_up_to, reconstructor_for))


def _outcome(
    order: Order, pipe: Connection, cancelled_up_to: SharedNumber, lookup: ReconstructorFor
) -> Outcome:
    from da3studio.pipeline.run import run  # heavy: the worker pays for it, not its client

    number = order.job_id
    token = CancelToken(lambda: cancelled_up_to.value >= number)
    try:
        with ProjectFolder.open(order.job.path) as folder:
            run(
                folder,
                order.job.goal,
                emit=lambda event: pipe.send(Happened(number, event)),
                token=token,
                reconstructor_for=lookup,
            )
    except JobCancelled:
        return Cancelled(number)
    except UserFacingError as error:
        return Failed(number, type(error).__name__, error.what, error.why, error.fix)
    except Exception:  # noqa: BLE001  the boundary: a bug becomes a report, the worker lives on
        return Crashed(number, traceback.format_exc())
    return Finished(number)


def _become_a_worker() -> None:
    """Ctrl+C is the parent's to decide, other programs come first, and no orphan is left."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    faulthandler.enable()
    if sys.platform == "win32":
        psutil.Process().nice(psutil.BELOW_NORMAL_PRIORITY_CLASS)
    else:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})  # see JobClient.start
        psutil.Process().nice(max(_NICENESS, psutil.Process().nice()))
    threading.Thread(target=_end_with_parent, name="parent watch", daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(_PARENT_DIED)
