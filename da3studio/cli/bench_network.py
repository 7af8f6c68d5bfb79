"""`da3studio bench network`: time and memory of the network on a graphics card."""

from __future__ import annotations

import argparse

from da3studio.base.atomic import write_bytes_atomic
from da3studio.base.cancel import CancelToken
from da3studio.base.i18n import tr
from da3studio.bench.machine import made_by
from da3studio.bench.network.measure import Drift, PassCost, card, measure
from da3studio.bench.network.page import network_page
from da3studio.bench.pages import Made
from da3studio.cli.output import Output
from da3studio.engine.da3.capture import HEAD_VIEWS
from da3studio.engine.da3.checkpoints import precision_for
from da3studio.engine.da3.memory import PassSize
from da3studio.engine.device import choose_device
from da3studio.model.config import BASE, GIANT, LARGE, SMALL
from da3studio.recipes.recipe import Recipe

NETWORKS = {config.name: config for config in (SMALL, BASE, LARGE, GIANT)}
_HEIGHT, _WIDTH = 378, 504  # what most photos become [px]


def run(args: argparse.Namespace, output: Output, token: CancelToken) -> int:
    """Measure and write the page.

    Raises:
        BadInput: there is no card.
    """
    device = choose_device("cuda")
    precision = precision_for(device)
    ceilings = card()
    costs: list[PassCost] = []
    drifts: list[Drift] = []
    sizes = [PassSize(n, _HEIGHT, _WIDTH, HEAD_VIEWS) for n in args.views]
    for name in args.networks:
        for one in measure(NETWORKS[name], precision, sizes):
            token.check()
            if isinstance(one, Drift):
                drifts.append(one)
                continue
            costs.append(one)
            words = tr("{network}, {n} views: {seconds:.4f} s, {peak:.2f} GiB").format(
                network=name, n=one.size.n_views, seconds=one.seconds, peak=one.peak_bytes / 2**30
            )
            output.tell("measured", words, network=name, views=one.size.n_views)
    made = Made(_command(args), "", made_by(Recipe()))
    page = network_page(costs, drifts, ceilings, made)
    write_bytes_atomic(args.out, page.encode())
    output.answer("page", page, file=str(args.out))
    return 0


def _command(args: argparse.Namespace) -> str:
    views = ",".join(map(str, args.views))
    return f"da3studio bench network --networks {','.join(args.networks)} --views {views}"
