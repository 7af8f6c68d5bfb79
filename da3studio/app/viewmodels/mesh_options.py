"""What a person decides before points become a mesh: for whom, how fine, how large."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from PySide6.QtCore import QObject, Signal

from da3studio.app.session import Session
from da3studio.app.units import whole_text
from da3studio.app.viewmodels.recipe_link import RecipeLink
from da3studio.app.viewmodels.scene_state import Part
from da3studio.app.viewmodels.targets import TARGETS, Target, file_bytes, size_text
from da3studio.base.i18n import tr
from da3studio.project.change import Change
from da3studio.recipes.export import ExportRecipe
from da3studio.recipes.mesh import MeshRecipe, TextureRecipe


@dataclass(frozen=True)
class Gauge:
    """One number now, after, and against its limit."""

    label: str
    now: str  # "" = nothing is there yet
    after: str
    share: float  # after / limit; 0 where there is none
    over: str  # by how much it is past the limit, "" = it fits


class MeshOptions(QObject):
    """The stage "Mesh": binds mesh and texture recipes and a target's limits."""

    changed = Signal()

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._chosen = ""
        self.mesh = RecipeLink(session, "mesh", parent=self)
        self.texture = RecipeLink(session, "texture", parent=self)
        session.changed.connect(self._follow)
        session.scene.changed.connect(self._look)
        session.scene.planned.connect(self.changed)

    @property
    def target(self) -> str:
        """Id of the target that the recipe is made for, "" = own settings."""
        mesh, texture = self._recipes
        fitting = [one.id for one in TARGETS if _made_for(one, mesh, texture) == (mesh, texture)]
        if self._chosen in fitting:  # several accept the same
            return self._chosen
        return fitting[0] if fitting else ""

    def set_target(self, target_id: str) -> None:
        """Ask for the mesh that a target takes."""
        chosen = next(one for one in TARGETS if one.id == target_id)
        self._chosen = target_id
        project = self._session.project
        mesh, texture = _made_for(chosen, *self._recipes)
        recipe = replace(project.recipe, mesh=mesh, texture=texture)
        label = tr("Mesh for: {target}").format(target=tr(chosen.label))
        self._session.commit(label, project.with_recipe(recipe))
        self.changed.emit()

    @property
    def is_stale(self) -> bool:
        """Whether the mesh on show is not what is asked for."""
        return self._session.scene.mesh_is_stale

    @property
    def gauges(self) -> tuple[Gauge, ...]:
        """Faces, texture and file, now and after."""
        mesh, texture = self._recipes
        limit = next((one for one in TARGETS if one.id == self.target), None)
        shown = self._session.scene.mesh
        suffix = ".glb" if limit is None else limit.suffix
        atlas = 0 if shown is None or shown.texture is None else max(shown.texture.image.shape[:2])
        faces = 0 if shown is None else len(shown.faces)
        now = file_bytes(suffix, faces, atlas, ExportRecipe()) if faces else 0
        after = file_bytes(suffix, mesh.faces, texture.max_size, ExportRecipe())
        return (
            _gauge(tr("Faces"), faces, mesh.faces, limit.faces if limit else 0, whole_text),
            _gauge(
                tr("Texture"), atlas, texture.max_size, limit.texture_px if limit else 0, _square
            ),
            _gauge(tr("File, about"), now, after, limit.file_bytes if limit else 0, size_text),
        )

    @property
    def _recipes(self) -> tuple[MeshRecipe, TextureRecipe]:
        recipe = self._session.project.recipe
        return recipe.mesh, recipe.texture

    def _follow(self, change: Change) -> None:
        if Change.RECIPE in change:
            self.changed.emit()

    def _look(self, parts: Part) -> None:
        if Part.MESH in parts:
            self.changed.emit()


def _made_for(
    one: Target, mesh: MeshRecipe, texture: TextureRecipe
) -> tuple[MeshRecipe, TextureRecipe]:
    return (
        replace(mesh, faces=one.faces or mesh.faces, method=one.method),
        replace(texture, max_size=one.texture_px or texture.max_size),
    )


def _gauge(label: str, now: int, after: int, limit: int, text: Callable[[int], str]) -> Gauge:
    over = ""
    if limit and after > limit:
        over = tr("{size} over the limit of {limit}").format(
            size=text(after - limit), limit=text(limit)
        )
    return Gauge(
        label, text(now) if now else "", text(after), after / limit if limit else 0.0, over
    )


def _square(side_px: int) -> str:
    return tr("{n} px").format(n=side_px)
