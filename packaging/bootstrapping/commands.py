"""The command line of `packaging/bootstrap.py`."""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bootstrapping.checks import check_all
from bootstrapping.console import SetupError, run_live
from bootstrapping.environment import Environment
from bootstrapping.make_ready import make_ready
from bootstrapping.stamp import Wish

INTERRUPTED = 130  # what a shell reports for a program that Ctrl+C ended


@dataclass(frozen=True)
class Order:
    """A command line, understood."""

    command: str  # "run", "test" or "setup"
    wish: Wish
    arguments: list[str]  # for the program or for pytest


def main(argv: Sequence[str], *, checkout: Path) -> int:
    """Do what the command line says.

    Returns:
        The exit code; on POSIX `run` does not return, the program takes this process over.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # an old code page must not end a check's report
    order = understand(argv)
    try:
        environment = make_ready(checkout, order.wish)
        if order.command == "run":
            return _start(environment, program_arguments(order.arguments, checkout))
        if order.command == "test":
            return check_all(checkout, environment, order.arguments)
    except SetupError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped. The same command goes on from here.", file=sys.stderr)
        return INTERRUPTED
    return 0


def understand(argv: Sequence[str]) -> Order:
    """Read a command line; what follows `--` is not ours.

    Raises:
        SystemExit: it cannot be understood, or help was asked for; it was printed.
    """
    ours = list(argv)
    theirs: list[str] = []
    if "--" in ours:
        cut = ours.index("--")
        ours, theirs = ours[:cut], ours[cut + 1 :]
    parser = _parser()
    asked, unknown = parser.parse_known_args(ours)
    if unknown:
        parser.error(
            f"{' '.join(unknown)} is not known here; arguments of the program go behind --, as in: "
            f"{asked.command} -- {' '.join(unknown)}"
        )
    if theirs and asked.command == "setup":
        parser.error("setup starts no program, so nothing can follow --")
    wish = Wish(
        extras=frozenset({"test"} if asked.command == "test" else ()),
        torch_index=asked.torch_index,
        fresh=asked.fresh,
    )
    return Order(asked.command, wish, theirs)


def program_arguments(arguments: list[str], checkout: Path) -> list[str]:
    """The arguments given, or what a person who gave none wants to see: the window, the sample."""
    window = (checkout / "da3studio/app/__init__.py").is_file()
    return arguments or ([] if window and has_screen(sys.platform, os.environ) else ["sample"])


def has_screen(platform: str, variables: Mapping[str, str]) -> bool:
    """Whether a window could be seen; elsewhere than on Linux that is taken for granted."""
    if platform != "linux":
        return True
    return bool(variables.get("DISPLAY") or variables.get("WAYLAND_DISPLAY"))


def _start(environment: Environment, arguments: list[str]) -> int:
    command = [str(environment.python), "-m", "da3studio", *arguments]
    if os.name != "nt":  # there the shell would take an exec for the program's end
        sys.stdout.flush()
        os.execv(command[0], command)  # noqa: S606 - one process: signals and exit code are its own
    return run_live(command)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="bootstrap.py", description="Set DA3 Studio up in this checkout, then start it."
    )
    options = argparse.ArgumentParser(add_help=False)
    options.add_argument(
        "--torch-index",
        default="",
        metavar="URL",
        help="package index to install PyTorch from, remembered; else pip's own",
    )
    options.add_argument(
        "--fresh", action="store_true", help="delete .venv and make it from scratch"
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, text in (
        ("run", "start the program; its arguments go behind --"),
        ("test", "run the whole local check; arguments for pytest go behind --"),
        ("setup", "only install what is missing"),
    ):
        commands.add_parser(name, help=text, description=text, parents=[options])
    return parser
