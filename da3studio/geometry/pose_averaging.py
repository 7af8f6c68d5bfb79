"""Cameras that were found several times over, each time as another camera sees them: one answer.

What the pairs say is averaged robustly: an answer that is far off the others counts little.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from da3studio.geometry.rigid import nearest_rotation

_ROUNDS = 30
_SETTLED = 1e-6  # largest change of a rotation's entry
_SURE_ANGLE = 0.03  # [rad] nearer than that, an answer agrees
_SURE_PLACE = 0.02  # likewise, of the median distance between cameras
_SHORTEST = 0.05  # of it; a shorter way counts as being so long

Array = NDArray[np.float64]


def average_poses(references: NDArray[np.intp], rotations: Array, positions: Array) -> Array:
    """The poses that agree best with all answers, of `S` cameras.

    Args:
        references: `(K,)` by whose eyes each answer is: only what it says of pairs with this camera
            counts.
        rotations: `(K, S, 3, 3)` world_from_cam, each answer in a world of its own.
        positions: `(K, S, 3)` of the cameras, likewise, all in the same unit.

    Returns:
        `(S, 4, 4)` world_from_cam; the world is the camera of the first answer.

    Source: averaging in the L1 norm by reweighted least squares, as Hartley, Trumpf, Dai and Li
    2013 for rotations.
    """
    answers = np.arange(len(references))
    own = rotations[answers, references].transpose(0, 2, 1)
    turns = own[:, None] @ rotations  # camera_from_camera, (K, S, 3, 3)
    ways = positions - positions[answers, references][:, None]
    ways = (own[:, None] @ ways[..., None])[..., 0]  # in the reference's frame, (K, S, 3)
    rotation = _rotations(references, turns)
    ways = (rotation[references, None] @ ways[..., None])[..., 0]  # in the world
    poses = np.tile(np.eye(4), (len(rotation), 1, 1))
    poses[:, :3, :3], poses[:, :3, 3] = rotation, _positions(references, ways)
    return poses


def _rotations(references: NDArray[np.intp], turns: Array) -> Array:
    here: Array = turns[0]
    for _ in range(_ROUNDS):
        said = here[references, None] @ turns  # of each camera, by each reference
        back = here[None] @ turns.transpose(0, 1, 3, 2)  # of each reference, by each camera
        off = np.linalg.norm(said - here, axis=(2, 3)) / 2**0.5
        weights = 1 / np.maximum(off, _SURE_ANGLE)
        weights[np.arange(len(references)), references] = 0  # of itself it knows nothing
        total = (weights[..., None, None] * said).sum(axis=0)
        np.add.at(total, references, (weights[..., None, None] * back).sum(axis=1))
        nearest = nearest_rotation(total)
        nearest = np.matmul(nearest[references[0]].T, nearest)
        settled = bool(np.abs(nearest - here).max() < _SETTLED)
        here = nearest
        if settled:
            break
    return here


def _positions(references: NDArray[np.intp], ways: Array) -> Array:
    """From `(K, S, 3)` ways in the world, from each reference to each camera."""
    n_answers, n_cameras = ways.shape[:2]
    answer, camera = (
        part.ravel() for part in np.meshgrid(range(n_answers), range(n_cameras), indexing="ij")
    )
    is_other = camera != references[answer]
    answer, camera = answer[is_other], camera[is_other]
    said = ways[answer, camera]
    rows = np.arange(len(said))
    system = np.zeros((len(said) + 1, n_cameras))
    system[rows, camera] = 1
    system[rows, references[answer]] = -1
    system[-1, references[0]] = 1  # stays where it is
    wanted = np.concatenate([said, np.zeros((1, 3))])
    lengths = np.linalg.norm(said, axis=1)
    median = float(np.median(lengths)) + 1e-12
    # Directions are to be right, not only lengths: short ways count more.
    counts = np.sqrt(median / np.maximum(lengths, _SHORTEST * median))
    weights = np.append(counts, 1.0)[:, None]
    places: Array = ways[0]
    for _ in range(_ROUNDS):
        places = np.linalg.lstsq(weights * system, weights * wanted)[0]
        off = np.linalg.norm(system[:-1] @ places - said, axis=1)
        weights[:-1, 0] = counts / np.sqrt(np.maximum(off / median, _SURE_PLACE))
    return places
