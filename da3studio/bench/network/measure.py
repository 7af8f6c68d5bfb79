"""Passes of the network on a graphics card: time, memory, operations."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

import torch
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

from da3studio.bench.parity.formula import FormulaWeights
from da3studio.engine.da3.forward import fused_attention
from da3studio.engine.da3.memory import PassSize, pass_bytes, weight_bytes
from da3studio.model.blocks import Block
from da3studio.model.checkpoint import filled
from da3studio.model.config import DA3Config
from da3studio.model.names import on_paper
from da3studio.model.network import DA3, Ask
from da3studio.model.precision import FULL, Precision

_REPEATS = 5  # of which the median counts
_DRIFT_VIEWS = 4
_MATRIX = 8192  # side of the matrices that measure the card's rate
_COPY_BYTES = 2**31


@dataclass(frozen=True)
class Card:
    """What the card does at best, measured beside the passes."""

    name: str
    torch: str
    matrix_rate: float  # bfloat16 operations per second on random data
    copy_rate: float  # bytes per second, read and written


@dataclass(frozen=True)
class PassCost:
    """Of one network and number of views."""

    network: str
    size: PassSize
    first_s: float  # the first call of this size in the process
    seconds: float  # median of the calls after it
    peak_bytes: int  # allocated, with weights and photos
    estimated_bytes: int  # what the program plans with, weights included
    operations: float
    parts: dict[str, float]  # seconds within one call


@dataclass(frozen=True)
class Drift:
    """Of the types that the card computes in from float32 on the same card."""

    network: str
    depth: float  # relative L2
    confidence: float


def card() -> Card:
    """Measure the card's two ceilings."""
    a = torch.randn(_MATRIX, _MATRIX, device="cuda", dtype=torch.bfloat16)
    product = median(_seconds(lambda: a @ a, 10))
    block = torch.randn(_COPY_BYTES // 4, device="cuda")
    copy = median(_seconds(block.clone, 10))
    name = torch.cuda.get_device_name()
    return Card(name, torch.__version__, 2 * _MATRIX**3 / product, 2 * _COPY_BYTES / copy)


def measure(
    config: DA3Config, precision: Precision, sizes: Sequence[PassSize]
) -> Iterator[PassCost | Drift]:
    """Run a network with the weights of a formula: the drift first, then a row per size."""
    weights = FormulaWeights(config)
    height, width = sizes[0].height, sizes[0].width
    photos = _photos(PassSize(_DRIFT_VIEWS, height, width, sizes[0].head_views))
    # Of one reference view: another choice would be another result, not a less exact one.
    ask = Ask(reference="first", head_views=sizes[0].head_views)
    with torch.inference_mode(), _full_float32():
        network = filled(config, weights, device="cuda", precision=FULL)
        exact = network(photos, None, ask)
        del network
    torch.cuda.empty_cache()
    network = filled(config, weights, device="cuda", precision=precision)
    with torch.inference_mode(), fused_attention(torch.device("cuda")):
        rough = network(photos, None, ask)
    yield Drift(
        config.name,
        _relative(rough.depth, exact.depth),
        _relative(rough.confidence or (), exact.confidence or ()),
    )
    del exact, rough, photos
    for size in sizes:
        yield _cost(network, config, precision, size)


def operations(config: DA3Config, size: PassSize) -> float:
    """Multiplications and additions of one pass, counted without doing them."""
    network = on_paper(config).eval()
    with torch.device("meta"), torch.inference_mode(), FlopCounterMode(display=False) as counted:
        photos = torch.empty(size.n_views, 3, size.height, size.width)
        network(photos, None, Ask(rays=size.rays, reference="first", head_views=size.head_views))
    return float(counted.get_total_flops())


def _cost(network: DA3, config: DA3Config, precision: Precision, size: PassSize) -> PassCost:
    ask = Ask(rays=size.rays, head_views=size.head_views)
    torch.cuda.empty_cache()
    torch.cuda.reset_peak_memory_stats()
    photos = _photos(size)
    with torch.inference_mode(), fused_attention(torch.device("cuda")):
        first = _seconds(lambda: network(photos, None, ask), 1)[0]
        repeated = _seconds(lambda: network(photos, None, ask), _REPEATS)
        peak = torch.cuda.max_memory_allocated()
        with _Clock(network) as clock:
            network(photos, None, ask)
    estimate = weight_bytes(config, precision) + pass_bytes(config, precision, size)
    return PassCost(
        config.name,
        size,
        first,
        median(repeated),
        peak,
        estimate,
        operations(config, size),
        clock.seconds(),
    )


class _Clock:
    """Times the parts of a network while it is entered."""

    def __init__(self, network: DA3) -> None:
        self._network = network
        self._events: dict[str, list[tuple[Any, Any]]] = {}
        self._hooks: list[Any] = []

    def __enter__(self) -> _Clock:
        backbone = self._network.backbone
        for i, block in enumerate(backbone.blocks):
            crosses = backbone.config.is_cross_view(i)
            self._watch("blocks across views" if crosses else "blocks within views", block)
        self._watch("dense head", self._network.head)
        return self

    def __exit__(self, *_: object) -> None:
        for hook in self._hooks:
            hook.remove()

    def seconds(self) -> dict[str, float]:
        torch.cuda.synchronize()
        return {
            name: sum(start.elapsed_time(end) for start, end in pairs) / 1e3
            for name, pairs in self._events.items()
        }

    def _watch(self, name: str, part: Block | torch.nn.Module) -> None:
        pairs = self._events.setdefault(name, [])
        started: list[Any] = []

        def begin(*_: object) -> None:
            started.append(torch.cuda.Event(enable_timing=True))
            started[-1].record()

        def end(*_: object) -> None:
            event = torch.cuda.Event(enable_timing=True)
            event.record()
            pairs.append((started.pop(), event))

        self._hooks += [part.register_forward_pre_hook(begin), part.register_forward_hook(end)]


def _photos(size: PassSize) -> Tensor:
    generator = torch.Generator("cuda").manual_seed(0)
    shape = (size.n_views, 3, size.height, size.width)
    return torch.randn(shape, generator=generator, device="cuda")


def _seconds(call: Any, n: int) -> list[float]:
    seconds = []
    for _ in range(n):
        start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        torch.cuda.synchronize()
        start.record()
        call()
        end.record()
        torch.cuda.synchronize()
        seconds.append(start.elapsed_time(end) / 1e3)
    return seconds


def _relative(ours: Sequence[Tensor], exact: Sequence[Tensor]) -> float:
    a, b = torch.stack(list(ours)).double(), torch.stack(list(exact)).double()
    return float((a - b).norm() / b.norm())


def _full_float32() -> Any:
    """Without TF32, which keeps ten bits."""
    return torch.backends.cudnn.flags(allow_tf32=False)
