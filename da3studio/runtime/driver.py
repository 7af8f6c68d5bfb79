"""The NVIDIA card of this computer and its driver, found without loading anything heavy."""

from __future__ import annotations

import ctypes
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from da3studio.base.paths import is_frozen

_ASKING_S = 5.0  # nvidia-smi can hang on a broken driver
_MIB = 2**20
_NOTE = Path("/proc/driver/nvidia/version")
_VERSION = re.compile(r"\d{2,4}(\.\d{1,4}){1,3}")
_ENTRIES = "name,memory.total,driver_version,compute_cap"
_NAME_BYTES = 96  # of NVML's longest name


@dataclass(frozen=True)
class Card:
    """A graphics card that can compute with CUDA, as far as its driver says."""

    name: str  # "NVIDIA GeForce RTX 3060"
    memory_bytes: int
    driver: str  # "580.65.06"
    capability: str  # of its processors: "8.6"


@cache
def find_card() -> Card | None:
    """The first card, `None` if there is none or its driver does not answer.

    Asked once per process: a card or a driver that comes later counts from the next start on.
    """
    if sys.platform == "darwin":
        return None
    return card_of_program(shutil.which("nvidia-smi")) or card_of_library(_nvml_name())


def driver_version() -> str:
    """Version of the driver that runs, "" for none; takes no time where the system notes it."""
    noted = noted_version(_NOTE)
    if noted:
        return noted
    card = find_card()
    return card.driver if card else ""


def noted_version(note: Path) -> str:
    """The version in the kernel module's own note, "" if there is none."""
    try:
        first = note.read_text("utf-8", errors="replace").splitlines()[0]
    except (OSError, IndexError):
        return ""
    found = _VERSION.search(first)
    return found[0] if found else ""


def card_of_program(program: str | None) -> Card | None:
    """What nvidia-smi says.

    Args:
        program: its path, `None` = it is not there.
    """
    if program is None:
        return None
    try:
        asked = subprocess.run(
            [program, f"--query-gpu={_ENTRIES}", "--format=csv,noheader,nounits"],
            capture_output=True,
            text=True,
            timeout=_ASKING_S,
            check=True,
            env=outside_environment(os.environ),
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
        name, megabytes, driver, capability = asked.stdout.splitlines()[0].rsplit(",", 3)
        return Card(name.strip(), int(megabytes) * _MIB, driver.strip(), capability.strip())
    except (OSError, subprocess.SubprocessError, ValueError, IndexError):
        return None


def outside_environment(ours: Mapping[str, str]) -> dict[str, str]:
    """The variables for a program of the system: without a bundle's folder of libraries."""
    theirs = dict(ours)
    before = theirs.pop("LD_LIBRARY_PATH_ORIG", None)  # where PyInstaller keeps what was set
    if before is not None:
        theirs["LD_LIBRARY_PATH"] = before
    elif is_frozen():
        theirs.pop("LD_LIBRARY_PATH", None)
    return theirs


def _nvml_name() -> str:
    if sys.platform == "win32":
        system = Path(os.environ.get("SYSTEMROOT", "C:/Windows")) / "System32"
        return str(system / "nvml.dll")
    return "libnvidia-ml.so.1"


class _Memory(ctypes.Structure):
    """NVML's nvmlMemory_t."""

    _fields_ = (
        ("total", ctypes.c_ulonglong),
        ("free", ctypes.c_ulonglong),
        ("used", ctypes.c_ulonglong),
    )


def card_of_library(name: str) -> Card | None:
    """What the driver's own library NVML says; nvidia-smi is missing on some systems.

    Args:
        name: of the library.
    """
    try:
        nvml = ctypes.CDLL(name)
        if nvml.nvmlInit_v2() != 0:
            return None
        try:
            return _first_of(nvml)
        finally:
            nvml.nvmlShutdown()
    except (OSError, AttributeError):  # it is not there, or another thing of that name
        return None


def _first_of(nvml: ctypes.CDLL) -> Card | None:
    card, memory = ctypes.c_void_p(), _Memory()
    major, minor = ctypes.c_int(), ctypes.c_int()
    label = ctypes.create_string_buffer(_NAME_BYTES)
    driver = ctypes.create_string_buffer(_NAME_BYTES)
    failed = (
        nvml.nvmlDeviceGetHandleByIndex_v2(0, ctypes.byref(card))
        or nvml.nvmlDeviceGetName(card, label, _NAME_BYTES)
        or nvml.nvmlDeviceGetMemoryInfo(card, ctypes.byref(memory))
        or nvml.nvmlSystemGetDriverVersion(driver, _NAME_BYTES)
        or nvml.nvmlDeviceGetCudaComputeCapability(card, ctypes.byref(major), ctypes.byref(minor))
    )
    if failed:
        return None
    return Card(
        label.value.decode(errors="replace"),
        memory.total,
        driver.value.decode(errors="replace"),
        f"{major.value}.{minor.value}",
    )
