"""The project as one immutable value that holds intent only; results are never in it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from da3studio.recipes.recipe import Recipe
from da3studio.scene.view import View


@dataclass(frozen=True)
class Project:
    """What a person asked for: these views, made with this recipe.

    Raises:
        ValueError: two views share an id or a name.
    """

    name: str
    views: tuple[View, ...] = ()
    recipe: Recipe = field(default_factory=Recipe)

    def __post_init__(self) -> None:
        for what in ("id", "name"):
            values = [getattr(view, what) for view in self.views]
            if len(set(values)) != len(values):
                twice = next(value for value in values if values.count(value) > 1)
                raise ValueError(f"two views have the {what} {twice!r}")

    def with_views(self, views: tuple[View, ...]) -> Project:
        """The project with these views instead."""
        return replace(self, views=views)

    def with_recipe(self, recipe: Recipe) -> Project:
        """The project with this recipe instead."""
        return replace(self, recipe=recipe)
