"""`da3studio models` as a person runs it: downloads that go on, licences, refusals, no network."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import ENVIRONMENT, PROGRAM, Running, run_program
from tests.cli.test_bad_input import in_small_world
from tests.weights.files import hollow
from tests.weights.hub import Hub

BASE_BYTES = 541_520_000  # as the hub will say: tensors and a header


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setitem(ENVIRONMENT, "DA3STUDIO_HOME", str(tmp_path / "data"))
    monkeypatch.setitem(ENVIRONMENT, "HF_ENDPOINT", "http://127.0.0.1:9")  # nobody is there
    return tmp_path / "data"


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """Claims to have DA3-BASE, of which it sends 4 MB."""
    with Hub(bytes(4_000_000), size=BASE_BYTES) as hub:
        monkeypatch.setitem(ENVIRONMENT, "HF_ENDPOINT", hub.url)
        yield hub


def parts(data: Path) -> list[Path]:
    return list(data.rglob("*.part"))


def test_that_a_model_is_downloaded_in_two_goes_and_then_needs_no_network(
    tmp_path, data, monkeypatch
):
    content = hollow(tmp_path / "small.safetensors", "da3-small", "F32").read_bytes()
    with Hub(content) as hub:
        monkeypatch.setitem(ENVIRONMENT, "HF_ENDPOINT", hub.url)
        hub.cut_at = 0.37
        cut = run_program(tmp_path, "models", "download", "da3-small")
        what, why, fix = cut.error
        assert cut.code == 14
        assert what == "The model DA3-SMALL could not be downloaded."
        assert "50.8 MB are here" in why
        assert "Try again: it goes on" in fix

        hub.cut_at = 1.0
        kept = parts(data)[0].stat().st_size
        whole = run_program(tmp_path, "models", "download", "da3-small", "--json")
        assert whole.code == 0
        assert kept == round(0.37 * len(content))
        assert hub.asked[-1] == ("GET", f"bytes={kept}-")
        (model,) = whole.named("model")
        assert Path(model["file"]).read_bytes() == content
        assert (model["sha256"], model["licence"]) == (hub.sha256, "Apache-2.0")
        n_asked = len(hub.asked)

    again = run_program(tmp_path, "models", "download", "da3-small", "--json")
    assert again.named("model") == [model]
    assert len(hub.asked) == n_asked
    listed = run_program(tmp_path, "models", "--json").named("models")[0]
    assert [one["id"] for one in listed["installed"] if not one["built_in"]] == ["da3-small"]
    assert len(listed["published"]) == 10
    checked = run_program(tmp_path, "models", "verify", "--json").named("model_checked")
    assert {"da3-small"} <= {one["id"] for one in checked}
    assert all(one["whole"] for one in checked)

    with Path(model["file"]).open("r+b") as file:
        file.seek(70_000_000)
        file.write(b"?")
    damaged = run_program(tmp_path, "models", "verify", "da3-small")
    assert damaged.code == 13
    assert "models remove da3-small" in damaged.error[2]
    assert run_program(tmp_path, "models", "remove", "da3-small").code == 0
    assert run_program(tmp_path, "models", "remove", "da3-small").code == 4
    assert "da3-base and da3metric-large with: da3studio" in run_program(tmp_path, "models").out


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="POSIX signals")
def test_that_ctrl_c_in_a_silent_connection_ends_within_2_s_and_keeps_what_came(
    tmp_path, data, hub
):
    silent, over = threading.Event(), threading.Event()

    def pause(at: int) -> None:
        if at > 3_000_000:
            silent.set()
            over.wait(30)

    hub.pause = pause
    running = Running(tmp_path, "models", "download", "da3-base")
    assert any(event["event"] == "work_progress" for event in running.events())
    assert silent.wait(30)
    asked = time.monotonic()
    running.signal(signal.SIGINT)
    ended = running.end()
    over.set()

    assert time.monotonic() - asked < 2.0
    assert ended.code == 130
    assert ended.events[-1] == {"event": "stopped", "exit_code": 130}
    kept = parts(data)[0].stat().st_size
    assert kept > 0

    hub.pause = lambda at: None
    assert run_program(tmp_path, "models", "download", "da3-base").code == 14  # 4 MB, then the end
    assert hub.asked[-1] == ("GET", f"bytes={kept}-")


def test_that_an_unreachable_hub_is_one_clear_message(tmp_path):
    ran = run_program(tmp_path, "models", "download")

    assert ran.code == 14
    assert "127.0.0.1" in ran.error[1]


def test_that_a_disk_without_space_is_said_before_anything_is_fetched(tmp_path, hub):
    (tmp_path / "small").mkdir()
    ran = in_small_world(
        "mount -t tmpfs -o size=20m tmpfs small",
        'DA3STUDIO_HOME=small "$@" models download da3-base',
        tmp_path,
    )

    assert ran.code == 6
    assert "558 MB are needed" in ran.error[1]
    assert "DA3STUDIO_HOME" in ran.error[2]
    assert [method for method, _ in hub.asked] == ["HEAD"]


def test_that_without_a_terminal_a_licence_needs_the_flag_and_only_once(tmp_path, hub):
    words = ("models", "download", "da3-large-1.1")
    ran = run_program(tmp_path, *words)
    assert ran.code == 3
    assert "non-commercial use only" in ran.error[1]
    assert "--accept-licence" in ran.error[2]
    assert hub.asked == []

    hub.status = 404
    assert run_program(tmp_path, *words, "--accept-licence").code == 14
    assert run_program(tmp_path, *words).code == 14  # accepted before


@pytest.mark.parametrize(("answer", "code"), [(b"y\n", 14), (b"\n", 3)])
def test_that_on_a_terminal_a_licence_is_asked_for_once(tmp_path, hub, answer, code):
    pty = pytest.importorskip("pty")
    hub.status = 404  # it ends there, but not before the licence was accepted

    def download() -> tuple[int, str]:
        ours, theirs = pty.openpty()
        os.write(ours, answer)
        ran = subprocess.run(
            [*PROGRAM, "models", "download", "da3-large-1.1"],
            env=ENVIRONMENT,
            stdin=theirs,
            capture_output=True,
            text=True,
            timeout=60,
        )
        os.close(ours)
        os.close(theirs)
        return ran.returncode, ran.stderr

    first, asked = download()
    second, asked_again = download()

    assert (first, second) == (code, code)
    assert "Do you accept this licence?" in asked
    assert ("Do you accept" in asked_again) == (code == 3)  # a no is not for ever


def test_that_a_file_that_is_here_is_added(tmp_path):
    mine = hollow(tmp_path / "mine.safetensors", "da3-small")
    ran = run_program(tmp_path, "models", "add", mine, "--json")

    assert ran.code == 0
    assert ran.named("model")[0]["id"] == "da3-small"
    assert "da3-small" in run_program(tmp_path, "models").out


@pytest.mark.parametrize("name", ["weights.bin", "model.safetensors"])
def test_that_a_pickle_is_refused(tmp_path, name):
    (tmp_path / name).write_bytes(pickle.dumps(list(range(1000))))
    ran = run_program(tmp_path, "models", "add", name)

    assert ran.code == 13
    assert "stranger's program" in ran.error[1]


def test_that_an_unknown_model_is_told_the_known_ones(tmp_path):
    ran = run_program(tmp_path, "models", "download", "da3-huge")

    assert ran.code == 4
    assert "da3-base" in ran.error[1]


def test_that_a_switch_given_before_the_action_counts(tmp_path):
    assert run_program(tmp_path, "models", "--json", "list").named("models")
