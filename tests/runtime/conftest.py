"""A data folder of its own for every test, and a server that has an edition's wheels."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.runtime.little import nvidia_wheel, torch_wheel
from tests.weights.hub import Hub


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "data"
    monkeypatch.setenv("DA3STUDIO_HOME", str(folder))
    return folder


@pytest.fixture
def files() -> dict[str, bytes]:
    """What makes an edition: a large file and a torch that works."""
    return {"nvidia.whl": nvidia_wheel(), "torch-2.13.0.whl": torch_wheel()}


@pytest.fixture
def shelf(files: dict[str, bytes]) -> Iterator[Hub]:
    """A server with these files; its url is that of a mirror."""
    with Hub(b"") as hub:
        hub.shelf = dict(files)
        yield hub
