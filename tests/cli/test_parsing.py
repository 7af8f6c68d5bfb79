from __future__ import annotations

from pathlib import Path

import pytest

from da3studio.cli.flags import flags_of
from da3studio.cli.parsing import build_parser
from da3studio.exporters import EXPORTERS
from da3studio.recipes.recipe import Recipe

COMMANDS = ("reconstruct", "add", "info", "export", "depth", "doctor", "sample")


def help_of(words: list[str], capsys) -> str:
    with pytest.raises(SystemExit) as end:
        build_parser().parse_args(words)
    assert end.value.code == 0
    return capsys.readouterr().out


def test_that_nothing_typed_is_no_command():
    assert build_parser().parse_args([]).command is None


@pytest.mark.parametrize("command", COMMANDS)
def test_that_every_command_has_help_json_and_quiet(command, capsys):
    said = help_of([command, "--help"], capsys)
    assert "--json" in said
    assert "--quiet" in said


@pytest.mark.parametrize("command", ["reconstruct", "export"])
def test_that_the_help_of_the_output_names_every_format(command, capsys):
    said = help_of([command, "--help"], capsys)
    assert [e.suffix for e in EXPORTERS if e.suffix not in said] == []


def test_that_the_short_help_fits_a_screen_and_help_all_shows_every_setting(capsys):
    short = help_of(["reconstruct", "--help"], capsys)
    everything = help_of(["reconstruct", "--help-all"], capsys)
    options = [flag.option for flag in flags_of(Recipe())]

    assert len(short.splitlines()) <= 50
    assert {option for option in options if option in short} == {
        "--engine", "--mesh-faces", "--texture-max-size", "--depth-device",
    }  # fmt: skip
    assert [option for option in options if option not in everything] == []


def test_that_photos_and_output_are_paths():
    args = build_parser().parse_args(["reconstruct", "a.jpg", "folder", "-o", "scan.glb"])
    assert args.photos == [Path("a.jpg"), Path("folder")]
    assert args.output == Path("scan.glb")
    assert args.project is None
    assert args.preset == "normal"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["reconstruct", "photos"], "-o/--output"),
        (["reconstruct", "-o", "scan.glb"], "PHOTOS"),
        (["reconstruct", "a", "-o", "b.glb", "--frames", "0"], "not a whole number above 0"),
        (["reconstruct", "a", "-o", "b.glb", "--pre", "draft"], "--pre"),  # no abbreviations
        (["reconstruct", "a", "-o", "b.glb", "--preset", "best"], "invalid choice: 'best'"),
        (["conjure"], "invalid choice: 'conjure'"),
    ],
)
def test_that_a_wrong_command_line_is_refused_with_code_2(words, said, capsys):
    with pytest.raises(SystemExit) as end:
        build_parser().parse_args(words)
    assert end.value.code == 2
    assert said in capsys.readouterr().err
