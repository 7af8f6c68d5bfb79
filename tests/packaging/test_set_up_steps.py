"""The steps of a set-up: their report, the system's libraries, the build of PyTorch, the lock."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from bootstrapping import lock, torch_build
from bootstrapping.console import SetupError, Steps, likely_cause
from bootstrapping.lock import only_one_at_a_time
from bootstrapping.system_needs import (
    TEST_NEEDS,
    Need,
    has_program,
    missing,
    needs_of_this_system,
    provide,
)


@pytest.fixture
def steps(tmp_path: Path) -> Steps:
    return Steps(tmp_path / "bootstrap.log", tmp_path)


def test_that_a_failing_step_shows_the_end_of_its_output_and_the_log(steps, tmp_path):
    code = "for i in range(99): print('line', i)\nraise SystemExit('No space left on device')"

    with pytest.raises(SetupError) as failure:
        steps.run("Filling the disk (about 1 s)", [sys.executable, "-c", code])

    assert "Filling the disk" in failure.value.what
    assert "line 98" in failure.value.why
    assert "line 50\n" not in failure.value.why
    assert "The disk is full" in failure.value.fix
    assert str(tmp_path / "bootstrap.log") in failure.value.fix
    assert "line 50\n" in (tmp_path / "bootstrap.log").read_text()


def test_that_a_good_step_is_one_line(steps, capsys):
    steps.run("Saying much (about 1 s)", [sys.executable, "-c", "print('much' * 100)"])

    assert capsys.readouterr().out == "Saying much (about 1 s) ... 0 s\n"


def test_that_being_offline_is_not_taken_for_a_missing_build():
    offline = "NewConnectionError: ...\nERROR: No matching distribution found for torch"

    assert "internet" in likely_cause(offline)
    assert "Python 3.12" in likely_cause("ERROR: No matching distribution found for torch")
    assert likely_cause("something else") == ""


def test_that_a_library_is_looked_for_by_loading_it():
    there = Need("libc.so.6", "libc6", required=True)
    absent = Need("libda3-nowhere.so.9", "libda3-nowhere9", required=True)

    assert missing([absent]) == (absent,)
    if sys.platform == "linux":
        assert missing([there, absent]) == (absent,)


@pytest.fixture
def nobody(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A person who may not install: an apt-get and a sudo that refuse, and nothing else."""
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("apt-get", "sudo", "env"):
        (tools / name).write_text("#!/bin/sh\nexit 1\n")
        (tools / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tools))


@pytest.mark.skipif(sys.platform != "linux", reason="the system provides nothing elsewhere")
@pytest.mark.usefixtures("nobody")
class TestWhoMayNotInstall:
    def test_that_a_missing_library_is_named_with_the_command_that_brings_it(self, steps):
        need = Need("libda3-nowhere.so.9", "libda3-nowhere9", required=True)

        with pytest.raises(SetupError) as failure:
            provide([need], steps)

        assert failure.value.what == "This system lacks libda3-nowhere.so.9."
        assert "sudo apt-get install -y libda3-nowhere9\n" in failure.value.fix

    def test_that_what_only_the_window_needs_stops_nobody(self, steps, capsys):
        provide([Need("libda3-nowhere.so.9", "libda3-nowhere9", required=False)], steps)

        assert "sudo apt-get install -y libda3-nowhere9\n" in capsys.readouterr().out

    def test_that_without_a_screen_it_is_said_that_the_window_is_not_tested(self, steps, capsys):
        needs = [replace(need, present=lambda _: False) for need in TEST_NEEDS]

        provide([Need("libda3-nowhere.so.9", "libda3-nowhere9", required=False), *needs], steps)

        said = capsys.readouterr().out
        assert "The window is not tested: its tests need Xvfb, OpenGL without" in said
        assert "sudo apt-get install -y xvfb libgl1-mesa-dri\n" in said
        assert "sudo apt-get install -y libda3-nowhere9\n" in said


def test_that_running_and_setting_up_need_no_screen_for_tests():
    needed = {need.name for need in needs_of_this_system()}
    assert not needed & {need.name for need in TEST_NEEDS}
    assert not any(need.required for need in TEST_NEEDS)


def test_that_a_program_is_looked_for_on_the_path():
    assert has_program(Path(sys.executable).name) or not shutil.which(Path(sys.executable).name)
    assert not has_program("da3-nowhere")


def found(tmp_path: Path, *packages: tuple[str, str]) -> torch_build.Found:
    """What is understood from a report of pip that lists these packages."""
    items = [{"metadata": {"name": name, "version": version}} for name, version in packages]
    (tmp_path / "torch.json").write_text(json.dumps({"version": "1", "install": items}))
    return torch_build.read_report(tmp_path / "torch.json")


def test_that_a_cuda_build_without_a_driver_is_announced_with_the_way_out(tmp_path):
    build = found(tmp_path, ("torch", "2.13.0"), ("nvidia-cublas", "13.0"))

    assert build.cuda
    assert torch_build.remark(build, driver=True) == ""
    remark = torch_build.remark(build, driver=False)
    assert "3 GB" in remark
    assert "setup --torch-index URL" in remark


def test_that_a_cpu_build_beside_a_driver_is_announced_with_the_way_out(tmp_path):
    build = found(tmp_path, ("torch", "2.13.0+cpu"), ("sympy", "1.14"))

    assert not build.cuda
    assert torch_build.remark(build, driver=False) == ""
    assert "setup --torch-index URL" in torch_build.remark(build, driver=True)


def test_that_a_windows_cuda_build_is_known_by_its_version(tmp_path):
    assert found(tmp_path, ("torch", "2.13.0+cu130")).cuda


def test_that_nothing_is_said_of_a_torch_that_is_there(tmp_path):
    assert torch_build.remark(found(tmp_path), driver=True) == ""


def test_that_an_index_is_used_only_when_one_was_named():
    assert torch_build.install_arguments("") == ["install", torch_build.TORCH]
    assert torch_build.install_arguments("https://there.example") == [
        "install",
        "--index-url",
        "https://there.example",
        torch_build.TORCH,
    ]


PACKAGING = Path(lock.__file__).resolve().parents[1]
HOLD = """
import sys, pathlib
sys.path.insert(0, sys.argv[1])
from bootstrapping.lock import only_one_at_a_time
with only_one_at_a_time(pathlib.Path(sys.argv[2])):
    print("holding", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def other(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process, that holds the lock until its input is closed."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, PACKAGING, str(tmp_path / "lock")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == "holding\n"
        yield process
        process.kill()


def test_that_the_second_set_up_says_so_and_waits_for_the_first(other, tmp_path):
    second = subprocess.Popen(
        [sys.executable, "-c", HOLD, PACKAGING, str(tmp_path / "lock")],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    )
    with second:
        assert second.stdout is not None
        assert second.stdout.readline().startswith("Another set-up is at work in this folder")
        assert second.poll() is None
        other.stdin.close()
        assert second.stdout.readline() == "holding\n"
    assert second.returncode == 0


def test_that_the_lock_of_a_killed_set_up_blocks_nobody(other, tmp_path, capsys):
    other.kill()
    other.wait()

    with only_one_at_a_time(tmp_path / "lock"):
        assert capsys.readouterr().out == ""
