"""The grammar of `da3studio bench`."""

from __future__ import annotations

import argparse
from pathlib import Path

from da3studio.base.i18n import tr
from da3studio.base.params import params_of
from da3studio.cli.grammar import Commands, command, names, positive, preset
from da3studio.recipes.depth import DepthRecipe

_WORK_FOLDER = Path("build/bench")
_RESULTS_FOLDER = Path("docs/results")
_SIZES_PX = (56, 2016)  # that networks and SIFT may be compared in


def add_bench(commands: Commands) -> None:
    """The command `bench` with its subjects."""
    text = tr("measure the program and write a page about it, for its developers")
    parser = commands.add_parser("bench", help=text, description=text, allow_abbrev=False)
    subjects = parser.add_subparsers(
        dest="subject", metavar="SUBJECT", title=tr("subjects"), required=True
    )
    photos = command(subjects, "photos", tr("real photo sets against their reference"))
    _sets(photos)
    photos.add_argument(
        "--engine",
        choices=params_of(DepthRecipe)["engine"].choices,
        default="classical",
        help=tr("what finds cameras and depth [default: classical]"),
    )
    _measurement(photos, "classical.md")
    sample = command(subjects, "sample", tr("the built-in sample against its known truth"))
    _measurement(sample, "sample.md")
    speed = command(subjects, "speed", tr("time and memory of every stage"))
    speed.add_argument(
        "--photos",
        type=Path,
        metavar="FOLDER",
        help=tr("photos to take [default: 16 of the sample, 1600 x 1200 px]"),
    )
    speed.add_argument(
        "--repeat",
        type=positive,
        default=1,
        metavar="N",
        help=tr("runs, of which the medians are told [default: 1]"),
    )
    _measurement(speed, "speed.md")
    windows = command(subjects, "windows", tr("long captures against a synthetic walk"))
    _page(windows, "windows.md")
    _parity(subjects)
    network = command(subjects, "network", tr("time and memory of the network on a card"))
    network.add_argument(
        "--networks",
        type=names,
        default=("da3-base", "da3-large", "da3-giant"),
        metavar="A,B",
        help=tr("which [default: da3-base,da3-large,da3-giant]"),
    )
    network.add_argument(
        "--views",
        type=_numbers,
        default=(8, 32, 100, 200),
        metavar="N,M",
        help=tr("photos in a pass [default: 8,32,100,200]"),
    )
    _page(network, "da3_speed.md")
    long = command(subjects, "long", tr("thousands of photos: memory, and kills in the middle"))
    long.add_argument(
        "--views",
        type=positive,
        default=2000,
        metavar="N",
        help=tr("photos of the capture [default: 2000]"),
    )
    _page(long, "long_run.md")
    points = command(subjects, "points", tr("millions of points in the window's viewport"))
    points.add_argument(
        "--points",
        type=positive,
        default=10_000_000,
        metavar="N",
        help=tr("points of the cloud [default: 10000000]"),
    )
    _page(points, "viewport.md")
    window = command(subjects, "window", tr("the window: its start, and its clock during work"))
    window.add_argument("folder", type=Path, metavar="FOLDER", help=tr("photos to reconstruct"))
    _page(window, "window.md")
    retrieval = command(subjects, "retrieval", tr("places recognised by the network, on photos"))
    _sets(retrieval)
    retrieval.add_argument("--checkpoint", required=True, metavar="ID", help=tr("the network"))
    retrieval.add_argument(
        "--network-px",
        type=positive,
        default=504,
        metavar="N",
        help=tr("longer photo side that it sees [default: 504]"),
    )
    _page(retrieval, "retrieval.md")
    _geometry(subjects)


def _sets(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "folder", type=Path, metavar="FOLDER", help=tr("photo sets with references and a scorer")
    )
    parser.add_argument(
        "--sets",
        type=names,
        default=(),
        metavar="A,B",
        help=tr("only these sets [default: all of the folder]"),
    )


def _parity(subjects: Commands) -> None:
    parity = command(subjects, "parity", tr("the network against stored cases of the reference"))
    parity.add_argument(
        "folder", type=Path, metavar="FOLDER", help=tr("files net_*.npz, e2e_*.npz and fn_*.npz")
    )
    parity.add_argument(
        "--only",
        type=names,
        default=(),
        metavar="A,B",
        help=tr("only these: net, e2e, fn, a network such as small, or a file's name"),
    )
    parity.add_argument(
        "--device",
        choices=("cpu", "cuda", "mps"),
        default="cpu",
        help=tr("where to compute [default: cpu]"),
    )
    parity.add_argument(
        "--exact-only",
        action="store_true",
        help=tr("do not compute the same in fewer bits as well"),
    )
    _page(parity, "da3_parity.md")


def _geometry(subjects: Commands) -> None:
    geometry = command(
        subjects, "geometry", tr("cameras, depth and surfaces of engines, side by side")
    )
    geometry.add_argument(
        "sources",
        nargs="+",
        metavar="SOURCE",
        help=tr("photo sets with references and a scorer, a folder of DA3-BENCH, or: synthetic"),
    )
    geometry.add_argument(
        "--engines",
        type=names,
        default=("da3", "classical"),
        metavar="A,B",
        help=tr("who is asked, as --engine of reconstruct [default: da3,classical]"),
    )
    geometry.add_argument(
        "--checkpoint",
        default="da3-mini",
        metavar="ID",
        help=tr("the network of the engines that have one [default: da3-mini]"),
    )
    geometry.add_argument(
        "--views",
        type=_sizes,
        default=(2, 4, 8),
        metavar="N,M",
        help=tr("photos at once, 2 or more [default: 2,4,8]"),
    )
    geometry.add_argument(
        "--size",
        type=_network_px,
        metavar="PX",
        help=tr("longer photo side that networks and SIFT see [default: the network's own]"),
    )
    geometry.add_argument(
        "--reference",
        choices=params_of(DepthRecipe)["reference_view"].choices,
        default=DepthRecipe().reference_view,
        help=tr("the photo that a network's world starts from [default: as in other commands]"),
    )
    geometry.add_argument(
        "--sets",
        type=names,
        default=(),
        metavar="A,B",
        help=tr("only these photo sets [default: all of the folder]"),
    )
    geometry.add_argument(
        "--windows",
        type=positive,
        default=3,
        metavar="N",
        help=tr("stretches of each photo set that are looked at [default: 3]"),
    )
    geometry.add_argument(
        "--scenes",
        type=positive,
        default=8,
        metavar="N",
        help=tr("made scenes of each kind of set [default: 8]"),
    )
    _page(geometry, "geometry.md")


def _page(parser: argparse.ArgumentParser, name: str) -> None:
    out = _RESULTS_FOLDER / name
    parser.add_argument(
        "--out",
        type=Path,
        default=out,
        metavar="FILE.md",
        help=tr("the page to write [default: {file}]").format(file=out.as_posix()),
    )


def _measurement(parser: argparse.ArgumentParser, page: str) -> None:
    _page(parser, page)
    parser.add_argument(
        "--work",
        type=Path,
        default=_WORK_FOLDER,
        metavar="FOLDER",
        help=tr("where the projects are kept; finished ones are not made again [default: {folder}]")
        .format(folder=_WORK_FOLDER.as_posix()),
    )  # fmt: skip
    preset(parser)


def _sizes(text: str) -> tuple[int, ...]:
    sizes = _numbers(text)
    if min(sizes) < 2:
        raise argparse.ArgumentTypeError(tr("cameras are compared from 2 photos on"))
    return sizes


def _network_px(text: str) -> int:
    px, (low, high) = positive(text), _SIZES_PX
    if not low <= px <= high:
        raise argparse.ArgumentTypeError(
            tr("{px} px is not from {low} to {high}").format(px=px, low=low, high=high)
        )
    return px


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(positive(part) for part in text.split(","))
