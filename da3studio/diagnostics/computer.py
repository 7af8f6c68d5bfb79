"""Facts about this computer and this program; nothing heavy is loaded to find them."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import psutil

import da3studio
from da3studio.base.paths import is_frozen
from da3studio.runtime.driver import driver_version, find_card

_PACKAGES = (
    "numpy", "scipy", "torch", "opencv-python-headless", "open3d", "open3d-cpu", "pycolmap",
    "pillow", "pi-heif", "safetensors", "psutil", "huggingface_hub", "PySide6-Essentials", "vispy",
)  # fmt: skip


def computer_facts(disk: Path) -> dict[str, Any]:
    """Program, Python, system, processor, memory; as plain values.

    Args:
        disk: the free space is that of its disk.
    """
    memory = psutil.virtual_memory()
    return {
        "da3studio": da3studio.__version__,
        "python": platform.python_version(),
        "system": platform.platform(),
        "processor": platform.machine(),
        "cores": os.cpu_count(),
        "memory_bytes": memory.total,
        "memory_free_bytes": memory.available,
        "disk_free_bytes": shutil.disk_usage(disk).free,
    }


def program_facts() -> dict[str, Any]:
    """More of that which only who looks for a fault wants: how it is installed, and with what."""
    card = find_card()
    return {
        "frozen": is_frozen(),
        "processor_name": processor_name(),
        "nvidia": {"driver": driver_version(), "card": asdict(card) if card else None},
        "packages": _package_versions(),
    }


def _package_versions() -> dict[str, str]:
    found = {}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:  # of several builds of a library one is there
            continue
    return found


def processor_name() -> str:
    """What its maker calls the processor."""
    if sys.platform == "linux":
        for line in Path("/proc/cpuinfo").read_text("utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
