"""The photos of the exact engine, and a client whose messages a test can wait for."""

from __future__ import annotations

from pathlib import Path

import pytest

from da3studio.scene.view import View
from tests.pipeline.exact_engine import make_photos


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What workers keep for the case that they crash lies in a folder of each test."""
    folder = tmp_path / "home"
    monkeypatch.setenv("DA3STUDIO_HOME", str(folder))
    return folder


@pytest.fixture(scope="session")
def photos(tmp_path_factory: pytest.TempPathFactory) -> tuple[View, ...]:
    """Rendered photos, with absolute paths."""
    return make_photos(tmp_path_factory.mktemp("exact") / "photos")


@pytest.fixture
def project(photos: tuple[View, ...], tmp_path: Path) -> Path:
    """A new project of these photos."""
    from tests.pipeline.exact_engine import exact_project

    path = tmp_path / "still.da3"
    exact_project(path, photos).close()
    return path
