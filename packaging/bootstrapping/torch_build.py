"""Which build of PyTorch: said before it is downloaded when it does not suit the machine."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TORCH = "torch==2.13.0"  # the version everything is tested with
ASKING_S = 20  # nvidia-smi takes seconds on a cold driver and can hang on a broken one

HOW_TO_CHOOSE = (
    'The address for --torch-index is in PyTorch\'s "Start Locally" page, after "--index-url".'
)


@dataclass(frozen=True)
class Found:
    """What pip would install for `TORCH`."""

    version: str  # "2.13.0+cpu"; empty when it is installed already
    cuda: bool


def read_report(path: Path) -> Found:
    """Read what `pip install --dry-run --report` found."""
    report: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    packages = {item["metadata"]["name"].lower(): item for item in report["install"]}
    version = packages["torch"]["metadata"]["version"] if "torch" in packages else ""
    # On Linux a CUDA build asks for nvidia-… packages, on Windows it holds them itself.
    cuda = "+cu" in version or any(name.startswith("nvidia-") for name in packages)
    return Found(version, cuda)


def remark(found: Found, *, driver: bool) -> str:
    """The line to say before the download, or nothing when the build suits the machine."""
    if not found.version or found.cuda == driver or "+rocm" in found.version:
        return ""
    if found.cuda:
        return (
            "This machine has no NVIDIA driver, yet pip finds the CUDA build of PyTorch, about "
            "3 GB. It works. For the small build press Ctrl+C and run: setup --torch-index URL. "
            + HOW_TO_CHOOSE
        )
    return (
        "This machine has an NVIDIA driver, but pip finds the PyTorch that computes on the "
        "processor. To use the graphics card run: setup --torch-index URL. " + HOW_TO_CHOOSE
    )


def install_arguments(index: str) -> list[str]:
    """What pip is asked for PyTorch, from another index if one is named."""
    return ["install", *(["--index-url", index] if index else []), TORCH]


def has_nvidia_driver() -> bool:
    """Whether an NVIDIA driver is loaded on this machine."""
    if Path("/proc/driver/nvidia/version").exists():
        return True
    if os.name == "nt":
        return (Path(os.environ.get("SYSTEMROOT", "C:/Windows")) / "System32/nvcuda.dll").exists()
    return shutil.which("nvidia-smi") is not None and _answers(["nvidia-smi", "-L"])


def _answers(command: Sequence[str]) -> bool:
    try:
        return subprocess.run(command, capture_output=True, timeout=ASKING_S).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False
