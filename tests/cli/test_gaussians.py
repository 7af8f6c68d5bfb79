from __future__ import annotations

from pathlib import Path

import pytest

from da3studio.base.cancel import NEVER
from da3studio.cli.delivery import Delivery
from da3studio.pipeline.run import run
from da3studio.recipes.depth import DepthRecipe
from da3studio.recipes.recipe import Recipe
from tests.cli.conftest import run_program
from tests.engine.splats import TinyMaker
from tests.pipeline.exact_engine import VIEWS, exact_engine, exact_project, make_photos


@pytest.mark.parametrize(
    ("name", "goal", "project"),
    [
        ("scan.gaussians.ply", "gaussians", "scan.da3"),
        ("scan.GAUSSIANS.PLY", "gaussians", "scan.da3"),
        ("scan.ply", "texture", "scan.da3"),
        ("scan.v2.glb", "texture", "scan.v2.da3"),
        ("scan.colmap", "cameras", "scan.da3"),
    ],
)
def test_that_a_file_is_made_from_the_project_of_its_name(name, goal, project):
    delivery = Delivery(Path("out") / name)
    assert delivery.goal == goal
    assert delivery.project == Path("out") / project


@pytest.mark.parametrize("engine", ["auto", "classical"])
def test_that_gaussians_without_a_network_for_them_end_before_any_work(
    sample_photos, tmp_path, engine
):
    ran = run_program(
        tmp_path, "reconstruct", sample_photos, "-o", "scan.gaussians.ply", "--engine", engine
    )
    assert ran.code == 3
    what, why, fix = ran.error
    assert "makes no Gaussians" in what
    assert "da3-giant-1.1" in why
    assert "CC-BY-NC-4.0" in why
    assert "models download da3-giant-1.1" in fix
    assert list(tmp_path.iterdir()) == []


def test_that_info_tells_of_gaussians_where_there_are_any(tmp_path):
    path, recipe = tmp_path / "a.da3", Recipe(DepthRecipe(engine="da3", network_px=140))
    with exact_project(path, make_photos(tmp_path / "photos"), recipe) as folder:
        run(
            folder,
            "gaussians",
            emit=lambda _: None,
            token=NEVER,
            reconstructor_for=exact_engine,
            gaussian_maker=TinyMaker(),
        )

    (info,) = run_program(tmp_path, "info", path, "--json").events

    stage = {"stage": "gaussians", "done": True, "stored": VIEWS, "total": VIEWS}
    assert info["stages"][-1] == stage
    assert "Gaussians     done" in run_program(tmp_path, "info", path).out
