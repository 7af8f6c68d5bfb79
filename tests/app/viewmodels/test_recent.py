from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from PySide6.QtGui import QColor, QImage

from da3studio.app.session import Session
from da3studio.app.viewmodels.recent import RecentProjects, when_text
from da3studio.base.settings import Settings
from da3studio.project.folder import ProjectFolder, thumbnail_of

NOW = datetime(2026, 3, 4, 12, 0).astimezone()


@pytest.fixture
def session_with(qapp):
    made = []

    def make(*recent):
        made.append(Session(Settings(recent=tuple(map(str, recent)))))
        return made[-1]

    yield make
    for one in made:
        one.close()


def test_that_cards_show_names_and_pictures_and_leave_out_what_is_gone(
    session_with, tmp_path, qtbot
):
    ProjectFolder.create(tmp_path / "a.da3", "Statue").close()
    ProjectFolder.create(tmp_path / "b.da3", "Shoe").close()
    image = QImage(1920, 1080, QImage.Format.Format_RGB888)
    image.fill(QColor("red"))
    assert image.save(str(thumbnail_of(tmp_path / "a.da3")))
    session = session_with(tmp_path / "a.da3", tmp_path / "gone.da3", tmp_path / "b.da3")
    recent = RecentProjects(session)
    qtbot.waitUntil(lambda: bool(recent.projects))

    first, second = recent.projects
    assert (first.name, second.name) == ("Statue", "Shoe")
    assert (first.picture.width(), first.picture.height()) == (480, 270)
    assert second.picture is None
    recent.forget(first.path)
    qtbot.waitUntil(lambda: len(recent.projects) == 1)
    assert (tmp_path / "a.da3").is_dir()


def test_that_a_damaged_project_has_a_card_so_that_it_can_be_mended(session_with, tmp_path, qtbot):
    folder = tmp_path / "Broken.da3"
    folder.mkdir()
    (folder / "project.json").write_text("{")
    recent = RecentProjects(session_with(folder))
    qtbot.waitUntil(lambda: bool(recent.projects))

    assert (recent.projects[0].name, recent.projects[0].photos) == ("Broken", "")


@pytest.mark.parametrize(
    ("ago", "words"),
    [
        (timedelta(hours=1), "today, 11:00"),
        (timedelta(days=1), "yesterday"),
        (timedelta(days=3), "3 days ago"),
        (timedelta(days=30), "2026-02-02"),
    ],
)
def test_that_dates_are_said_as_people_say_them(ago, words):
    assert when_text(NOW - ago, NOW) == words
