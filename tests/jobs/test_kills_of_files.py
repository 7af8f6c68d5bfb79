"""Killing the worker at random moments of an import or an export leaves no half files."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from da3studio.jobs.messages import (
    ExportDepthJob,
    ExportJob,
    Finished,
    Imported,
    ImportJob,
    Job,
    RunJob,
    WorkerDied,
)
from da3studio.media.image import read_image
from da3studio.pipeline.importing import with_new_views
from da3studio.pipeline.load import load_scene
from da3studio.project.folder import ProjectFolder
from tests.jobs.talk import Talk, workers
from tests.media.test_video import filmed, pan
from tests.pipeline.exact_engine import VIEWS, exact_engine

KILLS = pytest.mark.parametrize(
    "kills", [3, pytest.param(10, marks=pytest.mark.slow)], ids=lambda n: f"{n} kills"
)


def kill_during(job: Job, kills: int, longest_s: float, after_each: Callable[[], None]) -> Talk:
    """Kill the worker so often while it does the job, at another moment each time; then let it."""
    chance = np.random.default_rng(kills)
    talk = Talk(exact_engine)
    deaths = tries = 0
    with talk.client as client:
        while deaths < kills:
            client.submit(job)
            tries += 1
            assert tries < 5 * kills, "the job is over before it can be killed"
            while not workers() and not talk.has_news:  # it may have died of the last kill only now
                pass
            time.sleep(chance.uniform(0, longest_s))  # the moment is the point of this test
            for worker in workers():
                worker.kill()
            deaths += isinstance(talk.outcome(), WorkerDied)
            after_each()
        talk.said.clear()
        number = client.submit(job)
        assert talk.outcome() == Finished(number)
    return talk


@KILLS
def test_that_kills_during_an_import_leave_only_whole_frames(tmp_path: Path, kills: int):
    path = tmp_path / "new.da3"
    ProjectFolder.create(path, "New").close()
    video = filmed(tmp_path / "walk.avi", pan([(5 * i) % 600 for i in range(250)]))

    def check() -> None:
        with ProjectFolder.open(path) as folder:
            assert folder.project.views == ()
        for frame in (path / "frames").glob("*/*"):
            assert not frame.name.startswith(".")
            assert read_image(frame).shape == (240, 320, 3)

    talk = kill_during(ImportJob(path, (video,), 40), kills, 1.5, check)

    with ProjectFolder.open(path) as folder:
        folder.save(with_new_views(folder.project, talk.answer(Imported).views))
        assert len(folder.project.views) == 40


@KILLS
@pytest.mark.parametrize("name", ["scan.obj", "scan.glb", "scan.colmap"])
def test_that_kills_during_an_export_leave_no_half_file(
    project: Path, tmp_path: Path, kills: int, name: str
):
    talk = Talk(exact_engine)
    with talk.client as client:
        client.submit(RunJob(project, "texture"))
        assert isinstance(talk.outcome(), Finished)
    out = tmp_path / "out"
    sizes: dict[str, int] = {}

    def check() -> None:
        with ProjectFolder.open(project) as folder:
            assert load_scene(folder).mesh is not None
            assert list(folder.chunks.verify()) == []
        here = {path.relative_to(out).as_posix(): path for path in out.rglob("*")}
        assert not [name for name in here if ".tmp" in name]
        for one, path in here.items():
            if path.is_file():
                assert sizes.setdefault(one, path.stat().st_size) == path.stat().st_size

    kill_during(ExportJob(project, out / name), kills, 0.9, check)
    check()
    assert (out / name).exists()


@KILLS
def test_that_kills_during_an_export_of_depth_leave_all_or_nothing(
    project: Path, tmp_path: Path, kills: int
):
    out = tmp_path / "out" / "depth"

    def check() -> None:
        with ProjectFolder.open(project) as folder:
            assert list(folder.chunks.verify()) == []
        beside = list(out.parent.glob("*")) if out.parent.is_dir() else []
        assert beside in ([], [out])
        if out.exists():
            assert len(list(out.iterdir())) == VIEWS + 1

    kill_during(ExportDepthJob(project, out, "npz"), kills, 1.2, check)
    check()
    assert out.exists()
