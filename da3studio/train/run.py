"""A training run, or a piece of one: steps until the end or until time is up, then all is saved."""

from __future__ import annotations

import json
import os
import random
import time
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import torch
from torch import Tensor, distributed

from da3studio.base.atomic import writing_to
from da3studio.base.cancel import NEVER, CancelToken, JobCancelled
from da3studio.base.errors import BadInput
from da3studio.base.i18n import tr
from da3studio.model.checkpoint import load
from da3studio.model.config import VARIANTS
from da3studio.model.network import DA3
from da3studio.train.evaluate import evaluate
from da3studio.train.example import Bucket
from da3studio.train.recipe import Recipe
from da3studio.train.start import fresh
from da3studio.train.state import HALF, Progress, read_state, write_checkpoint, write_state
from da3studio.train.step import TOLD, Learner, Lesson

CHECKPOINT = "model.safetensors"
LOG = "log.jsonl"
STATE = "state"
_SAVE_EVERY_S = 300.0
_ASK_EVERY = 10  # steps; with several GPUs only, as the answer has to be waited for


class Run:
    """One piece of a run in one process; with several GPUs, one of several equal ones.

    Args:
        recipe: of the whole run.
        out: folder for state, log and checkpoint.
        start: checkpoint whose weights the run begins with, or `None` for random ones.
        resume: folder with the state of an earlier piece, or `None`.
        compact: save a compact state.
        device: "cuda", "cpu" or "auto".

    Raises:
        Missing, BadInput: the state or the checkpoint is not there or of another network.
        CheckpointMismatch: likewise.
    """

    def __init__(
        self,
        recipe: Recipe,
        out: Path,
        *,
        start: Path | None = None,
        resume: Path | None = None,
        compact: bool = False,
        device: str = "auto",
    ) -> None:
        self.recipe, self.out, self._compact = recipe, out, compact
        self._rank, self._device = _joined_others(device)
        network = fresh(recipe.config, recipe.seed)
        if start is not None:
            network.load_state_dict(_weights_of(start, recipe.variant))
        self.step, self._photos, self._seconds, self._since = 0, 0, 0.0, 0
        kinds: Mapping[str, Mapping[str, Tensor]] = {}
        if resume is not None:
            progress, kinds = read_state(resume)
            _check_variant(recipe, progress, resume)
            self.step, self._photos = progress.step, progress.photos
            self._seconds = progress.seconds
            network.load_state_dict({k: v.float() for k, v in kinds["weights"].items()})
        if self._device.type == "cuda":
            network.to(memory_format=torch.channels_last)
        self.learner = Learner(recipe, network.to(self._device))
        self._told = torch.zeros(len(TOLD) + 1, device=self._device)
        if kinds:
            self._restore(kinds)

    def train(self, minutes: float | None = None, token: CancelToken = NEVER) -> None:
        """Steps until the run is done or time is up, then save.

        Args:
            minutes: of this piece, what it takes to start and save included as far as it is known;
                `None` = no limit.
            token: stops early; what is done so far is saved.

        Raises:
            JobCancelled: by the token, after saving.
        """
        started = saved = time.monotonic()
        until = None if minutes is None else started + 60 * minutes
        before = self._seconds
        try:
            while self.step < self.recipe.steps and not self._time_is_up(until):
                token.check()
                bucket = self._one_step()
                self._seconds = before + time.monotonic() - started
                if self.step % self.recipe.log_every == 0 or self.step == self.recipe.steps:
                    self._tell(bucket)
                if self.recipe.evaluate_every and self.step % self.recipe.evaluate_every == 0:
                    self.evaluate(token)
                if time.monotonic() - saved > _SAVE_EVERY_S:
                    self.save()
                    saved = time.monotonic()
        except JobCancelled:
            self.save()
            raise
        self.save()

    @property
    def is_first(self) -> bool:
        """Whether this process speaks for all of them."""
        return self._rank == 0

    def leave_others(self) -> None:
        """With several GPUs, after training: from here each process is on its own."""
        if _several():
            distributed.destroy_process_group()

    def evaluate(self, token: CancelToken = NEVER) -> None:
        """Measure the averaged weights and log the scores.

        Raises:
            JobCancelled: by the token; nothing is logged.
        """
        if not self.is_first or not self.recipe.evaluated:
            return
        network = DA3(self.recipe.config)
        network.load_state_dict({k: v.cpu() for k, v in self.learner.average.items()})
        size = self.recipe.stages[-1].sizes[0]
        for scores in evaluate(
            network.to(self._device).eval(),
            self.recipe.evaluated,
            size,
            self._device,
            token=token,
        ):
            self._log({"step": self.step, "scores": asdict(scores)})

    def save(self) -> None:
        """Write the state."""
        if not self.is_first:
            return
        weights = self.learner.network.state_dict()
        kinds: dict[str, Mapping[str, Tensor]] = {
            "weights": weights,
            "average": self.learner.average,
        }
        if self._compact:
            kinds = {kind: _halved(tensors) for kind, tensors in kinds.items()}
        else:
            kinds["optimiser"] = self.learner.optimiser.state()
        progress = Progress(
            self.recipe.variant, self.step, self._photos, self._seconds, self._compact
        )
        write_state(self.out / STATE, progress, kinds)

    def write_checkpoint(self, path: Path) -> None:
        """The averaged weights as a file that the product loads."""
        if self.is_first:
            write_checkpoint(path, self.recipe.config, self.learner.average)

    def bucket_at(self, step: int) -> Bucket:
        """The shapes of a step, equal on all GPUs."""
        recipe = self.recipe
        stage = recipe.stage_at(step)
        dice = random.Random(f"{recipe.seed} {step}")  # noqa: S311  nothing secret
        (n_views,) = dice.choices(list(recipe.views), list(recipe.views.values()))
        height, width = dice.choice(stage.sizes)
        photos = stage.photos // n_views * n_views
        return Bucket(n_views, height, width, photos, stage.full)

    def lesson_at(self, step: int, rank: int) -> Lesson:
        """What a step does on one of the GPUs."""
        seed = random.Random(f"{self.recipe.seed} {step} {rank}").getrandbits(48)  # noqa: S311
        return Lesson(self.bucket_at(step), seed)

    def _one_step(self) -> Bucket:
        lesson, following = self.lesson_at(self.step, self._rank), None
        if self.step + 1 < self.recipe.steps:
            following = self.lesson_at(self.step + 1, self._rank)
        self.learner.optimiser.rate.fill_(self.recipe.rate_at(self.step, self._since))
        told = self.learner.step(lesson, following)
        self.step += 1
        self._told += torch.cat([told, torch.ones_like(told[:1])])
        self._photos += lesson.bucket.photos * (distributed.get_world_size() if _several() else 1)
        return lesson.bucket

    def _restore(self, kinds: Mapping[str, Mapping[str, Tensor]]) -> None:
        with torch.no_grad():
            for name, tensor in kinds.get("average", kinds["weights"]).items():
                self.learner.average[name].copy_(tensor)
            if "optimiser" in kinds:
                self.learner.optimiser.restore(kinds["optimiser"])
            else:
                self._since = self.step
                # The moving average already is one of many steps.
                self.learner.optimiser.steps.zero_()

    def _time_is_up(self, until: float | None) -> bool:
        """Asked of the first process, so that all stop after the same step."""
        if until is None:
            return False
        is_up = time.monotonic() >= until
        if not _several():
            return is_up
        if self.step % _ASK_EVERY:
            return False
        said = torch.tensor([float(is_up)], device=self._device)
        distributed.broadcast(said, 0)
        return bool(said.item())

    def _tell(self, bucket: Bucket) -> None:
        """Log the means of all steps since the last time."""
        *sums, count = self._told.tolist()
        self._told.zero_()
        values = dict(zip(TOLD, [value / count for value in sums], strict=True))
        self._log(
            {
                "step": self.step,
                "seconds": round(self._seconds, 2),
                "photos": self._photos,
                "rate": round(float(self.learner.optimiser.rate), 5),
                "size": [bucket.height, bucket.width],
                **{name: float(f"{value:.5g}") for name, value in values.items()},
            }
        )

    def _log(self, line: Mapping[str, object]) -> None:
        if not self.is_first:
            return
        path = self.out / LOG
        with writing_to(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")


def _joined_others(device: str) -> tuple[int, torch.device]:
    """This process's number among those that `torchrun` started, and its device."""
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    if "WORLD_SIZE" not in os.environ:
        return 0, torch.device(device)
    rank, local = int(os.environ["RANK"]), int(os.environ["LOCAL_RANK"])
    if device == "cuda":
        torch.cuda.set_device(local)
    if not distributed.is_initialized():
        distributed.init_process_group("nccl" if device == "cuda" else "gloo")
    return rank, torch.device(device, local) if device == "cuda" else torch.device(device)


def _weights_of(checkpoint: Path, variant: str) -> Mapping[str, Tensor]:
    if variant not in VARIANTS:
        raise BadInput(
            tr("This run cannot begin with the weights of a checkpoint."),
            why=tr("Its recipe trains a network for tests, {name}, which has no files.").format(
                name=variant
            ),
            fix=tr("Use the recipe of the network that the checkpoint is of."),
        )
    network = load(checkpoint, variant=variant).any_view
    assert network is not None  # noqa: S101  a recipe trains no other network
    weights: Mapping[str, Tensor] = network.state_dict()
    return weights


def _several() -> bool:
    return bool(distributed.is_initialized())


def _halved(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name: tensor.detach().to(HALF) for name, tensor in tensors.items()}


def _check_variant(recipe: Recipe, progress: Progress, folder: Path) -> None:
    if progress.variant != recipe.variant:
        raise BadInput(
            tr("The run in {folder} cannot go on by this recipe.").format(folder=folder),
            why=tr("It trains {one}, the recipe {other}.").format(
                one=progress.variant, other=recipe.variant
            ),
            fix=tr("Use the recipe that the run was started with."),
        )
