"""Scores on scenes that are never trained on."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from da3studio.base.cancel import CancelToken, JobCancelled
from da3studio.geometry.pose_errors import pair_errors
from da3studio.train.evaluate import _depth_errors, _poses, evaluate
from da3studio.train.recipe import TINY
from da3studio.train.scenes.batch import batch
from da3studio.train.start import fresh
from da3studio.train.targets import targets_of


def test_that_the_truth_has_no_error():
    torch.manual_seed(1)
    targets = targets_of(batch({"street": 2}, 3, 28, 28, "cpu"))

    poses = _poses(targets.cameras)
    depth = _depth_errors(3 * targets.depth, targets)

    for scene, turn, place in zip(poses, targets.rotation, targets.position, strict=True):
        assert pair_errors(scene, scene).max() < 1e-4
        for i, pose in enumerate(scene.values()):
            world_from_cam = pose.inverse()
            np.testing.assert_allclose(world_from_cam.rotation, turn[i], atol=1e-5)
            np.testing.assert_allclose(world_from_cam.translation, place[i], atol=1e-5)
    np.testing.assert_allclose(depth, [[0, 1]] * len(depth), atol=1e-5)
    assert len(depth) == 6


@pytest.mark.parametrize(
    "device",
    [
        "cpu",
        pytest.param(
            "cuda", marks=pytest.mark.skipif(not torch.cuda.is_available(), reason="NO GPU")
        ),
    ],
)
def test_that_scores_are_the_same_every_time_and_a_fresh_network_knows_no_more_than_nothing(device):
    network = fresh(TINY, seed=1).eval().to(device)
    sets = {"hills and streets": {"terrain": 1.0, "street": 1.0}}

    one, other = (evaluate(network, 2, (28, 28), device, sets=sets, views=(2,)) for _ in range(2))

    assert one == other
    (scores,) = one
    assert scores.auc[5] <= scores.auc[30] < 50
    assert 0 < scores.constant_abs_rel < 2
    assert 0 <= scores.delta1 <= 1


def test_that_measuring_can_be_stopped():
    token = CancelToken(lambda: True)

    with pytest.raises(JobCancelled):
        evaluate(fresh(TINY, seed=1).eval(), 2, (28, 28), "cpu", views=(2,), token=token)
