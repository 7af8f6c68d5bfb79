"""`da3studio gpu` as a person runs it, in a program that believes to be frozen."""

from __future__ import annotations

import json
import os
import subprocess

import pytest

from da3studio.runtime import driver
from tests.cli.conftest import ENVIRONMENT, Ran, run_program
from tests.runtime.little import (
    DRIVER,
    edition,
    nvidia_wheel,
    torch_wheel,
    write_nvidia_smi,
    write_program,
)
from tests.weights.hub import Hub

FILES = {"nvidia.whl": nvidia_wheel(), "torch-2.13.0.whl": torch_wheel()}
SIZE = f"{sum(map(len, FILES.values())) / 1e3:.1f} kB"
RUNNING = driver.noted_version(driver._NOTE) or DRIVER


@pytest.fixture
def gpu(tmp_path):
    """Runs the command; `with_card` says whether there is one."""
    program = write_program(tmp_path, edition(FILES))
    smi = write_nvidia_smi(tmp_path / "bin", RUNNING)

    def run(*words, with_card=True, told=""):
        env = {**ENVIRONMENT, "DA3STUDIO_HOME": str(tmp_path / "data"), "PATH": os.environ["PATH"]}
        if with_card:
            env["PATH"] = f"{smi.parent}:{env['PATH']}"
        done = subprocess.run(
            [program, "gpu", *words],
            env=env,
            capture_output=True,
            text=True,
            timeout=60,
            input=told,
        )
        assert "Traceback" not in done.stdout + done.stderr, done.stderr
        return Ran(done.returncode, done.stdout, done.stderr)

    return run


def test_that_it_is_installed_in_two_goes_checked_and_removed(gpu):
    offered = gpu()
    assert offered.code == 0
    assert offered.out.splitlines() == [
        "Graphics card  Little Card, 3, 12.9 GB",
        f"Driver         {RUNNING}",
        f"Support        torch-2.13.0-cu130, not installed, a download of {SIZE}",
        "Get it with: da3studio gpu install",
    ]
    with Hub(b"") as hub:
        hub.shelf, hub.cut_at = dict(FILES), 0.37
        cut = gpu("install", "--yes", "--from", hub.url)
        assert cut.code == 14
        assert "0.3 MB are here" in cut.error[1]
        hub.cut_at = 1.0
        whole = gpu("install", "--yes", "--from", hub.url, "--json")
    kept = round(0.37 * len(FILES["nvidia.whl"]))
    assert whole.code == 0
    assert ("GET", f"bytes={kept}-") in hub.asked
    (checked,) = whole.named("gpu_checked")
    assert (checked["works"], checked["device"]) == (True, "Little Card 3")
    assert {one["work"] for one in whole.named("work_progress")} == {"gpu"}

    (status,) = gpu("--json").named("gpu")
    assert status["used"] is True
    assert status["installed"]["id"] == status["offered"]["id"] == "torch-2.13.0-cu130"
    assert gpu("check").out == "Little Card 3 is used from now on.\n"
    (removed,) = gpu("remove", "--json").named("gpu_removed")
    assert removed["size_bytes"] > 700_000
    assert gpu("remove").code == 4
    assert gpu("check").code == 4


def test_that_nothing_is_downloaded_without_a_yes(gpu):
    ran = gpu("install", told="y\n")  # not from a terminal: nobody has read the question

    assert ran.code == 3
    assert f"a download of {SIZE}" in ran.error[1]
    assert "--yes" in ran.error[2]


def test_that_without_a_card_it_is_said_and_cannot_be_installed(gpu):
    if driver.find_card() is not None:
        pytest.skip("NO CARD IS NOT TESTED: this machine has one")
    assert "none found" in gpu(with_card=False).out
    ran = gpu("install", "--yes", with_card=False)

    assert ran.code == 4
    assert "No NVIDIA graphics card was found" in ran.error[1]


def test_that_a_source_checkout_is_told_its_own_way(tmp_path):
    ran = run_program(tmp_path, "gpu", "install")

    assert ran.code == 3
    assert "setup --torch-index" in ran.error[2]
    assert json.loads(run_program(tmp_path, "gpu", "--json").out)["offered"] is None
