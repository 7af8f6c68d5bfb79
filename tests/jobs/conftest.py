"""The photos of the exact engine, and a client whose messages a test can wait for."""

from __future__ import annotations

from pathlib import Path

import pytest

from da3studio.scene.view import View
from tests.pipeline.exact_engine import make_photos


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
