"""The job that looks through photos for a project that the window owns."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from da3studio.base.errors import BadInput
from da3studio.jobs.messages import (
    Cancelled,
    Failed,
    Finished,
    Imported,
    ImportJob,
    Working,
)
from da3studio.pipeline.importing import with_new_views
from da3studio.project.folder import ProjectFolder
from da3studio.scene.view import View
from tests.conftest import ROOT
from tests.jobs.talk import Talk, workers
from tests.media.pictures import texture, written
from tests.media.test_video import filmed, pan
from tests.pipeline.exact_engine import exact_engine


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    path = tmp_path / "new.da3"
    ProjectFolder.create(path, "New").close()
    return path


@pytest.fixture
def dropped(tmp_path: Path) -> Path:
    """Three photos, one of them twice, and a text."""
    import cv2

    folder = tmp_path / "dropped"
    for seed in range(3):
        content = cv2.imencode(".jpg", texture(seed, 320, 240))[1].tobytes()
        written(folder / f"IMG_{seed}.jpg", content)
    written(folder / "again.jpg", content)
    written(folder / "notes.jpg", b"no photo at all")
    return folder


def imported(path: Path, files: tuple[Path, ...], n_frames: int = 4) -> tuple[Imported, Talk]:
    talk = Talk(exact_engine)
    with talk.client as client:
        number = client.submit(ImportJob(path, files, n_frames))
        assert talk.outcome() == Finished(number)
    return talk.answer(Imported), talk


def test_that_an_import_answers_with_views_refusals_and_notices(empty, dropped):
    before = (empty / "project.json").read_bytes()
    with ProjectFolder.open(empty) as folder:  # the window has it open
        answer, talk = imported(empty, (dropped,))
        assert (empty / "project.json").read_bytes() == before
        folder.save(with_new_views(folder.project, answer.views))

    # "again" comes before "IMG_2" in no order: the first of two copies in natural order is kept
    assert [view.name for view in answer.views] == ["again.jpg", "IMG_0.jpg", "IMG_1.jpg"]
    assert {view.source.path for view in answer.views} <= {
        f"../dropped/{name}" for name in ("again.jpg", "IMG_0.jpg", "IMG_1.jpg")
    }
    assert [name for name, _ in answer.refused] == ["notes.jpg"]
    assert any("exact cop" in text for text in answer.notices)
    steps = [m for m in talk.said if isinstance(m, Working)]
    assert {m.task for m in steps} == {"import"}
    assert steps[-1].done == steps[-1].total == 5


def test_that_what_the_project_has_is_not_imported_again(empty, dropped):
    first, _ = imported(empty, (dropped / "IMG_0.jpg",))
    with ProjectFolder.open(empty) as folder:
        folder.save(with_new_views(folder.project, first.views))
    second, _ = imported(empty, (dropped / "IMG_0.jpg", dropped / "IMG_1.jpg"))

    assert [view.name for view in second.views] == ["IMG_1.jpg"]
    assert any("already" in text for text in second.notices)


def test_that_frames_of_a_video_go_into_the_project(empty, tmp_path):
    video = filmed(tmp_path / "walk.avi", pan(range(0, 240, 8)))
    answer, _ = imported(empty, (video,))

    assert len(answer.views) == 4
    for view in answer.views:
        assert view.source.video == "walk.avi"
        assert view.source.path.startswith("frames/")
        assert (empty / view.source.path).is_file()


def test_that_an_import_of_nothing_into_an_empty_project_fails_in_words(empty, dropped):
    talk = Talk(exact_engine)
    with talk.client as client:
        client.submit(ImportJob(empty, (dropped / "notes.jpg",), 4))
        outcome = talk.outcome()
    assert isinstance(outcome, Failed)
    assert isinstance(outcome.error(), BadInput)
    assert "notes.jpg" in outcome.why


def test_that_an_import_stops_when_asked(empty, tmp_path):
    video = filmed(tmp_path / "long.avi", pan([(8 * i) % 600 for i in range(1500)]))
    talk = Talk(exact_engine, grace_s=20.0)
    with talk.client as client:
        number = client.submit(ImportJob(empty, (video,), 20))
        talk.until_working()
        client.cancel()
        assert talk.outcome() == Cancelled(number)
        assert len(workers()) == 1  # by itself: it was not killed


def test_that_two_imports_that_did_not_know_of_each_other_fit_together(empty, dropped, tmp_path):
    other = written(tmp_path / "other" / "IMG_0.jpg", (dropped / "IMG_2.jpg").read_bytes())
    first, _ = imported(empty, (dropped / "IMG_0.jpg", dropped / "IMG_1.jpg"))
    second, _ = imported(empty, (dropped / "IMG_1.jpg", other))

    with ProjectFolder.open(empty) as folder:
        project = with_new_views(with_new_views(folder.project, first.views), second.views)
        folder.save(project)
        saved: tuple[View, ...] = folder.project.views
    assert [view.name for view in saved] == ["IMG_0.jpg", "IMG_1.jpg", "IMG_0.jpg (2)"]


@pytest.mark.parametrize("module", ["worker", "importing", "models"])
def test_that_what_reads_photos_and_models_loads_neither_torch_nor_open3d(module):
    code = (
        f"import sys, da3studio.jobs.{module}\n"
        "heavy = {'torch', 'open3d', 'pycolmap', 'scipy'} & set(sys.modules)\n"
        "sys.exit(', '.join(heavy) or 0)"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
