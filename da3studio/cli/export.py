"""`da3studio export`: a project's model to a file; what is not done yet is done first."""

from __future__ import annotations

import argparse

from da3studio.base.cancel import CancelToken
from da3studio.cli.delivery import Delivery, deliver
from da3studio.cli.flags import typed
from da3studio.cli.output import Output
from da3studio.cli.progress import narrator
from da3studio.project.folder import ProjectFolder
from da3studio.recipes.export import ExportRecipe


def run(args: argparse.Namespace, output: Output, token: CancelToken) -> int:
    """Write the project of `args.project` to `args.output`."""
    delivery = Delivery(args.output, typed(args, ExportRecipe()))
    delivery.check()
    with narrator(output) as narrate, ProjectFolder.open(args.project) as folder:
        deliver(folder, delivery, output, narrate, token)
    return 0
