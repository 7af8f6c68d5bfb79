"""Earlier versions, duplicates, what is remembered of a killed program, saving from threads."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from da3studio.base.cancel import CancelToken, JobCancelled
from da3studio.base.errors import BadInput, CannotWrite, ProjectDamaged
from da3studio.project.earlier import superfluous
from da3studio.project.folder import ProjectFolder, thumbnail_of
from da3studio.project.photo_paths import photo_path, stored_photo_path
from da3studio.scene.view import PhotoSource
from tests.project.test_manifest import PROJECT, VIEW


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "Statue.da3"


def test_that_earlier_versions_are_listed_newest_first_with_their_times(path):
    with ProjectFolder.create(path, "0") as folder:
        for n in range(1, 4):
            folder.save(replace(folder.project, name=str(n)))
        (path / "earlier" / "1-foreign.json").write_text("{}")
        earlier = folder.earlier()
    names = [json.loads(version.path.read_bytes())["name"] for version in earlier]
    assert names == ["2", "1", "0"]
    assert all(datetime.now(UTC) - version.when < timedelta(minutes=1) for version in earlier)


def test_that_restoring_can_itself_be_taken_back(path):
    with ProjectFolder.create(path, "0") as folder:
        folder.save(PROJECT)
        folder.save(replace(PROJECT, name="spoilt", views=()))
        assert folder.restore(folder.earlier()[0].path) == PROJECT
        assert folder.project == PROJECT
        assert folder.restore(folder.earlier()[0].path).name == "spoilt"


def test_that_restoring_brings_back_what_a_newer_program_wrote(path):
    with ProjectFolder.create(path, "0"):
        pass
    newer = json.loads((path / "project.json").read_bytes()) | {"schema": [1, 9], "tags": ["x"]}
    (path / "project.json").write_text(json.dumps(newer))
    with ProjectFolder.open(path) as folder:
        folder.save(replace(folder.project, name="1"))
        folder.restore(folder.earlier()[-1].path)
    assert json.loads((path / "project.json").read_bytes())["tags"] == ["x"]


def test_that_a_damaged_earlier_version_changes_nothing(path):
    with ProjectFolder.create(path, "0") as folder:
        folder.save(PROJECT)
        earlier = folder.earlier()[0].path
        earlier.write_bytes(b"{}")
        with pytest.raises(ProjectDamaged):
            folder.restore(earlier)
        assert folder.project == PROJECT


def test_that_earlier_versions_cover_seconds_as_well_as_months():
    """A month of saving every minute of eight hours a day."""
    times: list[float] = []  # newest first
    for day in range(30):
        for minute in range(480):
            now = 86400.0 * day + 60 * minute
            times.insert(0, now)
            gone = set(superfluous([now - time for time in times]))
            times = [time for i, time in enumerate(times) if i not in gone]
    ages = [now - time for time in times]
    assert len(ages) == 20
    assert (ages[0], ages[-1]) == (0, now)
    assert 3 <= sum(age < 3600 for age in ages) <= 12
    assert sum(age > 86400 for age in ages) >= 4


def test_that_few_versions_all_stay():
    assert superfluous([float(n) for n in range(20)]) == []


@pytest.fixture
def whole(path: Path, tmp_path: Path) -> Path:
    """A project with a photo outside, a frame inside, a result, a mask and a view."""
    outside, inside = tmp_path / "photos" / "IMG_1.jpg", path / "frames" / "clip_000001.jpg"
    with ProjectFolder.create(path, "Statue") as folder:
        views = []
        for n, file in enumerate((outside, inside)):
            file.parent.mkdir(exist_ok=True)
            file.write_bytes(b"%d" % n)
            source = PhotoSource(stored_photo_path(file, path), "12ab")
            views.append(replace(PROJECT.views[n], source=source))
        folder.save(PROJECT.with_views(tuple(views)))
        folder.chunks.put("ab" * 16, "cloud", {"xyz": np.zeros((5, 3), np.float32)}, {})
        folder.put_mask(np.eye(8, dtype=np.bool_))
        folder.write_view({"colour": "height"})
        folder.write_thumbnail(b"png")
        folder.scratch("new")
    return path


@pytest.mark.parametrize("links", [True, False])
def test_that_a_duplicate_has_everything_but_the_past(whole, tmp_path, links, monkeypatch):
    if not links:  # as on another disk
        monkeypatch.setattr(os, "link", lambda *_: (_ for _ in ()).throw(OSError(18, "cross")))
    target = tmp_path / "deep" / "er" / "Copy.da3"
    with ProjectFolder.open(whole, write=False) as folder:
        folder.duplicate(target, "Copy")
        before = folder.project

    with ProjectFolder.open(target) as copy:
        assert copy.project.name == "Copy"
        assert [photo_path(view, target).read_bytes() for view in copy.project.views] == [
            b"0",
            b"1",
        ]
        assert copy.project.views[0].source.path == "../../../photos/IMG_1.jpg"
        assert copy.project.views[1].source.path == "frames/clip_000001.jpg"
        assert list(copy.chunks.keys()) == ["ab" * 16]
        assert list(copy.chunks.verify()) == []
        assert copy.mask(next((target / "masks").iterdir()).stem).sum() == 8
        assert copy.read_view() == {"colour": "height"}
        assert copy.thumbnail.read_bytes() == b"png"
        copy.chunks.remove("ab" * 16)  # does not touch the first project's
    assert sorted(entry.name for entry in target.iterdir()) == [
        "chunks", "frames", "lock", "masks", "open.da3", "project.json", "thumbnail.png",
        "view.json",
    ]  # fmt: skip
    with ProjectFolder.open(whole, write=False) as folder:
        assert folder.project == before
        assert folder.chunks.has("ab" * 16)


def test_that_a_duplicate_goes_into_a_new_or_empty_folder_only(whole, tmp_path):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "x").touch()
    with ProjectFolder.open(whole, write=False) as folder:
        for target in (tmp_path / "full", whole, whole / "inside"):
            with pytest.raises(BadInput):
                folder.duplicate(target, "x")
        (tmp_path / "empty").mkdir()
        folder.duplicate(tmp_path / "empty", "x")
    ProjectFolder.open(tmp_path / "empty").close()


def test_that_a_stopped_duplicate_leaves_nothing(whole, tmp_path):
    target = tmp_path / "copies" / "a.da3"
    with ProjectFolder.open(whole, write=False) as folder, pytest.raises(JobCancelled):
        folder.duplicate(target, "x", token=CancelToken(lambda: True))
    assert list((tmp_path / "copies").iterdir()) == []


def test_that_a_damaged_view_costs_nothing(whole):
    with ProjectFolder.open(whole) as folder:
        for content in (b"", b"{", b"[1]", b'{"a": NaN}', b"\xff" * 2_000_000):
            (whole / "view.json").write_bytes(content)
            assert folder.read_view() == {}
        for bad in ({"a": object()}, {"a": float("nan")}, {"a": "x" * 2_000_000}):
            with pytest.raises(ValueError, match=r"JSON|too large"):
                folder.write_view(bad)
        folder.write_view({"a": 1})
        assert folder.read_view() == {"a": 1}


def test_that_looking_writes_nothing(whole):
    with ProjectFolder.open(whole, write=False) as folder:
        before = {file: file.stat().st_mtime_ns for file in whole.rglob("*")}
        folder.write_view({"a": 2})
        folder.write_thumbnail(b"other")
        with pytest.raises(CannotWrite):
            folder.put_mask(np.ones((2, 2), np.bool_))
        with pytest.raises(CannotWrite):
            folder.restore(folder.earlier()[0].path)
        assert {file: file.stat().st_mtime_ns for file in whole.rglob("*")} == before
    assert thumbnail_of(whole).read_bytes() == b"png"


KILLED = """
import sys, time
from pathlib import Path
from da3studio.project.folder import ProjectFolder
folder = ProjectFolder.open(Path(sys.argv[1]))
print("open", flush=True)
time.sleep(60)
"""


def test_that_a_killed_program_is_told_of_once_with_the_time(path):
    ProjectFolder.create(path, "x").close()
    command = [sys.executable, "-c", KILLED, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        program.stdout.readline()
        program.send_signal(signal.SIGKILL)
    with ProjectFolder.open(path) as folder:
        said = folder.recovered
    assert said is not None
    now = datetime.now().astimezone()
    minutes = {(now - timedelta(minutes=n)).strftime("%H:%M") for n in range(3)}
    assert any(f"{time}. Everything finished by then is here." in said for time in minutes)
    with ProjectFolder.open(path) as folder:
        assert folder.recovered is None


def test_that_threads_may_save_at_once(path):
    with ProjectFolder.create(path, "x") as folder:
        values = [replace(PROJECT, name=str(n)) for n in range(8)]
        threads = [threading.Thread(target=folder.save, args=(value,)) for value in values]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        last = folder.project
        assert last in values
        assert len(folder.earlier()) == 8
    with ProjectFolder.open(path) as folder:
        assert folder.project == last
    assert VIEW in last.views
