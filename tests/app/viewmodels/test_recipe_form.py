from __future__ import annotations

import math
from dataclasses import dataclass

import pytest

from da3studio.app.viewmodels.recipe_form import RecipeForm
from da3studio.base.params import check_ranges, param, params_of
from da3studio.base.settings import Settings
from da3studio.recipes.depth import DepthRecipe
from da3studio.recipes.export import ExportRecipe
from da3studio.recipes.fuse import FuseRecipe
from da3studio.recipes.mesh import MeshRecipe, TextureRecipe

EVERY = (DepthRecipe, FuseRecipe, MeshRecipe, TextureRecipe, ExportRecipe, Settings)


@dataclass(frozen=True)
class Tea:
    minutes: float = param(3.0, "Time", help="How long.", unit="min", low=1, high=10)
    spoons: int = param(2, "Leaves", help="How much.", low=0, high=9)
    kind: str = param(
        "green", "Kind", help="Which; 'black' is strong.", choices=("green", "black"),
        choice_labels=("Green tea", "Black tea"), simple=True,
    )  # fmt: skip
    milk: bool = param(False, "Milk", help="With milk.")
    note: str = param("", "Note", help="Anything.")

    def __post_init__(self) -> None:
        check_ranges(self)
        if self.kind == "green" and self.milk:
            raise ValueError("no")


@pytest.fixture
def form(qapp):
    return RecipeForm(Tea())


def test_that_values_are_brought_into_their_range_and_answered(form, qtbot):
    for raw, kept in ((99, 10.0), (0.2, 1.0), ("4.5", 4.5)):
        with qtbot.waitSignals([form.changed, form.edited]):
            form.set("minutes", raw)
        assert form.value.minutes == kept
    with qtbot.waitSignal(form.edited):
        form.set("spoons", 3.7)
    assert form.value.spoons == 4


@pytest.mark.parametrize(
    ("name", "raw"),
    [("minutes", math.nan), ("minutes", "much"), ("kind", "red"), ("milk", True), ("spoons", 2)],
)
def test_that_what_is_not_taken_is_answered_too_and_changes_nothing(form, qtbot, name, raw):
    with qtbot.assertNotEmitted(form.edited), qtbot.waitSignal(form.changed):
        form.set(name, raw)

    assert form.value == Tea()


def test_that_changes_are_counted_and_reset_one_by_one(form):
    form.set("spoons", 5)
    form.set("note", " two words ")

    assert (form.value.note, form.n_changed, form.is_changed("spoons")) == ("two words", 2, True)
    form.reset("spoons")
    assert (form.value.spoons, form.n_changed) == (2, 1)


def test_that_the_explanation_names_choices_as_they_are_shown_and_why_a_field_is_grey(form):
    form.set_blocked({"kind": "The pot is empty."})

    words = form.explanation("kind")
    assert "“Black tea” is strong." in words
    assert "Default: Green tea." in words
    assert "It cannot be changed now: The pot is empty." in words
    assert "From 1.0 min to 10.0 min." in form.explanation("minutes")


@pytest.mark.parametrize("kind", EVERY)
def test_that_every_recipe_can_be_shown_and_its_defaults_are_kept(qapp, kind):
    form = RecipeForm(kind())
    for field in form.fields:
        assert field.normalised(field.default) == field.default, field.name
        assert form.explanation(field.name)
    assert form.n_changed == 0


@pytest.mark.parametrize("kind", EVERY)
def test_that_no_choice_is_shown_by_its_name_in_the_code(kind):
    for name, info in params_of(kind).items():
        for choice in info.choices:
            assert info.choice_label(choice)[0].isupper(), f"{name}: {choice!r}"


def test_that_there_is_a_label_for_each_choice_or_for_none():
    with pytest.raises(ValueError, match="1 labels for 2 choices"):
        param("a", "A", help="A.", choices=("a", "b"), choice_labels=("A",))
