"""Numbers that anybody can make again: the weights, photos and cameras of the stored cases."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from da3studio.model.config import DA3Config
from da3studio.model.names import Shape, expected_tensors

SALT = "da3golden-v1:"

_ALIAS = re.compile(r"(output_conv2_aux\.)[1-3](\.2\.)")
_NORMS = r"(^|\.)(norm|norm1|norm2|token_norm|trunk_norm)\.weight$"

# First match counts: mean, spread, and whether the spread shrinks with the number of inputs.
_RULES: tuple[tuple[str, float, float, bool], ...] = (
    (r"\.gamma$", 0.25, 0.10, False),
    (r"(cls_token|camera_token)$", 0.0, 1.00, False),
    (r"pos_embed$", 0.0, 0.30, False),
    (r"attn\.[qk]_norm\.weight$", 1.25, 0.10, False),
    (r"attn\.[qk]_norm\.bias$", 0.0, 0.10, False),
    (_NORMS, 1.0, 0.10, False),
    (r"output_conv2_aux\.\d\.2\.weight$", 1.0, 0.10, False),
    (r"fc_fov\.0\.bias$", 1.0, 0.05, False),
    (r"fc_fov\.0\.weight$", 0.0, 0.30, True),
    (r"fc_t\.weight$", 0.0, 1.00, True),
    (r"fc_qvec\.weight$", 0.0, 1.00, True),
    (r"cam_dec\.backbone\.\d\.weight$", 0.0, 1.40, True),
    (r"attn\.qkv\.weight$", 0.0, 1.20, True),
    (r"scratch\.output_conv2\.0\.weight$", 0.0, 1.40, True),
    (r"scratch\.sky_output_conv2\.2\.weight$", 0.0, 1.20, True),
    (r"scratch\.sky_output_conv2\.2\.bias$", 0.3, 0.10, False),
    (r"scratch\.output_conv2\.2\.weight$", 0.0, 0.40, True),
    (r"scratch\.output_conv2_aux\.\d\.5\.weight$", 0.0, 1.40, True),
    (r"\.bias$", 0.0, 0.10, False),
    (r"\.weight$", 0.0, 1.00, True),
)


def unit_uniform(name: str, n: int) -> NDArray[np.float64]:
    """`(n,)` numbers that follow from a name: uniform, mean 0, variance 1."""
    words = np.random.Philox(key=zlib.crc32(name.encode())).random_raw(n)
    u = (words >> np.uint64(40)).astype(np.float64)
    u += 0.5
    u /= 2.0**24
    u -= 0.5
    u *= np.sqrt(12.0)
    return u


class FormulaWeights(Mapping[str, Tensor]):
    """Published name → tensor, made when asked for.

    Args:
        config: which network.
        salt: of the case.
        prefix: of the network's tensors in its file.
        override: (pattern, factor): tensors whose name matches are multiplied.
    """

    def __init__(
        self,
        config: DA3Config,
        salt: str = SALT,
        *,
        prefix: str = "",
        override: Sequence[tuple[str, float]] = (),
    ) -> None:
        self._shapes = expected_tensors(config)
        self._salt, self._prefix = salt, prefix
        self._override = override

    def __getitem__(self, name: str) -> Tensor:
        values = _values(self._prefix + name, self._shapes[name], self._salt)
        for pattern, factor in self._override:
            if re.search(pattern, self._prefix + name):
                values *= np.float32(factor)
        return torch.from_numpy(values)

    def __iter__(self) -> Iterator[str]:
        return iter(self._shapes)

    def __len__(self) -> int:
        return len(self._shapes)


def _values(name: str, shape: Shape, salt: str) -> NDArray[np.float32]:
    name = _ALIAS.sub(r"\g<1>0\2", name)
    mean, spread, per_input = next(rule[1:] for rule in _RULES if re.search(rule[0], name))
    if per_input:
        spread /= np.sqrt(float(_inputs(name, shape)))
    numbers = unit_uniform(salt + name, int(np.prod(shape)))
    numbers *= spread
    numbers += mean
    return numbers.astype(np.float32).reshape(shape)


def _inputs(name: str, shape: Shape) -> int:
    if re.search(r"resize_layers\.[01]\.weight$", name):  # transposed, stride = kernel
        return shape[0]
    return int(np.prod(shape[1:]))


def make_image(height: int, width: int, view: int, seed: int) -> NDArray[np.uint8]:
    """`(H, W, 3)`: smooth blobs, two textures and a soft edge that move with the view."""
    y, x = np.meshgrid(
        (np.arange(height) + 0.5) / height, (np.arange(width) + 0.5) / width, indexing="ij"
    )
    up = 1 if view % 2 else -1
    u, v = x + 0.045 * view, y + 0.03 * view * up
    tau = 2 * np.pi
    image = np.empty((height, width, 3))
    for channel, p in enumerate(unit_uniform(f"image:{seed}", 24).reshape(3, 8)):
        a, b, d, e, f, g, h, i = p
        image[..., channel] = (
            0.50
            + 0.16 * np.sin(tau * ((1.0 + 0.3 * a) * u + (0.7 + 0.3 * b) * v + 0.3 * d))
            + 0.12 * np.cos(tau * ((2.3 + 0.5 * e) * u - (1.7 + 0.5 * f) * v + 0.2 * g))
            + 0.08 * np.sin(tau * 11.0 * (u + 0.2 * h)) * np.sin(tau * 9.0 * (v + 0.2 * i))
            + 0.14 * np.tanh(12.0 * (u - 0.35 - 0.25 * v + 0.05 * (channel - 1) * a))
        )
    return np.clip(np.floor(255.0 * image + 0.5), 0, 255).astype(np.uint8)
