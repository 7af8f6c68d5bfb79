"""The grammar of `da3studio train`."""

from __future__ import annotations

import argparse
from pathlib import Path

from da3studio.base.i18n import tr
from da3studio.cli.grammar import Commands, command


def add_train(commands: Commands) -> None:
    """Add the command to those there are."""
    parser = command(commands, "train", tr("train a network from nothing on made scenes"))
    parser.add_argument("recipe", type=Path, metavar="RECIPE", help=tr("the recipe: a .toml file"))
    parser.add_argument(
        "--out",
        type=Path,
        default=Path("da3studio-training"),
        metavar="FOLDER",
        help=tr("where log, state and checkpoint are written [default: da3studio-training]"),
    )
    parser.add_argument(
        "--minutes",
        type=_minutes,
        metavar="N",
        help=tr("stop and save after so long; 0 only writes [default: when the run is done]"),
    )
    begins = parser.add_mutually_exclusive_group()
    begins.add_argument(
        "--resume",
        type=Path,
        metavar="FOLDER",
        help=tr("go on from the state that an earlier piece saved"),
    )
    begins.add_argument(
        "--weights",
        type=Path,
        metavar="FILE",
        help=tr("begin a new run with the weights of this checkpoint, not with random ones"),
    )
    parser.add_argument(
        "--compact",
        action="store_true",
        help=tr("save a fifth: weights in half precision, and no memory of the optimiser"),
    )
    parser.add_argument(
        "--no-checkpoint",
        dest="whole",
        action="store_false",
        help=tr("do not write the finished network as one file"),
    )
    parser.add_argument(
        "--device",
        choices=("auto", "cpu", "cuda"),
        default="auto",
        help=tr("where to compute [default: auto]"),
    )


def _minutes(text: str) -> float:
    try:
        minutes = float(text)
    except ValueError:
        minutes = -1.0
    if not 0 <= minutes < float("inf"):
        raise argparse.ArgumentTypeError(tr("{text!r} is no number of minutes").format(text=text))
    return minutes
