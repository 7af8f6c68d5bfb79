"""`da3studio reconstruct`: photos → project → file, in one go, and on from where it stopped."""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from da3studio.base.cancel import CancelToken
from da3studio.base.errors import BadInput
from da3studio.cli.delivery import Delivery, deliver
from da3studio.cli.flags import typed
from da3studio.cli.importing import Wanted, import_photos
from da3studio.cli.output import Output
from da3studio.cli.progress import narrator
from da3studio.project.folder import ProjectFolder
from da3studio.recipes.recipe import PRESETS, Recipe


@dataclass(frozen=True)
class Order:
    """All that a reconstruction needs to know."""

    wanted: Wanted
    delivery: Delivery
    project: Path
    recipe: Recipe


def run(args: argparse.Namespace, output: Output, token: CancelToken) -> int:
    """Do what the command line says."""
    delivery = Delivery(args.output)
    delivery.check()
    order = Order(
        wanted=Wanted(args.photos, args.frames, delivery.files),
        delivery=delivery,
        project=args.project or args.output.with_suffix(".da3"),
        recipe=typed(args, PRESETS[args.preset]),
    )
    reconstruct(order, output, token)
    return 0


def reconstruct(order: Order, output: Output, token: CancelToken) -> None:
    """Bring the photos in, do what is not done yet, and write the result.

    Raises:
        UserFacingError: see `import_photos` and `deliver`.
        JobCancelled: by the token; finished work is kept.
    """
    order.wanted.check()
    with narrator(output) as narrate, _opened(order.project, order.project.stem) as folder:
        import_photos(folder, order.wanted, output, narrate, token)
        folder.save(folder.project.with_recipe(order.recipe))
        deliver(folder, order.delivery, output, narrate, token)


@contextmanager
def _opened(path: Path, name: str) -> Iterator[ProjectFolder]:
    """The project; one that was made only now and got no photo is not left behind."""
    with ProjectFolder.open_or_create(path, name) as folder:
        try:
            yield folder
        except BadInput:
            if not folder.project.views:
                shutil.rmtree(folder.path, ignore_errors=True)
            raise
