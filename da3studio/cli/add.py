"""`da3studio add`: more photos or a video into a project."""

from __future__ import annotations

import argparse

from da3studio.base.cancel import CancelToken
from da3studio.cli.importing import Wanted, import_photos
from da3studio.cli.output import Output
from da3studio.cli.progress import narrator
from da3studio.project.folder import ProjectFolder


def run(args: argparse.Namespace, output: Output, token: CancelToken) -> int:
    """Add `args.photos` to `args.project`."""
    wanted = Wanted(args.photos, args.frames)
    wanted.check()
    with narrator(output) as narrate, ProjectFolder.open(args.project) as folder:
        import_photos(folder, wanted, output, narrate, token)
    return 0
