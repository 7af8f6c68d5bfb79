"""One step of training: make scenes, look at them, learn. On a GPU it is two CUDA graphs.

Everything from the first random number to the last changed weight runs without asking the CPU, so
a step is two launches; without that, thousands of small launches take most of the time. Between
the two, several GPUs add up what they learned.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, fields

import torch
from torch import Tensor, distributed

from da3studio.model.network import DA3
from da3studio.train.forward import predict
from da3studio.train.losses import Losses, losses
from da3studio.train.optimiser import Optimiser
from da3studio.train.recipe import Recipe
from da3studio.train.scenes.batch import batch, shares
from da3studio.train.scenes.parts import Draw
from da3studio.train.targets import Targets, given_cameras, normalised, targets_of

TOLD = (*(field.name for field in fields(Losses)), "loss", "gradient_length")
_AHEAD = 3  # steps that may wait for the GPU
_WARM_UPS = 2  # runs before a capture, which libraries use to set themselves up


@dataclass(frozen=True)
class Bucket:
    """The shapes of one step; each has a CUDA graph of its own."""

    n_views: int
    height: int
    width: int
    photos: int
    full: bool


@dataclass(frozen=True, eq=False)
class _Example:
    """What a step learns from, see `forward.predict`."""

    photos: Tensor
    targets: Targets
    dense: Tensor
    known: Tensor | None
    is_known: Tensor | None


@dataclass(frozen=True, eq=False)
class _Captured:
    """A step of one bucket, recorded."""

    learn: torch.cuda.CUDAGraph
    update: torch.cuda.CUDAGraph
    told: Tensor  # by the first
    length: Tensor  # by the second


class Learner:
    """Network, optimiser, moving average, and how they take a step.

    Args:
        recipe: of the run.
        network: on the device.
    """

    def __init__(self, recipe: Recipe, network: DA3) -> None:
        self.recipe = recipe
        self.network = network
        self.optimiser = Optimiser(network, recipe.rates)
        self.average = {name: p.detach().clone() for name, p in network.named_parameters()}
        self.device = next(network.parameters()).device
        self._summed: Tensor | None = None  # gradients of all GPUs, one after the other
        if distributed.is_initialized():
            count = sum(p.numel() for p in network.parameters())
            self._summed = torch.zeros(count, device=self.device)
        self._captured: dict[Bucket, _Captured] = {}
        self._pool: object = None
        self._running: deque[torch.cuda.Event] = deque()

    def step(self, bucket: Bucket, seed: int) -> Tensor:
        """One step.

        Args:
            bucket: its shapes.
            seed: of all its random numbers; the same seed gives the same step.

        Returns:
            What is to be told of it, named by `TOLD`.
        """
        if self.device.type != "cuda":
            torch.manual_seed(seed)
            told = self._learn(bucket)
            self._add_up()
            return torch.cat([told, self._update()])
        if bucket not in self._captured:
            self._captured[bucket] = self._capture(bucket)
        captured = self._captured[bucket]
        torch.manual_seed(seed)
        captured.learn.replay()
        self._add_up()
        captured.update.replay()
        self._keep_pace()
        return torch.cat([captured.told, captured.length])

    def _keep_pace(self) -> None:
        """Wait for the GPU once it is some steps behind, or clocks would mean nothing."""
        done = torch.cuda.Event()
        done.record()
        self._running.append(done)
        if len(self._running) > _AHEAD:
            self._running.popleft().synchronize()

    def _learn(self, bucket: Bucket) -> Tensor:
        """Gradients of a new batch; what there is to tell of it."""
        for parameter in self.network.parameters():
            parameter.grad = None
        with torch.no_grad():
            made = self._made(bucket)
        on_gpu = self.device.type == "cuda"
        with torch.autocast(self.device.type, torch.bfloat16, enabled=on_gpu):
            prediction = predict(
                self.network,
                made.photos,
                made.dense,
                known=made.known,
                is_known=made.is_known,
                full=bucket.full,
                compiled=self.recipe.compiled,
                matching=self.recipe.weights.matching > 0,
            )
        parts = losses(prediction, made.targets, made.dense)
        total = parts.total(self.recipe.weights)
        total.backward()
        if self._summed is not None:
            gradients = [p.grad.flatten() for p in self.network.parameters()]
            torch.cat(gradients, out=self._summed)
        return torch.stack([*(x.detach() for x in vars(parts).values()), total.detach()])

    def _add_up(self) -> None:
        if self._summed is not None:
            distributed.all_reduce(self._summed)

    def _update(self) -> Tensor:
        """Change the weights by the gradients, whose length `(1,)` is returned."""
        if self._summed is not None:
            self._summed /= distributed.get_world_size()
            at = 0
            for parameter in self.network.parameters():
                part = self._summed[at : at + parameter.numel()]
                parameter.grad.copy_(part.view_as(parameter))
                at += parameter.numel()
        length = self.optimiser.step()
        self._update_average()
        return length[None]

    def _made(self, bucket: Bucket) -> _Example:
        recipe, n_views = self.recipe, bucket.n_views
        counts = shares(recipe.scenes, max(1, bucket.photos // n_views))
        made = batch(
            counts, n_views, bucket.height, bucket.width, self.device, strength=recipe.strength
        )
        targets = targets_of(made)
        n_scenes = len(made.photos)
        draw = Draw(n_scenes, self.device)
        order = torch.rand(n_scenes, n_views, device=self.device).argsort(-1)
        dense = order[:, : dense_views(n_views)]
        known = is_known = None
        if recipe.config.pose_conditioning:
            known, is_known = given_cameras(targets, draw), draw.chance(recipe.known)
        return _Example(normalised(made.photos), targets, dense, known, is_known)

    def _update_average(self) -> None:
        with torch.no_grad():
            steps = self.optimiser.steps
            share = 1 - ((1 + steps) / (10 + steps)).clamp(max=self.recipe.average)
            weights = [p.detach() for p in self.network.parameters()]
            moved = torch._foreach_sub(weights, list(self.average.values()))
            torch._foreach_mul_(moved, share)
            torch._foreach_add_(list(self.average.values()), moved)

    def _capture(self, bucket: Bucket) -> _Captured:
        """Record a step; the weights are afterwards as they were."""
        kept = [
            *self.network.parameters(),
            *self.average.values(),
            *self.optimiser.state().values(),
        ]
        saved = [tensor.detach().clone() for tensor in kept]
        stream = torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            for _ in range(_WARM_UPS):
                self._learn(bucket)
                self._update()
        torch.cuda.current_stream().wait_stream(stream)
        learn, told = self._recorded(lambda: self._learn(bucket))
        update, length = self._recorded(self._update)
        with torch.no_grad():
            for tensor, value in zip(kept, saved, strict=True):
                tensor.copy_(value)
        return _Captured(learn, update, told, length)

    def _recorded(self, work: Callable[[], Tensor]) -> tuple[torch.cuda.CUDAGraph, Tensor]:
        """A graph of some work, and its result, which each replay writes again."""
        graph = torch.cuda.CUDAGraph()
        # Other threads, of the communication between GPUs, may ask the card meanwhile.
        with torch.cuda.graph(graph, pool=self._pool, capture_error_mode="thread_local"):
            result = work()
        self._pool = self._pool or graph.pool()
        return graph, result


def dense_views(n_views: int) -> int:
    """How many views of a scene the dense heads look at: their share of the work is large."""
    return max(1, round(n_views / 3))
