"""`docs/results/da3_speed.md`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from da3studio.bench.markdown import number, table
from da3studio.bench.network.measure import Card, Drift, PassCost
from da3studio.bench.pages import Made, head

# Of the reference implementation on an H200 with random weights, bfloat16 autocast, 504 x 378 px:
# seconds and peak GiB allocated. From the issue that asked for this page.
_REFERENCE: Mapping[tuple[str, int], tuple[float, float]] = {
    ("da3-base", 32): (0.134, 3.1),
    ("da3-base", 100): (0.580, 6.5),
    ("da3-large", 8): (0.0755, 4.1),
    ("da3-large", 32): (0.308, 5.7),
    ("da3-large", 100): (1.433, 10.1),
    ("da3-large", 200): (4.34, 16.6),
    ("da3-giant", 8): (0.146, 7.8),
    ("da3-giant", 32): (0.643, 10.1),
    ("da3-giant", 100): (3.28, 16.5),
}
_REFERENCE_SIZE = (378, 504)

_TEXT = """
Each network has the weights of a formula (see da3_parity.md) and sees photos of noise: time and
memory do not depend on what is in them. **Seconds**: median of five passes after the first;
photos on the card already, cameras from the camera decoder. **Reference**: its figures on an H200,
which has the same arithmetic rate as an H100 and 1.4 times its memory bandwidth. **Peak**: what
PyTorch allocated, weights and photos included. **Estimate**: what windows are planned with.
**Floor**: operations over the card's rate for bfloat16 products, measured in the same run.
"""


def network_page(costs: Sequence[PassCost], drifts: Sequence[Drift], card: Card, made: Made) -> str:
    """The page as Markdown."""
    return "\n".join(
        [
            head("The network on a graphics card", made),
            f"- Card: {card.name}, PyTorch {card.torch}",
            f"- bfloat16 products of random matrices: {card.matrix_rate / 1e12:.0f} TFLOP/s",
            f"- Copies: {card.copy_rate / 1e12:.1f} TB/s",
            _TEXT,
            "## Time and memory",
            "",
            _main(costs),
            "",
            "## Where the time goes",
            "",
            _parts(costs, card),
            "",
            "## Drift",
            "",
            "Relative L2 from float32 without TF32 on this card: four views, one reference view.",
            "",
            table(
                ("network", "depth", "confidence"),
                [(one.network, f"{one.depth:.1e}", f"{one.confidence:.1e}") for one in drifts],
            ),
            "",
        ]
    )


def _main(costs: Sequence[PassCost]) -> str:
    titles = (
        "network", "views", "seconds", "first", "reference", "faster",
        "peak GiB", "reference", "share", "estimate GiB", "off",
    )  # fmt: skip
    return table(titles, [_row(cost) for cost in costs])


def _row(cost: PassCost) -> tuple[str, ...]:
    size = cost.size
    same = (size.height, size.width) == _REFERENCE_SIZE and not size.rays
    theirs = _REFERENCE.get((cost.network, size.n_views)) if same else None
    peak, estimate = cost.peak_bytes / 2**30, cost.estimated_bytes / 2**30
    return (
        cost.network,
        str(size.n_views),
        number(cost.seconds, 4),
        number(cost.first_s, 3),
        number(theirs and theirs[0], 4),
        "–" if theirs is None else f"{theirs[0] / cost.seconds:.2f} x",
        number(peak, 2),
        number(theirs and theirs[1], 1),
        "–" if theirs is None else f"{peak / theirs[1]:.0%}",
        number(estimate, 2),
        f"{estimate / peak - 1:+.0%}",
    )


def _parts(costs: Sequence[PassCost], card: Card) -> str:
    names = list(costs[0].parts)
    titles = ("network", "views", "TFLOP", "floor s", "measured / floor", *names, "rest")
    rows = []
    for cost in costs:
        floor = cost.operations / card.matrix_rate
        rest = cost.seconds - sum(cost.parts.values())
        rows.append(
            (
                cost.network,
                str(cost.size.n_views),
                number(cost.operations / 1e12),
                number(floor, 4),
                number(cost.seconds / floor, 2),
                *(number(cost.parts[name], 4) for name in names),
                number(max(rest, 0.0), 4),
            )
        )
    return table(titles, rows)
