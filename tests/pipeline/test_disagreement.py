"""Photos whose depth maps disagree, from the depth to the relief of one of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from da3studio.base.cancel import NEVER
from da3studio.edits.base import Edit, ListedEdit
from da3studio.edits.views import HideView
from da3studio.engine.protocol import Depth
from da3studio.geometry.camera import project
from da3studio.pipeline.events import Event, Noticed, StageDone
from da3studio.pipeline.load import load_scene
from da3studio.pipeline.plan import plan
from da3studio.pipeline.run import run
from da3studio.pipeline.stages import Goal
from da3studio.project.folder import ProjectFolder
from da3studio.scene.depth import DepthMap
from da3studio.scene.view import View, ViewId
from tests.pipeline.exact_engine import SIZE, ExactEngine, capture, exact_project
from tests.pipeline.test_clean import BALL, CENTRE, RADIUS

OFF = {"view_000": -0.2, "view_001": 0.0, "view_002": 0.15}


def bent(view_id: ViewId) -> DepthMap:
    """The true depth, off by a share of it that grows over the photo; of `view_001` it is right."""
    depth = capture().depth_of(view_id)
    factor = 1 + OFF[view_id] * np.linspace(0.5, 1, depth.width, dtype=np.float32)
    return replace(depth, z=depth.z * factor)


class Disagreeing(ExactEngine):
    """Knows the true cameras, but tells each photo another depth."""

    def reconstruct(self, *args, **kwargs):
        for piece in super().reconstruct(*args, **kwargs):
            yield Depth(piece.view_id, bent(piece.view_id)) if isinstance(piece, Depth) else piece


def made(folder: ProjectFolder, goal: Goal = "texture") -> list[Event]:
    events: list[Event] = []
    run(
        folder, goal, emit=events.append, token=NEVER, reconstructor_for=lambda _: Disagreeing()
    )  # fmt: skip
    return events


def done(events: list[Event]) -> list[Goal]:
    return [event.stage for event in events if isinstance(event, StageDone)]


def said(events: list[Event]) -> list[str]:
    return [event.text for event in events if isinstance(event, Noticed)]


def cut(folder: ProjectFolder, *edits: Edit) -> None:
    folder.save(folder.project.with_edits([ListedEdit(f"e{i}", e) for i, e in enumerate(edits)]))


@pytest.fixture
def folder(photos: tuple[View, ...], tmp_path: Path):
    with exact_project(tmp_path / "three.da3", photos[:3]) as opened:
        yield opened


def test_that_the_relief_of_one_photo_is_made_and_said(folder):
    events = made(folder)
    scene = load_scene(folder)

    (notice,) = [text for text in said(events) if "do not agree" in text]
    assert scene.relief_of is not None
    assert f"relief of {scene.relief_of}.png alone" in notice
    assert any("only what the photo shows" in text for text in said(events))
    camera, depth = scene.registration.cameras[scene.relief_of], bent(scene.relief_of)
    column, row = (project(scene.mesh.vertices, camera) - 0.5).round().astype(int).T
    z = camera.cam_from_world.apply(scene.mesh.vertices)[:, 2]
    assert (np.abs(z / depth.z[row, column] - 1) < 1e-4).mean() > 0.99
    # of 2000 that the whole photo may have; more than half of it is sky
    assert len(scene.mesh.faces) > 700
    assert scene.mesh.texture.image.shape[1::-1] == SIZE  # the photo itself
    assert len(scene.registration.cameras) == 3


def test_that_it_goes_on_where_it_stopped_and_says_the_same_again(folder):
    first = made(folder, "cloud")
    assert done(first)[-1] == "cloud"
    second = made(folder)
    assert done(second) == ["mesh", "texture"]
    assert [text for text in said(first) if "agree" in text] == [
        text for text in said(second) if "agree" in text
    ]
    assert done(made(folder)) == []


def test_that_edits_cut_the_relief_and_hiding_another_photo_does_not(folder):
    made(folder)
    whole = load_scene(folder)
    (other, *_) = [one for one in whole.registration.view_ids if one != whole.relief_of]
    cut(folder, HideView(other))
    made(folder)
    assert np.array_equal(load_scene(folder).mesh.vertices, whole.mesh.vertices)

    assert whole.relief_of == "view_001"  # whose depth is right: the ball is where it belongs
    cut(folder, BALL)
    made(folder)
    away = [
        np.linalg.norm(mesh.vertices - CENTRE, axis=1)
        for mesh in (whole.mesh, load_scene(folder).mesh)
    ]
    assert (away[0] < 1.01 * RADIUS).sum() > 50
    assert (away[1] < 1.01 * RADIUS).sum() == 0


def test_that_maps_that_agree_are_stored_as_ever(project):
    """Nothing more stands in the chunk than before there were reliefs of several photos."""
    with ProjectFolder.open(project) as folder:
        header = plan(folder.project, "texture", folder.chunks).step("cloud").header
        assert sorted(header.meta) == ["agreement_ids", "view_ids"]
        assert load_scene(folder).relief_of is None
