r"""From a checkout to what people install, in one command.

    python3 packaging/build.py linux                  dist/: .deb, .tar.zst, SBOM, checksums
    py -3 packaging\build.py windows                  dist\: installer, .zip, SBOM, checksums
    python3 packaging/build.py linux --only bundle    only the folder dist/da3studio

A bundle holds the Python and the libraries of the machine it is made on, so each system builds
its own, and a Linux bundle runs where the C library is at least as new as here.

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
        needed = ".".join(map(str, MINIMUM_PYTHON))
        return f"Building DA3 Studio needs Python {needed} or newer: start this with it."

    from building.commands import main as command_line

    return command_line(sys.argv[1:], checkout=Path(__file__).resolve().parent.parent)


if __name__ == "__main__":
    sys.exit(main())
