"""Forms of one section of the project's recipe: they show it and commit what is edited."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import Any

from PySide6.QtCore import QObject

from da3studio.app.session import Session
from da3studio.app.viewmodels.recipe_form import RecipeForm
from da3studio.base.i18n import tr
from da3studio.project.change import Change
from da3studio.recipes.recipe import PRESETS, Recipe

_KEPT = ("engine", "checkpoint", "metric_checkpoint", "device", "seed")  # of depth, by no preset


class RecipeLink(QObject):
    """A form that stays in step with one section of the project's recipe.

    Args:
        session: whose project it is.
        section: "depth", "fuse", "mesh" or "texture".
        names: the fields shown, `None` = all.
    """

    def __init__(
        self,
        session: Session,
        section: str,
        names: Iterable[str] | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session, self._section = session, section
        self.form = RecipeForm(getattr(session.project.recipe, section), names=names, parent=self)
        self.form.edited.connect(self._commit)
        session.changed.connect(self._follow)

    def _follow(self, change: Change) -> None:
        if Change.RECIPE in change:
            recipe = self._session.project.recipe
            name = preset_of(recipe)  # a reset goes back to the preset chosen last
            default = getattr(PRESETS[name], self._section) if name else None
            self.form.show(getattr(recipe, self._section), default)

    def _commit(self, value: object) -> None:
        project = self._session.project
        before = getattr(project.recipe, self._section)
        labels = [
            field.label
            for field in self.form.fields
            if getattr(before, field.name) != getattr(value, field.name)
        ]
        changes: dict[str, Any] = {self._section: value}
        recipe = dataclasses.replace(project.recipe, **changes)
        label = tr("Change {setting}").format(setting=", ".join(labels))
        self._session.commit(label, project.with_recipe(recipe))


def with_preset(recipe: Recipe, name: str) -> Recipe:
    """The recipe with the values of a preset.

    Engine, networks, device and seed stay, and so do mesh and texture that are of no preset: they
    were made for a target.
    """
    preset = PRESETS[name]
    kept = {field: getattr(recipe.depth, field) for field in _KEPT}
    changed = dataclasses.replace(preset, depth=dataclasses.replace(preset.depth, **kept))
    surface = (recipe.mesh, recipe.texture)
    if all(surface != (one.mesh, one.texture) for one in PRESETS.values()):
        changed = dataclasses.replace(changed, mesh=recipe.mesh, texture=recipe.texture)
    return changed


def preset_of(recipe: Recipe) -> str:
    """The preset by which a recipe finds points, "" = the person's own mixture."""
    wanted = (recipe.depth, recipe.fuse)
    for name in PRESETS:
        preset = with_preset(recipe, name)
        if (preset.depth, preset.fuse) == wanted:
            return name
    return ""
