"""Jobs that write files: models in all formats, depth maps, the sample's photos."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from da3studio.base.errors import BadInput
from da3studio.jobs.messages import (
    Cancelled,
    ExportDepthJob,
    Exported,
    ExportJob,
    Failed,
    Finished,
    SampleJob,
    Working,
)
from da3studio.pipeline.events import StageDone, StageKept
from da3studio.project.folder import ProjectFolder
from da3studio.recipes.export import ExportRecipe
from tests.jobs.talk import Talk
from tests.pipeline.exact_engine import VIEWS, exact_engine, slow_engine


def test_that_a_file_is_written_after_what_lacks_is_done(project, tmp_path):
    talk = Talk(exact_engine)
    target = tmp_path / "out" / "scan.glb"
    with talk.client as client:
        number = client.submit(ExportJob(project, target))
        assert talk.outcome() == Finished(number)
    assert talk.answer(Exported) == Exported(number, (target,))
    assert talk.stages(StageDone)[-2:] == ["mesh", "texture"]
    assert target.read_bytes()[:4] == b"glTF"
    steps = [m.step for m in talk.said if isinstance(m, Working) and m.task == "export"]
    assert steps == ["Writing scan.glb"]


def test_that_stale_results_are_not_exported(project, tmp_path):
    talk = Talk(exact_engine)
    target = tmp_path / "scan.ply"
    with ProjectFolder.open(project) as folder, talk.client as client:
        client.submit(ExportJob(project, target))
        assert isinstance(talk.outcome(), Finished)
        faces = n_faces(target)
        recipe = folder.project.recipe
        folder.save(
            folder.project.with_recipe(replace(recipe, mesh=replace(recipe.mesh, faces=500)))
        )
        client.submit(ExportJob(project, target))
        assert isinstance(talk.outcome(), Finished)
    assert "depth" in talk.stages(StageKept)
    assert n_faces(target) <= 500 < faces


def n_faces(ply: Path) -> int:
    header = ply.read_bytes()[:2000].split(b"end_header")[0].decode("ascii").split("\n")
    return next(int(line.split()[2]) for line in header if line.startswith("element face"))


@pytest.mark.parametrize(
    ("name", "recipe"),
    [("scan.doc", ExportRecipe()), ("scan.obj", ExportRecipe(content="cloud"))],
)
def test_that_a_target_that_cannot_be_is_refused_before_any_work(project, tmp_path, name, recipe):
    talk = Talk(exact_engine)
    with talk.client as client:
        client.submit(ExportJob(project, tmp_path / name, recipe))
        outcome = talk.outcome()
    assert isinstance(outcome, Failed)
    assert isinstance(outcome.error(), BadInput)
    assert talk.events == []


def test_that_depth_maps_come_with_their_cameras(project, tmp_path):
    talk = Talk(exact_engine)
    target = tmp_path / "depth"
    with talk.client as client:
        for kind in ("npz", "png"):  # the second replaces the first
            number = client.submit(ExportDepthJob(project, target, kind))
            assert talk.outcome() == Finished(number)
            assert talk.said[-2] == Exported(number, (target,))
    about = json.loads((target / "cameras.json").read_text())
    assert len(about["views"]) == VIEWS
    assert {path.name for path in target.iterdir()} == {
        "cameras.json",
        *(row["file"] for row in about["views"]),
    }


def test_that_a_folder_with_other_things_is_refused_before_any_work(project, tmp_path):
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "cameras.json").write_text("{}")
    (tmp_path / "letters" / "to mother.txt").write_text("dear")
    talk = Talk(exact_engine)
    with talk.client as client:
        client.submit(ExportDepthJob(project, tmp_path / "letters"))
        outcome = talk.outcome()
    assert isinstance(outcome, Failed)
    assert isinstance(outcome.error(), BadInput)
    assert talk.events == []
    assert len(list((tmp_path / "letters").iterdir())) == 2


def test_that_a_cancelled_export_leaves_nothing_at_the_target(project, tmp_path):
    talk = Talk(slow_engine)
    with talk.client as client:
        number = client.submit(ExportJob(project, tmp_path / "out" / "scan.obj"))
        talk.until_started("depth")
        client.cancel()
        assert talk.outcome() == Cancelled(number)
    assert list((tmp_path / "out").iterdir()) == []


def test_that_a_damaged_result_is_made_again_for_an_export(project, tmp_path):
    talk = Talk(exact_engine)
    with talk.client as client:
        client.submit(ExportJob(project, tmp_path / "a.ply", ExportRecipe(content="cloud")))
        assert isinstance(talk.outcome(), Finished)
        for chunk in (project / "chunks").glob("??/*.safetensors"):
            content = np.frombuffer(chunk.read_bytes(), np.uint8).copy()
            content[-1] ^= 255
            chunk.write_bytes(content.tobytes())
        client.submit(ExportJob(project, tmp_path / "b.ply", ExportRecipe(content="cloud")))
        assert isinstance(talk.outcome(), Finished)
    assert (tmp_path / "b.ply").read_bytes() == (tmp_path / "a.ply").read_bytes()


def test_that_the_sample_job_stops_within_2_seconds_with_whole_photos(tmp_path):
    talk = Talk(exact_engine, grace_s=1.5)
    with talk.client as client:
        number = client.submit(SampleJob(tmp_path / "photos"))
        talk.until_working()
        began = time.monotonic()
        client.cancel()
        assert talk.outcome() == Cancelled(number)
        assert time.monotonic() - began < 2
    assert list((tmp_path / "photos").glob(".tmp*")) == []
