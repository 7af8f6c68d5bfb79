"""One step of training: make scenes, look at them, learn. On a GPU it is three CUDA graphs.

Everything from the first random number to the last changed weight runs without asking the CPU, so
a step is three launches; without that, thousands of small launches take most of the time. The
scenes of the next step are made while this one learns: but for their pictures they are many small
operations in a row, which leave a GPU nearly idle. Before the last graph, several GPUs add up what
they learned.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import TypeVar

import torch
from torch import Tensor, distributed

from da3studio.model.network import DA3
from da3studio.train.example import Bucket, Example, new_example
from da3studio.train.forward import predict
from da3studio.train.losses import Losses, losses
from da3studio.train.optimiser import Optimiser
from da3studio.train.recipe import Recipe
from da3studio.train.scenes.batch import FIRST

T = TypeVar("T")

TOLD = (*(field.name for field in fields(Losses)), "loss", "gradient_length")
_AHEAD = 3  # steps that may wait for the GPU
_WARM_UPS = 2  # runs before a capture, which libraries use to set themselves up


@dataclass(frozen=True)
class Lesson:
    """A step that is to be taken; the same lesson gives the same step."""

    bucket: Bucket
    seed: int  # of all its random numbers


@dataclass(frozen=True, eq=False)
class _Captured:
    """A step of one bucket, recorded."""

    make: torch.cuda.CUDAGraph
    learn: torch.cuda.CUDAGraph
    update: torch.cuda.CUDAGraph
    made: Example  # by the first
    taken: Example  # by the second to learn from, while the first may make another
    told: Tensor  # by the second
    length: Tensor  # by the third


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
        self._waiting: Lesson | None = None  # whose example is made
        if self.device.type == "cuda":
            # Graphs that run at the same time share no memory.
            self._maker = torch.cuda.Stream(priority=FIRST)
            self._recorder = torch.cuda.Stream()  # of the other two
            self._makers_pool = torch.cuda.graph_pool_handle()
            self._learners_pool = torch.cuda.graph_pool_handle()
        self._running: deque[torch.cuda.Event] = deque()

    def step(self, lesson: Lesson, following: Lesson | None = None) -> Tensor:
        """One step.

        Args:
            lesson: what it is to be.
            following: of the next step, which a GPU prepares meanwhile; changes no result.

        Returns:
            What is to be told of it, named by `TOLD`.
        """
        if self.device.type != "cuda":
            torch.manual_seed(lesson.seed)
            told = self._learn(self._made(lesson.bucket), full=lesson.bucket.full)
            self._add_up()
            return torch.cat([told, self._update()])
        for one in (lesson, following):
            if one is not None and one.bucket not in self._captured:
                self._captured[one.bucket] = self._capture(one.bucket)
        if self._waiting != lesson:
            self._prepare(lesson)
        captured = self._captured[lesson.bucket]
        torch.cuda.current_stream().wait_stream(self._maker)
        captured.taken.take(captured.made)
        if following is not None:
            self._prepare(following)
        captured.learn.replay()
        self._add_up()
        captured.update.replay()
        self._keep_pace()
        return torch.cat([captured.told, captured.length])

    def _prepare(self, lesson: Lesson) -> None:
        """Begin to make a step's example, once all that was asked for so far is done."""
        self._maker.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(self._maker):
            torch.manual_seed(lesson.seed)
            self._captured[lesson.bucket].make.replay()
        # Launching any graph may write seed and place in the sequence where this one reads them,
        # so from here on they are what it began with.
        torch.manual_seed(lesson.seed)
        self._waiting = lesson

    def _keep_pace(self) -> None:
        """Wait for the GPU once it is some steps behind, or clocks would mean nothing."""
        done = torch.cuda.Event()
        done.record()
        self._running.append(done)
        if len(self._running) > _AHEAD:
            self._running.popleft().synchronize()

    def _made(self, bucket: Bucket) -> Example:
        with torch.no_grad():
            return new_example(self.recipe, bucket, self.device)

    def _learn(self, example: Example, *, full: bool) -> Tensor:
        """Gradients; what there is to tell of them."""
        for parameter in self.network.parameters():
            parameter.grad = None
        on_gpu = self.device.type == "cuda"
        with torch.autocast(self.device.type, torch.bfloat16, enabled=on_gpu):
            prediction = predict(
                self.network,
                example.photos,
                example.dense,
                known=example.known,
                is_known=example.is_known,
                full=full,
                compiled=self.recipe.compiled,
                matching=self.recipe.weights.matching > 0,
            )
        parts = losses(prediction, example.targets, example.dense)
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
                taken = self._made(bucket)
                self._learn(taken, full=bucket.full)
                self._update()
        torch.cuda.current_stream().wait_stream(stream)
        make, made = _recorded(lambda: self._made(bucket), self._maker, self._makers_pool)
        at, pool = self._recorder, self._learners_pool
        learn, told = _recorded(lambda: self._learn(taken, full=bucket.full), at, pool)
        update, length = _recorded(self._update, at, pool)
        with torch.no_grad():
            for tensor, value in zip(kept, saved, strict=True):
                tensor.copy_(value)
        return _Captured(make, learn, update, made, taken, told, length)


def _recorded(
    work: Callable[[], T], stream: torch.cuda.Stream, pool: object
) -> tuple[torch.cuda.CUDAGraph, T]:
    """A graph of some work, and its result, which each replay writes again."""
    graph = torch.cuda.CUDAGraph()
    # Other threads, of the communication between GPUs, may ask the card meanwhile.
    with torch.cuda.graph(graph, pool=pool, stream=stream, capture_error_mode="thread_local"):
        result = work()
    return graph, result
