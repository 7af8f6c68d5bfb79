from __future__ import annotations

import pytest

from da3studio.sample.scene import SampleScene, sample_scene


@pytest.fixture(scope="session")
def scene() -> SampleScene:
    """Painted and lit once per test process: it takes some seconds and never changes."""
    return sample_scene()
