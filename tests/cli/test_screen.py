"""Where no window could be seen."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.cli.conftest import ENVIRONMENT, PROGRAM

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere there is a screen")
BLIND = {
    name: value
    for name, value in ENVIRONMENT.items()
    if name not in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
}


def started(*words):
    return subprocess.run([*PROGRAM, *words], env=BLIND, capture_output=True, text=True, timeout=60)


def test_that_the_window_is_refused_with_what_to_do_instead():
    ran = started("app")

    assert ran.returncode == 4
    assert ran.stdout == ""
    what, why, fix = ran.stderr.splitlines()
    assert what == "Error: The window cannot be opened."
    assert "No screen" in why
    assert "da3studio reconstruct" in fix


def test_that_without_a_command_the_help_is_shown_instead():
    ran = started()

    assert ran.returncode == 0
    assert "reconstruct" in ran.stdout
