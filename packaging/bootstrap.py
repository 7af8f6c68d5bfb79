"""From a fresh checkout to the running program or the whole local check, in one command.

    python3 packaging/bootstrap.py run                 the program (the sample, without a screen)
    python3 packaging/bootstrap.py run -- ARGUMENTS    the program's own command line
    python3 packaging/bootstrap.py test [-- ARGUMENTS] linters, types, layers, then pytest
    python3 packaging/bootstrap.py setup               only what the other two do first

On Windows write `py -3` instead of `python3`. The set-up lives in `.venv` beside this folder and
is made, finished or repaired as needed; when nothing is to be done it costs well under 0.3 s.

Which PyTorch is installed is pip's decision, unless `--torch-index URL` names another package
index for it. A CUDA build without an NVIDIA driver works but is gigabytes of unused libraries,
and it cannot be loaded without them: so it is neither refused nor trimmed. One line says so before
the download begins, together with how to get the small build instead; the opposite case (an
NVIDIA driver, but a build for the processor) is told in the same way.

This file is all that an older Python has to understand, so that it can say what is missing.
"""

from __future__ import annotations

import sys
from pathlib import Path

MINIMUM_PYTHON = (3, 11)


def main() -> int | str:
    """Check the Python that runs this, then hand over to the package beside this file.

    Returns:
        The exit code, or the sentence to leave with.
    """
    if sys.version_info[:2] < MINIMUM_PYTHON:
        needed, here = (
            f"{major}.{minor}" for major, minor in (MINIMUM_PYTHON, sys.version_info[:2])
        )
        return (
            f"DA3 Studio needs Python {needed} or newer, and this is Python {here}: "
            "install a newer one and start this again with it."
        )

    from bootstrapping.commands import main as command_line

    return command_line(sys.argv[1:], checkout=Path(__file__).resolve().parent.parent)


if __name__ == "__main__":
    sys.exit(main())
