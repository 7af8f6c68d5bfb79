"""Our own small checkpoint, trained weights of which lie beside the repository, on real photos."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from da3studio.model.checkpoint import identify, load
from da3studio.model.preprocess import Fit, fit, normalised
from tests.conftest import ROOT

WEIGHTS = ROOT.parent / "shared" / "train" / "experiment_7M_fp16.safetensors"


@pytest.fixture
def weights() -> Path:
    if not WEIGHTS.is_file():
        pytest.skip(f"TRAINED WEIGHTS NOT TESTED: {WEIGHTS} is absent")
    return WEIGHTS


def test_that_the_file_is_recognised(weights: Path):
    assert identify(weights).variant == "da3studio-tiny"


@torch.inference_mode()
def test_that_depth_of_a_photo_is_plausible(weights: Path, shared_photos: Path):
    folder = shared_photos / "dev" / "object_banana" / "images"
    images = []
    for path in sorted(folder.iterdir())[:2]:
        photo = cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)
        images.append(normalised(fit(photo, Fit(resolution=224)).image))
    network = load(weights).any_view
    assert network is not None

    output = network(images)

    depth = torch.stack(output.depth).numpy()
    confidence = torch.stack(output.confidence).numpy()
    assert np.isfinite(depth).all()
    assert confidence.min() >= 1
    low, high = np.percentile(depth, [2, 98])
    assert 1.1 < high / low < 50  # neither flat nor torn apart
    lens = output.cameras.intrinsics[0]
    field_of_view = 2 * torch.rad2deg(torch.atan(images[0].shape[2] / (2 * lens[0, 0])))
    assert 25 < field_of_view < 110
