"""The page about parity with the reference.

Pages are documents of the project, in English like all its documentation: nothing here passes
through `tr`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import median

from da3studio.bench.markdown import number, table
from da3studio.bench.pages import Made, head
from da3studio.bench.parity.comparison import RELATIVE_L2, SOLVED, Compared
from da3studio.bench.parity.drift import RUNGS, Drift
from da3studio.bench.parity.end_to_end_cases import OTHER_RESIZING
from da3studio.bench.parity.run import Outcome, Parity, VariantCost

_ABOUT = f"""\
The reference implementation was run with weights, photos and cameras that follow from a formula,
and what it gave was stored; here the same is computed by this program in float32 and compared. No
official checkpoint is needed for it.

- **relative L2**: length of the difference over the length of the stored array. It may be
  {RELATIVE_L2:.0e}; {SOLVED:.0e} where an answer comes out of a singular value decomposition;
  {OTHER_RESIZING:.0e} where OpenCV resized a photo differently by one grey level. Choices, sizes
  and colours have to be equal.
- **largest**: the largest single difference over the largest stored value; it may be ten times as
  much.
- `net_*` are passes of a whole network with what happens inside it, `e2e_*` go from photos of any
  size to the answer of the reference's interface, `fn_*` are single functions.
- What the reference does and this program does not (a lower triangular factor, skies filled with
  depth, photos cropped to one size, ...) is restated in `da3studio/bench/parity/reference*.py` and
  nowhere else. `..., ours` are answers of this program where the reference's are wrong."""

_DRIFT = """\
The same cases with parts of the network in fewer bits, against float32, before any sky is filled.
These weights are random: the figures compare the choices with each other, they do not tell how
exact a trained checkpoint is.

- **depth**, **confidence**: relative L2 over all pixels of all views.
- **angle**: the largest turn of a camera [degrees]. **move**: the largest one of a camera, in
  percent of the farthest camera's distance from their middle, or of its own from the origin where
  there is one view. **focal**: the largest change, in percent.
- **mixed** is what this program computes with: {mixed}.
  **dense float32** and **dense bfloat16** have another type in the dense heads, **tokens bfloat16**
  has the tokens in bfloat16, too."""

_NOTES = """\
`*` another reference view would have been chosen; the figures are for the same one. `w` the dense
heads outgrew float16 and were computed in float32, as the program does by itself."""


def parity_page(parity: Parity, made: Made) -> str:
    """The whole page."""
    return "\n\n".join(_sections(parity, made)) + "\n"


def _sections(parity: Parity, made: Made) -> Iterator[str]:
    yield head("Parity with the Depth Anything 3 reference", made)
    yield _ABOUT
    yield _verdict(parity)
    yield "## Cases\n\nThe array that uses up most of its tolerance stands for each case."
    yield table(
        ("case", "arrays", "worst array", "relative L2", "may be", "seconds", "memory", "agrees"),
        [_case_row(outcome) for outcome in parity.outcomes],
    )
    if parity.costs:
        yield "## Networks\n\nMemory is the highest of the process, libraries and weights included."
        titles = ("network", "cases", "making, s", "float32, s", "fewer bits, s", "peak memory")
        yield table(titles, [_cost_row(cost) for cost in parity.costs])
    drifts = [drift for outcome in parity.outcomes for _, drift in outcome.drifts]
    if drifts:
        yield "## Fewer bits"
        yield _DRIFT.format(mixed=_types())
        yield _summary(drifts)
        yield table(
            (
                "case", "depth", "confidence", "angle, °", "move, %", "focal, %",
                "depth, dense float32", "depth, dense bfloat16", "depth, tokens bfloat16",
                "angle, tokens bfloat16",
            ),
            list(_drift_rows(parity.outcomes)),
        )  # fmt: skip
        yield _NOTES
    yield "## All arrays"
    for outcome in parity.outcomes:
        if outcome.compared:
            yield _details(outcome)


def _verdict(parity: Parity) -> str:
    n, n_failed = len(parity.outcomes), len(parity.failed)
    if not n_failed:
        return f"**All {n} cases agree.**"
    lines = [f"**{n_failed} of {n} cases do not agree:**", ""]
    for outcome in parity.failed:
        off = ", ".join(f"`{one.array}`" for one in outcome.compared if not one.passes)
        lines.append(f"- {outcome.name}: {outcome.failure or off}")
    return "\n".join(lines)


def _case_row(outcome: Outcome) -> tuple[str, ...]:
    worst = outcome.worst
    figures = ("–", "–", "–") if worst is None else (worst.array, *_figures(worst))
    return (
        outcome.name,
        str(len(outcome.compared)),
        *figures,
        number(outcome.cost.seconds),
        _memory(outcome.cost.peak_memory_bytes),
        "yes" if outcome.passes else "**no**",
    )


def _figures(one: Compared) -> tuple[str, str]:
    return f"{one.relative_l2:.1e}", "0" if not one.tolerance else f"{one.tolerance:.0e}"


def _cost_row(cost: VariantCost) -> tuple[str, ...]:
    name = cost.variant + (", some weights scaled" if cost.overridden else "")
    return (
        name,
        str(cost.n_cases),
        number(cost.making_s),
        number(cost.exact_s),
        number(cost.rungs_s),
        _memory(cost.peak_memory_bytes),
    )


def _memory(n_bytes: int) -> str:
    return f"{n_bytes / 1e9:.2f} GB"


def _types() -> str:
    mixed = RUNGS["mixed"]
    parts = (("blocks", mixed.backbone), ("tokens", mixed.tokens), ("dense heads", mixed.dense))
    return ", ".join(f"{part} in {str(dtype).removeprefix('torch.')}" for part, dtype in parts)


def _summary(drifts: Sequence[Drift]) -> str:
    """Median and worst of every rung."""
    rows = []
    for rung in RUNGS:
        own = [drift for drift in drifts if drift.rung == rung]
        cells = [rung]
        for name, factor in (
            ("depth", 100), ("confidence", 100), ("angle_deg", 1), ("translation", 100),
            ("focal", 100),
        ):  # fmt: skip
            values = [getattr(drift, name) for drift in own]
            known = [value * factor for value in values if value is not None]
            cells.append(f"{median(known):.2f} / {max(known):.2f}" if known else "–")
        rows.append(cells)
    titles = (
        "median / worst",
        "depth, %",
        "confidence, %",
        "angle, °",
        "move, %",
        "focal, %",
    )
    return table(titles, rows)


def _drift_rows(outcomes: Sequence[Outcome]) -> Iterator[tuple[str, ...]]:
    for outcome in outcomes:
        for network in dict.fromkeys(name for name, _ in outcome.drifts):
            by_rung = {drift.rung: drift for name, drift in outcome.drifts if name == network}
            if set(by_rung) != set(RUNGS):
                continue
            mixed, wide, short, tokens = (by_rung[rung] for rung in RUNGS)
            part = "" if network == outcome.variant else f" ({network})"
            mark = "*" if any(drift.other_reference for drift in by_rung.values()) else ""
            mark += "w" if mixed.widened else ""
            yield (
                f"{outcome.name}{part} {mark}".strip(),
                f"{mixed.depth:.1e}",
                "–" if mixed.confidence is None else f"{mixed.confidence:.1e}",
                number(mixed.angle_deg, 2),
                _percent(mixed.translation),
                _percent(mixed.focal),
                *(f"{drift.depth:.1e}" for drift in (wide, short, tokens)),
                number(tokens.angle_deg, 2),
            )


def _percent(share: float | None) -> str:
    return number(None if share is None else 100 * share, 2)


def _details(outcome: Outcome) -> str:
    rows = [
        (
            one.array,
            f"{one.relative_l2:.1e}",
            f"{one.largest:.1e}",
            _figures(one)[1],
            "yes" if one.passes else "**no**",
        )
        for one in outcome.compared
    ]
    titles = ("array", "relative L2", "largest", "may be", "agrees")
    summary = f"<summary>{outcome.name}: {len(rows)} arrays</summary>"
    return f"<details>{summary}\n\n{table(titles, rows)}\n\n</details>"
