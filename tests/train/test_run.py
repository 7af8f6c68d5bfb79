"""Runs can be repeated, stopped, killed and gone on with, to the same weights."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from da3studio.base.errors import BadInput, Missing
from da3studio.model.checkpoint import identify, load
from da3studio.model.config import MINI
from da3studio.train.recipe import Recipe, read_recipe
from da3studio.train.run import LOG, STATE, Run
from da3studio.train.start import fresh
from da3studio.train.state import PART_BYTES, read_state, write_checkpoint
from tests.conftest import ROOT

CPU = ROOT / "da3studio" / "train" / "recipes" / "cpu.toml"


def _recipe(steps: int) -> Recipe:
    return dataclasses.replace(read_recipe(CPU), steps=steps, log_every=1, warm_up=2)


def _trained(out: Path, steps: int, piece: int | None = None, resume: Path | None = None) -> Run:
    run = Run(_recipe(steps), out, resume=resume, device="cpu")
    if piece is None:
        run.train()
    else:
        for _ in range(piece):
            run._one_step()
        run.save()
    return run


def _losses(out: Path) -> list[float]:
    return [json.loads(line)["loss"] for line in (out / LOG).read_text("utf-8").splitlines()]


def _weights(folder: Path) -> dict[str, torch.Tensor]:
    kinds = read_state(folder)[1]
    return {f"{kind}.{name}": t for kind, tensors in kinds.items() for name, t in tensors.items()}


def _same(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


def test_that_a_run_in_two_pieces_ends_with_the_weights_of_one_in_a_piece(tmp_path):
    _trained(tmp_path / "whole", 4)
    _trained(tmp_path / "first", 4, piece=2)
    _trained(tmp_path / "second", 4, resume=tmp_path / "first" / STATE)

    whole, second = (_weights(tmp_path / name / STATE) for name in ("whole", "second"))
    assert _same(whole, second)
    assert len(_losses(tmp_path / "whole")) == 4
    assert _losses(tmp_path / "whole")[2:] == _losses(tmp_path / "second")


def test_that_a_compact_state_is_small_and_goes_on(tmp_path):
    run = Run(_recipe(4), tmp_path, compact=True, device="cpu")
    run._one_step()
    run.save()
    size = sum(file.stat().st_size for file in (tmp_path / STATE).glob("*.safetensors"))
    weights = sum(p.numel() for p in run.learner.network.parameters())
    assert size < 4.2 * weights + 100_000
    for file in (tmp_path / STATE).glob("average-*"):
        file.unlink()  # it may be left behind

    again = _trained(tmp_path / "again", 4, resume=tmp_path / STATE)

    assert again.step == 4
    assert torch.isfinite(torch.tensor(_losses(tmp_path / "again"))).all()


def test_that_a_run_begins_with_the_weights_of_a_checkpoint(tmp_path):
    path = tmp_path / "mini.safetensors"
    write_checkpoint(path, MINI, fresh(MINI, seed=5).state_dict())
    recipe = dataclasses.replace(_recipe(1), variant=MINI.name)

    run = Run(recipe, tmp_path, start=path, device="cpu")

    loaded = load(path).any_view
    assert loaded is not None
    begun, average = run.learner.network.state_dict(), run.learner.average
    for name, weight in loaded.state_dict().items():
        assert torch.equal(begun[name], weight)
        assert torch.equal(average.get(name, weight), weight)
    run._one_step()
    assert torch.isfinite(torch.stack([p.sum() for p in run.learner.network.parameters()])).all()
    with pytest.raises(BadInput, match="network for tests"):
        Run(_recipe(1), tmp_path, start=path, device="cpu")


def test_that_a_state_that_is_not_whole_is_refused(tmp_path):
    _trained(tmp_path, 1)
    part = next((tmp_path / STATE).glob("weights-*"))
    part.write_bytes(part.read_bytes()[:-1])

    with pytest.raises(BadInput, match="not whole"):
        read_state(tmp_path / STATE)
    with pytest.raises(Missing):
        read_state(tmp_path)


def test_that_the_checkpoint_of_mini_loads_as_the_official_ones_do(tmp_path):
    network = fresh(MINI, seed=1)
    path = tmp_path / "mini.safetensors"

    write_checkpoint(path, MINI, network.state_dict())

    assert identify(path).variant == "da3-mini"
    loaded = load(path).any_view
    assert loaded is not None
    ours, theirs = network.state_dict(), loaded.state_dict()
    assert ours.keys() == theirs.keys()
    assert all(torch.equal(ours[name].half().float(), theirs[name]) for name in ours)
    assert path.stat().st_size < 32_000_000
    # Each half of a compact state is below 16 MiB with its header.
    assert sum(t.numel() * 2 for t in ours.values()) < 2 * PART_BYTES < 2 * 16 * 2**20 - 2**20


@pytest.mark.skipif(not torch.cuda.is_available(), reason="NO GPU: steps are not prepared ahead")
def test_that_a_step_prepared_ahead_is_the_same_step(tmp_path):
    weights = []
    for ahead in (False, True):
        run = Run(_recipe(6), tmp_path, device="cuda")
        for step in range(6):
            lesson, following = (run.lesson_at(step + i, 0) for i in range(2))
            run.learner.optimiser.rate.fill_(run.recipe.rate_at(step))
            run.learner.step(lesson, following if ahead else None)
        weights.append({k: v.clone() for k, v in run.learner.network.state_dict().items()})

    for name, weight in weights[0].items():
        torch.testing.assert_close(weights[1][name], weight, atol=1e-4, rtol=1e-3)


@pytest.mark.slow
def test_that_two_processes_learn_from_the_mean_of_their_gradients(tmp_path):
    steps = 2
    file = tmp_path / "recipe.toml"
    text = CPU.read_text("utf-8").replace("steps = 200", f"steps = {steps}")
    file.write_text(text.replace("warm_up = 20", "warm_up = 2"), "utf-8")
    launcher = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2")
    command = ("-m", "da3studio", "train", file, "--out", tmp_path / "two", "--device", "cpu")
    subprocess.run([sys.executable, *launcher, *command, "--no-checkpoint"], check=True, cwd=ROOT)

    one = Run(_recipe(steps), tmp_path / "one", device="cpu")
    parameters = list(one.learner.network.parameters())
    for step in range(steps):
        one.learner.optimiser.rate.fill_(one.recipe.rate_at(step))
        gradients = []
        for rank in range(2):
            lesson = one.lesson_at(step, rank)
            torch.manual_seed(lesson.seed)
            one.learner._learn(one.learner._made(lesson.bucket), full=lesson.bucket.full)
            gradients.append([p.grad.clone() for p in parameters])
        for parameter, ours, theirs in zip(parameters, *gradients, strict=True):
            parameter.grad = (ours + theirs) / 2
        one.learner._update()

    progress, kinds = read_state(tmp_path / "two" / STATE)
    assert progress.photos == steps * 2 * one.bucket_at(0).photos
    for name, parameter in one.learner.network.named_parameters():
        torch.testing.assert_close(kinds["weights"][name], parameter, atol=2e-5, rtol=2e-4)


@pytest.mark.slow
def test_that_the_first_200_steps_have_the_same_losses_twice(tmp_path):
    for name in ("one", "other"):
        run = Run(read_recipe(CPU), tmp_path / name, device="cpu")
        run.train()

    assert _losses(tmp_path / "one") == _losses(tmp_path / "other")
    losses = _losses(tmp_path / "one")
    assert sum(losses[-5:]) < 0.9 * sum(losses[:5])  # means of ten steps each


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="NO SIGKILL ON WINDOWS")
def test_that_a_killed_run_goes_on_to_the_weights_of_an_unbroken_one(tmp_path):
    script = (
        "import sys; from pathlib import Path; from da3studio.train import run;"
        "from tests.train.test_run import _recipe; run._SAVE_EVERY_S = 2.0;"
        "run.Run(_recipe(40), Path(sys.argv[1]), device='cpu').train()"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path / "killed")],
        cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1"},  # as here: sums in another order round else
    )
    until = time.monotonic() + 120
    while not (tmp_path / "killed" / STATE).is_dir() and time.monotonic() < until:
        time.sleep(0.05)
    child.send_signal(signal.SIGKILL)
    child.wait()
    progress, _ = read_state(tmp_path / "killed" / STATE)
    assert 0 < progress.step < 40

    _trained(tmp_path / "went_on", 40, resume=tmp_path / "killed" / STATE)
    _trained(tmp_path / "whole", 40)

    assert _same(_weights(tmp_path / "went_on" / STATE), _weights(tmp_path / "whole" / STATE))
