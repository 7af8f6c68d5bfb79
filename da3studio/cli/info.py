"""`da3studio info`: what a project holds and what is still to do. It changes nothing."""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from da3studio.base.i18n import tr, trn
from da3studio.cli.flags import flags_of
from da3studio.cli.output import Output
from da3studio.media.naming import listed
from da3studio.pipeline.plan import Plan, Step, plan
from da3studio.project.folder import ProjectFolder
from da3studio.recipes.recipe import PRESETS, Recipe


def run(args: argparse.Namespace, output: Output) -> int:
    """Describe the project of `args.project`."""
    with ProjectFolder.open(args.project, write=False) as folder:
        steps = plan(folder.project, "texture", folder.chunks)
        gaussians = plan(folder.project, "gaussians", folder.chunks).step("gaussians")
        if gaussians.stored:  # most projects are not meant to have any
            steps = replace(steps, steps=(*steps.steps, gaussians))
        facts = _facts(folder, steps)
        output.answer("info", _page(folder, steps, facts), **facts)
    return 0


def missing_photos(folder: ProjectFolder) -> list[str]:
    """Names of the views whose photo is not where it was."""
    return [
        view.name for view in folder.project.views if not (folder.path / view.source.path).is_file()
    ]


def preset_of(recipe: Recipe) -> str:
    """Name of the preset a recipe equals, or the changes to the nearest one."""
    changes = {name: _changes(recipe, preset) for name, preset in PRESETS.items()}
    nearest = min(changes, key=lambda name: len(changes[name]))
    return " ".join([nearest, *changes[nearest]])


def size_text(n_bytes: float) -> str:
    """`4.2 MB`; decimal units, as file managers show them."""
    for unit in ("bytes", "kB", "MB"):
        if n_bytes < 1000:
            return f"{n_bytes:.0f} {unit}" if unit == "bytes" else f"{n_bytes:.1f} {unit}"
        n_bytes /= 1000
    return f"{n_bytes:.1f} GB"


def by_reason(left_out: Mapping[str, str]) -> list[str]:
    """`a.jpg, b.jpg: why`: the photos that were left out, one line per reason."""
    names: dict[str, list[str]] = {}
    for name, why in left_out.items():
        names.setdefault(why, []).append(name)
    return [f"{listed(group)}: {why}" for why, group in names.items()]


def _changes(recipe: Recipe, preset: Recipe) -> list[str]:
    before = {flag.path: flag.default for flag in flags_of(preset)}
    return [
        f"{flag.option} {flag.default}"
        for flag in flags_of(recipe)
        if flag.default != before[flag.path]
    ]


def _facts(folder: ProjectFolder, steps: Plan) -> dict[str, Any]:
    """Everything, as plain values."""
    project = steps.project
    cameras = steps.step("cameras")
    found = cameras.header.meta if cameras.done else {"left_out": {}, "notices": []}
    left_out = found["left_out"]
    return {
        "project": str(folder.path),
        "name": project.name,
        "views": [
            {
                "name": view.name,
                "path": view.source.path,
                "width": view.width,
                "height": view.height,
            }
            for view in project.views
        ],
        "missing_photos": missing_photos(folder),
        "recipe": {flag.path: flag.default for flag in flags_of(project.recipe)},
        "preset": preset_of(project.recipe),
        "stages": [
            {
                "stage": step.stage.name,
                "done": step.done,
                "stored": len(step.stored),
                "total": step.total,
            }
            for step in steps.steps
        ],
        "edits": [
            {"kind": listed.edit.kind, "on": listed.on, "detail": listed.edit.detail()}
            for listed in project.edits
        ],
        "metres_per_unit": project.placement.metres_per_unit(),
        "left_out": {view.name: left_out[view.id] for view in project.views if view.id in left_out},
        "notices": found["notices"],
        "size_bytes": folder.chunks.size_bytes(),
    }


def _page(folder: ProjectFolder, steps: Plan, facts: dict[str, Any]) -> str:
    """The same for a person."""
    lines = [f"{folder.path}"]

    def row(label: str, text: str) -> None:
        lines.append(f"  {label:<14}{text}")

    row(tr("Photos"), _photos_text(folder, facts["missing_photos"]))
    row(tr("Settings"), facts["preset"])
    if facts["edits"]:
        row(tr("Edits"), _edits_text(facts["edits"]))
    if facts["metres_per_unit"] is not None:
        row(tr("Scale"), tr("{n:.4g} m per unit, set").format(n=facts["metres_per_unit"]))
    for step in steps.steps:
        row(tr(step.stage.label), _step_text(step, len(folder.project.views)))
    row(tr("On disk"), size_text(facts["size_bytes"]))
    lines += [tr("  left out: {line}").format(line=line) for line in by_reason(facts["left_out"])]
    lines += [tr("  note: {text}").format(text=text) for text in facts["notices"]]
    lines += [tr("  not found: {name}").format(name=name) for name in facts["missing_photos"]]
    if not steps.finished:
        lines.append(
            tr("Finish it with: da3studio export {project} -o scan.glb").format(
                project=_shown(folder.path)
            )
        )
    return "\n".join(lines)


def _photos_text(folder: ProjectFolder, missing: list[str]) -> str:
    views = folder.project.views
    sizes = Counter((view.width, view.height) for view in views)
    parts = [str(len(views))]
    if len(sizes) == 1:
        ((width, height),) = sizes
        parts.append(tr("{width} x {height} px").format(width=width, height=height))
    elif sizes:
        parts.append(trn("{n} size", "{n} different sizes", len(sizes)))
    if missing:
        parts.append(tr("{n} not found").format(n=len(missing)))
    return ", ".join(parts)


def _edits_text(edits: list[dict[str, Any]]) -> str:
    off = sum(not edit["on"] for edit in edits)
    text = trn("{n} in the list", "{n} in the list", len(edits))
    return text + (tr(", {n} switched off").format(n=off) if off else "")


def _step_text(step: Step, n_views: int) -> str:
    if step.stage.name == "cameras" and step.done:
        n = len(step.header.meta["view_ids"])
        return tr("done, {n} of {total} photos").format(n=n, total=n_views)
    if step.stage.name == "clean" and step.done:
        kept, total = (step.header.meta.get(name) for name in ("n_kept", "n_points"))
        if isinstance(kept, int) and isinstance(total, int):
            return tr("done, {n} of {total} points kept").format(n=f"{kept:,}", total=f"{total:,}")
    if step.done:
        return tr("done")
    if step.stored:
        return tr("{n} of {total} done").format(n=len(step.stored), total=step.total)
    return tr("to do")


def _shown(path: Path) -> str:
    """A path as one would type it here."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)
