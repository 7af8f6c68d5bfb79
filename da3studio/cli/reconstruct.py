"""`da3studio reconstruct`: photos → project → file, in one go, and on from where it stopped."""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from da3studio.base.cancel import CancelToken
from da3studio.base.errors import BadInput
from da3studio.cli.delivery import Delivery, deliver
from da3studio.cli.flags import typed
from da3studio.cli.importing import Wanted, import_photos
from da3studio.cli.output import Output
from da3studio.cli.progress import narrator
from da3studio.engine.choice import Wish, choose
from da3studio.engine.gaussians import NetworkGaussians
from da3studio.engine.known_cameras import read_known_cameras
from da3studio.geometry.camera import Camera
from da3studio.project.folder import ProjectFolder
from da3studio.recipes.recipe import PRESETS, Recipe
from da3studio.scene.view import ViewId


@dataclass(frozen=True)
class Order:
    """All that a reconstruction needs to know."""

    wanted: Wanted
    delivery: Delivery
    project: Path
    recipe: Recipe
    wish: Wish = field(default_factory=Wish)
    cameras: Path | None = None  # known ones, a COLMAP model or a transforms.json


def run(args: argparse.Namespace, output: Output, token: CancelToken) -> int:
    """Do what the command line says."""
    delivery = Delivery(args.output)
    delivery.check()
    order = Order(
        wanted=Wanted(args.photos, args.frames, delivery.files),
        delivery=delivery,
        project=args.project or delivery.project,
        recipe=typed(args, PRESETS[args.preset]),
        wish=Wish(args.engine, args.checkpoint, args.metric_checkpoint),
        cameras=args.cameras,
    )
    reconstruct(order, output, token)
    return 0


def reconstruct(order: Order, output: Output, token: CancelToken) -> None:
    """Bring the photos in, do what is not done yet, and write the result.

    Raises:
        UserFacingError: see `choose`, `GaussianMaker.check`, `import_photos` and `deliver`.
        JobCancelled: by the token; finished work is kept.
    """
    order.wanted.check()
    # Which network it is depends on no photo: one that cannot be used is said before any work.
    choice = choose(order.recipe.depth, order.wish, n_views=1, cameras_given=False)
    if order.delivery.goal == "gaussians":
        NetworkGaussians().check(choice.recipe)
    with narrator(output) as narrate, _opened(order.project, order.project.stem) as folder:
        import_photos(folder, order.wanted, output, narrate, token)
        _settle(folder, order, output)
        deliver(folder, order.delivery, output, narrate, token)


def _settle(folder: ProjectFolder, order: Order, output: Output) -> None:
    """Write down what is to be done: recipe, engine, networks and known cameras.

    Raises:
        BadInput: the cameras do not fit the photos.
        Missing: a network that was asked for is not installed.
    """
    project = folder.project
    cameras: Mapping[ViewId, Camera] = {}
    if order.cameras is not None:
        cameras = read_known_cameras(order.cameras, project.views)
    choice = choose(
        order.recipe.depth,
        order.wish,
        n_views=len(project.views),
        cameras_given=bool(cameras),
    )
    recipe = replace(order.recipe, depth=choice.recipe)
    folder.save(project.with_recipe(recipe).with_known_cameras(cameras))
    output.tell(
        "engine",
        choice.reason,
        engine=choice.recipe.engine,
        checkpoint=choice.recipe.checkpoint,
        metric_checkpoint=choice.recipe.metric_checkpoint,
    )


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
