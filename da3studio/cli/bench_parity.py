"""`da3studio bench parity`: the network against stored cases of the reference."""

from __future__ import annotations

import argparse

from da3studio.base.atomic import write_bytes_atomic
from da3studio.base.cancel import CancelToken
from da3studio.base.errors import EXIT_OK, UserFacingError
from da3studio.base.i18n import tr
from da3studio.bench.machine import made_by
from da3studio.bench.pages import Made
from da3studio.bench.parity.parity_page import parity_page
from da3studio.bench.parity.run import Outcome, Parity, VariantCost, Wanted, run_folder
from da3studio.cli.output import Output
from da3studio.engine.device import choose_device
from da3studio.recipes.recipe import Recipe


def run(args: argparse.Namespace, output: Output, token: CancelToken) -> int:
    """Compare all cases of a folder and write the page.

    Returns:
        0 if every case agrees, otherwise 1.
    """
    wanted = Wanted(args.only, str(choose_device(args.device)), drift=not args.exact_only)
    parity = run_folder(args.folder, wanted, lambda one: _tell(one, output), token)
    made = Made(_command(args), "", made_by(Recipe()))
    write_bytes_atomic(args.out, parity_page(parity, made).encode())
    output.answer(
        "parity",
        tr("{n} of {total} cases agree; all figures are in {file}").format(
            n=len(parity.outcomes) - len(parity.failed),
            total=len(parity.outcomes),
            file=args.out,
        ),
        file=str(args.out),
        cases=len(parity.outcomes),
        failed=[outcome.name for outcome in parity.failed],
    )
    if not parity.failed:
        return EXIT_OK
    error = _not_exact(parity)
    output.error(error)
    return error.exit_code


def _tell(one: Outcome | VariantCost, output: Output) -> None:
    if isinstance(one, VariantCost):
        seconds = one.making_s + one.exact_s + one.rungs_s
        output.tell(
            "parity_network",
            tr("{network}: {n} cases in {seconds:.0f} s, {memory:.2f} GB at most").format(
                network=one.variant, n=one.n_cases, seconds=seconds,
                memory=one.peak_memory_bytes / 1e9,
            ),
            network=one.variant, cases=one.n_cases, seconds=seconds,
            peak_memory_bytes=one.peak_memory_bytes,
        )  # fmt: skip
        return
    output.tell(
        "parity_case",
        _sentence(one),
        case=one.name,
        agrees=one.passes,
        arrays=len(one.compared),
        worst=None if one.worst is None else one.worst.array,
        relative_l2=None if one.worst is None else one.worst.relative_l2,
        seconds=one.cost.seconds,
        failure=one.failure,
    )


def _sentence(outcome: Outcome) -> str:
    if outcome.failure or outcome.worst is None:
        return tr("{case}: FAILS. {reason}").format(case=outcome.name, reason=outcome.failure)
    words = tr("agrees") if outcome.passes else tr("DOES NOT AGREE")
    return tr("{case}: {words}, {n} arrays, at worst {array} by {off:.1e}").format(
        case=outcome.name,
        words=words,
        n=len(outcome.compared),
        array=outcome.worst.array,
        off=outcome.worst.relative_l2,
    )


def _not_exact(parity: Parity) -> UserFacingError:
    first = parity.failed[0]
    return UserFacingError(
        tr("{n} of {total} cases do not agree with the reference.").format(
            n=len(parity.failed), total=len(parity.outcomes)
        ),
        why=tr("The first is: {sentence}").format(sentence=_sentence(first)),
        fix=tr("See all arrays of each case on the page that was written."),
    )


def _command(args: argparse.Namespace) -> str:
    """As it can be typed again; where the page goes is left out."""
    words = ["da3studio", "bench", "parity", str(args.folder)]
    words += ["--only", ",".join(args.only)] if args.only else []
    words += ["--device", args.device] if args.device != "cpu" else []
    words += ["--exact-only"] if args.exact_only else []
    return " ".join(words)
