"""Fixtures for all tests."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from da3studio.base.i18n import language, set_language
from tests.virtual_screen import screen

__all__ = ["screen"]  # a fixture for all tests, too

ROOT = Path(__file__).resolve().parent.parent
_NICENESS = 9  # one less than that of jobs, so that a test can still tell them apart


def pytest_configure() -> None:
    """Tests are about as nice as the jobs that some of them wait for.

    Beside another test that computes on all cores, a job would get a tenth of one.
    """
    if hasattr(os, "setpriority"):
        niceness = max(_NICENESS, os.getpriority(os.PRIO_PROCESS, 0))
        os.setpriority(os.PRIO_PROCESS, 0, niceness)


@pytest.fixture(scope="session")
def shared_photos() -> Path:
    """The real photo sets beside the repository; see SETS.md there."""
    folder = ROOT.parent / "shared" / "photos"
    if not folder.is_dir():
        pytest.skip(f"REAL PHOTOS NOT TESTED: {folder} is absent")
    return folder


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """Tests read English, and fail if they leave another language to those after them."""
    yield
    left = language()
    set_language("en")
    assert left == "en", "the test left another language behind"
