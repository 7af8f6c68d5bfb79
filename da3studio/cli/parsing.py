"""The grammar of the command line. Knows recipes, but no library that takes time to load."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import get_args

import da3studio
from da3studio.base.i18n import tr
from da3studio.base.params import params_of
from da3studio.base.paths import is_frozen
from da3studio.cli.bench_parsing import add_bench
from da3studio.cli.flags import add_flags, flags_of
from da3studio.cli.grammar import Commands, command, positive, preset
from da3studio.cli.train_parsing import add_train
from da3studio.recipes.depth import DepthRecipe
from da3studio.recipes.export import DepthFormat, ExportRecipe
from da3studio.recipes.recipe import Recipe

EVERYDAY = ("mesh.faces", "texture.max_size", "depth.device")
DEFAULT_FRAMES = 60
SAMPLE_FOLDER = "da3studio-sample"

_EXAMPLES = """\
examples:
  da3studio sample
  da3studio reconstruct photos/ -o scan.glb
  da3studio reconstruct walk.mp4 --frames 80 -o scan.obj --preset fine
  da3studio info scan.da3
"""


class _HelpAll(argparse.Action):
    """`--help-all`: the help with the options that the short one leaves out."""

    def __init__(
        self,
        option_strings: Sequence[str],
        dest: str,
        hidden: dict[argparse.Action, str],
        help: str,
    ) -> None:
        super().__init__(option_strings, dest, nargs=0, default=argparse.SUPPRESS, help=help)
        self._hidden = hidden

    def __call__(self, parser: argparse.ArgumentParser, *_: object, **__: object) -> None:
        for action, text in self._hidden.items():
            action.help = text
        parser.print_help()
        parser.exit()


def build_parser() -> argparse.ArgumentParser:
    """The parser of all commands; `command` is None where none was given."""
    parser = argparse.ArgumentParser(
        prog="da3studio",
        description=tr("Photos or video to a clean, measured, textured 3D model."),
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {da3studio.__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title=tr("commands"))
    _app(commands)
    _reconstruct(commands)
    _add(commands)
    _info(commands)
    _export(commands)
    _depth(commands)
    _models(commands)
    _gpu(commands)
    _doctor(commands)
    _sample(commands)
    if not is_frozen():  # how the program is developed is left out of what is installed
        add_bench(commands)
        add_train(commands)
    return parser


def _app(commands: Commands) -> None:
    parser = command(commands, "app", tr("open the window (also without any command)"))
    parser.add_argument(
        "paths",
        nargs="*",
        type=Path,
        metavar="PATH",
        help=tr("a project to open, or photos, folders and videos to start a new one with"),
    )


def _reconstruct(commands: Commands) -> None:
    parser = command(
        commands, "reconstruct", tr("make a 3D model from photos or a video, in one go")
    )
    _photos(parser)
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        required=True,
        metavar="FILE",
        help=tr("the model to write; as .glb, .obj, .ply, .gaussians.ply or .colmap"),
    )
    parser.add_argument(
        "--project",
        type=Path,
        metavar="FOLDER",
        help=tr("where the work is kept [default: beside the output, as FILE.da3]"),
    )
    preset(parser)
    _recipe(parser, hidden=_engine(parser))


def _engine(parser: argparse.ArgumentParser) -> dict[argparse.Action, str]:
    """What finds cameras and depth; returns the options that only `--help-all` shows."""
    group = parser.add_argument_group(tr("engine"))
    engines = ("auto", *params_of(DepthRecipe)["engine"].choices)
    group.add_argument(
        "--engine",
        choices=engines,
        default="auto",
        help=tr("what finds cameras and depth [default: auto]"),
    )
    group.add_argument(
        "--cameras",
        type=Path,
        metavar="PATH",
        help=tr("known cameras: a COLMAP model's folder or a transforms.json"),
    )
    rare = {}
    for option, text in (
        ("--checkpoint", tr("the installed network, see `models` [default: the largest]")),
        ("--metric-checkpoint", tr("the network that knows metres, or none [default: any]")),
    ):
        rare[group.add_argument(option, default="auto", metavar="ID", help=argparse.SUPPRESS)] = (
            text
        )
    return rare


def _photos(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "photos",
        nargs="+",
        type=Path,
        metavar="PHOTOS",
        help=tr("photos, folders with photos, or videos"),
    )
    parser.add_argument(
        "--frames",
        type=positive,
        default=DEFAULT_FRAMES,
        metavar="N",
        help=tr("frames to take from a video [default: {n}]").format(n=DEFAULT_FRAMES),
    )


def _recipe(parser: argparse.ArgumentParser, hidden: dict[argparse.Action, str]) -> None:
    """The recipe's flags; those that few people need only show in `--help-all`, as `hidden` do."""
    flags = tuple(flag for flag in flags_of(Recipe()) if not flag.info.option)
    titles = {
        "depth": tr("cameras and depth"),
        "fuse": tr("point cloud"),
        "mesh": tr("surface"),
        "texture": tr("texture"),
        "gaussians": tr("Gaussians"),
    }
    groups = {
        section: parser.add_argument_group(titles[section])
        for section in dict.fromkeys(flag.section for flag in flags)
    }
    for flag in flags:
        (action,) = add_flags(groups[flag.section], [flag])
        if flag.path not in EVERYDAY:
            hidden[action] = flag.help
            action.help = argparse.SUPPRESS
    parser.add_argument(
        "--help-all",
        action=_HelpAll,
        hidden=hidden,
        help=tr("show this help with all settings and exit"),
    )


def _add(commands: Commands) -> None:
    parser = command(commands, "add", tr("add photos or a video to a project"))
    _project(parser)
    _photos(parser)


def _info(commands: Commands) -> None:
    parser = command(commands, "info", tr("show what a project holds and what is still to do"))
    _project(parser)


def _export(commands: Commands) -> None:
    parser = command(
        commands, "export", tr("write a project's model to a file, finishing it first if needed")
    )
    _project(parser)
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        required=True,
        metavar="FILE",
        help=tr(
            "the file to write; its suffix is the format: .glb, .obj, .ply, .gaussians.ply, .colmap"
        ),
    )
    add_flags(parser.add_argument_group(tr("file")), tuple(flags_of(ExportRecipe())))


def _depth(commands: Commands) -> None:
    parser = command(
        commands, "depth", tr("write a project's depth maps and cameras, one file a photo")
    )
    _project(parser)
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        required=True,
        metavar="FOLDER",
        help=tr("the folder to make; one that an earlier depth command made is replaced"),
    )
    parser.add_argument(
        "--format",
        choices=get_args(DepthFormat),
        default="png",
        help=tr(
            "png: 16 bit in steps; tiff: 32 bit float; npz: depth, confidence and sky for NumPy"
            " [default: png]"
        ),
    )


def _models(commands: Commands) -> None:
    parser = command(
        commands, "models", tr("list, download, add, check and remove network weights")
    )
    actions = parser.add_subparsers(dest="action", metavar="ACTION", title=tr("actions"))

    def action(name: str, text: str) -> argparse.ArgumentParser:
        return command(actions, name, text, unsaid=argparse.SUPPRESS)

    action("list", tr("show what there is and what is installed; the same as no action"))
    download = action("download", tr("fetch models from the hub; goes on where it was stopped"))
    download.add_argument(
        "models",
        nargs="*",
        metavar="ID",
        help=tr("which [default: da3-base and da3metric-large, both free for any use]"),
    )
    add = action("add", tr("use a file or folder of weights that is on this computer"))
    add.add_argument(
        "path",
        type=Path,
        metavar="FILE_OR_FOLDER",
        help=tr("a .safetensors file, a folder with one, or a model's folder in the hub's cache"),
    )
    for one in (download, add):
        one.add_argument(
            "--accept-licence",
            action="store_true",
            help=tr("accept the licence of models that are not free for commercial use"),
        )
    verify = action("verify", tr("read installed models and compare them with their sha256"))
    verify.add_argument("model", nargs="?", metavar="ID", help=tr("which [default: all]"))
    remove = action("remove", tr("remove a model, or the part of it that was fetched"))
    remove.add_argument("model", metavar="ID", help=tr("which"))


def _gpu(commands: Commands) -> None:
    parser = command(commands, "gpu", tr("use the graphics card: show, install, check, remove"))
    actions = parser.add_subparsers(dest="action", metavar="ACTION", title=tr("actions"))

    def action(name: str, text: str) -> argparse.ArgumentParser:
        return command(actions, name, text, unsaid=argparse.SUPPRESS)

    action("status", tr("show the card and whether it is used; the same as no action"))
    install = action("install", tr("fetch what the card needs; goes on where it was stopped"))
    install.add_argument("--yes", action="store_true", help=tr("download it without asking"))
    install.add_argument(
        "--from",
        dest="mirror",
        default="",
        metavar="URL",
        help=tr("the folder of a mirror that holds the files [default: where PyTorch offers them]"),
    )
    action("check", tr("compute on the card once more and compare with the processor"))
    action("remove", tr("remove what was installed or fetched; the processor is used"))
    probe = actions.add_parser("probe")  # what another process of the program does, see runtime
    probe.add_argument("tree", type=Path)
    probe.add_argument("note", type=Path)


def _doctor(commands: Commands) -> None:
    parser = command(
        commands, "doctor", tr("check this computer, or every result and photo of a project")
    )
    parser.add_argument(
        "project", nargs="?", type=Path, metavar="PROJECT.da3", help=tr("a project to check")
    )
    parser.add_argument(
        "--collect",
        action="store_true",
        help=tr("remove results that the project no longer uses"),
    )
    parser.add_argument(
        "--report",
        type=Path,
        metavar="FILE.zip",
        help=tr("only write what helps to find a fault, without photos, names and places"),
    )


def _sample(commands: Commands) -> None:
    parser = command(
        commands, "sample", tr("render sample photos and reconstruct them, to see it work")
    )
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        default=Path(SAMPLE_FOLDER),
        metavar="FOLDER",
        help=tr("where to put photos, project and model [default: {folder}]").format(
            folder=SAMPLE_FOLDER
        ),
    )
    preset(parser)


def _project(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("project", type=Path, metavar="PROJECT.da3", help=tr("the project folder"))
