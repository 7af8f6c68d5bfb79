"""AdamW for most weights, Muon for the matrices of the blocks; learning rates live on the device.

Everything is done by torch's operations on lists of tensors, without asking the device anything,
so that a step can be captured into a CUDA graph and its state saved and restored exactly.

Source: Loshchilov & Hutter 2019 (AdamW); Jordan et al. 2024 (Muon).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from da3studio.model.network import DA3

_POLYNOMIALS = (  # of Newton-Schulz iterations that make singular values about 1
    (4.0848, -6.8946, 2.9270),
    (3.9505, -6.3029, 2.6377),
    (3.7418, -5.5913, 2.3037),
    (2.8769, -3.1427, 1.2046),
    (2.8366, -3.0525, 1.2012),
)
_MUON_SIZE = 0.2  # root mean square of an update at learning rate 1, as AdamW's are


@dataclass(frozen=True)
class Rates:
    """Learning rates at the top of the schedule."""

    matrices: float = 4e-3  # Muon's
    others: float = 1.5e-3  # AdamW's
    # Of the camera decoder, as a share of `others`: at the full rate its ReLUs died within some
    # hundred steps. That was before `forward` let them come back; no other share was tried since.
    decoder: float = 0.2
    decay: float = 0.05  # of weights, per step and learning rate
    clip: float = 1.0  # longest gradient


class Optimiser:
    """Both methods for one network."""

    def __init__(self, network: DA3, rates: Rates) -> None:
        named = [(name, p) for name, p in network.named_parameters() if p.requires_grad]
        device = named[0][1].device
        self.rates = rates
        self.rate = torch.zeros((), device=device)  # share of the top rates, set before each step
        self.steps = torch.zeros((), device=device)
        self._all = [p for _, p in named]
        self._matrices = {name: p for name, p in named if _is_matrix(name, p)}
        self._others = {name: p for name, p in named if name not in self._matrices}
        self._factors = [rates.decoder if _is_decoder(name) else 1.0 for name in self._others]
        self._decays = [
            rates.decay if _decays(name, p) else 0.0 for name, p in self._others.items()
        ]
        self._momentum = {name: torch.zeros_like(p) for name, p in self._matrices.items()}
        self._mean = {name: torch.zeros_like(p) for name, p in self._others.items()}
        self._square = {name: torch.zeros_like(p) for name, p in self._others.items()}

    def step(self) -> Tensor:
        """One step by the gradients of the parameters; returns the length of the gradient."""
        with torch.no_grad():
            gradients = [p.grad for p in self._all]
            length = torch.linalg.vector_norm(torch.stack(torch._foreach_norm(gradients)))
            # A step whose gradient is no number changes nothing.
            finite = torch.isfinite(length)
            factor = torch.where(finite, (self.rates.clip / (length + 1e-6)).clamp(max=1), 0.0)
            for gradient in gradients:
                gradient.nan_to_num_(0, 0, 0)
            torch._foreach_mul_(gradients, factor)
            self.steps += 1
            self._adam()
            self._muon()
        return length

    def state(self) -> dict[str, Tensor]:
        """All there is to save; the tensors are those in use."""
        return {"steps": self.steps} | dict(self._named_state())

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Put back what `state` gave."""
        for name, tensor in self.state().items():
            tensor.copy_(state[name])

    def _named_state(self) -> Iterator[tuple[str, Tensor]]:
        for kind in ("momentum", "mean", "square"):
            for name, tensor in getattr(self, f"_{kind}").items():
                yield f"{kind}.{name}", tensor

    def _adam(self) -> None:
        parameters, gradients = list(self._others.values()), [p.grad for p in self._others.values()]
        mean, square = list(self._mean.values()), list(self._square.values())
        torch._foreach_lerp_(mean, gradients, 0.1)
        torch._foreach_mul_(square, 0.98)
        torch._foreach_addcmul_(square, gradients, gradients, 0.02)
        unbiased = 1 / (1 - 0.98**self.steps).sqrt()
        spread = torch._foreach_sqrt(square)
        torch._foreach_mul_(spread, unbiased)
        torch._foreach_add_(spread, 1e-8)
        update = torch._foreach_div(mean, spread)
        torch._foreach_mul_(update, 1 / (1 - 0.9**self.steps))
        torch._foreach_add_(update, torch._foreach_mul(parameters, self._decays))
        torch._foreach_mul_(update, self._factors)
        torch._foreach_mul_(update, self.rate * self.rates.others)
        torch._foreach_sub_(parameters, update)

    def _muon(self) -> None:
        groups: dict[torch.Size, list[str]] = {}
        for name, parameter in self._matrices.items():
            groups.setdefault(_square_pieces(parameter).shape[1:], []).append(name)
        rate = self.rate * self.rates.matrices
        for shape, names in groups.items():
            parameters = [self._matrices[name] for name in names]
            momentum = [self._momentum[name] for name in names]
            gradients = [p.grad for p in parameters]
            torch._foreach_lerp_(momentum, gradients, 0.05)
            ahead = torch._foreach_lerp(gradients, momentum, 0.95)
            pieces = [_square_pieces(u) for u in ahead]
            even = _evened(torch.cat(pieces)) * (_MUON_SIZE * max(shape) ** 0.5)
            torch._foreach_mul_(parameters, 1 - rate * self.rates.decay)
            updates = [
                _whole(part, p) * rate
                for part, p in zip(even.split([len(x) for x in pieces]), parameters, strict=True)
            ]
            torch._foreach_sub_(parameters, updates)


def _is_matrix(name: str, parameter: Tensor) -> bool:
    return parameter.ndim == 2 and (".blocks." in name or ".trunk." in name)


def _is_decoder(name: str) -> bool:
    return name.startswith("camera_decoder.")


def _decays(name: str, parameter: Tensor) -> bool:
    return parameter.ndim >= 2 and "token" not in name and "pos_embed" not in name


def _square_pieces(matrix: Tensor) -> Tensor:
    """`(pieces, rows, cols)`: queries, keys and values apart; wide ones turned upright."""
    rows, cols = matrix.shape
    if rows == 3 * cols:
        return matrix.view(3, cols, cols)
    return matrix[None] if rows >= cols else matrix.T[None]


def _whole(pieces: Tensor, like: Tensor) -> Tensor:
    """The inverse of `_square_pieces`."""
    return pieces[0].T if like.shape[0] < like.shape[1] else pieces.reshape(like.shape)


def _evened(matrices: Tensor) -> Tensor:
    """The nearest matrices with singular values of about 1."""
    x = matrices.bfloat16() if matrices.is_cuda else matrices
    x = x / (x.norm(dim=(-2, -1), keepdim=True) + 1e-7)
    x = x.mT
    for a, b, c in _POLYNOMIALS:
        square = x @ x.mT
        x = a * x + (b * square + c * square @ square) @ x
    return x.mT.float()
