"""One finished run of the exact engine, copied for each test that changes it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from da3studio.base.cancel import NEVER
from da3studio.pipeline.run import run
from da3studio.scene.view import View
from tests.pipeline.exact_engine import exact_engine, exact_project, make_photos


@pytest.fixture(scope="session")
def photos(tmp_path_factory: pytest.TempPathFactory) -> tuple[View, ...]:
    """Rendered photos, with absolute paths."""
    return make_photos(tmp_path_factory.mktemp("exact") / "photos")


@pytest.fixture(scope="session")
def finished(photos: tuple[View, ...], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project run up to its texture; not to be changed."""
    path = tmp_path_factory.mktemp("finished") / "still.da3"
    with exact_project(path, photos) as folder:
        run(folder, "texture", emit=lambda _: None, token=NEVER, reconstructor_for=exact_engine)
    return path


@pytest.fixture
def project(finished: Path, tmp_path: Path) -> Path:
    """A copy of the finished project."""
    # beside the original, so that the relative paths of its photos hold
    path = finished.parent.parent / tmp_path.name / "still.da3"
    shutil.copytree(finished, path)
    return path
