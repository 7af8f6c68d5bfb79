"""Engines that misbehave, for a worker process to import."""

from __future__ import annotations

import ctypes
import os
import signal
import time
from typing import Any

from da3studio.engine.protocol import Reconstructor
from tests.pipeline.exact_engine import ExactEngine, exact_engine


class _Misbehaving(ExactEngine):
    """Finds the cameras, then does what the test wants."""

    def misbehave(self) -> None:
        raise NotImplementedError

    def reconstruct(self, *args: Any, **options: Any) -> Any:
        pieces = super().reconstruct(*args, **options)
        yield next(pieces)
        self.misbehave()
        yield from pieces


class _Deaf(_Misbehaving):
    def misbehave(self) -> None:
        time.sleep(600)  # native code that asks no token


class _Greedy(_Misbehaving):
    def misbehave(self) -> None:
        _second_time()
        ctypes.PyDLL(None).sleep(600)  # native code that lets no thread of Python run


class _Faulty(_Misbehaving):
    def misbehave(self) -> None:
        ctypes.string_at(0)


class _Killed(_Misbehaving):
    def misbehave(self) -> None:
        os.kill(os.getpid(), signal.SIGKILL)


class _Buggy(_Misbehaving):
    def misbehave(self) -> None:
        raise ZeroDivisionError("a bug of ours")


class _WithTorch(_Misbehaving):
    def misbehave(self) -> None:
        import torch

        torch.zeros(1)


def torch_engine(_: str) -> Reconstructor:
    """Loads PyTorch before the first depth map, as all of ours do."""
    return _WithTorch()


def deaf_engine(_: str) -> Reconstructor:
    """Does not stop when asked to."""
    return _Deaf()


def greedy_engine(_: str) -> Reconstructor:
    """Does not even let another thread run."""
    return _Greedy()


def buggy_engine(_: str) -> Reconstructor:
    """Raises what nobody expects."""
    return _Buggy()


def faulty_once(_: str) -> Reconstructor:
    """Reads memory it may not, in the first worker that asks."""
    return exact_engine("") if _second_time() else _Faulty()


def killed_once(_: str) -> Reconstructor:
    """Is killed by the system, in the first worker that asks."""
    return exact_engine("") if _second_time() else _Killed()


def _second_time() -> bool:
    """Whether a worker of this parent asked before; the parent's number names the mark."""
    mark = os.path.join(os.environ["DA3STUDIO_TEST_MARKS"], "asked")  # noqa: PTH118
    try:
        os.close(os.open(mark, os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        return True
    return False
