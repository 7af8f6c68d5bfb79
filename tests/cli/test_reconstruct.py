"""One quick reconstruction of the small sample, and what the same commands do after it."""

from __future__ import annotations

import json
import shutil
import struct
from pathlib import Path

import pytest
from PIL import Image

from da3studio.project.folder import ProjectFolder
from tests.cli.conftest import QUICK, Ran, run_program

STAGES = ["cameras", "depth", "cloud", "mesh", "texture"]


@pytest.fixture(scope="module")
def finished(tmp_path_factory, sample_photos) -> tuple[Path, Ran]:
    """A folder with photos, project, model and preview, and what the command said."""
    folder = tmp_path_factory.mktemp("finished")
    shutil.copytree(sample_photos, folder / "photos")
    ran = run_program(folder, "reconstruct", "photos", "-o", "scan.glb", *QUICK, "--json")
    assert ran.code == 0, ran.err
    return folder, ran


@pytest.fixture
def copy(finished, tmp_path) -> Path:
    """The finished folder, to be changed by a test; dates are kept."""
    shutil.copytree(finished[0], tmp_path / "copy")
    return tmp_path / "copy"


def again(folder: Path, *words: object) -> Ran:
    ran = run_program(folder, "reconstruct", "photos", "-o", "scan.glb", *QUICK, *words, "--json")
    assert ran.code == 0, ran.err
    return ran


def made(ran: Ran) -> list[str]:
    return [one["stage"] for one in ran.named("stage_done")]


def test_that_photos_become_a_textured_model_with_a_preview(finished):
    folder, ran = finished
    (result,) = ran.named("result")
    magic, version, length = struct.unpack("<4sII", (folder / "scan.glb").read_bytes()[:12])
    with Image.open(folder / "scan-preview.png") as preview:
        colours = preview.convert("RGB").getcolors(1 << 24)

    assert (magic, version, length) == (b"glTF", 2, (folder / "scan.glb").stat().st_size)
    assert made(ran) == STAGES
    assert result["registered"] == result["views"] == 8
    assert 500 < result["faces"] <= 3000
    assert max(result["texture"]) <= 512
    assert len(colours) > 2000  # a picture of something
    assert ran.err == ""


def test_that_the_same_command_again_does_nothing(finished):
    folder, first = finished
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.name != "lock"}
    ran = again(folder)

    assert made(ran) == []
    assert [one["stage"] for one in ran.named("stage_kept")] == STAGES
    assert {one["work"] for one in ran.named("work_progress")} <= {"import"}
    assert ran.named("result") == first.named("result")
    assert {p: p.stat().st_mtime_ns for p in folder.rglob("*") if p.name != "lock"} == before


def test_that_a_deleted_model_is_written_again_from_what_is_stored(copy):
    content = (copy / "scan.glb").read_bytes()
    (copy / "scan.glb").unlink()
    ran = again(copy)

    assert made(ran) == []
    assert (copy / "scan.glb").read_bytes() == content


def test_that_a_changed_setting_makes_only_what_depends_on_it(copy):
    ran = again(copy, "--texture-max-size=256")

    assert made(ran) == ["texture"]
    assert max(ran.named("result")[0]["texture"]) == 256


def test_that_a_damaged_result_is_made_again(copy):
    damaged = 0
    for chunk in (copy / "scan.da3" / "chunks").rglob("*.safetensors"):
        content = chunk.read_bytes()
        if b'"stage\\": \\"texture' in content[:20000]:
            chunk.write_bytes(content[:-9] + bytes([content[-9] ^ 255]) + content[-8:])
            damaged += 1
    before = (copy / "scan.glb").read_bytes()
    (copy / "scan.glb").unlink()
    ran = again(copy)

    assert damaged == 1
    assert made(ran) == ["texture"]
    assert (copy / "scan.glb").read_bytes() == before


def test_that_a_changed_photo_is_refused_when_it_is_needed(copy):
    victim = min((copy / "photos").glob("*.jpg"))
    Image.new("RGB", (480, 360), "red").save(victim)
    shutil.rmtree(copy / "scan.da3" / "chunks")
    ran = run_program(copy, "export", "scan.da3", "-o", "scan.glb")

    assert ran.code == 4
    assert victim.name in ran.error[0]
    assert "changed" in ran.error[1]


@pytest.mark.parametrize(
    ("out", "words", "beside"),
    [
        ("other.obj", (), "other.mtl"),
        ("mesh.ply", (), "mesh-preview.png"),
        ("cloud.ply", ("--content", "cloud"), "cloud.ply"),
        ("model.colmap", (), "model.colmap"),
    ],
)
def test_that_a_finished_project_is_exported_without_work(finished, tmp_path, out, words, beside):
    folder, _ = finished
    ran = run_program(
        folder, "export", "scan.da3", "-o", tmp_path / "new folder" / out, *words, "--json"
    )

    assert ran.code == 0, ran.err
    assert made(ran) == []
    assert (tmp_path / "new folder" / out).exists()
    assert (tmp_path / "new folder" / beside).exists()


def test_that_depth_maps_of_a_finished_project_are_written_with_their_cameras(finished, tmp_path):
    target = tmp_path / "depth maps"
    ran = run_program(finished[0], "depth", "scan.da3", "-o", target, "--format", "tiff", "--json")

    assert ran.code == 0, ran.err
    assert made(ran) == []
    (answer,) = ran.named("depth_maps")
    assert {path.name for path in target.iterdir()} == {*answer["files"], "cameras.json"}
    assert len(answer["files"]) >= 2
    assert {one["work"] for one in ran.named("work_progress")} == {"depth_maps"}


def test_that_a_cloud_is_refused_as_obj_before_any_work(finished, tmp_path):
    ran = run_program(
        finished[0], "export", "scan.da3", "-o", tmp_path / "cloud.obj", "--content", "cloud"
    )
    assert ran.code == 3
    assert "Writing" not in ran.err


def test_that_results_beside_the_photos_are_not_taken_for_photos(copy):
    words = ("reconstruct", "photos", "-o", "photos/scan.obj", "--project", "scan.da3", *QUICK)
    first = run_program(copy, *words, "--json")
    second = run_program(copy, *words, "--json")

    assert first.code == second.code == 0
    assert {"scan.obj", "scan.jpg", "scan-preview.png"} < {p.name for p in copy.glob("photos/*")}
    assert second.named("imported") == [{"event": "imported", "new": 0, "views": 8}]
    assert second.named("refused") == []
    assert made(second) == []


def test_that_a_project_among_the_photos_is_not_taken_for_one(tmp_path, sample_photos):
    shutil.copy(min(sample_photos.glob("*.jpg")), tmp_path)
    ProjectFolder.create(tmp_path / "scan.da3", "scan").close()
    for _ in range(2):
        ran = run_program(tmp_path, "add", "scan.da3", ".", "--json")
        assert ran.named("imported")[0]["views"] == 1
        assert ran.named("refused") == []


def test_that_the_page_for_a_person_names_the_files(finished):
    ran = run_program(finished[0], "reconstruct", "photos", "-o", "scan.glb", *QUICK)

    assert "Result   scan.glb" in ran.out
    assert "Preview  scan-preview.png" in ran.out
    assert "Photos   8 of 8 have a camera" in ran.out
    assert "Finding cameras: done before" in ran.err


@pytest.mark.slow
def test_that_the_sample_command_makes_everything_and_is_kept(tmp_path):
    words = ("sample", "-o", "s", "--preset", "draft", "--json")
    first = run_program(tmp_path, *words, timeout_s=900)
    second = run_program(tmp_path, *words)
    (result,) = first.named("result")

    assert first.code == second.code == 0
    assert result["registered"] == 16
    assert json.loads(json.dumps(second.named("result"))) == [result]
    assert made(second) == []
    assert (tmp_path / "s" / "sample.glb").stat().st_size > 10**6
    assert (tmp_path / "s" / "sample-preview.png").exists()
