"""The side of the window and the command line: start the worker, ask, cancel, outlive it."""

from __future__ import annotations

import ctypes
import multiprocessing
import queue
import signal
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import wait
from types import TracebackType
from typing import Self

import psutil

from da3studio.jobs.leftovers import remove_leftovers
from da3studio.jobs.messages import (
    Cancelled,
    Job,
    Message,
    Order,
    Outcome,
    WarmUp,
    WorkerDied,
)
from da3studio.jobs.worker import worker_main
from da3studio.pipeline.engines import ReconstructorFor, registered_engine

OnMessage = Callable[[Message], None]

_GRACE_S = 5.0
_LOOK_EVERY_S = 0.1  # how soon a cancel without an answer is noticed
_ALL_JOBS = 2**62


class _LetGo:
    """Among the orders: end the worker; the next order gets a new one."""


class JobClient:
    """Runs jobs one after the other in a worker process.

    Every submitted job ends with exactly one `Outcome`. If the worker dies, the job it had ends
    as `WorkerDied` and the next one gets a new worker. Use it as a context manager, or `close` it.

    Args:
        on_message: receives every message, on a thread of the client; `queue.Queue().put` fits.
        reconstructor_for: gives the engine of an id; has to be a function of a module, as the
            worker imports it.
        grace_s: time a cancelled job has to stop by itself before its process is killed.

    `language` is the code of the language that jobs submitted from now on speak, see
    `i18n.set_language`; "" = that of the sentences in the code.
    """

    language = ""

    def __init__(
        self,
        on_message: OnMessage,
        *,
        reconstructor_for: ReconstructorFor = registered_engine,
        grace_s: float = _GRACE_S,
    ) -> None:
        self._on_message = on_message
        self._reconstructor_for = reconstructor_for
        self._grace_s = grace_s
        self._cancelled_up_to = multiprocessing.get_context("spawn").RawValue(ctypes.c_int64, 0)
        self._orders: queue.SimpleQueue[Order | WarmUp | _LetGo | None] = queue.SimpleQueue()
        self._last_number = 0
        self._worker: _Worker | None = None  # set on the client's thread only
        self._thread = threading.Thread(target=self._serve, name="job client", daemon=True)

    def start(self) -> None:
        """Start the worker, so that the first job finds it ready."""
        self._thread.start()

    def warm(self) -> None:
        """Let the worker load the libraries of a reconstruction while nothing else is to do."""
        self._orders.put(WarmUp())

    def submit(self, job: Job) -> int:
        """Queue a job; its number is in every message about it."""
        self._last_number += 1
        self._orders.put(Order(self._last_number, job, self.language))
        return self._last_number

    def cancel(self) -> None:
        """Stop all jobs submitted so far: by the token, and after the grace time by force."""
        self._cancelled_up_to.value = self._last_number

    def restart(self) -> None:
        """Stop all jobs submitted so far and end the worker, so that its memory is free.

        Finished work is kept: the same job again goes on from there, in a new worker.
        """
        self.cancel()
        self.renew()

    def renew(self) -> None:
        """End the worker when what was submitted is done; the next job gets a new one."""
        self._orders.put(_LetGo())

    def memory_bytes(self) -> int:
        """Resident memory of the worker and the processes it started; 0 without a worker."""
        worker = self._worker
        return worker.memory_bytes() if worker is not None else 0

    def close(self) -> None:
        """Cancel what runs and end the worker."""
        self._cancelled_up_to.value = _ALL_JOBS
        self._orders.put(None)
        self._thread.join()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _serve(self) -> None:
        """The client's thread: the only one that talks to the worker."""
        if sys.platform != "win32":  # inherited: Ctrl+C must not end a worker that still starts
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        self._living_worker()
        while (order := self._orders.get()) is not None:
            if isinstance(order, _LetGo):
                self._end_worker(0.0)
            elif isinstance(order, WarmUp):
                self._living_worker().send(order)
            elif self._is_cancelled(order):
                self._on_message(Cancelled(order.job_id))
            else:
                self._on_message(self._do(self._living_worker(), order))
        self._end_worker(self._grace_s)

    def _living_worker(self) -> _Worker:
        if self._worker is None or not self._worker.is_alive():
            self._worker = _Worker(self._cancelled_up_to, self._reconstructor_for)
        return self._worker

    def _end_worker(self, grace_s: float) -> None:
        if self._worker is not None:
            self._worker.end(grace_s)
            self._worker = None

    def _is_cancelled(self, order: Order) -> bool:
        return bool(self._cancelled_up_to.value >= order.job_id)

    def _do(self, worker: _Worker, order: Order) -> Outcome:
        """Hand an order to the worker and pass on what it says, up to the outcome."""
        deadline = float("inf")
        worker.send(order)
        while time.monotonic() < deadline:
            try:
                message = worker.receive(_LOOK_EVERY_S)
            except EOFError:
                code = worker.exit_code()
                remove_leftovers(order.job, worker.pid)
                if self._is_cancelled(order):  # the signal that asked us to stop reached it too
                    return Cancelled(order.job_id)
                return WorkerDied(order.job_id, code)
            if isinstance(message, Outcome):
                return message
            if message is not None:
                self._on_message(message)
            if self._is_cancelled(order):
                deadline = min(deadline, time.monotonic() + self._grace_s)
        worker.kill()
        remove_leftovers(order.job, worker.pid)
        return Cancelled(order.job_id)


class _Worker:
    """A worker process and our end of its pipe."""

    def __init__(self, cancelled_up_to: ctypes.c_int64, lookup: ReconstructorFor) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(
            target=worker_main,
            args=(theirs, cancelled_up_to, lookup),
            name="da3studio worker",
            daemon=True,  # ends with us even if nobody calls close
        )
        self._process.start()
        theirs.close()

    def send(self, order: Order | WarmUp) -> None:
        with suppress(OSError):  # it died just now: receive() will say so
            self._pipe.send(order)

    def receive(self, timeout_s: float) -> Message | None:
        """The next message, `None` if there is none in that time.

        Raises:
            EOFError: the process is gone.
        """
        try:
            return self._pipe.recv() if self._pipe.poll(timeout_s) else None
        except OSError as error:
            raise EOFError from error

    def is_alive(self) -> bool:
        return self._process.is_alive()

    def memory_bytes(self) -> int:
        total = 0
        with suppress(psutil.Error):
            this = psutil.Process(self._process.pid)
            for process in (this, *this.children(recursive=True)):
                with suppress(psutil.Error):  # it ended while we asked
                    total += process.memory_info().rss
        return total

    @property
    def pid(self) -> int:
        return self._process.pid or 0

    def exit_code(self) -> int:
        self._process.join()
        return self._process.exitcode or 0

    def kill(self) -> None:
        """End the process and those it started, at once; every result on the disk stays whole."""
        if self._process.is_alive():  # else its number may be another program's by now
            with suppress(psutil.NoSuchProcess):
                for child in psutil.Process(self._process.pid).children(recursive=True):
                    with suppress(psutil.NoSuchProcess):
                        child.kill()
            self._process.kill()
        self._process.join()
        self._pipe.close()

    def end(self, grace_s: float) -> None:
        """Let the process end by closing its pipe; after the grace time by force."""
        self._pipe.close()
        wait([self._process.sentinel], grace_s)
        self.kill()
