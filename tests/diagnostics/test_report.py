"""What is collected helps, and not one word of it tells whose computer it was."""

from __future__ import annotations

import getpass
import json
import logging
import os
import platform
import shutil
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from da3studio.base.crash import write_report
from da3studio.base.errors import BadInput
from da3studio.base.log import LogFile
from da3studio.base.settings import Settings, save_settings
from da3studio.cli.working import WorkerCrashedError
from da3studio.diagnostics.report import collect, write
from da3studio.jobs.messages import RunJob, WorkerDied
from da3studio.project.folder import ProjectFolder
from da3studio.scene.view import Gps, View
from tests.conftest import ROOT
from tests.jobs.engines import faulty_once
from tests.jobs.talk import Talk
from tests.pipeline.exact_engine import exact_project, make_photos

PERSON = "Wackernagel"
FOLDER = f"Zwetschge Löwenherz & Söhne/{PERSON}'s Fotos"


@pytest.fixture
def person(tmp_path, monkeypatch) -> Path:
    """The home of somebody, where the program keeps its things, too."""
    home = tmp_path / "home" / PERSON
    (home / "studio").mkdir(parents=True)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("USERPROFILE", str(home))
    monkeypatch.setenv("LOGNAME", PERSON)
    monkeypatch.setenv("DA3STUDIO_HOME", str(home / "studio"))
    monkeypatch.setenv("DA3STUDIO_TEST_MARKS", str(tmp_path))
    return home


@pytest.fixture(scope="module")
def photos(tmp_path_factory) -> tuple[View, ...]:
    return make_photos(tmp_path_factory.mktemp("rendered"))


@pytest.fixture
def project(person, photos) -> Path:
    """Of photos with telling names, one of them of a video, all with the place they show."""
    path = person / FOLDER / "Burg Quarkstein.da3"
    path.parent.mkdir(parents=True)
    views, gps = [], Gps(47.555_123, 9.666_123, None)
    for number, view in enumerate(photos):
        name = f"Tante Käthe ({number}).png"
        file = path.parent / name
        shutil.copy(view.source.path, file)
        source = replace(view.source, path=str(file))
        views.append(replace(view, name=name, source=source, gps=gps, camera_name="Quipsi Cam 7"))
    with exact_project(path, views) as folder:
        first, *others = folder.project.views
        first = replace(first, source=replace(first.source, video="Kirchweih 2026.mp4"))
        folder.save(folder.project.with_name("Mein Schlösschen").with_views((first, *others)))
    return path


TELLING = (
    PERSON, "Zwetschge", "Löwenherz", "Quarkstein", "Käthe", "Tante", "Schlösschen", "Kirchweih",
    "47.555", "9.666", "Quipsi",
)  # fmt: skip


def crash_in_every_way(project: Path) -> None:
    """In native code of a worker, and by a bug whose words hold names; with a log of it all."""
    log = LogFile()
    said = logging.getLogger("da3studio.app")
    said.info("said: Mein Schlösschen is open already")
    said.warning("shown: The disk that holds %s is full. Tante Käthe (2).png is blurred.", project)
    talk = Talk(faulty_once)
    with talk.client:
        talk.client.submit(RunJob(project, "cloud"))
        assert isinstance(talk.outcome(), WorkerDied)
    missing = project / f"{TELLING[4]}.json"
    try:
        missing.read_text()
    except OSError as error:
        said.exception("uncaught")
        write_report("window", f"{type(error).__name__}: {error}")
    write_report("worker", str(WorkerCrashedError("Tante Käthe (1).png at " + str(project))))
    log.close()


def test_that_nothing_telling_is_in_the_zip_after_a_crash_of_a_real_project(
    person, project, tmp_path
):
    save_settings(Settings(recent=(str(project),), projects_folder=str(person / "Zwetschge")))
    crash_in_every_way(project)
    file = tmp_path / "report.zip"
    command = [sys.executable, "-m", "da3studio", "doctor", str(project), "--report", str(file)]
    ran = subprocess.run(
        [*command, "--json"], cwd=ROOT, capture_output=True, text=True, env={**os.environ}
    )
    assert ran.returncode == 0, ran.stderr
    with zipfile.ZipFile(file) as report:
        parts = {name: report.read(name).decode() for name in report.namelist()}
    everything = "\n".join((*parts, *parts.values()))

    assert [word for word in TELLING if word.casefold() in everything.casefold()] == []
    assert str(tmp_path) not in everything
    assert platform.node() not in everything.split()
    assert parts.keys() >= {"computer.json", "settings.json", "project.json", "logs/window.log"}
    crashes = "\n".join(text for name, text in parts.items() if name.startswith("crashes/"))
    assert "Segmentation fault" in crashes
    assert "<program>/jobs/worker.py" in crashes
    assert "FileNotFoundError" in crashes
    assert "<path-" in parts["logs/window.log"]
    (answer,) = map(json.loads, ran.stdout.splitlines()[-1:])
    assert answer["parts"] == list(parts)


def test_that_the_shape_of_a_project_is_told_in_numbers(project, photos):
    parts = {part.name: part.text for part in collect(Settings(), project)}
    shape = json.loads(parts["project.json"])

    assert shape["photos"] == len(photos)
    assert (shape["photos_missing"], shape["photos_of_videos"]) == (0, 1)
    assert shape["recipe"]["depth"]["engine"] == "classical"
    assert shape["stages"]["cameras"] == {"done": False, "stored": 0, "of": 1}


def test_that_a_project_that_does_not_open_is_no_trouble(person):
    parts = {part.name: part.text for part in collect(Settings(), person / "none.da3")}
    assert json.loads(parts["project.json"]) == {"cannot_be_opened": "Missing"}


def test_that_settings_go_without_folders_and_what_a_caller_saw_is_scrubbed(person):
    settings = Settings(theme="dark", recent=("/a/Quark.da3",), projects_folder="/a")
    seen = {"opengl": {"renderer": f"llvmpipe at {person}"}, "name": getpass.getuser()}
    parts = {part.name: json.loads(part.text) for part in collect(settings, None, seen)}

    assert parts["settings.json"]["theme"] == "dark"
    assert parts["settings.json"]["recent_projects"] == 1
    assert {"recent", "projects_folder"}.isdisjoint(parts["settings.json"])
    assert parts["computer.json"]["opengl"] == {"renderer": "llvmpipe at <home>"}
    assert parts["computer.json"]["name"] == "<user>"
    assert parts["computer.json"]["packages"]["numpy"]


def test_that_another_ending_than_zip_is_refused(person, tmp_path):
    with pytest.raises(BadInput):
        write((), tmp_path / "report.txt")


def test_that_a_project_is_only_looked_at(project):
    before = {path: path.stat().st_mtime_ns for path in project.rglob("*")}
    with ProjectFolder.open(project):  # as the window has it
        collect(Settings(), project)
    after = {path: path.stat().st_mtime_ns for path in project.rglob("*")}
    changed = {path.name for path in before if before[path] != after[path]}
    assert changed <= {"lock"}
