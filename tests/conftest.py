"""Fixtures for all tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.virtual_screen import screen

__all__ = ["screen"]  # a fixture for all tests, too

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def shared_photos() -> Path:
    """The real photo sets beside the repository; see SETS.md there."""
    folder = ROOT.parent / "shared" / "photos"
    if not folder.is_dir():
        pytest.skip(f"REAL PHOTOS NOT TESTED: {folder} is absent")
    return folder
