"""`da3studio train`: a network of one's own, from nothing, on scenes made by the program."""

from __future__ import annotations

import argparse

from da3studio.base.cancel import CancelToken
from da3studio.base.i18n import tr
from da3studio.cli.output import Output
from da3studio.train.recipe import read_recipe
from da3studio.train.run import CHECKPOINT, LOG, STATE, Run


def run(args: argparse.Namespace, output: Output, token: CancelToken) -> int:
    """Train a piece, measure it, and write the checkpoint.

    Raises:
        Missing, BadInput, CheckpointMismatch: the recipe or what to begin with cannot be used.
    """
    recipe = read_recipe(args.recipe)
    piece = Run(
        recipe,
        args.out,
        start=args.weights,
        resume=args.resume,
        compact=args.compact,
        device=args.device,
    )
    if piece.is_first:
        words = tr("Training goes on after step {step} of {steps}; {log} tells how it goes.")
        output.tell(
            "training",
            words.format(step=piece.step, steps=recipe.steps, log=args.out / LOG),
            step=piece.step,
            steps=recipe.steps,
        )
    piece.train(args.minutes, token)
    piece.leave_others()
    if not piece.is_first:
        return 0
    piece.evaluate(token)
    path = args.out / CHECKPOINT
    if args.whole:
        piece.write_checkpoint(path)
    output.answer(
        "trained",
        tr("{step} of {steps} steps are done. To go on: --resume {state}").format(
            step=piece.step, steps=recipe.steps, state=args.out / STATE
        ),
        step=piece.step,
        steps=recipe.steps,
        checkpoint=str(path) if args.whole else "",
    )
    return 0
