"""What the options of several commands have in common."""

from __future__ import annotations

import argparse
from typing import TypeAlias

from da3studio.base.i18n import tr
from da3studio.recipes.recipe import PRESETS

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def command(
    commands: Commands,
    name: str,
    text: str,
    *,
    unsaid: bool | str = False,
) -> argparse.ArgumentParser:
    """One command with what all of them understand.

    Args:
        commands: where it belongs.
        name: what is typed.
        text: what it does.
        unsaid: the value of a switch that is not given; `SUPPRESS` inside a command that has the
            same switches, or those given to the command would be forgotten.
    """
    parser = commands.add_parser(name, help=text, description=text, allow_abbrev=False)
    said = parser.add_argument_group(tr("what is said"))
    said.add_argument(
        "--json",
        action="store_true",
        default=unsaid,
        help=tr("one JSON object per line on standard output, for programs"),
    )
    said.add_argument(
        "-q", "--quiet", action="store_true", default=unsaid, help=tr("say nothing but errors")
    )
    return parser


def preset(parser: argparse.ArgumentParser) -> None:
    """`--preset`."""
    parser.add_argument(
        "--preset",
        choices=tuple(PRESETS),
        default="normal",
        help=tr("settings to start from: draft is quick, fine is slow [default: normal]"),
    )


def names(text: str) -> tuple[str, ...]:
    """`A,B` as an option's value."""
    return tuple(name.strip() for name in text.split(",") if name.strip())


def positive(text: str) -> int:
    """A whole number above 0 as an option's value."""
    number = int(text) if text.isascii() and text.isdigit() else 0
    if number < 1:
        raise argparse.ArgumentTypeError(
            tr("{text!r} is not a whole number above 0").format(text=text)
        )
    return number
