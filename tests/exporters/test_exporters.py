from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from da3studio.base.errors import BadInput, CannotWrite
from da3studio.exporters import EXPORTERS, Carries, export, exporter_for
from da3studio.exporters.naming import ascii_stem, ascii_words, one_line
from da3studio.recipes.export import ExportRecipe
from tests.exporters.scenes import box, cloud, scene


@pytest.mark.parametrize("name", ["a.glb", "A.GLB", "x.y.obj", "é è.ply", "folder/scan.colmap"])
def test_that_the_suffix_chooses_the_exporter(name):
    assert exporter_for(Path(name)).suffix == Path(name).suffix.lower()


@pytest.mark.parametrize("name", ["scan.fbx", "scan", ".", ""])
def test_that_other_names_are_answered_with_the_known_suffixes(name):
    with pytest.raises(BadInput) as caught:
        exporter_for(Path(name))
    for exporter in EXPORTERS:
        assert exporter.suffix in caught.value.fix


def test_that_suffixes_and_labels_differ():
    assert len({e.suffix for e in EXPORTERS}) == len({e.label for e in EXPORTERS}) == 5
    assert all(e.suffix == e.suffix.lower() for e in EXPORTERS)
    assert {e.suffix for e in EXPORTERS if Carries.TEXTURE in e.carries} == {".glb", ".obj"}


@pytest.mark.parametrize("exporter", EXPORTERS, ids=lambda e: e.suffix)
def test_that_writing_twice_gives_the_same_bytes(tmp_path, exporter):
    both = []
    for attempt in range(2):
        folder = tmp_path / str(attempt)
        written = export(scene(box(), cloud()), folder / f"scan{exporter.suffix}", ExportRecipe())
        assert written[-1] == folder / f"scan{exporter.suffix}"
        files = sorted(p for p in folder.rglob("*") if p.is_file())
        both.append([(p.relative_to(folder), p.read_bytes()) for p in files])
    assert both[0] == both[1]


@pytest.mark.parametrize("exporter", EXPORTERS, ids=lambda e: e.suffix)
def test_that_a_place_that_refuses_is_named_and_left_clean(tmp_path, exporter):
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")

    with pytest.raises(CannotWrite):
        export(scene(box(), cloud()), blocked / f"scan{exporter.suffix}", ExportRecipe())
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


def test_that_names_are_made_safe():
    assert one_line("a\nb\x00c  d ") == "a b c  d"
    assert one_line("\n") == "scene"
    assert ascii_words("Été\n") == "E?te?"
    assert ascii_stem("plain-Name_1.2") == "plain-Name_1.2"
    assert ascii_stem("日本").startswith("model-")
    assert ascii_stem("日本") != ascii_stem("日木")


def test_that_the_recipe_refuses_what_it_does_not_know():
    with pytest.raises(ValueError, match="content"):
        ExportRecipe(content="splats")
    with pytest.raises(ValueError, match="jpeg_quality"):
        ExportRecipe(jpeg_quality=10)


def test_that_the_scene_is_not_changed(tmp_path):
    mesh, points = box(), cloud()
    before = [mesh.vertices.copy(), mesh.texture.image.copy(), points.xyz.copy()]
    for exporter in EXPORTERS:
        export(scene(mesh, points), tmp_path / f"scan{exporter.suffix}", ExportRecipe())

    after = [mesh.vertices, mesh.texture.image, points.xyz]
    for one, other in zip(before, after, strict=True):
        np.testing.assert_array_equal(one, other)
