"""Running a network: with attention that fits into memory, and to values that are numbers."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from torch import Tensor

from da3studio.base.errors import CheckpointMismatch
from da3studio.base.i18n import tr
from da3studio.base.progress import Notice, Report
from da3studio.model.camera_heads import Cameras
from da3studio.model.network import DA3, Ask, DA3Output
from da3studio.model.precision import Precision, widen_dense


def finite_output(
    network: DA3,
    precision: Precision,
    images: Sequence[Tensor],
    report: Report,
    known: Cameras | None = None,
    ask: Ask | None = None,
) -> DA3Output:
    """What a network says, with its dense heads in float32 from now on where float16 is too narrow.

    Raises:
        CheckpointMismatch: not even then is all of it finite.
    """
    output: DA3Output = network(images, known, ask)
    if not _is_finite(output) and precision.dense == torch.float16:
        report(
            Notice(
                tr("This network's values are too large for half precision; it goes on in full.")
            )
        )
        widen_dense(network)
        output = network(images, known, ask)
    if _is_finite(output):
        return output
    raise CheckpointMismatch(
        tr("The network {name} gives no depth for these photos.").format(name=network.config.name),
        why=tr("Its values grow beyond all numbers: its weights are bad, or need more precision."),
        fix=tr(
            "Compute on the processor (--depth-device cpu), or choose another network"
            " (--checkpoint)."
        ),
    )


def _is_finite(output: DA3Output) -> bool:
    maps = [*output.depth, *(output.confidence or ()), *(output.sky or ())]
    maps += [*(output.rays or ()), *(output.ray_confidence or ())]
    maps += [gaussians.values for gaussians in output.raw_gaussians or ()]
    maps += [] if output.camera_encoding is None else [output.camera_encoding]
    return bool(torch.stack([torch.isfinite(values).all() for values in maps]).all())


def fused_attention(device: Any) -> AbstractContextManager[Any]:
    """Refuses attention that writes out all pairs of tokens: with many views no card holds them."""
    if device.type != "cuda":
        return nullcontext()
    from torch.nn.attention import SDPBackend, sdpa_kernel

    allowed: AbstractContextManager[Any] = sdpa_kernel(
        [
            SDPBackend.CUDNN_ATTENTION,
            SDPBackend.FLASH_ATTENTION,
            SDPBackend.EFFICIENT_ATTENTION,
        ]
    )
    return allowed
