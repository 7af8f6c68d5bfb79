"""`da3studio sample`: photos rendered by the program itself, reconstructed like anyone's."""

from __future__ import annotations

import argparse

from da3studio.base.cancel import CancelToken
from da3studio.base.i18n import tr
from da3studio.cli.delivery import Delivery
from da3studio.cli.importing import Wanted
from da3studio.cli.output import Output
from da3studio.cli.parsing import DEFAULT_FRAMES
from da3studio.cli.progress import narrator
from da3studio.cli.reconstruct import Order, reconstruct
from da3studio.recipes.recipe import PRESETS
from da3studio.sample.photos import write_photos


def run(args: argparse.Namespace, output: Output, token: CancelToken) -> int:
    """Make photos, project and model in `args.output`; what is there already is kept."""
    photos = args.output / "photos"
    with (
        narrator(output) as narrate,
        narrate.work("sample", tr("Taking the sample photos")) as report,
    ):
        write_photos(photos, report=report, token=token)
    order = Order(
        wanted=Wanted([photos], DEFAULT_FRAMES),
        delivery=Delivery(args.output / "sample.glb"),
        project=args.output / "sample.da3",
        recipe=PRESETS[args.preset],
    )
    reconstruct(order, output, token)
    return 0
