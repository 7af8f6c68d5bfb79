"""`da3studio bench long`: thousands of photos, memory, and kills in the middle."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from da3studio.base.atomic import write_bytes_atomic
from da3studio.base.cancel import CancelToken
from da3studio.base.errors import EXIT_BUG, EXIT_OK
from da3studio.bench.long_run.measure import measure
from da3studio.bench.long_run.page import long_run_page
from da3studio.bench.machine import made_by
from da3studio.bench.pages import Made
from da3studio.cli.output import Output
from da3studio.recipes.recipe import Recipe


def run(args: argparse.Namespace, output: Output, token: CancelToken) -> int:
    """Measure and write the page.

    Returns:
        0 if every photo has its camera, memory is flat and the killed run ended with the same
        bytes, otherwise 1.
    """
    with tempfile.TemporaryDirectory() as temporary:
        found = measure(
            Path(temporary),
            lambda text: output.tell("measuring", text),
            token,
            n_views=args.views,
        )
    made = Made(f"da3studio bench long --views {args.views}", "", made_by(Recipe()))
    page = long_run_page(found, made)
    write_bytes_atomic(args.out, page.encode())
    output.answer("page", page, file=str(args.out))
    is_good = found.whole.n_registered == args.views and not found.growing and not found.different
    return EXIT_OK if is_good else EXIT_BUG
