"""A process that dies leaves one readable file, which tells nothing of the person."""

from __future__ import annotations

import logging
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import da3studio
from da3studio.base.crash import MOST_REPORTS, CrashWatch, gather, report_files, write_report
from da3studio.base.log import LogFile, log_folder, tail_of
from da3studio.base.settings import Settings, save_settings

DIES = """
import ctypes, logging, sys
from da3studio.base.crash import CrashWatch
from da3studio.base.log import LogFile
log, watch = LogFile(), CrashWatch("window", "window")
logging.getLogger("da3studio.app").info("opened /home/z/Quark/a.jpg")
def deep_inside():
    if sys.argv[1] == "dies":
        ctypes.string_at(0)
deep_inside()
if sys.argv[1] == "ends":
    watch.close()
"""


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "home"
    monkeypatch.setenv("DA3STUDIO_HOME", str(folder))
    return folder


def run(how: str) -> int:
    return subprocess.run([sys.executable, "-c", DIES, how], stderr=subprocess.DEVNULL).returncode


def test_that_a_fault_in_native_code_becomes_a_report_that_is_told_once():
    assert run("dies") < 0
    with (log_folder() / "window.log").open("a") as log:
        log.write("2101-01-01 00:00:00,000 INFO da3studio.app: the next start\nand more\n")
    (report,) = gather()
    text = report.path.read_text("utf-8")

    assert report.kind == "window"
    assert re.fullmatch(r"crash-\d{4}-\d\d-\d\d-\d{6}\.txt", report.path.name)
    assert f"DA3 Studio {da3studio.__version__}\n" in text
    assert "Ran:     window\n" in text
    assert "Segmentation fault" in text
    assert 'File "<string>", line 9 in deep_inside' in text
    assert "<python>/ctypes/__init__.py" in text
    assert "INFO da3studio.app: opened <path-" in text
    assert "Quark" not in text
    assert text.splitlines()[-1].endswith("INFO da3studio.app: opened <path-1>")
    assert gather() == ()
    assert [path.name for path in log_folder().glob("watch-*")] == []


@pytest.mark.parametrize("how", ["ends", "is left"])
def test_that_without_a_fault_there_is_no_report(how):
    assert run(how) == 0
    assert len(list(log_folder().glob("watch-*"))) == (how == "is left")
    assert gather() == ()
    assert list(log_folder().glob("watch-*")) == []


def test_that_a_process_that_lives_is_left_alone_and_a_later_one_with_its_number_is_not():
    watch = CrashWatch("worker", "worker")
    (file,) = log_folder().glob("watch-worker-*")
    with file.open("a") as lines:
        lines.write("a stack\n")
    assert gather() == ()
    assert file.exists()

    long_ago = (1e9, 1e9)  # before this process began
    os.utime(file, long_ago)
    (report,) = gather("worker")
    watch.close()
    assert report.path.name.startswith("crash-2001-09-0")


def test_that_only_the_kind_that_is_asked_for_is_gathered():
    assert run("dies") < 0
    assert gather("worker") == ()
    assert [report.kind for report in gather("window")] == ["window"]


def test_that_a_bug_is_kept_with_the_last_lines_of_the_log_and_the_ten_newest_stay():
    log = LogFile()
    save_settings(Settings(recent=("/data/Burg Quarkstein/scan.da3",)))
    logging.getLogger("da3studio.app").warning("Burg Quarkstein has no photos")
    log.close()
    paths = [write_report("window", f"Traceback number {n}") for n in range(MOST_REPORTS + 2)]
    text = paths[-1].read_text("utf-8")

    assert "Traceback number 11\n" in text
    assert text.endswith("WARNING da3studio.app: <name-1> has no photos\n")
    stories = [path.read_text("utf-8").partition("number ")[2][:2] for path in report_files()]
    assert [int(story) for story in stories] == list(range(MOST_REPORTS + 1, 1, -1))
    assert "Last lines" not in write_report("command", "x", with_log=False).read_text("utf-8")


def test_that_nothing_is_watched_and_nothing_fails_where_no_file_can_be_made(home):
    home.write_text("in the way")
    CrashWatch("command", "da3studio info").close()
    assert gather() == ()


def test_that_the_end_of_a_file_is_whole_lines(tmp_path):
    file = tmp_path / "log"
    file.write_text("one\ntwo\nthree\n")
    assert [tail_of(file, n) for n in (100, 14, 13, 10, 9, 3)] == [
        "one\ntwo\nthree\n", "one\ntwo\nthree\n", "two\nthree\n", "two\nthree\n", "three\n", "",
    ]  # fmt: skip
