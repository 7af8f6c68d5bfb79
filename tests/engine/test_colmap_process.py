"""The process that runs COLMAP: what it loads, and how it ends."""

from __future__ import annotations

import json
import multiprocessing
import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
from PIL import Image

from da3studio.base.cancel import NEVER, CancelToken, JobCancelled
from da3studio.base.crash import gather
from da3studio.base.digest import digest_of_file
from da3studio.base.errors import CannotReconstruct, ProcessDied
from da3studio.base.i18n import language, set_language
from da3studio.base.progress import Progress, silent
from da3studio.engine.sfm.solve import ColmapBug, register_views
from da3studio.project.folder import ProjectFolder
from da3studio.recipes.recipe import Recipe
from da3studio.scene.view import PhotoSource
from tests.conftest import ROOT
from tests.engine.sets import RECIPE, PhotoSet, orbit_set, turning_set

FORBIDDEN = {"torch", "open3d", "cv2", "scipy", "PIL", "PySide6"}
FORBIDDEN_FILES = re.compile("torch|mkl|open3d|cv2|opencv|ippi|Qt6", re.IGNORECASE)
STEP = "Placing cameras"

posix = pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")


def colmap_processes():
    return [one for one in multiprocessing.active_children() if one.name == "da3studio colmap"]


def register(folder, report=silent, token=NEVER):
    photos = orbit_set(6)
    return register_views(
        photos.views, photos, RECIPE, scratch=folder, report=report, token=token
    )  # fmt: skip


def test_that_pycolmap_and_what_may_not_go_with_it_are_never_in_one_process(tmp_path):
    """The real worker computes with torch and OpenCV, the real COLMAP process finds cameras."""
    project = tmp_path / "still.da3"
    write_project(project, orbit_set(6))
    command = [sys.executable, "-m", "tests.engine.colmap_host", str(project), "worker"]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    said = [json.loads(line) for line in ran.stdout.splitlines()]
    colmap, worker = ({one["process"]: one for one in said if "process" in one}[name]
                      for name in ("da3studio colmap", "da3studio worker"))  # fmt: skip

    assert said[-1]["outcome"].startswith("Finished")
    assert "pycolmap" in colmap["modules"]
    assert FORBIDDEN & set(colmap["modules"]) == set()
    assert [file for file in colmap["files"] if FORBIDDEN_FILES.search(file)] == []
    assert {"torch", "cv2"} <= set(worker["modules"])
    assert "pycolmap" not in worker["modules"]
    if sys.platform == "linux":
        assert any(file.startswith("libtorch") for file in worker["files"])
    assert ran.stderr == ""


def write_project(path: Path, photos: PhotoSet) -> None:
    """A project of these photos as files, to be computed without a network."""
    views = []
    for view in photos.views:
        file = path.parent / f"{view.id}.png"
        Image.fromarray(photos.pictures[view.id]).save(file)
        source = PhotoSource(f"../{file.name}", digest_of_file(file))
        views.append(replace(view, source=source))
    with ProjectFolder.create(path, "Still") as folder:
        project = folder.project.with_views(tuple(views))
        folder.save(project.with_recipe(Recipe(replace(RECIPE, engine="classical"))))


def test_that_a_cancel_in_the_middle_of_mapping_ends_it_at_once(tmp_path, capfd):
    due = [float("inf")]

    def soon(said):
        if isinstance(said, Progress) and said.step == STEP:
            due[0] = time.monotonic() + 0.2

    with pytest.raises(JobCancelled):
        register(tmp_path, soon, CancelToken(lambda: time.monotonic() > due[0]))

    assert time.monotonic() - due[0] < 1
    assert colmap_processes() == []
    assert "Aborted" not in capfd.readouterr().err


@posix
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGSEGV])
def test_that_a_dead_process_is_said_in_words_and_nothing_else(
    tmp_path, monkeypatch, number, capfd
):
    monkeypatch.setenv("DA3STUDIO_HOME", str(tmp_path))

    def kill(said):
        if isinstance(said, Progress) and said.step == STEP:
            os.kill(colmap_processes()[0].pid, number)

    with pytest.raises(ProcessDied, match=f"by the signal {int(number)},") as caught:
        register(tmp_path, kill)
    reports = [report.path.read_text("utf-8") for report in gather("worker")]

    assert "nothing that was finished is lost" in caught.value.what
    assert capfd.readouterr().err == ""
    if number == signal.SIGSEGV:
        (report,) = reports
        assert "Ran:     photogrammetry" in report
        assert re.search(r"solve\.py.* in solve\n", report)
    else:
        assert reports == []


@posix
def test_that_it_does_not_outlive_a_killed_parent(tmp_path):
    command = [sys.executable, "-m", "tests.engine.colmap_host", str(tmp_path)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        while STEP not in parent.stdout.readline():
            assert parent.poll() is None
        children = psutil.Process(parent.pid).children(recursive=True)
        parent.kill()
        gone, alive = psutil.wait_procs(children, timeout=5)

    assert len(gone) >= 1
    assert alive == []


def test_that_a_bug_comes_with_its_trace(tmp_path):
    with pytest.raises(ColmapBug, match=r"Traceback[\s\S]*in open_database"):
        register(tmp_path / "no such folder")


def test_that_it_speaks_the_persons_language(tmp_path):
    photos, before = turning_set(2), language()
    try:
        set_language("de")
        with pytest.raises(CannotReconstruct) as caught:
            photos.register(tmp_path)
    finally:
        set_language(before)

    assert "Kamera" in caught.value.why
