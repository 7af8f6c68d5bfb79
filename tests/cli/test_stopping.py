"""Ctrl+C, SIGTERM, `kill -9`, a closed pipe: quick, quiet, and no finished work is lost."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from tests.cli.conftest import ENVIRONMENT, PROGRAM, QUICK, Ran, Running, run_program

STAGES = ("cameras", "depth", "cloud", "mesh", "texture")
WORDS = ("-o", "scan.glb", *QUICK)


def start(folder: Path, photos: Path) -> Running:
    return Running(folder, "reconstruct", photos, *WORDS)


def wait_a_moment(running: Running, stage: str, dice: np.random.Generator) -> bool:
    """Let a command come to a random moment of a stage; False if it ended before."""
    if not running.until("stage_started", stage):
        return False
    time.sleep(dice.uniform(0, 0.3))
    return True


def stages_made(events: list[dict[str, object]]) -> list[object]:
    return [one["stage"] for one in events if one["event"] == "stage_done"]


def finish(folder: Path, photos: Path, made_before: list[object]) -> Ran:
    """Run the command to its end; what was made before must not be made again."""
    ran = run_program(folder, "reconstruct", photos, *WORDS, "--json")
    assert ran.code == 0, ran.err
    assert set(stages_made(ran.events)).isdisjoint(made_before)
    assert sorted([*stages_made(ran.events), *made_before]) == sorted(STAGES)
    assert (folder / "scan.glb").stat().st_size > 10_000
    return ran


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="POSIX signals")
@pytest.mark.parametrize(
    "moments", [4, pytest.param(20, marks=pytest.mark.slow)], ids=["4 kills", "20 kills"]
)
def test_that_kill_9_at_any_moment_loses_nothing(tmp_path, sample_photos, moments):
    dice = np.random.default_rng(moments)
    made: list[object] = []
    for kill in range(moments):
        running = start(tmp_path, sample_photos)
        stage = STAGES[kill % len(STAGES)] if moments < 10 else str(dice.choice(STAGES))
        if not wait_a_moment(running, stage, dice):
            assert running.end().code == 0  # all stages are done; start afresh
            made = []
            for chunk in (tmp_path / "scan.da3" / "chunks").rglob("*.safetensors"):
                chunk.unlink()
            (tmp_path / "scan.da3" / "delivered.json").unlink()
            continue
        running.signal(signal.SIGKILL)
        ended = running.end()
        assert ended.code == -signal.SIGKILL
        assert set(stages_made(running.seen)).isdisjoint(made)  # no stage was made twice
        made += stages_made(running.seen + ended.events)

        info = run_program(tmp_path, "info", "scan.da3", "--json")
        assert info.code == 0
        done = [one["stage"] for one in info.events[0]["stages"] if one["done"]]
        assert set(made) <= set(done)
        made = done  # a stage may be stored without having come to say so
    finish(tmp_path, sample_photos, made)


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="POSIX signals")
def test_that_ctrl_c_in_any_stage_ends_within_2_s_and_keeps_what_is_done(tmp_path, sample_photos):
    dice = np.random.default_rng(2)
    made: list[object] = []
    for stage in STAGES:
        running = start(tmp_path, sample_photos)
        if not wait_a_moment(running, stage, dice):
            assert running.end().code == 0  # the last stages may be over in no time
            made = list(STAGES)
            break
        asked = time.monotonic()
        running.signal(signal.SIGINT)
        ended = running.end()
        assert time.monotonic() - asked < 2.0
        assert ended.code == 130
        assert "run the same command again" in ended.err
        assert "Traceback" not in ended.err
        assert ended.events[-1] == {"event": "stopped", "exit_code": 130}
        info = run_program(tmp_path, "info", "scan.da3", "--json")
        made = [one["stage"] for one in info.events[0]["stages"] if one["done"]]
    finish(tmp_path, sample_photos, made)


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="POSIX signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_that_a_signal_to_the_command_alone_ends_the_worker_too(tmp_path, sample_photos, number):
    running = start(tmp_path, sample_photos)
    assert running.until("stage_progress", "cameras")
    asked = time.monotonic()
    running.signal_only_the_command(number)
    ended = running.end()  # returns when the worker has let go of the pipes as well

    assert time.monotonic() - asked < 2.0
    assert ended.code == 130
    assert "Traceback" not in ended.err


def test_that_a_reader_who_goes_away_ends_the_command_quietly(tmp_path, sample_photos):
    writer = subprocess.Popen(
        [*PROGRAM, "reconstruct", str(sample_photos), *WORDS, "--json"],
        cwd=tmp_path,
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert writer.stdout is not None
    assert writer.stderr is not None
    writer.stdout.readline()
    writer.stdout.close()
    said = writer.stderr.read()

    assert writer.wait(60) == 141
    assert said == b""
    writer.stderr.close()


def test_that_a_dead_worker_is_said_with_its_own_code(tmp_path, sample_photos):
    import psutil

    running = start(tmp_path, sample_photos)
    # Once all processes are up: a Python whose parent dies while it starts prints a traceback.
    assert running.until("stage_progress", "cameras")
    for child in psutil.Process(running.pid).children(recursive=True):
        child.kill()
    ended = running.end()

    assert ended.code == 12
    assert ended.named("error")[0]["exit_code"] == 12
    assert "Nothing is lost" in ended.error[2]
    assert run_program(tmp_path, "info", "scan.da3").code == 0


NATIVE = """
import hashlib, os, time
from da3studio.cli.stopping import Stopping
with Stopping(lambda: print("last words", flush=True)):
    print("ready", flush=True)
    hashlib.pbkdf2_hmac("sha256", b"", b"", 10**9)  # native code: minutes, and no way to ask it
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="POSIX signals")
@pytest.mark.parametrize(("signals", "most_s"), [(1, 2.0), (2, 0.5)])
def test_that_even_native_code_is_stopped_and_a_second_signal_does_not_wait(signals, most_s):
    process = subprocess.Popen(
        [sys.executable, "-c", NATIVE], env=ENVIRONMENT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    asked = time.monotonic()
    for _ in range(signals):
        process.send_signal(signal.SIGINT)
        time.sleep(0.1)  # two of one kind at once count as one
    said, _ = process.communicate(timeout=10)

    assert time.monotonic() - asked < most_s
    assert process.returncode == 130
    assert said == "last words\n"
