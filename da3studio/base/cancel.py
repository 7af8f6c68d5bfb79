"""Cancelling long work between two steps, never inside a write."""

from __future__ import annotations

from collections.abc import Callable


class JobCancelled(Exception):
    """The person asked for the work to stop; nothing is lost."""


class CancelToken:
    """Asked by long work between views and blocks.

    Args:
        is_cancelled: answers whether to stop; must be cheap (a shared integer, a flag).
    """

    def __init__(self, is_cancelled: Callable[[], bool] = lambda: False) -> None:
        self._is_cancelled = is_cancelled

    def check(self) -> None:
        """Raise `JobCancelled` if the person asked for the work to stop."""
        if self._is_cancelled():
            raise JobCancelled


NEVER = CancelToken()
