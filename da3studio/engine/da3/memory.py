"""How much memory a pass takes, how much there is, and how many views that is good for.

Backbone and heads run one after the other, so the larger of the two counts, on top of what stays:
weights, photos, what the heads have taken from the taps, and the finished maps.
"""

from __future__ import annotations

import gc
from dataclasses import dataclass, replace
from typing import Any

import psutil

from da3studio.model.blocks import FEED_FORWARD_TOKENS
from da3studio.model.config import PATCH, DA3Config
from da3studio.model.precision import Precision

_FLOAT_BYTES = 4
_MAPS = 2  # depth and confidence
_USABLE = 0.85  # share of the free memory; the rest is for the allocator's gaps

# Measured on an H100, see docs/results/da3_speed.md. Copies of the tokens that are held at once:
# around attention and taps the block's input and output, queries, keys and values and what is made
# of them; around the feed-forward part the inputs of two blocks and the output, while the hidden
# layer is there for some tokens only.
_TOKEN_COPIES, _WORK_COPIES = 2.0, 9.25  # in the tokens' and in the blocks' type
_TOKEN_COPIES_BESIDE_HIDDEN = 3.0
_HIDDEN_COPIES = 2.0
# Of a view's maps at the end of a dense head: before the last convolutions at full size and after
# them, and at 8 x 8 a patch.
_FULL_SIZE_COPIES, _LAST_COPIES, _FUSED_COPIES = 1.0, 0.8, 1.2
_RAY_COPIES = 5.0  # at 8 x 8 a patch, where rays are asked for: in float32
_LAST_CHANNELS = 32
# Of the Gaussian head's full-size maps; measured on a processor.
_GAUSSIAN_COPIES = 4.0
_GAUSSIAN_VALUES = 38  # of a pixel
_WORKSPACE_BYTES = 60 * 10**6  # of convolutions and matrix products

_OUT_OF_MEMORY = (
    "CUDA out of memory",
    "MPS backend out of memory",
    "DefaultCPUAllocator: not enough memory",
    "DefaultCPUAllocator: can't allocate memory",
    "CUBLAS_STATUS_ALLOC_FAILED",
    "could not create a primitive",  # oneDNN says no more, on processors
    "could not create a memory object",
    "std::bad_alloc",
    "can't start new thread",  # there is no room for its stack
)

# On a processor attention across views may cost this many times what the products of tokens and
# weights do: 42 views of DA3-BASE, which take 1.8 times as long as in windows of a few.
_ATTENTION_SHARE = 3.0


@dataclass(frozen=True)
class PassSize:
    """What one pass is asked to do."""

    n_views: int
    height: int  # of each photo [px]
    width: int
    head_views: int  # views per batch of a dense head
    rays: bool = False
    gaussians: bool = False

    @property
    def patches(self) -> int:
        """Of one view."""
        return self.height * self.width // PATCH**2


def weight_bytes(config: DA3Config, precision: Precision) -> int:
    """What the network's weights take."""
    from da3studio.model.names import on_paper

    parameters = on_paper(config).named_parameters()
    return sum(int(p.numel()) * precision.of(name).itemsize for name, p in parameters)


def pass_bytes(config: DA3Config, precision: Precision, size: PassSize) -> int:
    """The peak of one pass, without the weights."""
    pixels = size.n_views * size.height * size.width
    tokens = size.n_views * (size.patches + 1)
    token, work, dense = (
        int(kind.itemsize) for kind in (precision.tokens, precision.backbone, precision.dense)
    )
    photos = 2 * 3 * pixels * _FLOAT_BYTES  # as given, and stacked by size
    taken = size.n_views * size.patches * sum(config.channels) * dense
    maps = 2 * _MAPS * pixels * _FLOAT_BYTES  # in batches, and joined
    width, hidden = config.backbone.width, config.backbone.hidden
    attention = tokens * width * (_TOKEN_COPIES * token + _WORK_COPIES * work)
    some = min(tokens, FEED_FORWARD_TOKENS)
    feed_forward = tokens * width * _TOKEN_COPIES_BESIDE_HIDDEN * token
    feed_forward += some * (width * (token + 2 * work) + _HIDDEN_COPIES * hidden * work)
    batch = min(size.head_views, size.n_views)
    channels = _FULL_SIZE_COPIES * config.features / 2 + _LAST_COPIES * _LAST_CHANNELS
    fused_copies = _FUSED_COPIES + (_RAY_COPIES if size.rays else 0)
    head = size.height * size.width * channels * _FLOAT_BYTES
    head += fused_copies * size.patches * 64 * config.features * dense
    peak = max(attention, feed_forward, maps + batch * head)
    if size.gaussians:
        taken *= 2  # by a pyramid of its own
        values: float = 2 * _GAUSSIAN_VALUES * pixels  # in batches, and joined
        values += batch * size.height * size.width * _GAUSSIAN_COPIES * config.features / 2
        peak = max(peak, maps + values * _FLOAT_BYTES)
    return round(photos + taken + peak + _WORKSPACE_BYTES)


def most_views(
    config: DA3Config, precision: Precision, one: PassSize, device: Any, n_views: int
) -> int:
    """The largest pass that fits into the memory that is free now; at least 1.

    On a processor, where time is what is short, it is also no larger than `_ATTENTION_SHARE` says.

    Args:
        config: of the loaded network.
        precision: of it.
        one: a pass; its number of views does not count.
        device: `torch.device` that it is on.
        n_views: of the whole capture.
    """
    budget = _USABLE * free_bytes(device)
    few, many = 1, n_views + 1  # few fits, or is the least; many does not
    if device.type == "cpu":
        many = min(many, _balanced_views(config, one) + 1)
    while many - few > 1:
        middle = (few + many) // 2
        if pass_bytes(config, precision, replace(one, n_views=middle)) <= budget:
            few = middle
        else:
            many = middle
    return few


def free_bytes(device: Any) -> int:
    """What a program can still take, for a `torch.device`."""
    import torch

    if device.type == "cuda":
        free, _ = torch.cuda.mem_get_info(device)
        kept = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
        return int(free + kept)
    return int(psutil.virtual_memory().available)


def give_back(device: Any) -> None:
    """Give the system, and with it the next pass, what a pass on a `torch.device` no longer needs.

    To be called outside of an `except` block: the error holds on to everything that was made.
    """
    import torch

    gc.collect()
    if device.type == "cuda":
        torch.cuda.empty_cache()
    elif device.type == "mps":
        torch.mps.empty_cache()


def _balanced_views(config: DA3Config, one: PassSize) -> int:
    """Views at which attention across views takes its share, see `_ATTENTION_SHARE`."""
    backbone = config.backbone
    crossing = sum(backbone.is_cross_view(i) for i in range(backbone.depth))
    if not crossing:
        return 1
    hidden = (3 if backbone.swiglu else 2) * backbone.hidden
    per_token = backbone.depth * backbone.width * (4 * backbone.width + hidden)
    tokens = _ATTENTION_SHARE * per_token / (2 * crossing * backbone.width)
    return max(2, round(tokens / (one.patches + 1)))


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error of torch or Python says that memory ran out; the one place that knows."""
    import torch

    if isinstance(error, (torch.OutOfMemoryError, MemoryError)):
        return True
    text = str(error)
    return any(phrase in text for phrase in _OUT_OF_MEMORY)
