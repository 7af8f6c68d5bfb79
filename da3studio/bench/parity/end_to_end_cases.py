"""Cases `e2e_*.npz`: photos of any size in; depth and cameras of the reference's interface out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from da3studio.bench.parity.cameras import cameras_of, matrices_of
from da3studio.bench.parity.case_files import CaseFile, check_photos
from da3studio.bench.parity.comparison import RELATIVE_L2, Compared, compare, compare_grey
from da3studio.bench.parity.formula import make_image
from da3studio.bench.parity.inside import Arrays
from da3studio.bench.parity.network_arrays import network_arrays
from da3studio.bench.parity.network_cases import NetworkCase, Pass
from da3studio.bench.parity.reference_photos import (
    centre_cropped,
    fit_of,
    moved_lens,
    shown_again,
)
from da3studio.geometry.camera import Camera
from da3studio.geometry.camera_alignment import align_cameras, normalise_for_conditioning
from da3studio.model.camera_heads import Cameras
from da3studio.model.preprocess import fit, normalised

OTHER_RESIZING = 1e-3  # where a version of OpenCV moved single input pixels by one grey level

_INPUTS = frozenset({"extrinsics_in", "intrinsics_in"})
_SHOWN_AS_SKY = 0.5  # the interface's own threshold


@dataclass(frozen=True, eq=False)
class EndToEndCase:
    """What a file says was run, with its photos made and brought to the network's resolution."""

    network: NetworkCase
    shown: NDArray[np.uint8]  # (S, H, W, 3) what the interface returns as the photos
    given: tuple[Camera, ...] | None  # known cameras in their own world
    lenses: NDArray[np.float64]  # (S, 3, 3) of the known cameras, for the network's pictures
    to_given_scale: bool  # the result is brought to the known cameras' world

    @classmethod
    def of(cls, file: CaseFile) -> EndToEndCase:
        """Read the case out of a file.

        Raises:
            KeyError, ValueError, TypeError: the file does not say all that it has to.
        """
        meta = file.meta
        sizes = [(int(width), int(height)) for width, height in meta["sizes_wh"]]
        how = fit_of(int(meta["process_res"]), meta["method"])
        check_photos(sizes, how.resolution)
        fitted = [
            fit(make_image(height, width, view, int(meta["seed"])), how)
            for view, (width, height) in enumerate(sizes)
        ]
        lenses = [np.eye(3)] * len(sizes)
        if "intrinsics_in" in file.stored:
            photos = zip(file.stored["intrinsics_in"], fitted, sizes, strict=True)
            lenses = [moved_lens(*photo) for photo in photos]
        images, lenses = centre_cropped([one.image for one in fitted], lenses)
        pixels = [normalised(image) for image in images]
        given = None
        if "extrinsics_in" in file.stored:
            given = cameras_of(file.stored["extrinsics_in"])
        network = NetworkCase(
            file,
            [pixels],
            [None if given is None else _known(given, lenses)],
            [meta.get("ref_view_strategy", "saddle_balanced")],
            ray_pose=False,
            gaussians=False,
            features=(),
            stride=1,
        )
        shown = shown_again(torch.stack(pixels).numpy())
        to_given_scale = bool(meta.get("align_to_input_ext_scale", True))
        return cls(network, shown, given, np.stack(lenses), to_given_scale)


def compare_end_to_end(case: EndToEndCase, passes: Sequence[Pass]) -> Iterator[Compared]:
    """Compare every array of the file.

    Args:
        case: what was run.
        passes: of its networks, in their order.

    Raises:
        KeyError: the file holds an array that this code does not know.
    """
    stored = case.network.file.stored
    ours = _arrays(case, passes)
    same_photos = np.array_equal(case.shown, stored.get("processed_images", case.shown))
    tolerance = RELATIVE_L2 if same_photos else OTHER_RESIZING
    for name in stored:
        if name in _INPUTS:
            continue
        if name == "processed_images":
            yield compare_grey(name, case.shown, stored[name])
        else:
            yield compare(name, ours[name], stored[name], tolerance)


def _arrays(case: EndToEndCase, passes: Sequence[Pass]) -> Arrays:
    found = network_arrays(case.network, passes)
    ours = {"depth": found["depth"][0]}
    if "sky" in found:
        ours["sky"] = found["sky"][0] >= _SHOWN_AS_SKY
        return ours
    ours["conf"] = found["depth_conf"][0]
    ours |= {name: found[name][0] for name in ("extrinsics", "intrinsics")}
    if "scale_factor" in found:
        ours["scale_factor"] = found["scale_factor"]
    return ours if case.given is None else ours | _aligned(case, case.given, ours)


def _aligned(case: EndToEndCase, given: tuple[Camera, ...], ours: Arrays) -> Arrays:
    """Where poses were given they, or they moved to the network's world, are the answer."""
    predicted_from_given = align_cameras(given, cameras_of(ours["extrinsics"]))
    if case.to_given_scale:
        poses: NDArray[Any] = case.network.file.stored["extrinsics_in"][:, :3]
        depth = ours["depth"] / predicted_from_given.scale
        return {"intrinsics": case.lenses, "extrinsics": poses, "depth": depth}
    moved = [predicted_from_given.apply_to_camera(camera) for camera in given]
    return {"intrinsics": case.lenses, "extrinsics": matrices_of(moved)}


def _known(given: tuple[Camera, ...], lenses: Sequence[NDArray[np.float64]]) -> Cameras:
    """As they enter the camera encoder."""
    poses = matrices_of(normalise_for_conditioning(given))[:, :3]
    return Cameras(torch.from_numpy(poses).float(), torch.from_numpy(np.stack(lenses)).float())
