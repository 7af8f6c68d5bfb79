from __future__ import annotations

import dataclasses
import itertools

import pytest

from da3studio.base.digest import digest_of
from da3studio.base.params import params_of
from da3studio.engine.registry import RECONSTRUCTORS
from da3studio.recipes.depth import DepthRecipe
from da3studio.recipes.export import ExportRecipe
from da3studio.recipes.fuse import FuseRecipe
from da3studio.recipes.gaussians import GaussiansRecipe
from da3studio.recipes.mesh import MeshRecipe, TextureRecipe
from da3studio.recipes.recipe import PRESETS, Recipe

PARTS = (DepthRecipe, FuseRecipe, MeshRecipe, TextureRecipe, GaussiansRecipe, ExportRecipe)
FIELDS = [(part, name, info) for part in PARTS for name, info in params_of(part).items()]


@pytest.mark.parametrize("part", PARTS)
def test_that_every_field_is_described_and_frozen(part):
    assert [field.name for field in dataclasses.fields(part)] == list(params_of(part))
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(part(), next(iter(params_of(part))), None)


@pytest.mark.parametrize(("part", "name", "info"), FIELDS)
def test_that_a_field_has_a_sentence_of_help_and_a_default_of_its_range(part, name, info):
    default = getattr(part(), name)  # made: the range holds

    assert info.label[0].isupper()
    assert info.help.endswith(".")
    if isinstance(default, str):
        assert default in info.choices if info.choices else default == ""
    elif isinstance(default, (int, float)) and not isinstance(default, bool):
        assert info.low is not None


@pytest.mark.parametrize(("part", "name", "info"), FIELDS)
def test_that_values_beyond_the_ends_are_refused(part, name, info):
    for end, beyond in ((info.low, -1), (info.high, 1)):
        if end is not None:
            part(**{name: end})
            with pytest.raises(ValueError, match=f"^{name} is"):
                part(**{name: end + beyond})
    if info.choices:
        with pytest.raises(ValueError, match="allowed"):
            part(**{name: "other"})


def test_that_every_engine_on_offer_can_be_made():
    assert set(params_of(DepthRecipe)["engine"].choices) == set(RECONSTRUCTORS)
    for name, make in RECONSTRUCTORS.items():
        assert make().id == name


def test_that_the_presets_differ_and_normal_is_the_default():
    assert PRESETS["normal"] == Recipe()
    assert list(PRESETS) == ["draft", "normal", "fine"]
    digests = {digest_of(recipe) for recipe in PRESETS.values()}
    assert len(digests) == 3
    for less, more in itertools.pairwise(PRESETS.values()):
        assert less.depth.resolution < more.depth.resolution
        assert less.mesh.faces < more.mesh.faces
        assert less.texture.max_size < more.texture.max_size
        assert less.gaussians.budget < more.gaussians.budget
