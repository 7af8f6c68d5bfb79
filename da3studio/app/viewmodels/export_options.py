"""What a person decides before a file is written: for whom, in which format, with what in it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from PySide6.QtCore import QObject, QUrl, Signal
from PySide6.QtGui import QDesktopServices

from da3studio.app.session import Session
from da3studio.app.units import whole_text
from da3studio.app.viewmodels.recipe_form import RecipeForm
from da3studio.app.viewmodels.scene_state import Part
from da3studio.app.viewmodels.targets import Target, cloud_bytes, file_bytes, target
from da3studio.base.i18n import tr
from da3studio.exporters import EXPORTERS, Carries, Exporter
from da3studio.exporters.naming import ascii_stem
from da3studio.project.change import Change
from da3studio.recipes.export import ExportRecipe

Mending = Literal["", "reconstruct", "mesh", "scale"]

_FIELDS_OF: dict[str, tuple[str, ...]] = {
    ".glb": ("content", "origin", "texture", "jpeg_quality", "unlit"),
    ".obj": ("origin", "texture", "jpeg_quality"),
    ".ply": ("content",),
}
"""Fields of the recipe that a format heeds; other formats heed none."""


@dataclass(frozen=True)
class Remark:
    """Something that stands in the way, or should be known, and what mends it."""

    text: str
    button: str  # "" = none
    mending: Mending
    refuses: bool  # no file is written while this stands


class ExportOptions(QObject):
    """The stage "Export": target, format, recipe, and whether a file can be written."""

    changed = Signal()
    scale_wanted = Signal()  # the person wants to set the scale

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._target = ""
        self._exporter = EXPORTERS[0]
        self.form = RecipeForm(ExportRecipe(), parent=self)
        self.form.edited.connect(self._tell)
        session.changed.connect(self._follow)
        session.scene.changed.connect(self._look)
        session.scene.planned.connect(self.changed)
        session.work.exported.connect(self._tell)
        session.folder_changed.connect(self._follow_origin)
        session.folder_changed.connect(self.changed)

    # What is asked for

    @property
    def target(self) -> str:
        """Id of the place that the file is for, "" = another one."""
        return self._target

    def set_target(self, target_id: str) -> None:
        chosen = target(target_id)
        self._target = target_id if chosen else ""
        if chosen is not None:
            self._exporter = next(one for one in EXPORTERS if one.suffix == chosen.suffix)
            self.form.show(self._default)
        self.changed.emit()

    @property
    def formats(self) -> tuple[tuple[str, str], ...]:
        """Suffix and words of every format."""
        return tuple((one.suffix, tr(one.label)) for one in EXPORTERS)

    @property
    def suffix(self) -> str:
        """The format's suffix, with the dot."""
        return self._exporter.suffix

    def set_suffix(self, suffix: str) -> None:
        self._exporter = next(one for one in EXPORTERS if one.suffix == suffix)
        chosen = target(self._target)
        if chosen is not None and chosen.suffix != suffix:
            self._target = ""
        self.changed.emit()

    @property
    def exporter(self) -> Exporter:
        return self._exporter

    @property
    def recipe(self) -> ExportRecipe:
        """What is asked of the format."""
        recipe: ExportRecipe = self.form.value
        if "content" not in _FIELDS_OF.get(self.suffix, ()):
            recipe = replace(recipe, content="auto")
        return recipe

    @property
    def heeded(self) -> tuple[str, ...]:
        """The fields of the recipe that the format heeds."""
        return _FIELDS_OF.get(self.suffix, ())

    @property
    def file_name(self) -> str:
        """A name to suggest."""
        return ascii_stem(self._session.project.name) + self.suffix

    @property
    def folder(self) -> Path:
        """Where to suggest it: where the last file went, else beside the project."""
        if self.last_export is not None:
            return self.last_export.parent
        folder = self._session.folder
        return Path.home() if folder is None else folder.path.parent

    # What is there

    @property
    def writes_mesh(self) -> bool:
        """Whether the file will hold a mesh, with this format and recipe."""
        return Carries.MESH in self._exporter.carries and self.recipe.content != "cloud"

    @property
    def size_bytes(self) -> int:
        """About how large the file becomes, 0 = not known."""
        scene = self._session.scene
        if self.writes_mesh:
            if scene.mesh is None:
                return 0
            texture = scene.mesh.texture
            side = 0 if texture is None else max(texture.image.shape[:2])
            return file_bytes(self.suffix, len(scene.mesh.faces), side, self.recipe)
        if scene.cloud is not None and Carries.POINTS in self._exporter.carries:
            kept = len(scene.cloud) if scene.keep is None else int(scene.keep.sum())
            return cloud_bytes(self.suffix, kept)
        return 0

    @property
    def limits(self) -> Target | None:
        """The place whose limits count, `None` = none."""
        return target(self._target)

    @property
    def remarks(self) -> tuple[Remark, ...]:
        """What stands in the way, then what should be known."""
        refusal = self._refusal()
        remarks = [] if refusal is None else [refusal]
        scene = self._session.scene
        if refusal is None and self.writes_mesh and scene.mesh is not None:
            chosen = self.limits
            faces = len(scene.mesh.faces)
            if chosen is not None and chosen.faces and faces > chosen.faces:
                remarks.append(
                    Remark(
                        tr("The mesh has {n} faces; {target} takes {limit}.").format(
                            n=whole_text(faces),
                            target=tr(chosen.label),
                            limit=whole_text(chosen.faces),
                        ),
                        "",
                        "",
                        False,
                    )
                )
        if scene.registration is not None and not self._session.project.placement.known_lengths:
            remarks.append(_scale_remark(scene.metres_per_unit))
        return tuple(remarks)

    @property
    def can_export(self) -> bool:
        """Whether a file can be written now."""
        return not self.refusal

    @property
    def refusal(self) -> str:
        """Why no file can be written now, "" = one can."""
        found = self._refusal()
        return "" if found is None else found.text

    @property
    def last_export(self) -> Path | None:
        """What was written last in this session."""
        return self._session.work.last_export

    def show_in_folder(self) -> None:
        """Open the folder of the last file in the system's file browser."""
        if self.last_export is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(self.last_export.parent)))

    def say_refusal(self) -> None:
        """Say why no file can be written now."""
        if self.refusal:
            self._session.said.emit(self.refusal)

    def mend(self, mending: Mending) -> None:
        """Do what the button of a remark says."""
        if mending == "reconstruct":
            self._session.reconstruct()
        elif mending == "mesh":
            self._session.make_mesh()
        elif mending == "scale":
            self.scale_wanted.emit()

    def export(self, path: Path) -> None:
        """Write the file, with the format's suffix."""
        if not self.can_export:
            return
        if not path.name.lower().endswith(self.suffix):
            path = path.with_name(path.name + self.suffix)
        self._session.export_to(path, self.recipe)

    def _refusal(self) -> Remark | None:
        scene = self._session.scene
        if not self._session.project.views:
            return Remark(tr("There is nothing to export yet. Add photos first."), "", "", True)
        if scene.registration is None or scene.cloud is None:
            text = tr("There is nothing to export yet. Reconstruct the photos first.")
            return Remark(text, tr("Reconstruct"), "reconstruct", True)
        if scene.cloud_is_stale:
            text = tr("Photos or settings were changed after the points were made.")
            return Remark(text, tr("Reconstruct again"), "reconstruct", True)
        if self.writes_mesh and scene.mesh is None:
            text = tr("There is no mesh yet.")
            if Carries.POINTS in self._exporter.carries:
                text = tr("There is no mesh yet. Make it, or choose the points as the content.")
            return Remark(text, tr("Make mesh"), "mesh", True)
        if self.writes_mesh and scene.mesh_is_stale:
            text = tr("The mesh is out of date: points or settings were changed after it was made.")
            return Remark(text, tr("Make mesh again"), "mesh", True)
        return None

    @property
    def _default(self) -> ExportRecipe:
        """An origin that the person has set is kept, unless they ask for another."""
        own_origin = self._session.project.placement.origin is not None
        return ExportRecipe(origin="scene" if own_origin else "centred")

    def _follow_origin(self) -> None:
        default, shown = self._default, self.form.value
        if default.origin != self.form.field("origin").default:
            if not self.form.is_changed("origin"):
                shown = replace(shown, origin=default.origin)
            self.form.show(shown, default)

    def _follow(self, change: Change) -> None:
        if Change.PLACEMENT in change:
            self._follow_origin()
        if change & (Change.VIEWS | Change.RECIPE | Change.EDITS | Change.PLACEMENT | Change.NAME):
            self.changed.emit()

    def _look(self, parts: Part) -> None:
        if parts & (Part.CAMERAS | Part.CLOUD | Part.MESH | Part.KEEP):
            self.changed.emit()

    def _tell(self, _: object) -> None:
        self.changed.emit()


def _scale_remark(metres_per_unit: float | None) -> Remark:
    text = (
        tr("The size is not known: lengths in the file are not metres.")
        if metres_per_unit is None
        else tr("The size is only estimated. Lengths may be off by several percent.")
    )
    return Remark(text, tr("Set the size"), "scale", False)
