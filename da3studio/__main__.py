"""`python -m da3studio` and the `da3studio` command."""

from __future__ import annotations

import multiprocessing
import sys


def main() -> int:
    """Run the command line.

    Returns:
        The process exit code, see docs/cli.md.
    """
    multiprocessing.freeze_support()  # a frozen program starts its worker through this file
    try:
        from da3studio.cli.main import main as command_line

        return command_line(sys.argv[1:])
    except KeyboardInterrupt:  # in the moments before and after the command's own handling
        return 130


if __name__ == "__main__":
    sys.exit(main())
