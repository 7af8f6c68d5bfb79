"""Reconstruct, mesh and export options on a real session."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import numpy as np
import pytest

from da3studio.app.session import Session
from da3studio.app.viewmodels.export_options import ExportOptions
from da3studio.app.viewmodels.mesh_options import MeshOptions
from da3studio.app.viewmodels.model_list import ModelList
from da3studio.app.viewmodels.recipe_link import preset_of, with_preset
from da3studio.app.viewmodels.reconstruct_options import (
    QUALITIES,
    ReconstructOptions,
    about,
    expected_seconds,
)
from da3studio.app.viewmodels.scene_state import Part
from da3studio.app.viewmodels.targets import TARGETS, file_bytes, size_text
from da3studio.base.settings import Settings
from da3studio.exporters import EXPORTERS, export
from da3studio.recipes.export import ExportRecipe
from da3studio.recipes.recipe import PRESETS, Recipe
from da3studio.scene.mesh import Mesh, Texture
from da3studio.scene.registration import Registration, SparsePoints
from da3studio.scene.scene import Scene
from da3studio.weights import store
from da3studio.weights.store import Installed
from tests.shipped import LICENCE, describe, ship_nothing

NO_POINTS = SparsePoints(
    np.zeros((0, 3), np.float32), np.zeros((0, 3), np.uint8), np.zeros(0, np.float32),
    np.zeros(0, np.int32), np.zeros(0, np.int32), np.zeros((0, 2), np.float32),
)  # fmt: skip


@pytest.fixture
def session(qapp):
    one = Session(Settings())
    yield one
    one.close()


def grid_mesh(side: int, texture_px: int) -> Mesh:
    """2 · side² faces of a wavy sheet, textured by noise that is smooth over eight texels."""
    steps = np.linspace(0, 1, side + 1, dtype=np.float32)
    x, y = np.meshgrid(steps, steps)
    z = 0.1 * np.sin(9 * x) * np.cos(7 * y)
    vertices = np.stack([x, y, z], -1).reshape(-1, 3)
    first = (np.arange(side)[:, None] * (side + 1) + np.arange(side)).ravel()
    a, b, c, d = first, first + 1, first + side + 1, first + side + 2
    faces = np.concatenate([np.stack([a, b, d], 1), np.stack([a, d, c], 1)])
    noise = np.random.default_rng(1).integers(0, 255, (texture_px // 8, texture_px // 8, 3))
    image = noise.astype(np.uint8).repeat(8, 0).repeat(8, 1)
    normals = np.tile(np.float32([0, 0, 1]), (len(vertices), 1))
    uv = vertices[:, :2][faces]
    return Mesh(vertices, faces.astype(np.int32), normals, None, Texture(image, uv))


def test_that_a_preset_changes_quality_and_keeps_engine_and_target():
    recipe = Recipe()
    aimed = replace(recipe, mesh=replace(recipe.mesh, faces=77_000))
    chosen = with_preset(
        replace(aimed, depth=replace(recipe.depth, engine="da3", checkpoint="x:1")), "fine"
    )

    assert (chosen.depth.engine, chosen.depth.checkpoint) == ("da3", "x:1")
    assert (chosen.depth.resolution, chosen.mesh.faces) == (1280, 77_000)
    assert preset_of(chosen) == "fine"
    assert with_preset(Recipe(), "draft").mesh == PRESETS["draft"].mesh
    assert preset_of(replace(recipe, depth=replace(recipe.depth, features=999))) == ""


def test_that_choosing_a_quality_is_one_step_to_undo(session, qtbot):
    options = ReconstructOptions(session)
    options.set_quality("draft")
    assert (options.quality, session.project.recipe.depth.resolution) == ("draft", 480)
    assert options.depth.form.value.resolution == 480
    assert options.depth.form.n_changed == 0  # a reset goes back to the draft
    session.undo()

    assert (options.quality, options.depth.form.value.resolution) == ("normal", 640)
    assert {one.id for one in QUALITIES} == set(PRESETS)


def test_that_an_edited_field_is_committed_under_its_own_name(session):
    options = ReconstructOptions(session)
    options.depth.form.set("features", 3000)

    assert session.project.recipe.depth.features == 3000
    assert "Features" in session.undo_label
    assert options.quality == ""


def test_that_without_a_network_its_use_and_licence_are_told(session, qtbot, tmp_path, monkeypatch):
    ship_nothing(tmp_path, monkeypatch)
    options = ReconstructOptions(session)
    qtbot.waitUntil(lambda: options.explanation != "")

    assert "Photogrammetry" in options.explanation
    assert "models download" not in options.explanation
    assert "DA3-BASE" in options.advice
    assert "541" in options.advice
    options.set_engine("classical")
    assert options.advice == ""


def test_that_the_built_in_network_is_said_to_be_small_until_a_better_one_is_there(
    session, qtbot, tmp_path, monkeypatch
):
    networks = ship_nothing(tmp_path, monkeypatch)
    networks.mkdir()
    file = networks / "da3-mini.safetensors"
    file.write_bytes(b"mini")
    describe(file, hashlib.sha256(b"mini").hexdigest())
    options = ReconstructOptions(session)
    qtbot.waitUntil(lambda: options.explanation != "")

    assert options.advice.startswith("Built-in small model; for best results download DA3-BASE.")
    assert "541" in options.advice
    assert "network da3-mini" in options.explanation
    rows = {row.id: row for row in listed(session, qtbot)}
    assert next(iter(rows)) == "da3-mini"
    assert (rows["da3-mini"].state, rows["da3-mini"].built_in) == ("installed", True)
    assert "Built-in small model" in rows["da3-mini"].good_for
    assert not rows["da3-base"].built_in

    record = Installed("da3-base", "da3-base", "0" * 64, 1, LICENCE, True, "", "", store.now())
    store.put(record, lambda place: place.write_bytes(b"1"))
    options.refresh()
    qtbot.waitUntil(lambda: options.advice == "")


def listed(session, qtbot):
    models = ModelList(session)
    qtbot.waitUntil(lambda: any(row.built_in for row in models.rows))
    return models.rows


def test_that_times_grow_with_photos_and_quality():
    few, many = expected_seconds(16, "normal"), expected_seconds(64, "normal")
    assert many > 4 * few
    assert expected_seconds(16, "draft") < few < expected_seconds(16, "fine")
    assert [about(20), about(200), about(1800)] == ["under a minute", "about 3 min", "about 30 min"]


@pytest.mark.parametrize("one", TARGETS, ids=lambda one: one.id)
def test_that_what_a_target_asks_for_keeps_its_limits(session, one):
    options = MeshOptions(session)
    options.set_target(one.id)

    assert options.target == one.id
    assert all(gauge.over == "" for gauge in options.gauges)
    assert session.project.recipe.mesh.method == one.method
    session.undo()
    assert session.project.recipe == Recipe()


def test_that_a_file_past_its_limit_is_told_by_how_much(session):
    options = MeshOptions(session)
    options.set_target("web")
    assert [round(gauge.share, 2) for gauge in options.gauges[:2]] == [1.0, 1.0]
    options.texture.form.set("max_size", 8192)

    assert options.target == ""  # not made for the web any more
    assert options.gauges[2].share == 0


@pytest.mark.parametrize(("side", "px"), [(60, 64), (220, 64)])
def test_that_the_size_of_a_file_is_foreseen_within_a_half(tmp_path, side, px):
    mesh = grid_mesh(side, px)  # as good as no texture: how small one becomes is up to the photos
    scene = Scene("sheet", (), Registration((), {}, NO_POINTS, {}, (), "relative"), None, mesh)
    for suffix in (".glb", ".obj", ".ply"):
        files = export(scene, tmp_path / f"sheet{suffix}", ExportRecipe())
        real = sum(file.stat().st_size for file in files)
        foreseen = file_bytes(suffix, len(mesh.faces), px, ExportRecipe())
        assert real / 1.5 < foreseen < real * 1.5


def test_that_sizes_are_not_broken_between_number_and_unit():
    assert size_text(1_234) == "1\u00a0kB"
    assert size_text(541_466_396) == "541\u00a0MB"
    assert size_text(5_422_696_500) == "5.4\u00a0GB"


def test_that_nothing_is_exported_before_there_is_something(session, tmp_path):
    options = ExportOptions(session)
    assert not options.can_export
    assert "Add photos first" in options.remarks[0].text
    options.export(tmp_path / "scan.glb")

    assert not session.jobs.busy


def test_that_a_target_sets_the_format_and_another_format_leaves_the_target(session):
    options = ExportOptions(session)
    options.set_target("print")
    assert options.suffix == ".obj"
    options.set_suffix(".ply")

    assert options.target == ""
    assert options.heeded == ("content",)
    assert {suffix for suffix, _ in options.formats} == {one.suffix for one in EXPORTERS}


def test_that_the_content_of_a_format_that_holds_one_kind_is_not_forced(session):
    options = ExportOptions(session)
    options.form.set("content", "cloud")
    assert options.recipe.content == "cloud"
    options.set_suffix(".obj")

    assert options.recipe.content == "auto"


def test_that_a_size_is_told_once_a_mesh_is_there(session):
    options = ExportOptions(session)
    assert options.size_bytes == 0
    session.scene.mesh = grid_mesh(100, 512)
    session.scene.changed.emit(Part.MESH)

    assert 500_000 < options.size_bytes < 1_500_000


def test_that_an_origin_that_was_set_is_kept_in_the_file_unless_another_is_asked_for(session):
    options = ExportOptions(session)
    assert options.recipe.origin == "centred"
    placed = replace(session.project.placement, origin=(1.0, 2.0, 3.0))
    session.commit("Origin", session.project.with_placement(placed))
    assert options.recipe.origin == "scene"
    assert not options.form.is_changed("origin")
    options.set_target("web")
    assert options.recipe.origin == "scene"

    session.undo()
    assert options.recipe.origin == "centred"
    session.redo()
    options.form.set("origin", "centred")
    session.commit("Name", session.project.with_name("other"))
    session.commit("Up", session.project.with_placement(replace(placed, up=(0.0, 0.0, 1.0))))
    assert options.recipe.origin == "centred"
