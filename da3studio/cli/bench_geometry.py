"""`da3studio bench geometry`: cameras, depth and surfaces of engines, side by side."""

from __future__ import annotations

import argparse
import dataclasses
import math
from pathlib import Path
from typing import Any

from da3studio.base.atomic import write_bytes_atomic
from da3studio.base.cancel import CancelToken
from da3studio.base.errors import BadInput, Missing
from da3studio.base.i18n import tr
from da3studio.bench.geometry.competitors import (
    Competitor,
    Nothing,
    TwoViewPoints,
    engines,
)
from da3studio.bench.geometry.datasets import READERS, dataset_truth
from da3studio.bench.geometry.measure import Line, measure
from da3studio.bench.geometry.page import geometry_page
from da3studio.bench.geometry.photo_truth import photo_truth
from da3studio.bench.geometry.synthetic import synthetic_truth
from da3studio.bench.geometry.truth import TrueSet
from da3studio.bench.machine import made_by
from da3studio.bench.pages import Made
from da3studio.bench.photo_sets import SCORER
from da3studio.cli.output import Output
from da3studio.engine.pinning import pinned
from da3studio.engine.registry import RECONSTRUCTORS
from da3studio.model.config import VARIANTS, NestedConfig
from da3studio.recipes.depth import DepthRecipe
from da3studio.recipes.recipe import Recipe
from da3studio.weights import store
from da3studio.weights.store import PHOTO_PX, Installed

SYNTHETIC = "synthetic"


def run(args: argparse.Namespace, output: Output, token: CancelToken) -> int:
    """Measure and write the page.

    Raises:
        BadInput: an engine or a set is not known.
        Missing: the network is not installed, or a folder holds nothing to measure on.
    """
    for name in args.engines:
        if name not in RECONSTRUCTORS:
            raise BadInput(
                tr("There is no engine {name}.").format(name=name),
                why=tr("The engines are: {names}.").format(names=", ".join(RECONSTRUCTORS)),
                fix=tr("Correct --engines; names are separated by commas."),
            )
    needs_network = any(name != "classical" for name in args.engines)
    installed = store.find(args.checkpoint) if needs_network else None
    px = args.size or (installed.photo_px if installed is not None else PHOTO_PX)
    sets = [one for source in args.sources for one in _sets(source, px, args)]
    lines: list[Line] = []
    for one in sets:
        found = measure(
            one,
            _competitors(args, installed, px),
            sorted(set(args.views)),
            token,
            lambda words: output.tell("measuring", words),
        )
        for line in found:
            output.tell("geometry", **_plain(line))
        lines += found
    network = f"{installed.id}, {px} px" if installed is not None else ""
    made = Made(_command(args, px), "normal", made_by(Recipe()))
    page = geometry_page(lines, px, network, args.out.stem, made)
    for name, drawing in page.charts.items():
        write_bytes_atomic(args.out.parent / args.out.stem / name, drawing.encode())
    write_bytes_atomic(args.out, page.text.encode())
    output.answer("page", page.text, file=str(args.out))
    return 0


def _plain(line: Line) -> dict[str, Any]:
    """A line for JSON, which has no NaN."""
    fields = dataclasses.asdict(line)
    figures = fields.pop("figures")
    known = {name: _known(value) for name, value in figures.items()}
    return {**fields, **known}


def _known(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_known(one) for one in value]
    return None if math.isnan(value) else value


def _competitors(
    args: argparse.Namespace, installed: Installed | None, px: int
) -> list[Competitor]:
    recipe = DepthRecipe(
        checkpoint="" if installed is None else pinned(installed),
        network_px=px,
        reference_view=args.reference,
    )
    asked = engines(args.engines, recipe, takes_cameras=_takes_cameras(installed))
    return [*asked, TwoViewPoints(px), Nothing()]


def _takes_cameras(installed: Installed | None) -> bool:
    if installed is None:
        return False
    config = VARIANTS[installed.variant]
    any_view = config.any_view if isinstance(config, NestedConfig) else config
    return any_view.pose_conditioning


def _sets(source: str, px: int, args: argparse.Namespace) -> list[TrueSet]:
    """What a source holds.

    Raises:
        Missing: nothing that is known.
    """
    if source == SYNTHETIC:
        return synthetic_truth(px, args.scenes)
    folder = Path(source)
    if (folder / SCORER).is_file():
        return photo_truth(folder, args.sets, args.windows)
    found = dataset_truth(folder)
    if not found:
        raise Missing(
            tr("{folder} holds nothing to measure on.").format(folder=folder),
            why=tr("It has neither {scorer} nor a folder of DA3-BENCH ({names}).").format(
                scorer=SCORER, names=", ".join(READERS)
            ),
            fix=tr("Name a folder of photo sets, the folder of DA3-BENCH, or: {word}").format(
                word=SYNTHETIC
            ),
        )
    return found


def _command(args: argparse.Namespace, px: int) -> str:
    words = ["da3studio bench geometry", *args.sources, "--engines", ",".join(args.engines)]
    words += ["--checkpoint", args.checkpoint, "--views", ",".join(map(str, args.views))]
    words += ["--size", str(px), "--reference", args.reference]
    words += ["--windows", str(args.windows), "--scenes", str(args.scenes)]
    words += ["--sets", ",".join(args.sets)] if args.sets else []
    return " ".join(words)
