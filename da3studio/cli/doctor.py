"""`da3studio doctor`: is this computer fit, is this project whole?"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from pathlib import Path

from da3studio.base.errors import BadInput, Missing, ProjectDamaged
from da3studio.base.i18n import tr, trn
from da3studio.base.settings import load_settings
from da3studio.cli.info import missing_photos, size_text
from da3studio.cli.output import Output
from da3studio.diagnostics.computer import computer_facts
from da3studio.diagnostics.libraries import load_libraries
from da3studio.diagnostics.report import collect, write
from da3studio.edits.views import MaskPhoto
from da3studio.pipeline.plan import wanted_keys
from da3studio.project.folder import ProjectFolder
from da3studio.runtime.activate import activate


def run(args: argparse.Namespace, output: Output) -> int:
    """Check the computer or the project of `args.project`, or write a report about them.

    Raises:
        BadInput: a clean-up of no project, or a report that is no .zip.
        CannotWrite, DiskFull: the report cannot be written.
        Missing: a library does not load, or photos of the project are gone.
        ProjectDamaged: a stored result is not what was written.
    """
    if args.report is not None:
        _write_report(args.project, args.report, output)
    elif args.project is None:
        if args.collect:
            raise BadInput(
                tr("There is nothing to clean up."),
                why=tr("--collect was given without a project."),
                fix=tr("Name the project too, as in: da3studio doctor scan.da3 --collect"),
            )
        _check_computer(output)
    else:
        _check_project(args.project, output, collect=args.collect)
    return 0


def _check_computer(output: Output) -> None:
    activate()  # what the worker computes with is what is looked at
    versions, broken = load_libraries()
    facts = {
        **computer_facts(Path.cwd()),
        "graphics": _graphics() if "torch" in versions else "",
        "libraries": versions,
        "broken": broken,
    }
    memory = tr("{total}, {free} free").format(
        total=size_text(facts["memory_bytes"]), free=size_text(facts["memory_free_bytes"])
    )
    rows = [
        (tr("DA3 Studio"), facts["da3studio"]),
        (tr("Python"), facts["python"]),
        (tr("System"), facts["system"]),
        (tr("Processor"), f"{facts['processor']}, {trn('{n} core', '{n} cores', facts['cores'])}"),
        (tr("Memory"), memory),
        (tr("Disk"), tr("{free} free here").format(free=size_text(facts["disk_free_bytes"]))),
        (tr("Graphics card"), facts["graphics"] or tr("none that can be used; not needed")),
        *versions.items(),
        *((name, tr("DOES NOT LOAD: {why}").format(why=why)) for name, why in broken.items()),
    ]
    output.answer("computer", "\n".join(f"{name:<21}{text}" for name, text in rows), **facts)
    for name, why in broken.items():
        raise Missing(
            tr("The library {name} does not load.").format(name=name),
            why=tr("The system says: {why}.").format(why=why),
            fix=tr("Run: python3 packaging/bootstrap.py setup --fresh"),
        )


def _write_report(project: Path | None, file: Path, output: Output) -> None:
    """What helps to find a fault, without photos, names and places."""
    versions, broken = load_libraries()
    seen = {
        "libraries_that_do_not_load": broken,
        "torch_sees": _graphics() if "torch" in versions else "",
    }
    parts = collect(load_settings().settings, project, seen)
    write(parts, file)
    rows = [str(file), *(f"  {part.name:<34}{part.about}" for part in parts)]
    output.answer("report", "\n".join(rows), file=str(file), parts=[part.name for part in parts])


def _graphics() -> str:
    """Name and memory of the card that PyTorch can use, "" for none."""
    import torch

    if not torch.cuda.is_available():
        return ""
    card = torch.cuda.get_device_properties(0)
    return f"{card.name}, {size_text(card.total_memory)}"


def _check_project(path: Path, output: Output, *, collect: bool) -> None:
    with ProjectFolder.open(path, write=collect) as folder:
        keys = set(folder.chunks.keys())
        damaged = dict(folder.chunks.verify())
        unused = keys - damaged.keys() - wanted_keys(folder.project, folder.chunks)
        missing = missing_photos(folder)
        lost_masks = _lost_masks(folder)
        n_photos = len(folder.project.views)
        lines = [
            str(folder.path),
            tr("  Results  {n} read, {damaged} damaged, {unused} unused").format(
                n=len(keys), damaged=len(damaged), unused=len(unused)
            ),
            *(tr("           {key}: {why}").format(key=k, why=why) for k, why in damaged.items()),
            tr("  Photos   {n}, {missing} not found").format(n=n_photos, missing=len(missing)),
            *(f"           {name}" for name in missing),
            *(tr("  Masks    {name} not found").format(name=name) for name in lost_masks),
        ]
        output.answer(
            "project",
            "\n".join(lines),
            project=str(folder.path),
            results=len(keys),
            damaged=damaged,
            unused=len(unused),
            views=n_photos,
            missing_photos=missing,
            missing_masks=lost_masks,
        )
        if collect:
            _collect(folder, damaged, output)
    if damaged and not collect:
        raise ProjectDamaged(
            tr("The project {name} has damaged results.").format(name=path.name),
            why=tr("They are not what was written; a disk fault or another program did that."),
            fix=tr(
                "Remove them with: da3studio doctor {path} --collect. The next reconstruct or"
                " export makes them anew."
            ).format(path=path),
        )
    if missing:
        raise Missing(
            tr("The project {name} lacks photos.").format(name=path.name),
            why=trn("{n} photo is not there.", "{n} photos are not there.", len(missing)),
            fix=tr("Put them back, or run reconstruct or add with the folder they are in now."),
        )
    if lost_masks:
        raise Missing(
            tr("The project {name} lacks masks.").format(name=path.name),
            why=trn("{n} mask is not there.", "{n} masks are not there.", len(lost_masks)),
            fix=tr("Paint them again, or remove their entries from the list of edits."),
        )


def _lost_masks(folder: ProjectFolder) -> list[str]:
    """Names of the painted masks that edits need and that are not what was painted."""
    lost = []
    wanted = [listed.edit.digest for listed in folder.project.edits
              if isinstance(listed.edit, MaskPhoto)]  # fmt: skip
    for digest in dict.fromkeys(wanted):
        try:
            folder.mask(digest)
        except Missing:
            lost.append(digest)
    return lost


def _collect(folder: ProjectFolder, damaged: Iterable[str], output: Output) -> None:
    """Remove damaged results, and those that the present photos and settings do not use."""
    before = folder.chunks.size_bytes()
    n_before = len(list(folder.chunks.keys()))
    for key in damaged:
        folder.chunks.remove(key)
    folder.chunks.collect(wanted_keys(folder.project, folder.chunks))
    removed = n_before - len(list(folder.chunks.keys()))
    freed = before - folder.chunks.size_bytes()
    words = trn("{n} result removed", "{n} results removed", removed)
    output.answer(
        "collected",
        tr("  {words}, {size} freed").format(words=words, size=size_text(freed)),
        chunks=removed,
        size_bytes=freed,
    )
