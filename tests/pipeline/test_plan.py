from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import pytest

from da3studio.base.errors import Missing
from da3studio.base.params import keyed_fields, params_of
from da3studio.pipeline.keys import settings_of
from da3studio.pipeline.load import load_scene
from da3studio.pipeline.plan import plan, wanted_keys
from da3studio.pipeline.stages import GAUSSIANS, STAGES
from da3studio.project.folder import ProjectFolder
from da3studio.recipes.depth import DepthRecipe
from da3studio.recipes.recipe import Recipe
from tests.pipeline.exact_engine import VIEWS, exact_project


def test_that_a_new_project_has_everything_to_do(photos, tmp_path):
    with exact_project(tmp_path / "a.da3", photos) as folder:
        found = plan(folder.project, "mesh", folder.chunks)
    assert [step.stage.name for step in found.todo] == ["cameras", "depth", "cloud", "mesh"]
    assert [step.total for step in found.steps] == [1, None, None, None]
    with pytest.raises(ValueError, match="not known"):
        _ = found.step("depth").key


def test_that_a_finished_project_has_nothing_to_do(finished):
    with ProjectFolder.open(finished, write=False) as folder:
        found = plan(folder.project, "texture", folder.chunks)
    assert found.finished
    assert [len(step.stored) for step in found.steps] == [1, VIEWS, 1, 1, 1]
    assert len({step.key for step in found.steps}) == len(STAGES)


def test_that_one_missing_depth_map_is_one_unit_to_do(project):
    with ProjectFolder.open(project) as folder:
        step = plan(folder.project, "depth", folder.chunks).step("depth")
        folder.chunks.remove(step.stored["view_003"].key)
        again = plan(folder.project, "texture", folder.chunks)
    assert list(again.step("depth").missing) == ["view_003"]
    assert again.step("depth").key == step.key
    assert not again.step("cloud").known


def test_that_wanted_keys_are_all_that_a_finished_project_stores(finished):
    with ProjectFolder.open(finished, write=False) as folder:
        assert wanted_keys(folder.project, folder.chunks) == set(folder.chunks.keys())


def test_that_every_keyed_setting_belongs_to_a_stage(photos, tmp_path):
    with exact_project(tmp_path / "a.da3", photos) as folder:
        project = folder.project
    engines = params_of(DepthRecipe)["engine"].choices
    recipes = [replace(project.recipe, depth=DepthRecipe(engine=engine)) for engine in engines]
    used = {
        name
        for recipe in recipes
        for stage in (*STAGES, GAUSSIANS)
        for name in settings_of(stage, project.with_recipe(recipe))
    }
    for part in vars(Recipe()).values():
        assert set(keyed_fields(part)) <= used


def test_that_a_plan_needs_none_of_the_heavy_libraries():
    heavy = "{'torch', 'open3d', 'cv2', 'pycolmap', 'PIL'}"
    code = f"import sys, da3studio.pipeline.plan; print({heavy} & set(sys.modules))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert found.stdout.strip() == "set()"


def test_that_parts_of_a_scene_are_left_out_when_not_wanted(finished):
    with ProjectFolder.open(finished, write=False) as folder:
        scene = load_scene(folder, cloud=False, mesh=False)
    assert (scene.cloud, scene.mesh) == (None, None)
    assert len(scene.registration.cameras) == VIEWS


def test_that_a_scene_without_cameras_is_missing(photos, tmp_path):
    with (
        exact_project(tmp_path / "a.da3", photos) as folder,
        pytest.raises(Missing, match="no cameras"),
    ):
        load_scene(folder)


def test_that_a_damaged_mesh_is_missing_with_advice(project):
    with ProjectFolder.open(project, write=False) as folder:
        key = plan(folder.project, "texture", folder.chunks).step("texture").key
        path = next((project / "chunks").glob(f"*/{key}.safetensors"))
        content = bytearray(path.read_bytes())
        content[-1] ^= 255
        path.write_bytes(content)
        with pytest.raises(Missing, match="only what is damaged"):
            load_scene(folder)
