"""Which torch a process gets, in processes of their own that believe to be frozen."""

from __future__ import annotations

import os
import subprocess
import time

import pytest

from da3studio.base.cancel import CancelToken, JobCancelled
from da3studio.runtime import driver, probe, store
from da3studio.runtime.install import install
from tests.runtime.little import (
    DRIVER,
    edition,
    torch_source,
    torch_wheel,
    write_nvidia_smi,
    write_program,
)

NOTED = driver.noted_version(driver._NOTE)  # of a card that this machine really has
RUNNING = NOTED or DRIVER


@pytest.fixture
def smi(tmp_path, monkeypatch):
    """A driver of version 580.65.06, or of the version that this machine really has."""
    program = write_nvidia_smi(tmp_path / "bin", RUNNING)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    return program


@pytest.fixture
def program(tmp_path, files):
    return write_program(tmp_path, edition(files))


def voice(program, word="say"):
    ran = subprocess.run([program, word], capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.strip()


def put(files, shelf, behaviour="works"):
    files["torch-2.13.0.whl"] = shelf.shelf["torch-2.13.0.whl"] = torch_wheel(behaviour)
    return install(edition(files), RUNNING, mirror=shelf.url)


def test_that_the_processors_is_used_until_the_cards_is_installed(program, smi, files, shelf):
    assert voice(program) == "processor"
    assert put(files, shelf).works
    assert voice(program) == voice(program, "work") == "card"

    store.remove_all()
    assert voice(program) == "processor"


def test_that_a_source_checkout_is_left_alone(tmp_path, program, smi, files, shelf):
    put(files, shelf)
    program.write_text(program.read_text().replace("sys.frozen,", "sys.thawed,"))
    assert voice(program) == "processor"


@pytest.mark.parametrize("behaviour", ["wrong", "no card", "raises", "dies"])
def test_that_what_did_not_work_when_it_was_tried_is_not_used(
    tmp_path, smi, files, shelf, behaviour
):
    files["torch-2.13.0.whl"] = torch_wheel(behaviour)
    program = write_program(tmp_path, edition(files))
    verdict = put(files, shelf, behaviour)

    assert not verdict.works
    assert verdict.why
    assert voice(program) == "processor"


def test_that_after_a_change_of_the_driver_it_is_tried_anew(tmp_path, program, smi, files, shelf):
    if NOTED:
        pytest.skip("A CHANGE OF THE DRIVER IS NOT TESTED: this machine has a card of its own")
    put(files, shelf)
    installed = store.look_up(edition(files))
    write_nvidia_smi(smi.parent, "590.1")
    assert voice(program) == "card"
    assert store.verdict_on(installed, "590.1").works

    (installed.tree / "torch" / "__init__.py").write_bytes(torch_source("card", "no card"))
    assert voice(program) == "card"  # nothing changed that would make it try
    write_nvidia_smi(smi.parent, "591.1")
    assert voice(program) == "processor"
    assert "finds no card" in store.verdict_on(installed, "591.1").why


def test_that_without_a_driver_nothing_is_tried_and_the_processors_is_used(
    program, smi, files, shelf
):
    if NOTED:
        pytest.skip("A MISSING DRIVER IS NOT TESTED: this machine has a card of its own")
    put(files, shelf)
    smi.write_text("#!/bin/sh\nexit 9\n")
    assert voice(program) == "processor"


def test_that_an_edition_of_another_version_of_the_program_is_not_used(
    tmp_path, program, smi, files, shelf
):
    put(files, shelf)
    other = tmp_path / "other"
    other.mkdir()
    assert voice(write_program(other, edition({"torch-2.13.0.whl": b"newer"}))) == "processor"


def test_that_a_half_made_folder_is_never_used(program, smi, files, shelf, data):
    put(files, shelf)
    (data / "runtimes" / "torch-2.13.0-cu130" / "runtime.json").unlink()
    assert voice(program) == "processor"

    (data / "runtimes" / "torch-2.13.0-cu130").rename(store.part_of("torch-2.13.0-cu130"))
    assert voice(program) == "processor"


def test_that_a_trial_that_hangs_is_ended(files, shelf, monkeypatch):
    monkeypatch.setattr(probe, "LONGEST_S", 1.0)
    began = time.monotonic()
    verdict = put(files, shelf, "hangs")

    assert not verdict.works
    assert verdict.why == "It did not answer in time."
    assert time.monotonic() - began < 10


def test_that_a_trial_is_cancelled_and_nothing_is_remembered(files, shelf):
    put(files, shelf)
    installed = store.look_up(edition(files))
    with pytest.raises(JobCancelled):
        probe.try_out(installed, "590.1", CancelToken(lambda: True))
    assert store.verdict_on(installed, "590.1") is None
