"""`da3studio bench retrieval`: how well the network's descriptors recognise places."""

from __future__ import annotations

import argparse

from da3studio.base.atomic import write_bytes_atomic
from da3studio.base.cancel import CancelToken
from da3studio.base.errors import BadInput
from da3studio.base.i18n import tr
from da3studio.bench.machine import made_by
from da3studio.bench.pages import Made
from da3studio.bench.photo_sets import photo_sets
from da3studio.bench.retrieval import describe, retrieval_page
from da3studio.cli.output import Output
from da3studio.model.checkpoint import load
from da3studio.recipes.recipe import Recipe
from da3studio.weights import store


def run(args: argparse.Namespace, output: Output, token: CancelToken) -> int:
    """Measure and write the page.

    Raises:
        Missing: the network is not installed.
        BadInput: it relates no views.
    """
    installed = store.find(args.checkpoint)
    network = load(installed.path, variant=installed.variant).any_view
    if network is None:
        raise BadInput(
            tr("The network {id} has no descriptors.").format(id=installed.id),
            why=tr("It looks at every photo alone."),
            fix=tr("Choose one that relates views; `da3studio models` lists them."),
        )
    described = []
    for photo_set in photo_sets(args.folder, args.sets):
        if photo_set.is_video or not (photo_set.reference_folder / "points3D.txt").is_file():
            continue
        output.tell("scoring", tr("Describing {name}").format(name=photo_set.name))
        described.append(describe(network, args.network_px, photo_set, token))
    words = f"da3studio bench retrieval {args.folder} --checkpoint {installed.id}"
    made = Made(f"{words} --network-px {args.network_px}", "", made_by(Recipe()))
    page = retrieval_page(described, f"{installed.id}, {args.network_px} px", made)
    write_bytes_atomic(args.out, page.encode())
    output.answer("page", page, file=str(args.out))
    return 0
