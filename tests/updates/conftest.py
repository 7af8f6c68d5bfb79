from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.updates.announcer import Announcer


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "home"
    monkeypatch.setenv("DA3STUDIO_HOME", str(folder))
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    return folder


@pytest.fixture
def place() -> Iterator[Announcer]:
    with Announcer() as one:
        yield one


@pytest.fixture
def bundle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The resources of a frozen program, in which a release file may be put."""
    resources = tmp_path / "bundle" / "resources"
    resources.mkdir(parents=True)
    for entry in (ROOT / "resources").iterdir():
        (resources / entry.name).symlink_to(entry)
    monkeypatch.setattr("sys._MEIPASS", str(resources.parent), raising=False)
    return resources


@pytest.fixture
def announced(bundle: Path, place: Announcer) -> Announcer:
    (bundle / "release.json").write_text(json.dumps({"updates": place.address}))
    return place
