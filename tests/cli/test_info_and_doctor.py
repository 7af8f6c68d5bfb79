from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from da3studio.cli.info import preset_of, size_text
from da3studio.edits.base import ListedEdit
from da3studio.edits.thresholds import MinConfidence, MinViews
from da3studio.edits.views import MaskPhoto
from da3studio.project.chunks import ChunkStore
from da3studio.project.folder import ProjectFolder
from da3studio.recipes.mesh import MeshRecipe
from da3studio.recipes.recipe import PRESETS, Recipe
from da3studio.scene.placement import KnownLength, Placement
from tests.cli.conftest import run_program


@pytest.fixture
def project(tmp_path: Path, sample_photos: Path) -> Path:
    """A project of three photos beside it, nothing done yet, with one result that nobody uses."""
    (tmp_path / "photos").mkdir()
    for photo in sorted(sample_photos.glob("*.jpg"))[:3]:
        shutil.copy(photo, tmp_path / "photos")
    path = tmp_path / "scan.da3"
    with ProjectFolder.create(path, "scan") as folder:
        folder.chunks.put("ab" * 16, "mesh", {"x": np.arange(1000)}, {})
    assert run_program(tmp_path, "add", path, "photos").code == 0
    return path


def chunk_of(project: Path) -> Path:
    (chunk,) = (project / "chunks").rglob("*.safetensors")
    return chunk


def test_that_info_says_what_is_there_and_what_is_to_do(project):
    ran = run_program(project.parent, "info", "scan.da3")

    assert ran.code == 0
    assert "Photos        3, 480 x 360 px" in ran.out
    assert "Settings      normal" in ran.out
    assert ran.out.count("to do") == 5
    assert "da3studio export scan.da3 -o scan.glb" in ran.out
    assert ran.err == ""


def test_that_the_file_in_a_project_stands_for_it(project):
    whole = run_program(project.parent, "info", "scan.da3").out
    ran = run_program(project.parent, "info", "scan.da3/open.da3")
    assert (ran.code, ran.out) == (0, whole)

    ran = run_program(project.parent, "doctor", "scan.da3/open.da3", "--collect")
    assert ran.code == 0
    assert str(project) in ran.out
    assert (project / "open.da3").is_file()


def test_that_info_as_json_is_one_object(project):
    (facts,) = run_program(project.parent, "info", "scan.da3", "--json").events

    assert [view["name"] for view in facts["views"]] == [
        "sample_05.jpg", "sample_06.jpg", "sample_07.jpg",
    ]  # fmt: skip
    assert facts["views"][0]["path"] == "../photos/sample_05.jpg"
    assert [stage["done"] for stage in facts["stages"]] == [False] * 5
    assert facts["recipe"]["mesh.faces"] == Recipe().mesh.faces


def test_that_info_tells_of_edits_and_scale(project):
    with ProjectFolder.open(project) as folder:
        edits = [ListedEdit("a", MinViews(4)), ListedEdit("b", MinConfidence(2.0), on=False)]
        length = KnownLength((0.0, 0.0, 0.0), (2.0, 0.0, 0.0), 0.5)
        folder.save(
            folder.project.with_edits(edits).with_placement(Placement(known_lengths=(length,)))
        )
    ran = run_program(project.parent, "info", "scan.da3")
    (facts,) = run_program(project.parent, "info", "scan.da3", "--json").events

    assert "Edits         2 in the list, 1 switched off" in ran.out
    assert "Scale         0.25 m per unit, set" in ran.out
    assert "Cleaning      to do" in ran.out
    assert [(edit["kind"], edit["on"]) for edit in facts["edits"]] == [
        ("min_views", True), ("min_confidence", False),
    ]  # fmt: skip
    assert facts["metres_per_unit"] == 0.25


def test_that_doctor_misses_a_lost_mask(project):
    with ProjectFolder.open(project) as folder:
        digest = folder.put_mask(np.eye(9, dtype=np.bool_))
        edit = MaskPhoto(folder.project.views[0].id, digest)
        folder.save(folder.project.with_edits([ListedEdit("a", edit)]))
    assert run_program(project.parent, "doctor", "scan.da3").code == 0
    (project / "masks" / f"{digest}.png").unlink()
    ran = run_program(project.parent, "doctor", "scan.da3")
    assert ran.code == 4
    assert "lacks masks" in ran.error[0]
    assert digest in ran.out


def test_that_info_changes_nothing(project):
    before = {path: path.stat().st_mtime_ns for path in project.rglob("*")}
    run_program(project.parent, "info", "scan.da3")
    assert {path: path.stat().st_mtime_ns for path in project.rglob("*")} == before


def test_that_adding_the_same_photos_again_adds_nothing(project, sample_photos):
    again = run_program(project.parent, "add", "scan.da3", "photos", "--json")
    more = run_program(project.parent, "add", "scan.da3", sample_photos, "--json")

    assert again.named("imported") == [{"event": "imported", "new": 0, "views": 3}]
    assert more.named("imported") == [{"event": "imported", "new": 5, "views": 8}]


def test_that_moved_photos_are_reported_and_found_again_with_the_project(project):
    elsewhere = project.parent / "elsewhere"
    elsewhere.mkdir()
    (project.parent / "photos").rename(elsewhere / "photos")
    lost = run_program(project.parent, "doctor", "scan.da3")
    project.rename(elsewhere / "scan.da3")
    found = run_program(elsewhere, "doctor", "scan.da3")

    assert lost.code == 4
    assert "3 photos are not there." in lost.error[1]
    assert found.code == 0


def test_that_doctor_finds_a_flipped_bit_and_collect_removes_it(project):
    chunk = chunk_of(project)
    content = bytearray(chunk.read_bytes())
    content[-8] ^= 1
    chunk.write_bytes(content)
    seen = run_program(project.parent, "doctor", "scan.da3")
    mended = run_program(project.parent, "doctor", "scan.da3", "--collect", "--json")

    assert seen.code == 9
    assert "1 read, 1 damaged, 0 unused" in seen.out
    assert "--collect" in seen.error[2]
    assert mended.code == 0
    assert mended.named("collected")[0]["chunks"] == 1
    assert not chunk.exists()
    assert run_program(project.parent, "doctor", "scan.da3").code == 0


def test_that_collect_removes_what_nobody_uses(project):
    assert run_program(project.parent, "doctor", "scan.da3").code == 0
    size = chunk_of(project).stat().st_size
    ran = run_program(project.parent, "doctor", "scan.da3", "--collect", "--json")

    assert ran.named("collected") == [{"event": "collected", "chunks": 1, "size_bytes": size}]
    assert list(ChunkStore(project / "chunks").keys()) == []


def test_that_doctor_knows_this_computer(tmp_path):
    ran = run_program(tmp_path, "doctor", "--json")
    (facts,) = ran.events

    assert ran.code == 0
    assert facts["memory_bytes"] > 10**8
    assert {"numpy", "cv2", "open3d", "pycolmap", "torch"} <= facts["libraries"].keys()
    assert facts["broken"] == {}


def test_that_collect_needs_a_project(tmp_path):
    ran = run_program(tmp_path, "doctor", "--collect")
    assert ran.code == 3
    assert "da3studio doctor scan.da3 --collect" in ran.error[2]


def test_that_settings_are_named_after_the_nearest_preset():
    assert preset_of(PRESETS["draft"]) == "draft"
    assert preset_of(Recipe(mesh=MeshRecipe(faces=1000))) == "normal --mesh-faces 1000"


def test_that_sizes_read_like_those_of_a_file_manager():
    sizes = [0, 999, 1000, 4_160_000, 2.5e9]
    assert [size_text(n) for n in sizes] == ["0 bytes", "999 bytes", "1.0 kB", "4.2 MB", "2.5 GB"]
