"""`da3studio depth`: a project's depth maps as files; what lacks is measured first."""

from __future__ import annotations

import argparse

from da3studio.base.cancel import CancelToken
from da3studio.base.i18n import tr
from da3studio.cli.output import Output
from da3studio.cli.progress import narrator
from da3studio.cli.working import bring
from da3studio.exporters.depth_maps import CAMERAS_FILE, refuse_depth_folder
from da3studio.pipeline.export_depth import export_depth
from da3studio.pipeline.plan import plan
from da3studio.project.folder import ProjectFolder


def run(args: argparse.Namespace, output: Output, token: CancelToken) -> int:
    """Write the depth maps of `args.project` into the folder `args.output`."""
    refuse_depth_folder(args.output)
    with narrator(output) as narrate, ProjectFolder.open(args.project) as folder:

        def bring_there() -> None:
            bring(folder, "depth", narrate, token)

        def bring_again() -> None:
            """Only what was removed meanwhile, because it was damaged."""
            if not plan(folder.project, "depth", folder.chunks).finished:
                bring_there()

        bring_there()
        with narrate.work("depth_maps", tr("Writing depth maps")) as report:
            export_depth(folder, args.output, args.format, bring_again, report=report, token=token)
    files = sorted(path.name for path in args.output.iterdir() if path.name != CAMERAS_FILE)
    output.answer(
        "depth_maps",
        str(args.output),
        folder=str(args.output),
        files=files,
        cameras=CAMERAS_FILE,
        format=args.format,
    )
    return 0
