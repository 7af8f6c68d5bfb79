"""`da3studio bench points`: how fast millions of points are drawn, selected and picked."""

from __future__ import annotations

import argparse

from da3studio.app.bench.points import measure_points
from da3studio.app.bench.points_page import aims, viewport_page
from da3studio.base.atomic import write_bytes_atomic
from da3studio.base.cancel import CancelToken
from da3studio.base.errors import EXIT_BUG, EXIT_OK
from da3studio.bench.machine import made_by
from da3studio.bench.pages import Made
from da3studio.cli.output import Output
from da3studio.recipes.recipe import Recipe


def run(args: argparse.Namespace, output: Output, token: CancelToken) -> int:
    """Measure and write the page.

    Returns:
        0 if every aim of the page is met, otherwise 1.
    """
    figures = measure_points(args.points, lambda text: output.tell("measuring", text), token)
    made = Made(f"da3studio bench points --points {args.points}", "", made_by(Recipe()))
    page = viewport_page(figures, made)
    write_bytes_atomic(args.out, page.encode())
    output.answer("page", page, file=str(args.out))
    return EXIT_OK if all(aim.is_met for aim in aims(figures)) else EXIT_BUG
