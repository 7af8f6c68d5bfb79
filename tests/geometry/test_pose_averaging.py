"""Poses that several answers agree on."""

from __future__ import annotations

import numpy as np
from scipy.spatial.transform import Rotation

from da3studio.geometry.pose_averaging import average_poses
from da3studio.geometry.rigid import angle_between

RNG = np.random.default_rng(0)
N = 6
TURNS = Rotation.random(N, random_state=1).as_matrix()
PLACES = RNG.normal(size=(N, 3))
EVERYBODY = np.arange(N)


def said(references=EVERYBODY, noise=0.0, seed=2):
    """What is true, by each reference in a world of its own, with noise on pairs."""
    rng = np.random.default_rng(seed)
    worlds = Rotation.random(len(references), random_state=seed).as_matrix()
    off = Rotation.from_rotvec(noise * rng.normal(size=(len(references) * N, 3))).as_matrix()
    rotations = worlds[:, None] @ TURNS @ off.reshape(-1, N, 3, 3)
    places = PLACES + noise * rng.normal(size=(len(references), N, 3))
    positions = (worlds[:, None] @ places[..., None])[..., 0] + rng.normal(size=3)
    return np.asarray(references), rotations, positions


def truth(first):
    """In the frame of one camera."""
    return TURNS[first].T @ TURNS, (PLACES - PLACES[first]) @ TURNS[first]


def mean_error_deg(rotations, first):
    true, _ = truth(first)
    return np.degrees(np.mean([angle_between(a, b) for a, b in zip(rotations, true, strict=True)]))


def test_that_exact_answers_of_any_worlds_give_the_true_poses():
    poses = average_poses(*said([3, 0, 5]))

    rotation, position = truth(3)
    np.testing.assert_allclose(poses[:, :3, :3], rotation, atol=1e-9)
    np.testing.assert_allclose(poses[:, :3, 3], position, atol=1e-9)
    np.testing.assert_allclose(poses[3], np.eye(4), atol=1e-9)


def test_that_one_answer_is_taken_as_it_is():
    references, rotations, positions = said([2], noise=0.1)
    poses = average_poses(references, rotations, positions)

    own = rotations[0, 2]
    np.testing.assert_allclose(poses[:, :3, :3], own.T @ rotations[0], atol=1e-9)
    np.testing.assert_allclose(poses[:, :3, 3], (positions[0] - positions[0, 2]) @ own, atol=1e-9)


def test_that_six_noisy_answers_are_better_than_one():
    worst, best = zip(
        *(
            (
                mean_error_deg(average_poses(*said([0], 0.1, seed))[:, :3, :3], 0),
                mean_error_deg(average_poses(*said(EVERYBODY, 0.1, seed))[:, :3, :3], 0),
            )
            for seed in range(10)
        ),
        strict=True,
    )

    assert np.mean(best) < 0.75 * np.mean(worst)


def test_that_an_answer_that_is_far_off_the_others_counts_little():
    references, rotations, positions = said()
    rotations[4, 1] = rotations[4, 1] @ Rotation.from_rotvec([0, 2.5, 0]).as_matrix()
    positions[4, 1] += 20

    poses = average_poses(references, rotations, positions)

    rotation, position = truth(0)
    assert angle_between(poses[1, :3, :3], rotation[1]) < np.radians(0.5)
    assert np.linalg.norm(poses[1, :3, 3] - position[1]) < 0.1


def test_that_cameras_in_one_place_stay_there():
    references, rotations, positions = said()
    poses = average_poses(references, rotations, np.zeros_like(positions))

    np.testing.assert_allclose(poses[:, :3, 3], 0, atol=1e-12)
    np.testing.assert_allclose(poses[:, :3, :3], truth(0)[0], atol=1e-9)
