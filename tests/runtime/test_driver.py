"""A driver's own programs and libraries, played by small ones that answer as they do."""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest

from da3studio.runtime.driver import (
    Card,
    card_of_library,
    card_of_program,
    noted_version,
    outside_environment,
)
from tests.runtime.little import write_nvidia_smi

NVML = """
#include <string.h>
typedef struct { unsigned long long total, free, used; } memory;
int nvmlInit_v2(void) { return INIT; }
int nvmlShutdown(void) { return 0; }
int nvmlDeviceGetHandleByIndex_v2(unsigned n, void **card) { *card = (void *)7; return n; }
int nvmlDeviceGetName(void *card, char *to, unsigned n) { strncpy(to, "Little Card", n); return 0; }
int nvmlDeviceGetMemoryInfo(void *card, memory *to) { to->total = 1ull << 34; return 0; }
int nvmlSystemGetDriverVersion(char *to, unsigned n) { strncpy(to, "580.65.06", n); return 0; }
int nvmlDeviceGetCudaComputeCapability(void *card, int *major, int *minor)
{ *major = 8; *minor = 6; return card != (void *)7; }
"""


def test_that_nvidia_smi_is_understood(tmp_path):
    program = str(write_nvidia_smi(tmp_path))
    assert card_of_program(program) == Card("Little Card, 3", 12 * 2**30, "580.65.06", "8.6")


@pytest.mark.parametrize(
    "script", ["exit 9", "echo no devices", "echo 'a, b, c, d'", "true", "sleep 60"]
)
def test_that_one_that_fails_is_no_card(tmp_path, script, monkeypatch):
    monkeypatch.setattr("da3studio.runtime.driver._ASKING_S", 0.5)
    program = write_nvidia_smi(tmp_path)
    program.write_text(f"#!/bin/sh\n{script}\n")
    assert card_of_program(str(program)) is None


def test_that_without_it_there_is_no_card(tmp_path):
    assert card_of_program(None) is None
    assert card_of_program(str(tmp_path / "gone")) is None
    assert card_of_library(str(tmp_path / "gone.so")) is None


def test_that_the_drivers_library_is_understood(tmp_path):
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("THE DRIVER'S LIBRARY IS NOT TESTED: there is no C compiler")
    source = tmp_path / "nvml.c"
    source.write_text(NVML)

    def built(name, init):
        made = str(tmp_path / name)
        command = [compiler, "-w", "-shared", "-fPIC", f"-DINIT={init}", "-o", made, str(source)]
        subprocess.run(command, check=True)
        return made

    assert card_of_library(built("good.so", 0)) == Card("Little Card", 2**34, "580.65.06", "8.6")
    assert card_of_library(built("bad.so", 999)) is None


def test_that_the_kernels_note_is_read(tmp_path):
    note = tmp_path / "version"
    assert noted_version(note) == ""
    note.write_text("")
    assert noted_version(note) == ""
    note.write_text(
        "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  580.126.09  Release Build\n"
        "GCC version:  gcc version 12.2.0\n"
    )
    assert noted_version(note) == "580.126.09"


def test_that_a_program_of_the_system_gets_no_library_of_a_bundle(monkeypatch):
    bundled = {"PATH": "/bin", "LD_LIBRARY_PATH": "/opt/da3studio"}
    assert outside_environment(bundled) == bundled
    assert outside_environment({**bundled, "LD_LIBRARY_PATH_ORIG": "/mine"}) == {
        "PATH": "/bin",
        "LD_LIBRARY_PATH": "/mine",
    }
    monkeypatch.setattr("sys.frozen", True, raising=False)
    assert outside_environment(bundled) == {"PATH": "/bin"}
    assert os.environ.get("PATH")  # ours is as it was
