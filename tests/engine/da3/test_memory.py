"""The estimate of what a pass takes, and the number of views that follows from it."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from da3studio.engine.da3.memory import (
    PassSize,
    free_bytes,
    most_views,
    pass_bytes,
    weight_bytes,
)
from da3studio.model.config import BASE, GIANT, LARGE, SMALL, TINY
from da3studio.model.precision import FULL, HALF, MIXED
from da3studio.weights.catalog import model
from tests.conftest import ROOT
from tests.engine.da3.little import CPU

ONE = PassSize(1, 378, 504, 8)
EIGHT = replace(ONE, n_views=8)
APPLE = torch.device("mps")  # has the system's memory, and no rule for processors


@pytest.mark.parametrize("config", [TINY, BASE, GIANT])
@pytest.mark.parametrize("precision", [FULL, MIXED, HALF])
def test_that_the_estimate_grows_with_views_pixels_and_what_is_asked(config, precision):
    def of(**size: int | bool) -> int:
        return pass_bytes(config, precision, replace(EIGHT, **size))

    by_views = [of(n_views=n) for n in range(1, 200)]
    by_height = [of(height=14 * n) for n in range(10, 60)]
    assert by_views == sorted(set(by_views))
    assert by_height == sorted(set(by_height))
    assert of(head_views=1) <= of() <= of(rays=True)
    assert of(gaussians=True) > of()
    assert of(height=504, width=378) == of()


def test_that_half_the_width_takes_less():
    sizes = [pass_bytes(LARGE, kind, replace(ONE, n_views=32)) for kind in (FULL, MIXED, HALF)]
    assert sizes == sorted(sizes, reverse=True)
    assert weight_bytes(LARGE, MIXED) < 0.6 * weight_bytes(LARGE, FULL)


@pytest.mark.parametrize("config", [SMALL, BASE])
def test_that_weights_take_what_their_file_holds_but_for_what_only_training_used(config):
    in_file = model(config.name).fp32_bytes
    assert 0.97 * in_file < weight_bytes(config, FULL) <= in_file


def test_that_a_pass_fills_the_free_memory_and_not_more():
    n_views = most_views(BASE, FULL, ONE, APPLE, 100_000)
    free = free_bytes(APPLE)  # of a machine on which others work: it moves a little

    assert pass_bytes(BASE, FULL, replace(ONE, n_views=n_views)) < 0.95 * free
    assert pass_bytes(BASE, FULL, replace(ONE, n_views=n_views + 1)) > 0.75 * free


def test_that_larger_photos_and_networks_get_fewer_views():
    found = [
        most_views(config, FULL, one, APPLE, 100_000)
        for config, one in (
            (BASE, replace(ONE, height=210, width=280)), (BASE, ONE), (LARGE, ONE),
            (LARGE, replace(ONE, height=1008, width=1344)),
        )
    ]  # fmt: skip
    assert found == sorted(set(found), reverse=True)


def test_that_what_fits_not_even_once_is_tried_with_one_view():
    huge = replace(ONE, height=140_000, width=140_000)
    assert pass_bytes(GIANT, FULL, huge) > free_bytes(CPU)
    assert most_views(GIANT, FULL, huge, CPU, 100) == 1
    assert most_views(GIANT, FULL, huge, APPLE, 100) == 1


@pytest.mark.parametrize("device", [CPU, APPLE])
def test_that_no_pass_has_more_views_than_there_are(device):
    small = replace(ONE, height=140, width=140)
    for n_views in (1, 2, 5):
        assert most_views(TINY, FULL, small, device, n_views) == n_views


def test_that_on_a_processor_time_bounds_a_pass_before_memory_does():
    small = replace(ONE, height=140, width=140)
    bounded = most_views(BASE, FULL, small, CPU, 100_000)

    assert 2 <= bounded < most_views(BASE, FULL, small, APPLE, 100_000)
    assert most_views(BASE, FULL, replace(small, height=280), CPU, 100_000) <= bounded


_MEASURE = """
import gc, sys
from pathlib import Path
import torch
from da3studio.bench.parity.formula import FormulaWeights
from da3studio.model.checkpoint import filled
from da3studio.model.config import VARIANTS
from da3studio.model.network import Ask
from da3studio.model.precision import FULL

def status(name):
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(name))

config, n_views = VARIANTS[sys.argv[1]], int(sys.argv[2])
network = filled(config, FormulaWeights(config), device="cpu", precision=FULL)
photos = [torch.zeros(3, 210, 280) for _ in range(n_views)]
with torch.inference_mode():
    network(photos[:1], None, Ask(head_views=8))
    gc.collect()
    Path("/proc/self/clear_refs").write_text("5")  # the peak starts anew
    before = status("VmRSS")
    network(photos, None, Ask(head_views=8))
print(status("VmHWM") - before)
"""


@pytest.mark.parametrize(
    ("config", "n_views"), [(TINY, 24), pytest.param(SMALL, 24, marks=pytest.mark.slow)]
)
def test_that_the_estimate_is_near_what_a_process_really_takes(config, n_views, tmp_path: Path):
    """Measured: 1.0 and 1.2 times; the photos themselves are in the estimate alone."""
    if not os.access("/proc/self/clear_refs", os.W_OK):
        pytest.skip("MEMORY NOT MEASURED: this system does not tell a process's peak")
    ran = subprocess.run(
        [sys.executable, "-c", _MEASURE, config.name, str(n_views)],
        env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    estimate = pass_bytes(config, FULL, PassSize(n_views, 210, 280, 8))

    assert estimate / 1.5 < int(ran.stdout) < 1.5 * estimate
