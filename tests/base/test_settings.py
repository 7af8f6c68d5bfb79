from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from da3studio.base.errors import CannotWrite
from da3studio.base.params import params_of
from da3studio.base.settings import (
    N_RECENT,
    LoadedSettings,
    Settings,
    load_settings,
    save_settings,
    settings_file,
)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "home"
    monkeypatch.setenv("DA3STUDIO_HOME", str(folder))
    return folder


def write(document: object) -> None:
    settings_file().parent.mkdir(parents=True, exist_ok=True)
    settings_file().write_text(json.dumps(document))


def test_that_without_a_file_everything_is_at_its_default():
    assert load_settings() == LoadedSettings(Settings())


def test_that_every_field_is_read_as_it_was_saved():
    wanted = Settings(
        theme="dark",
        language="de",
        density="full",
        navigation="blender",
        units="imperial",
        preset="fine",
        engine="classical",
        moving_points=80_000,
        free_memory=False,
        notify=False,
        updates=True,
        reduced_motion=True,
        projects_folder="/scans",
        recent=("/a/b.da3", "/c/ü d.da3"),
        shortcuts={"undo": "Ctrl+U", "redo": ""},
    )
    differing = [
        field.name
        for field in dataclasses.fields(Settings)
        if getattr(wanted, field.name) != getattr(Settings(), field.name)
    ]
    assert len(differing) == len(dataclasses.fields(Settings))

    save_settings(wanted)

    assert load_settings() == LoadedSettings(wanted)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("theme", "pink"),
        ("theme", 3),
        ("moving_points", 10),
        ("moving_points", True),
        ("moving_points", "many"),
        ("notify", 1),
        ("recent", "one"),
        ("recent", [1]),
        ("shortcuts", [["undo", "U"]]),
        ("shortcuts", {"undo": 3}),
    ],
)
def test_that_a_bad_field_is_told_and_costs_no_other(name: str, value: object):
    write({"units": "imperial", name: value, "reduced_motion": True, "of a later program": 1})

    loaded = load_settings()

    assert loaded.settings == Settings(units="imperial", reduced_motion=True)
    assert len(loaded.complaints) == 1


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"[1]", b"[" * 5000])
def test_that_a_damaged_file_is_told_and_replaced_by_saving(content: bytes):
    settings_file().parent.mkdir(parents=True)
    settings_file().write_bytes(content)

    loaded = load_settings()
    save_settings(loaded.settings)

    assert loaded.settings == Settings()
    assert len(loaded.complaints) == 1
    assert load_settings() == LoadedSettings(Settings())


def test_that_a_folder_in_the_way_is_an_error_for_people(home: Path):
    home.write_text("a file")
    with pytest.raises(CannotWrite):
        save_settings(Settings())


def test_that_recent_projects_are_unique_newest_first_and_20_at_most(tmp_path: Path):
    settings = Settings()
    for number in (*range(30), 25):
        settings = settings.with_recent(tmp_path / f"{number}.da3")

    names = [Path(name).stem for name in settings.recent]
    assert names[:3] == ["25", "29", "28"]
    assert len(names) == len(set(names)) == N_RECENT
    assert settings.without_recent(tmp_path / "29.da3").recent[:2] == (
        str(tmp_path / "25.da3"),
        str(tmp_path / "28.da3"),
    )


def test_that_settings_cannot_be_changed_in_place():
    settings = Settings(shortcuts={"undo": "U"})
    with pytest.raises(TypeError):
        settings.shortcuts["undo"] = "X"  # type: ignore[index]


def test_that_no_setting_belongs_to_the_key_of_a_result():
    assert not any(info.keyed for info in params_of(Settings).values())
