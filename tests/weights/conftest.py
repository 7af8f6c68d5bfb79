"""A data folder of its own for every test, a small file of weights and a hub that has it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from da3studio.weights.catalog import ModelInfo, model
from tests.weights.hub import Hub

N_FLOATS = 250_000


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "data"
    monkeypatch.setenv("DA3STUDIO_HOME", str(folder))
    return folder


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    """A safetensors file of 1 MB that is no model."""
    path = tmp_path / "weights.safetensors"
    numbers = np.random.default_rng(0).standard_normal(N_FLOATS).astype(np.float32)
    save_file({"numbers": numbers}, path)
    return path


@pytest.fixture
def hub(weights: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    with Hub(weights.read_bytes()) as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        yield hub


@pytest.fixture
def info() -> ModelInfo:
    """A published model that is as small as the file."""
    return dataclasses.replace(model("da3-base"), tensor_bytes=4 * N_FLOATS)
