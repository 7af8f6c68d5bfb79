"""From a finished project to the file a person asked for, a picture of it, and a few words."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import da3studio
from da3studio.base.atomic import write_bytes_atomic
from da3studio.base.cancel import CancelToken
from da3studio.base.digest import digest_of
from da3studio.base.i18n import tr
from da3studio.cli.info import by_reason, size_text
from da3studio.cli.ledger import Ledger
from da3studio.cli.output import Output
from da3studio.cli.progress import Narrator
from da3studio.cli.working import finish
from da3studio.edits.table import to_row
from da3studio.exporters import Carries, export, exporter_for
from da3studio.exporters.images import encoded
from da3studio.fusion.render import preview
from da3studio.pipeline.deliver import check_target, goal_of
from da3studio.pipeline.events import StageKept
from da3studio.pipeline.plan import Plan, plan
from da3studio.pipeline.stages import Goal
from da3studio.project.folder import ProjectFolder
from da3studio.recipes.export import ExportRecipe
from da3studio.scene.scene import Scene

_PREVIEW_PX, _RELIEF_PREVIEW_PX = (1280, 960), (960, 720)  # a relief's: done in half the time
_FACTS = 2  # counts up when the facts of a result get a field


@dataclass(frozen=True)
class Delivery:
    """Where to write what."""

    path: Path  # its suffix is the format
    recipe: ExportRecipe = field(default_factory=ExportRecipe)

    @property
    def preview(self) -> Path:
        """The picture beside it; cannot be the texture of an .obj, which has the model's name."""
        return self.path.with_name(f"{self.path.stem}-preview.png")

    @property
    def project(self) -> Path:
        """Where the work is kept unless another place is named: `scan.da3` beside the file."""
        suffix = exporter_for(self.path).suffix
        return self.path.with_name(self.path.name[: -len(suffix)] + ".da3")

    @property
    def goal(self) -> Goal:
        """How far the project has to be for it."""
        return goal_of(self.path, self.recipe)

    @property
    def files(self) -> frozenset[Path]:
        """Everything that may be written, absolute; none of it is a photo."""
        beside = (".mtl", ".jpg", ".png") if self.path.suffix.lower() == ".obj" else ()
        paths = (self.path, self.preview, *(self.path.with_suffix(suffix) for suffix in beside))
        return frozenset(path.absolute() for path in paths)

    def check(self) -> None:
        """Refuse what would fail after minutes of work; see `check_target`."""
        check_target(self.path, self.recipe)


def deliver(
    folder: ProjectFolder,
    delivery: Delivery,
    output: Output,
    narrator: Narrator,
    token: CancelToken,
) -> None:
    """Finish the project as far as is needed, write the file and a picture, say what was made.

    Does nothing but the last if all of it was done before and the files are as they were written.

    Raises:
        UserFacingError: see `working.finish` and `exporters.export`.
        JobCancelled: by the token; finished work is kept.
    """
    ledger = Ledger(folder.path)
    found = plan(folder.project, delivery.goal, folder.chunks)
    facts = ledger.find(delivery.path, _key(folder, delivery, found)) if found.finished else None
    if facts is None:
        scene = finish(folder, delivery.goal, narrator, token)
        token.check()
        written = _write(scene, delivery, narrator)
        facts = _facts(folder, scene, delivery, written)
        found = plan(folder.project, delivery.goal, folder.chunks)
        ledger.note(delivery.path, _key(folder, delivery, found), written, facts)
    else:
        for step in found.steps:
            narrator.event(StageKept(step.stage.name, step.key))
    output.answer("result", _page(facts), **facts)


def _write(scene: Scene, delivery: Delivery, narrator: Narrator) -> tuple[Path, ...]:
    """Every file or folder made, the picture last."""
    with narrator.work("export", tr("Writing {file}").format(file=delivery.path.name)):
        written = export(scene, delivery.path, delivery.recipe)
    if scene.mesh is None:
        return written
    with narrator.work("preview", tr("Drawing the preview")):
        cameras, only = scene.registration.cameras, scene.relief_of
        shown = tuple(cameras.values()) if only is None else (cameras[only],)
        size = _PREVIEW_PX if only is None else _RELIEF_PREVIEW_PX
        png = encoded(preview(scene.mesh, size, shown), ExportRecipe(texture="png"))
        write_bytes_atomic(delivery.preview, png.content)
    return (*written, delivery.preview)


def _key(folder: ProjectFolder, delivery: Delivery, found: Plan) -> str:
    """Of all that the file is made from; `found` is finished."""
    names = [(view.id, view.name) for view in folder.project.views]
    project = found.project
    made_by = [_FACTS, da3studio.__version__, project.name, names, delivery.recipe]
    shown_as = [project.placement, [to_row(edit) for edit in project.cuts]]
    return digest_of([step.key for step in found.steps], *made_by, *shown_as)


def _facts(
    folder: ProjectFolder, scene: Scene, delivery: Delivery, written: Collection[Path]
) -> dict[str, Any]:
    """Everything about the result, as plain values."""
    reasons = scene.registration.left_out
    mesh = scene.mesh
    textured = mesh is not None and Carries.TEXTURE in exporter_for(delivery.path).carries
    texture = mesh.texture if mesh is not None and textured else None
    return {
        "file": str(delivery.path),
        "files": [str(path) for path in written],
        "size_bytes": sum(_size_bytes(path) for path in written if path != delivery.preview),
        "preview": str(delivery.preview) if mesh is not None else None,
        "project": str(folder.path),
        "faces": len(mesh.faces) if mesh is not None else None,
        "points": len(scene.cloud) if scene.cloud is not None else None,
        "gaussians": len(scene.gaussians) if scene.gaussians is not None else None,
        "texture": [*texture.image.shape[1::-1]] if texture is not None else None,
        "views": len(scene.views),
        "registered": len(scene.registration.view_ids),
        "left_out": {view.name: reasons[view.id] for view in scene.views if view.id in reasons},
        "notices": list(scene.registration.notices),
        "unit": scene.registration.unit,
        "networks": list(scene.networks),
    }


def _page(facts: dict[str, Any]) -> str:
    """The same for a person."""
    what = [size_text(facts["size_bytes"])]
    if facts["faces"] is not None:
        what.append(tr("{n} faces").format(n=f"{facts['faces']:,}"))
    if facts["points"] is not None:
        what.append(tr("{n} points").format(n=f"{facts['points']:,}"))
    if facts["gaussians"] is not None:
        what.append(tr("{n} Gaussians").format(n=f"{facts['gaussians']:,}"))
    if facts["texture"] is not None:
        width, height = facts["texture"]
        what.append(tr("texture {width} x {height} px").format(width=width, height=height))
    rows = [(tr("Result"), facts["file"]), ("", ", ".join(what))]
    if facts["preview"] is not None:
        rows.append((tr("Preview"), facts["preview"]))
    rows.append((tr("Project"), facts["project"]))
    found = tr("{registered} of {views} have a camera")
    rows.append((tr("Photos"), found.format(**facts)))
    rows += [("", line) for line in by_reason(facts["left_out"])]
    rows += [(tr("Network"), name) for name in facts["networks"]]
    if facts["unit"] == "relative":
        rows.append((tr("Scale"), tr("not known: photos alone do not tell how large things are")))
    return "\n".join(f"{label:<9}{text}".rstrip() for label, text in rows)


def _size_bytes(path: Path) -> int:
    files = [path] if path.is_file() else path.rglob("*")
    return sum(file.stat().st_size for file in files if file.is_file())
