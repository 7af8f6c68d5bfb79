"""`da3studio bench window`: how soon the window is there, and whether it answers during work."""

from __future__ import annotations

import argparse

from da3studio.app.bench.window import measure_window
from da3studio.app.bench.window_page import window_aims, window_page
from da3studio.base.atomic import write_bytes_atomic
from da3studio.base.cancel import CancelToken
from da3studio.base.errors import EXIT_BUG, EXIT_OK
from da3studio.bench.machine import made_by
from da3studio.bench.pages import Made
from da3studio.cli.output import Output
from da3studio.recipes.recipe import PRESETS


def run(args: argparse.Namespace, output: Output, token: CancelToken) -> int:
    """Measure and write the page.

    Returns:
        0 if every aim of the page is met, otherwise 1.
    """
    figures = measure_window(args.folder, lambda text: output.tell("measuring", text), token)
    made = Made("da3studio bench window FOLDER", "draft", made_by(PRESETS["draft"]))
    page = window_page(figures, made)
    write_bytes_atomic(args.out, page.encode())
    output.answer("page", page, file=str(args.out))
    return EXIT_OK if all(aim.is_met for aim in window_aims(figures)) else EXIT_BUG
