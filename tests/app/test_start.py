"""How the program starts: quickly, with nothing heavy, and what it says where it cannot show."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time

import pytest

from da3studio.base.cancel import NEVER
from da3studio.pipeline.run import run
from tests.conftest import ROOT
from tests.pipeline.exact_engine import exact_engine, exact_project, make_photos

STARTS = 5
LIMIT_S = 1.5
PATIENCE_S = 60


@pytest.fixture
def start(screen, home):
    """Start the program as `tests.app.starting` and take what it says."""

    def begin(*words, **environment):
        ran = subprocess.run(
            [sys.executable, "-m", "tests.app.starting", *map(str, words)],
            cwd=ROOT,
            env={**os.environ, **environment, "STARTED": str(time.time())},
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
        )
        assert ran.returncode == 0, ran.stderr[-4000:]
        return [json.loads(line) for line in ran.stdout.splitlines()]

    return begin


@pytest.fixture
def project(tmp_path):
    """With finished points."""
    path = tmp_path / "still.da3"
    with exact_project(path, make_photos(tmp_path / "photos")) as folder:
        run(folder, "cloud", emit=lambda _: None, token=NEVER, reconstructor_for=exact_engine)
    return path


def test_that_the_first_window_is_there_soon_and_nothing_heavy_is_loaded(start):
    starts = [start()[0] for _ in range(STARTS)]
    best, cpu = (min(one[clock] for one in starts) for clock in ("seconds", "cpu_seconds"))
    is_busy = os.getloadavg()[0] > (os.cpu_count() or 1)
    print(
        f"\nbest of {STARTS} starts: the window is painted after {best:.2f} s, {cpu:.2f} s of them"
        f" on the processor{'; NOT JUDGED BY THE CLOCK, others keep it busy' if is_busy else ''}"
    )

    assert [one["loaded"] for one in starts] == [[]] * STARTS
    assert (cpu if is_busy else best) < LIMIT_S


def test_that_an_opened_project_with_points_loads_neither_torch_nor_open3d(start, project):
    first, shown = start("cloud", project)

    assert first["loaded"] == []
    assert shown["points"] > 1000
    assert "vispy" in shown["loaded"]
    assert {"torch", "open3d", "pycolmap"}.isdisjoint(shown["loaded"])


@pytest.mark.skipif(sys.platform != "linux", reason="only there can OpenGL be taken away")
def test_that_without_opengl_the_start_page_says_why_and_the_project_is_closed(start, project):
    _, told = start("trouble", project, QT_XCB_GL_INTEGRATION="none")

    assert "3D graphics" in told["what"]
    assert "OpenGL could not be started" in told["why"]
    assert "graphics driver" in told["why"]
    assert (told["start_page"], told["is_open"]) == (True, False)
    assert "vispy" not in told["loaded"]
