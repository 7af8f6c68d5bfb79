"""From one photo to a relief, as far as its file."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import trimesh

from da3studio.base.cancel import NEVER
from da3studio.edits.base import ListedEdit
from da3studio.engine.da3.engine import no_points
from da3studio.exporters import export
from da3studio.pipeline.events import Noticed
from da3studio.pipeline.load import load_scene
from da3studio.pipeline.run import run
from da3studio.recipes.export import ExportRecipe
from da3studio.scene.registration import Registration
from tests.pipeline.exact_engine import SIZE, ExactEngine, capture, exact_project
from tests.pipeline.test_clean import BALL, CENTRE, RADIUS


class OneEye(ExactEngine):
    """Knows the truth of a photo, of which no two can share a point."""

    def reconstruct(self, *args, **kwargs):
        for piece in super().reconstruct(*args, **kwargs):
            alone = isinstance(piece, Registration)
            yield replace(piece, points=no_points()) if alone else piece


def test_that_one_photo_becomes_a_relief_that_opens_and_can_be_cut(photos, tmp_path):
    events = []
    with exact_project(tmp_path / "one.da3", photos[:1]) as folder:

        def made():
            run(
                folder, "texture",
                emit=events.append, token=NEVER, reconstructor_for=lambda _: OneEye(),
            )  # fmt: skip
            return load_scene(folder)

        whole = made()
        folder.save(folder.project.with_edits([ListedEdit("a", BALL)]))
        cut = made()
    said = [event.text for event in events if isinstance(event, Noticed)]
    assert any("it is a relief" in text for text in said)
    off = capture().distance(whole.mesh.vertices)
    assert (off < 1e-4).mean() > 0.99  # the rest lies at low edges, a pixel or two beside them
    away = [np.linalg.norm(scene.mesh.vertices - CENTRE, axis=1) for scene in (whole, cut)]
    assert (away[0] < 1.01 * RADIUS).sum() > 50
    assert (away[1] < 1.01 * RADIUS).sum() == 0

    export(whole, tmp_path / "one.glb", ExportRecipe())
    (mesh,) = trimesh.load(tmp_path / "one.glb", process=False).geometry.values()
    assert len(mesh.faces) == len(whole.mesh.faces) > 1000
    assert mesh.visual.material.baseColorTexture.size == SIZE
