from __future__ import annotations

import argparse
import math

import pytest

from da3studio.base.params import params_of
from da3studio.cli.flags import add_flags, flags_of, typed
from da3studio.recipes.export import ExportRecipe
from da3studio.recipes.recipe import PRESETS, Recipe


def parser_of(recipe) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(allow_abbrev=False)
    add_flags(parser, tuple(flags_of(recipe)))
    return parser


def test_that_every_setting_of_every_recipe_has_exactly_one_flag():
    recipe = Recipe()
    settings = sum(len(params_of(part)) for part in vars(recipe).values())
    options = [flag.option for flag in flags_of(recipe)]

    assert len(options) == settings
    assert len(set(options)) == settings
    assert "--mesh-faces" in options
    assert "--content" in [flag.option for flag in flags_of(ExportRecipe())]


@pytest.mark.parametrize("recipe", [Recipe(), ExportRecipe()])
def test_that_help_states_the_default_and_the_range_of_the_recipe(recipe):
    words = " ".join(parser_of(recipe).format_help().split())
    for flag in flags_of(recipe):
        assert flag.info.help in words
        if flag.info.choices:
            assert "{" + ",".join(flag.info.choices) + "}" in words.replace(" ", "")


def test_that_only_what_was_typed_changes_a_preset():
    parser = parser_of(Recipe())
    draft = PRESETS["draft"]

    assert typed(parser.parse_args([]), draft) == draft
    changed = typed(parser.parse_args(["--mesh-faces", "70000", "--no-texture-level"]), draft)
    assert changed.mesh.faces == 70_000
    assert changed.texture.level is False
    assert changed.depth == draft.depth
    assert changed.mesh.voxel_footprint == draft.mesh.voxel_footprint


def test_that_typing_the_default_overrides_a_preset():
    faces = Recipe().mesh.faces
    args = parser_of(Recipe()).parse_args(["--mesh-faces", str(faces)])
    assert typed(args, PRESETS["draft"]).mesh.faces == faces


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--mesh-faces", "499"], "499 is outside the range 500 to 20000000"),
        (["--mesh-faces", "many"], "'many' is not a whole number"),
        (["--mesh-faces", "1e3"], "'1e3' is not a whole number"),
        (["--mesh-truncation", "nan"], "nan is outside the range 2 to 16 voxels"),
        (["--mesh-truncation", "inf"], "inf is outside the range 2 to 16 voxels"),
        (["--fuse-depth-tolerance", "0"], "0 is outside the range 0.001 to 0.1"),
        (["--depth-device", "tpu"], "invalid choice: 'tpu'"),
        (["--depth-seed", "-1"], "-1 is outside the range at least 0"),
    ],
)
def test_that_a_value_out_of_range_is_refused_with_the_range(words, said, capsys):
    with pytest.raises(SystemExit) as end:
        parser_of(Recipe()).parse_args(words)
    assert end.value.code == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("recipe", [Recipe(), ExportRecipe()])
def test_that_both_ends_of_every_range_are_accepted(recipe):
    for flag in flags_of(recipe):
        for end in (flag.info.low, flag.info.high):
            if end is None:
                continue
            value = type(flag.default)(end)
            args = parser_of(recipe).parse_args([flag.option, str(value)])
            changed = {f.path: f.default for f in flags_of(typed(args, recipe))}
            assert math.isclose(changed[flag.path], end)
