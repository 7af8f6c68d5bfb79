from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest

from da3studio.base.cancel import NEVER, CancelToken, JobCancelled
from da3studio.base.errors import BadInput
from da3studio.engine.protocol import ViewGaussians
from da3studio.exporters import export
from da3studio.pipeline.engines import GAUSSIAN_MAKER
from da3studio.pipeline.events import Event, StageDone, StageKept
from da3studio.pipeline.load import load_scene
from da3studio.pipeline.pack import Packed, pack_gaussians, unpack_gaussians
from da3studio.pipeline.plan import plan, wanted_keys
from da3studio.pipeline.run import run
from da3studio.pipeline.stages import Goal
from da3studio.project.folder import ProjectFolder
from da3studio.recipes.depth import DepthRecipe
from da3studio.recipes.export import ExportRecipe
from da3studio.recipes.gaussians import GaussiansRecipe
from da3studio.recipes.mesh import MeshRecipe
from da3studio.recipes.recipe import Recipe
from da3studio.scene.gaussians import Gaussians
from da3studio.scene.view import View
from tests.engine.splats import TinyMaker
from tests.pipeline.exact_engine import VIEWS, exact_engine, exact_project

BUDGET = 1200
RECIPE = Recipe(
    DepthRecipe(engine="da3", network_px=140, views_per_window=4),
    gaussians=GaussiansRecipe(budget=BUDGET),
)


def run_to_gaussians(folder: ProjectFolder, **options: Any) -> list[Event]:
    events: list[Event] = []
    options = {"token": NEVER, "gaussian_maker": TinyMaker()} | options
    run(folder, "gaussians", emit=events.append, reconstructor_for=exact_engine, **options)
    return events


def made(events: list[Event]) -> list[Goal]:
    return [event.stage for event in events if isinstance(event, StageDone)]


def set_recipe(folder: ProjectFolder, **parts: Any) -> None:
    folder.save(folder.project.with_recipe(replace(folder.project.recipe, **parts)))


@pytest.fixture(scope="module")
def splatted(photos: tuple[View, ...], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A project with Gaussians, open; tests put its recipe back."""
    path = tmp_path_factory.mktemp("splatted") / "still.da3"
    with exact_project(path, photos, RECIPE) as folder:
        yield folder, run_to_gaussians(folder)


@pytest.fixture
def folder(splatted: Any) -> Iterator[ProjectFolder]:
    project = splatted[0].project
    yield splatted[0]
    splatted[0].save(project)


def test_that_gaussians_need_cameras_and_nothing_else(splatted):
    folder, events = splatted
    assert made(events) == ["cameras", "gaussians"]
    assert not plan(folder.project, "depth", folder.chunks).step("depth").stored
    assert not (folder.path / "scratch").exists()


def test_that_the_scene_has_the_gaussians_of_all_photos_within_the_budget(folder):
    scene = load_scene(folder)
    assert scene.gaussians is not None
    assert len(scene.gaussians) == BUDGET
    assert np.isfinite(scene.gaussians.means).all()
    assert load_scene(folder, gaussians=False).gaussians is None


def test_that_a_second_run_does_nothing(folder):
    events = run_to_gaussians(folder)
    assert made(events) == []
    kept = [event.stage for event in events if isinstance(event, StageKept)]
    assert kept == ["cameras", "gaussians"]


def test_that_gaussians_are_exported_as_a_splat_file(folder, tmp_path):
    path = tmp_path / "still.gaussians.ply"
    assert export(load_scene(folder), path, ExportRecipe()) == (path,)
    head, data = path.read_bytes().split(b"end_header\n", 1)
    assert f"element vertex {BUDGET}\n".encode() in head
    assert len(data) == BUDGET * 41 * 4


def test_that_they_are_among_the_wanted_results(folder):
    stored = plan(folder.project, "gaussians", folder.chunks).step("gaussians").stored
    assert len(stored) == VIEWS
    assert {header.key for header in stored.values()} <= wanted_keys(folder.project, folder.chunks)


@pytest.mark.parametrize(
    ("part", "again"),
    [
        ({"gaussians": GaussiansRecipe(budget=1000)}, True),
        ({"depth": replace(RECIPE.depth, views_per_window=5)}, True),
        ({"depth": replace(RECIPE.depth, checkpoint="da3-giant-1.1:0123")}, True),
        ({"depth": replace(RECIPE.depth, resolution=800)}, False),
        ({"mesh": MeshRecipe(faces=500)}, False),
    ],
)
def test_that_only_what_counts_for_gaussians_makes_them_anew(folder, part, again):
    before = plan(folder.project, "gaussians", folder.chunks)
    header = before.step("cameras").header
    set_recipe(folder, **part)
    after = plan(folder.project, "gaussians", folder.chunks)
    if not after.step("cameras").done:  # these cameras belong to the other network: give them back
        key = after.step("cameras").key
        folder.chunks.put(key, "cameras", folder.chunks.read(header.key), header.meta)
        after = plan(folder.project, "gaussians", folder.chunks)
    assert after.step("gaussians").known
    assert after.finished is not again


def test_that_one_lost_view_is_made_again_alone(folder):
    step = plan(folder.project, "gaussians", folder.chunks).step("gaussians")
    before = load_scene(folder).gaussians
    folder.chunks.remove(step.stored["view_002"].key)
    assert load_scene(folder).gaussians is None

    stored = []

    class Watched(TinyMaker):
        def make(self, *args: Any, **rest: Any) -> Iterator[ViewGaussians]:
            for piece in super().make(*args, **rest):
                stored.append(piece.view_id)
                yield piece

    assert made(run_to_gaussians(folder, gaussian_maker=Watched())) == ["gaussians"]
    assert stored == ["view_002"]
    after = load_scene(folder).gaussians
    assert before is not None
    assert after is not None
    for field in fields(before):
        assert np.array_equal(getattr(before, field.name), getattr(after, field.name))


def test_that_a_stopped_run_keeps_what_it_has(photos, tmp_path):
    class Counted(TinyMaker):
        def make(self, *args: Any, **rest: Any) -> Iterator[ViewGaussians]:
            for piece in super().make(*args, **rest):
                taken.append(piece.view_id)
                yield piece

    taken: list[str] = []
    with exact_project(tmp_path / "a.da3", photos, RECIPE) as folder:
        token = CancelToken(lambda: len(taken) == 2)
        with pytest.raises(JobCancelled):
            run_to_gaussians(folder, gaussian_maker=Counted(), token=token)
        first = plan(folder.project, "gaussians", folder.chunks).step("gaussians")
        assert 1 <= len(first.stored) <= 2
        assert made(run_to_gaussians(folder)) == ["gaussians"]
        whole = load_scene(folder).gaussians
    assert whole is not None
    assert len(whole) == BUDGET


def test_that_what_makes_no_gaussians_is_refused_before_any_work(photos, tmp_path):
    with exact_project(tmp_path / "a.da3", photos) as folder:
        with pytest.raises(BadInput, match="classical makes no Gaussians"):
            run_to_gaussians(folder, gaussian_maker=GAUSSIAN_MAKER)
        assert list(folder.chunks.keys()) == []


def test_that_gaussians_come_back_equal_and_odd_ones_are_refused():
    n = 4
    made = Gaussians(np.ones((n, 3)), np.ones((n, 3)), np.eye(4), np.zeros((n, 3, 9)), np.ones(n))
    packed = pack_gaussians(made)
    back = unpack_gaussians(packed)
    for field in fields(made):
        assert np.array_equal(getattr(made, field.name), getattr(back, field.name))
    with pytest.raises(ValueError, match="shape"):
        unpack_gaussians(Packed({**packed.arrays, "sh": np.zeros((n, 3, 4))}, {}))
