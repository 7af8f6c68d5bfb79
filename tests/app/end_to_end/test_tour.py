"""The whole way, with real widgets, real workers and the classical engine."""

from __future__ import annotations

import os
from pathlib import Path

import pygltflib
import pytest
from PySide6.QtWidgets import QApplication

from da3studio.app.session import Session
from da3studio.app.theme import Theme
from da3studio.app.widgets.main_window import MainWindow
from da3studio.base.settings import Settings
from da3studio.project.folder import ProjectFolder
from tests.app.end_to_end.person import Person
from tests.app.end_to_end.tour import Tour


@pytest.fixture
def window(qapp: QApplication, tmp_path: Path):
    session = Session(Settings(theme="dark", projects_folder=str(tmp_path / "projects")))
    window = MainWindow(session, Theme(qapp, "dark"))
    window.resize(1600, 1000)
    window.show()
    yield window
    window.close()
    session.close()
    window.deleteLater()


def test_that_a_person_gets_from_dropped_photos_to_a_file(window, shared_photos, tmp_path):
    photos = sorted((shared_photos / "dev" / "object_banana" / "images").iterdir())
    pictures = os.environ.get("DA3STUDIO_TEST_PICTURES")  # a folder to keep screenshots in
    tour = Tour(window, Person(window, Path(pictures) if pictures else None))
    target = tmp_path / "bananas.glb"

    tour.drop_photos(photos)
    tour.reconstruct()
    tour.crop()
    tour.lasso()
    tour.set_scale("0.25 m", 0.25)
    tour.make_mesh()
    tour.export(target)
    tour.look_through_a_photo()

    glb = pygltflib.GLTF2().load(str(target))
    assert glb.asset.extras["unit"] == "metre"
    assert len(glb.images) == 1
    window.close()
    with ProjectFolder.open(tmp_path / "projects" / "images.da3") as folder:
        assert len(folder.project.views) == len(photos)
        assert len(folder.project.edits) == 2
        assert folder.project.placement.known_lengths
        assert folder.thumbnail.is_file()
