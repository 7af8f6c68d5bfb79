"""Cases of equal weights run on one network, which is made once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace

import torch

from da3studio.base.cancel import CancelToken
from da3studio.bench.parity.comparison import Compared
from da3studio.bench.parity.costs import Cost
from da3studio.bench.parity.drift import RUNGS, Drift, Lowering, drift_of
from da3studio.bench.parity.end_to_end_cases import EndToEndCase, compare_end_to_end
from da3studio.bench.parity.formula import FormulaWeights
from da3studio.bench.parity.network_arrays import compare_network_case
from da3studio.bench.parity.network_cases import NetworkCase, Pass, Weights, run_watched
from da3studio.model.checkpoint import filled
from da3studio.model.network import DA3
from da3studio.model.precision import FULL

ODD_CASE = (KeyError, ValueError, TypeError, IndexError, AttributeError, RuntimeError)
"""What a file that is not as it should be makes the code below raise."""


@dataclass
class CaseRun:
    """A case on its way through its networks."""

    case: NetworkCase | EndToEndCase
    passes: list[Pass] = field(default_factory=list)
    drifts: list[tuple[str, Drift]] = field(default_factory=list)  # of which network
    cost: Cost = field(default_factory=Cost)  # of the passes in float32
    failure: Exception | None = None

    @property
    def network_case(self) -> NetworkCase:
        """What a network is given."""
        return self.case if isinstance(self.case, NetworkCase) else self.case.network

    @contextmanager
    def guarded(self) -> Iterator[None]:
        """A failure belongs to this case; the others go on."""
        try:
            yield
        except ODD_CASE as error:
            self.failure = error

    def compared(self) -> tuple[Compared, ...]:
        """Every array of the file; nothing if it failed before."""
        if isinstance(self.case, NetworkCase):
            return tuple(compare_network_case(self.case, self.passes))
        return tuple(compare_end_to_end(self.case, self.passes))


@dataclass(frozen=True)
class GroupCost:
    """What the cases of one network took, apart from their own passes."""

    making: Cost  # of the network
    rungs: Cost  # of the passes in fewer bits


def run_networks(
    weights: Weights, runs: Sequence[CaseRun], device: str, token: CancelToken, *, drift: bool
) -> GroupCost:
    """Bring cases through the networks of their weights.

    Args:
        weights: of all of them.
        runs: receive what came out; those that failed are left alone.
        device: where to compute.
        token: asked between passes.
        drift: also run them in fewer bits.
    """
    cost = GroupCost(Cost(), Cost())
    for prefix, config in weights.networks:
        values = FormulaWeights(config, weights.salt, prefix=prefix, override=weights.override)
        with cost.making.meter():
            network = filled(config, values, device=device, precision=FULL)
        for run in _alive(runs):
            token.check()
            with run.guarded(), run.cost.meter(), _exact(device):
                run.passes.append(run_watched(network, run.network_case, device))
        if drift:
            with cost.rungs.meter():
                _run_rungs(network, runs, device, token)
        del network
    return cost


def _run_rungs(
    network: DA3, runs: Sequence[CaseRun], device: str, token: CancelToken
) -> None:  # fmt: skip
    lowering = Lowering(network)
    for rung, precision in RUNGS.items():
        lowering.to(precision)
        for run in _alive(runs):
            if not isinstance(run.case, NetworkCase):
                continue
            token.check()
            case = replace(run.case, gaussians=False)
            with run.guarded():
                found = drift_of(rung, network, case, run.passes[-1].outputs, device)
                run.drifts.append((network.config.name, found))


def _alive(runs: Sequence[CaseRun]) -> Iterator[CaseRun]:
    return (run for run in runs if run.failure is None)


@contextmanager
def _exact(device: str) -> Iterator[None]:
    """Convolutions in all 24 bits, which graphics cards do not do by themselves."""
    flags = torch.backends.cudnn.flags(allow_tf32=False) if "cuda" in device else nullcontext()
    with flags:
        yield
