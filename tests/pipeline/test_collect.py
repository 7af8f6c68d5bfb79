"""Old results go when they are many; what any version of the project asks for stays."""

from __future__ import annotations

from dataclasses import replace

from da3studio.base.cancel import NEVER
from da3studio.pipeline.collect import collect_old_results
from da3studio.pipeline.plan import wanted_keys
from da3studio.pipeline.run import run
from da3studio.project.folder import ProjectFolder
from tests.pipeline.exact_engine import exact_engine


def remade(folder, faces):
    """Ask for another mesh, and make it."""
    mesh = replace(folder.project.recipe.mesh, faces=faces)
    folder.save(folder.project.with_recipe(replace(folder.project.recipe, mesh=mesh)))
    run(folder, "mesh", emit=lambda _: None, token=NEVER, reconstructor_for=exact_engine)


def test_that_nothing_goes_while_results_are_small(project):
    with ProjectFolder.open(project) as folder:
        folder.chunks.put("ab" * 16, "mesh", {}, {})
        assert collect_old_results(folder).chunks == 0
        assert folder.chunks.has("ab" * 16)


def test_that_what_an_earlier_version_asks_for_stays_and_the_rest_goes(project):
    with ProjectFolder.open(project) as folder:
        first = wanted_keys(folder.project, folder.chunks)
        remade(folder, 5000)
        both = set(folder.chunks.keys())
        assert both > first
        folder.chunks.put("ab" * 16, "mesh", {}, {})

        assert collect_old_results(folder, 0).chunks == 1
        assert set(folder.chunks.keys()) == both

        for earlier in folder.earlier():
            earlier.path.unlink()
        collect_old_results(folder, 0)
        assert set(folder.chunks.keys()) == wanted_keys(folder.project, folder.chunks)
