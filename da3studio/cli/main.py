"""From the command line to an exit code; the boundary where every error becomes words."""

from __future__ import annotations

import argparse
import os
import sys
import traceback
from collections.abc import Sequence
from contextlib import closing

from da3studio.base.cancel import JobCancelled
from da3studio.base.errors import EXIT_BUG, EXIT_CANCELLED, UserFacingError
from da3studio.cli.output import Output, make_streams_safe
from da3studio.cli.parsing import build_parser
from da3studio.cli.screen import has_screen, require_screen
from da3studio.cli.stopping import Stopping

_EXIT_BROKEN_PIPE = 141  # 128 + SIGPIPE, what a shell reports for `yes | head`


def main(argv: Sequence[str]) -> int:
    """Run one command.

    Returns:
        The exit code, see docs/cli.md.

    Raises:
        SystemExit: 2, the command line cannot be understood; 0, help was asked for.
    """
    make_streams_safe()
    parser = build_parser()
    args = parser.parse_args(argv)
    if args.command is None:
        if not has_screen():
            parser.print_help()
            return 0
        args = parser.parse_args(["app"])
    output = Output(as_json=args.json, quiet=args.quiet)
    try:
        if args.command == "app":  # the window has its own ways to stop and to tell of errors
            require_screen()
            return _window(args)
        return _command(args, output)
    except UserFacingError as error:
        output.error(error)
        return error.exit_code
    except (JobCancelled, KeyboardInterrupt):
        output.stopped(EXIT_CANCELLED)
        return EXIT_CANCELLED
    except BrokenPipeError:
        # Python flushes at exit and would complain once more.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _EXIT_BROKEN_PIPE
    except Exception as error:  # noqa: BLE001 - the boundary: a bug becomes a sentence and a log
        output.bug("".join(traceback.format_exception(error)), f"da3studio {args.command}")
        return EXIT_BUG


def _window(args: argparse.Namespace) -> int:
    from da3studio.app.main import run

    return run([path.absolute() for path in args.paths])


def _command(args: argparse.Namespace, output: Output) -> int:
    """Run a command; where it or its worker dies in native code, that is kept and told."""
    from da3studio.base.crash import CrashWatch, gather

    for report in gather("command"):
        output.crashed(report.path)
    try:
        with (
            closing(CrashWatch("command", f"da3studio {args.command}")),
            Stopping(lambda: output.stopped(EXIT_CANCELLED)) as stopping,
        ):
            return _run(args, output, stopping)
    finally:
        for report in gather("worker"):
            output.crashed(report.path)


def _run(args: argparse.Namespace, output: Output, stopping: Stopping) -> int:
    """Import the command's module only now, so that `--help` waits for no library."""
    token = stopping.token
    match args.command:
        case "reconstruct":
            from da3studio.cli import reconstruct

            return reconstruct.run(args, output, token)
        case "add":
            from da3studio.cli import add

            return add.run(args, output, token)
        case "info":
            from da3studio.cli import info

            return info.run(args, output)
        case "export":
            from da3studio.cli import export

            return export.run(args, output, token)
        case "depth":
            from da3studio.cli import depth

            return depth.run(args, output, token)
        case "models":
            from da3studio.cli import models

            return models.run(args, output, token)
        case "gpu":
            from da3studio.cli import gpu

            return gpu.run(args, output, token)
        case "doctor":
            from da3studio.cli import doctor

            return doctor.run(args, output)
        case "sample":
            from da3studio.cli import sample

            return sample.run(args, output, token)
        case "bench":
            from da3studio.cli import bench

            return bench.run(args, output, token)
        case "train":
            from da3studio.cli import train

            return train.run(args, output, token)
    raise ValueError(f"no module for the command {args.command}")
