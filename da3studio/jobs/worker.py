"""The worker process: one job at a time, and every end of one is a message."""

from __future__ import annotations

import atexit
import importlib
import multiprocessing
import os
import signal
import sys
import threading
import traceback
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Protocol, assert_never

import psutil

from da3studio.base.cancel import CancelToken, JobCancelled
from da3studio.base.crash import CrashWatch
from da3studio.base.errors import UserFacingError
from da3studio.base.i18n import set_language
from da3studio.base.orphans import end_with_parent
from da3studio.jobs.desk import Desk
from da3studio.jobs.leftovers import remove_leftovers
from da3studio.jobs.messages import (
    AdoptJob,
    Cancelled,
    Crashed,
    DownloadJob,
    ExportDepthJob,
    ExportJob,
    Failed,
    Finished,
    ImportJob,
    InstallGpuJob,
    Job,
    Order,
    Outcome,
    RunJob,
    SampleJob,
    VerifyJob,
    WarmUp,
)
from da3studio.pipeline.engines import ReconstructorFor
from da3studio.runtime.activate import activate

_NICENESS = 10  # the window and the person's other programs come first
_WARMING_NICENESS = 19
_HEAVY = ("torch", "open3d", "cv2", "scipy.spatial", "scipy.sparse.linalg")


class SharedNumber(Protocol):
    """An integer in memory that both processes see."""

    value: int


def worker_main(
    pipe: Connection, cancelled_up_to: SharedNumber, reconstructor_for: ReconstructorFor
) -> None:
    """Do the jobs that come through the pipe until it closes.

    Args:
        pipe: brings `Order`s and `WarmUp`s, takes messages.
        cancelled_up_to: every job with this number or a lower one has to stop.
        reconstructor_for: gives the engine of an id.
    """
    work = _Work()
    _become_a_worker(work)
    activate()
    warming = threading.Thread(target=_warm_up, name="warming up", daemon=True)
    with suppress(EOFError, ConnectionError):  # it was closed, or whoever asked was killed
        while True:
            order: Order | WarmUp = pipe.recv()
            if isinstance(order, Order):
                if order.language:
                    set_language(order.language)
                token = _token(order.job_id, cancelled_up_to)
                desk = Desk(order.job_id, pipe.send, token, reconstructor_for)
                work.job = order.job
                outcome = _outcome(order.job, desk)
                work.job = None
                desk.say(outcome)
            elif warming.ident is None:
                warming.start()
    if warming.is_alive():  # the interpreter would wait for the library that it just loads
        os._exit(0)


def _token(number: int, cancelled_up_to: SharedNumber) -> CancelToken:
    return CancelToken(lambda: cancelled_up_to.value >= number)


def _outcome(job: Job, desk: Desk) -> Outcome:
    number = desk.job_id
    try:
        desk.token.check()
        _do(job, desk)
    except JobCancelled:
        return Cancelled(number)
    except UserFacingError as error:
        return Failed(number, type(error).__name__, error.what, error.why, error.fix)
    except Exception:  # noqa: BLE001  the boundary: a bug becomes a report, the worker lives on
        return Crashed(number, traceback.format_exc())
    return Finished(number)


def _do(job: Job, desk: Desk) -> None:
    """Hand a job to its function; each loads only the libraries that it needs."""
    match job:
        case RunJob():
            from da3studio.jobs.running import run_project

            run_project(job, desk)
        case ExportJob():
            from da3studio.jobs.running import export_model

            export_model(job, desk)
        case ExportDepthJob():
            from da3studio.jobs.running import export_depth_maps

            export_depth_maps(job, desk)
        case ImportJob():
            from da3studio.jobs.importing import import_photos

            import_photos(job, desk)
        case SampleJob():
            from da3studio.jobs.sampling import make_sample

            make_sample(job, desk)
        case DownloadJob():
            from da3studio.jobs.models import download_model

            download_model(job, desk)
        case AdoptJob():
            from da3studio.jobs.models import adopt_model

            adopt_model(job, desk)
        case VerifyJob():
            from da3studio.jobs.models import verify_model

            verify_model(job, desk)
        case InstallGpuJob():
            from da3studio.jobs.graphics import install_gpu

            install_gpu(desk)
        case _ as never:
            assert_never(never)


def _warm_up() -> None:
    """Load what a reconstruction needs, on a thread, so that a job that comes is done meanwhile.

    Only libraries and nothing of ours: the job may be loading that, and two threads that load
    modules which load each other get halves of them.
    """
    if sys.platform == "linux":  # elsewhere a thread has no niceness of its own
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _WARMING_NICENESS)
    for name in _HEAVY:
        with suppress(ImportError, OSError):  # whoever needs it says so
            importlib.import_module(name)


@dataclass
class _Work:
    """What is being done, for the end that comes in the middle of it."""

    job: Job | None = None


def _become_a_worker(work: _Work) -> None:
    """Ctrl+C is the parent's to decide, other programs come first, and no orphan is left."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    atexit.register(CrashWatch("worker", "worker").close)
    if sys.platform == "win32":
        psutil.Process().nice(psutil.BELOW_NORMAL_PRIORITY_CLASS)
    else:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})  # see JobClient.start
        psutil.Process().nice(max(_NICENESS, psutil.Process().nice()))
    end_with_parent(lambda: _tidy_up(work))
    multiprocessing.current_process().daemon = False  # or it might start no COLMAP process


def _tidy_up(work: _Work) -> None:
    """Leave no half files behind a parent that is gone."""
    if work.job is not None:
        remove_leftovers(work.job, os.getpid())
