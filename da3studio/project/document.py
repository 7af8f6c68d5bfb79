"""The project as one immutable value that holds intent only; results are never in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from da3studio.geometry.camera import Camera
from da3studio.recipes.recipe import Recipe
from da3studio.scene.view import View, ViewId


@dataclass(frozen=True)
class Project:
    """What a person asked for: these views, made with this recipe.

    Cameras compare by identity, as all their kind: projects are equal where they share them.

    Raises:
        ValueError: two views share an id or a name, or a known camera is of no view or of another
            size of photo.
    """

    name: str
    views: tuple[View, ...] = ()
    recipe: Recipe = field(default_factory=Recipe)
    known_cameras: Mapping[ViewId, Camera] = field(default_factory=dict)  # given by the person

    def __post_init__(self) -> None:
        for what in ("id", "name"):
            values = [getattr(view, what) for view in self.views]
            if len(set(values)) != len(values):
                twice = next(value for value in values if values.count(value) > 1)
                raise ValueError(f"two views have the {what} {twice!r}")
        sizes = {view.id: (view.width, view.height) for view in self.views}
        for view_id, camera in self.known_cameras.items():
            lens = camera.intrinsics
            if sizes.get(view_id) != (lens.width, lens.height):
                raise ValueError(f"the known camera of {view_id!r} is not of its photo's size")

    def with_views(self, views: tuple[View, ...]) -> Project:
        """The project with these views instead; cameras of views that left go with them."""
        ids = {view.id for view in views}
        cameras = {id_: camera for id_, camera in self.known_cameras.items() if id_ in ids}
        return replace(self, views=views, known_cameras=cameras)

    def with_recipe(self, recipe: Recipe) -> Project:
        """The project with this recipe instead."""
        return replace(self, recipe=recipe)

    def with_known_cameras(self, cameras: Mapping[ViewId, Camera]) -> Project:
        """The project with these known cameras instead, each at its photo's size."""
        return replace(self, known_cameras=dict(cameras))
