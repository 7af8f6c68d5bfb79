from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.app.viewport.tools.bench_scene import ToolDesk, cloud_of, new_session, small_capture


@pytest.fixture(scope="session")
def capture():
    return small_capture()


@pytest.fixture(scope="session")
def cloud(capture):
    return cloud_of(capture)


@pytest.fixture
def desk(qtbot, capture, cloud) -> Iterator[ToolDesk]:
    session = new_session()
    desk = ToolDesk(session)
    desk.show(capture, cloud)
    yield desk
    session.close()
