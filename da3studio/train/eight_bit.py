"""Weights in 8 bits: a file of half the size, which `model.checkpoint` reads like any other."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

_LARGEST = 127


def in_eight_bits(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Every matrix and convolution as whole numbers of -127 to 127, with a scale per output.

    The scale, `(outputs,)` in half precision, is beside each as `<name>.scale`. Vectors, and what
    has a first axis of 1 (tokens, positions), are few numbers that all depends on: they stay.

    Args:
        tensors: name in the file → tensor of the checkpoint.
    """
    small: dict[str, Tensor] = {}
    for name, tensor in tensors.items():
        if tensor.ndim < 2 or tensor.shape[0] == 1:
            small[name] = tensor
            continue
        rows = tensor.float().flatten(1)
        scale = (rows.abs().amax(dim=1) / _LARGEST).half()
        steps = torch.where(scale > 0, scale, 1).float()[:, None]  # 0 = a row of zeros
        whole = (rows / steps).round().clamp(-_LARGEST, _LARGEST).to(torch.int8)
        small[name], small[name + ".scale"] = whole.reshape(tensor.shape), scale
    return small
