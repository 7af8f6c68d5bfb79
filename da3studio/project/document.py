"""The project as one immutable value that holds intent only; results are never in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from da3studio.edits.base import Edit, ListedEdit
from da3studio.geometry.camera import Camera
from da3studio.geometry.similarity import Sim3
from da3studio.recipes.recipe import Recipe
from da3studio.scene.measurement import Measurement
from da3studio.scene.placement import Placement
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
    edits: tuple[ListedEdit, ...] = ()  # what is cut away, in the order of the list
    placement: Placement = field(default_factory=Placement)
    measurements: tuple[Measurement, ...] = ()
    frame: str = ""  # key of the cameras whose world all places are in; "" = of those there are

    def __post_init__(self) -> None:
        _check_unique("views", "id", [view.id for view in self.views])
        _check_unique("views", "name", [view.name for view in self.views])
        _check_unique("edits", "id", [edit.id for edit in self.edits])
        _check_unique("measurements", "id", [measured.id for measured in self.measurements])
        sizes = {view.id: (view.width, view.height) for view in self.views}
        for view_id, camera in self.known_cameras.items():
            lens = camera.intrinsics
            if sizes.get(view_id) != (lens.width, lens.height):
                raise ValueError(f"the known camera of {view_id!r} is not of its photo's size")

    @property
    def cuts(self) -> tuple[Edit, ...]:
        """The edits that are switched on."""
        return tuple(listed.edit for listed in self.edits if listed.on)

    @property
    def has_places(self) -> bool:
        """Whether an edit, the placement or a measurement holds coordinates of the world."""
        return bool(
            self.measurements
            or self.placement.has_places
            or any(listed.edit.about_places for listed in self.edits)
        )

    def moved(self, new_from_old: Sim3) -> Project:
        """The project with all its places in a world that was moved.

        Raises:
            ValueError: numbers become impossibly large or small.
        """
        return replace(
            self,
            edits=tuple(
                replace(listed, edit=listed.edit.moved(new_from_old)) for listed in self.edits
            ),
            placement=self.placement.moved(new_from_old),
            measurements=tuple(measured.moved(new_from_old) for measured in self.measurements),
        )

    def with_frame(self, frame: str) -> Project:
        """The project, said to be in the world of these cameras; its places stay as they are."""
        return replace(self, frame=frame)

    def with_views(self, views: tuple[View, ...]) -> Project:
        """The project with these views instead; cameras of views that left go with them.

        Edits of such views stay: without their view they cut nothing.
        """
        ids = {view.id for view in views}
        cameras = {id_: camera for id_, camera in self.known_cameras.items() if id_ in ids}
        return replace(self, views=views, known_cameras=cameras)

    def with_recipe(self, recipe: Recipe) -> Project:
        """The project with this recipe instead."""
        return replace(self, recipe=recipe)

    def with_known_cameras(self, cameras: Mapping[ViewId, Camera]) -> Project:
        """The project with these known cameras instead, each at its photo's size."""
        return replace(self, known_cameras=dict(cameras))

    def with_edits(self, edits: Iterable[ListedEdit]) -> Project:
        """The project with this list of edits instead."""
        return replace(self, edits=tuple(edits))

    def with_placement(self, placement: Placement) -> Project:
        """The project placed like this instead."""
        return replace(self, placement=placement)

    def with_measurements(self, measurements: Iterable[Measurement]) -> Project:
        """The project with these measurements instead."""
        return replace(self, measurements=tuple(measurements))

    def with_name(self, name: str) -> Project:
        """The project under another name; its folder keeps its own."""
        return replace(self, name=name)


def _check_unique(what: str, which: str, values: Sequence[str]) -> None:
    if len(set(values)) != len(values):
        twice = next(value for value, n in Counter(values).items() if n > 1)
        raise ValueError(f"two {what} have the {which} {twice!r}")
