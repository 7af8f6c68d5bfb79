"""A virtual screen (Xvfb) of our own, started once per test process, also where a real one is
there: what is tested must not depend on whose desk it is.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

SCREEN = "1920x1200x24"


def _end_with_parent() -> None:
    set_death_signal = 1  # PR_SET_PDEATHSIG
    ctypes.CDLL(None).prctl(set_death_signal, signal.SIGKILL)


@pytest.fixture(scope="session")
def screen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The name of a virtual screen."""
    if sys.platform != "linux":
        yield ""
        return
    if shutil.which("Xvfb") is None:
        pytest.skip("THE WINDOW IS NOT TESTED: Xvfb is not installed")
    runtime = tmp_path_factory.mktemp("runtime")
    runtime.chmod(0o700)
    read, write = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(write), "-screen", "0", SCREEN, "-nolisten", "tcp", "-noreset"],
        pass_fds=[write],
        stderr=subprocess.DEVNULL,
        preexec_fn=_end_with_parent,  # noqa: PLW1509  Qt talks to it until Python is gone
    )
    os.close(write)
    with os.fdopen(read) as pipe:
        name = f":{pipe.readline().strip()}"
    os.environ.update(
        DISPLAY=name,
        QT_QPA_PLATFORM="xcb",
        LIBGL_ALWAYS_SOFTWARE="1",
        XDG_RUNTIME_DIR=str(runtime),
        QT_LOGGING_RULES="qt.qpa.services.debug=false",
    )
    for portal in ("WAYLAND_DISPLAY", "DBUS_SESSION_BUS_ADDRESS"):
        os.environ.pop(portal, None)
    yield name
    assert server.poll() is None, "the virtual screen has died"
    server.returncode = -signal.SIGKILL  # soon: so that nothing warns that it is still running
