"""What this computer computes with, in one line; found without loading anything heavy."""

from __future__ import annotations

import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

from da3studio.base.i18n import tr

_ASKING_S = 5.0


@cache
def graphics_card() -> str:
    """Name and memory of the first graphics card that can compute here, "" = there is none."""
    if sys.platform == "darwin":
        return ""
    if sys.platform == "linux" and not Path("/proc/driver/nvidia").is_dir():
        return ""
    program = shutil.which("nvidia-smi")
    if program is None:
        return ""
    try:
        asked = subprocess.run(
            [program, "--query-gpu=name,memory.total", "--format=csv,noheader,nounits"],
            capture_output=True,
            text=True,
            timeout=_ASKING_S,
            check=True,
        )
        name, megabytes = asked.stdout.splitlines()[0].rsplit(",", 1)
        return tr("{name}, {n} GB").format(name=name.strip(), n=round(int(megabytes) / 1024))
    except (OSError, subprocess.SubprocessError, ValueError, IndexError):
        return ""


def hardware_text() -> str:
    """One line for the start page."""
    card = graphics_card()
    if card:
        return tr("Graphics card: {name}.").format(name=card)
    return tr("No supported graphics card: the processor is used, which takes longer.")
