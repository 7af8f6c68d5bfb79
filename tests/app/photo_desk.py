"""A session with a project of exact photos: six used ones, one without a camera."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image
from pytestqt.qtbot import QtBot

from da3studio.app.session import Session
from da3studio.base.cancel import NEVER
from da3studio.base.digest import digest_of_file
from da3studio.base.settings import Settings
from da3studio.engine.protocol import Reconstructor
from da3studio.pipeline.run import run
from da3studio.project.folder import ProjectFolder
from da3studio.scene.registration import Registration
from da3studio.scene.view import PhotoSource, View, ViewId
from tests.pipeline.exact_engine import (
    SIZE,
    ExactEngine,
    exact_project,
    exact_registration,
    make_photos,
)

LEFT_OUT = ViewId("lost")
WHY = "It shows something else than the other photos."


class Engine(ExactEngine):
    """Knows the truth of all photos but one, which it cannot place."""

    def reconstruct(self, views, photos, recipe, **more):  # type: ignore[no-untyped-def]
        if more["registration"] is None:
            found = exact_registration(tuple(view.id for view in views if view.id != LEFT_OUT))
            more["registration"] = replace(found, left_out={LEFT_OUT: WHY})
            yield more["registration"]
        yield from super().reconstruct(views, photos, recipe, **more)


def engine(_: str) -> Reconstructor:
    """For `run`."""
    return Engine()


def registration_of(folder: ProjectFolder) -> Registration:
    """What `Engine` finds."""
    return exact_registration(tuple(v.id for v in folder.project.views if v.id != LEFT_OUT))


def make_desk(folder: Path, *, until: str = "depth") -> Path:
    """Render the photos and compute; returns the project's folder."""
    views = make_photos(folder / "photos")
    rng = np.random.default_rng(5)
    lost = folder / "photos" / "lost.png"
    width, height = SIZE
    Image.fromarray(rng.integers(0, 255, (height, width, 3), dtype=np.uint8)).save(lost)
    source = PhotoSource(lost.as_posix(), digest_of_file(lost))
    views += (View(LEFT_OUT, lost.name, source, *SIZE, 100.0, "Phone X", 0.2),)
    path = folder / "still.da3"
    with exact_project(path, views) as project:
        if until:
            run(project, until, emit=lambda _: None, token=NEVER, reconstructor_for=engine)
    return path


@contextmanager
def at_desk(qtbot: QtBot, made: Path, copy_to: Path) -> Iterator[Session]:
    """A session that has a copy of a made project open, with everything read.

    Args:
        qtbot: waits.
        made: by `make_desk`.
        copy_to: a folder that is not there yet.
    """
    shutil.copytree(made.parent, copy_to)
    session = Session(Settings(), engine)
    try:
        with qtbot.waitSignal(session.scene.planned):
            session.show(ProjectFolder.open(copy_to / made.name))
        qtbot.waitUntil(lambda: session.scene.plan is not None and not session.background.busy)
        yield session
    finally:
        session.close()
