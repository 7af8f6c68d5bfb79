"""Functions around the network: photos in, cameras aligned, files out, scores."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from da3studio.bench.parity.cameras import cameras_of, matrices_of
from da3studio.bench.parity.case_files import Meta, Stored, check_photos
from da3studio.bench.parity.comparison import Compared, compare, compare_grey
from da3studio.bench.parity.comparison import compare_exactly as exactly
from da3studio.bench.parity.formula import make_image
from da3studio.bench.parity.reference_export import (
    confidence_floor,
    fill_exported_sky,
    glb_from_world,
    points_of,
    scene_diagonal,
)
from da3studio.bench.parity.reference_photos import centre_cropped, fit_of, moved_lens
from da3studio.bench.parity.reference_scores import auc, surface_scores
from da3studio.geometry.camera_alignment import align_cameras, normalise_for_conditioning
from da3studio.model.preprocess import fit, normalised

_RANSAC_FROM, _SEED = 10, 42  # as the reference always calls its alignment


def preprocess(stored: Stored, meta: Meta) -> Iterator[Compared]:
    """Photos resized in all four ways, and a set of mixed sizes."""
    for row in meta["rows"]:
        name, (width, height) = row["key"], row["in_wh"]
        check_photos([(width, height)], row["process_res"])
        photo = make_image(height, width, 0, row["seed"])
        fitted = fit(photo, fit_of(row["process_res"], row["method"]))
        yield exactly(f"{name} size", fitted.image.shape[:2], row["out_hw"])
        yield compare_grey(f"{name}_u8", fitted.image[3::11, 2::11], stored[f"{name}_u8"])
        pixels = normalised(fitted.image)
        tolerance = _float_tolerance(fitted.image[3::11, 2::11], stored[f"{name}_u8"])
        thinned = pixels[:, 5::41, 4::41]
        yield compare(f"{name}_f32", thinned, stored[f"{name}_f32"], tolerance)
        lens = moved_lens(_lens(width, height), fitted, (width, height))
        yield compare(f"{name}_K", lens, stored[f"{name}_K"])
        mean = pixels.numpy().mean(axis=(1, 2), dtype=np.float64)
        yield compare(f"{name} mean", mean, np.asarray(row["mean"]), max(tolerance, 1e-4))
    if "mixed" in meta:
        yield from _mixed(stored, meta["mixed"])


def _mixed(stored: Stored, mixed: Meta) -> Iterator[Compared]:
    sizes = [(int(width), int(height)) for width, height in mixed["sizes_wh"]]
    how = fit_of(int(mixed.get("process_res", 504)), mixed.get("method", "upper_bound_resize"))
    check_photos(sizes, how.resolution)
    fitted, lenses = [], []
    for i, ((width, height), seed) in enumerate(zip(sizes, mixed["seeds"], strict=True)):
        view = i if "view" in mixed else 0
        fitted.append(fit(make_image(height, width, view, seed), how))
        lenses.append(moved_lens(_lens(width, height), fitted[-1], (width, height)))
    images, lenses = centre_cropped([one.image for one in fitted], lenses)
    pixels = np.stack([normalised(image).numpy() for image in images])
    yield exactly("mixed size", pixels.shape, mixed["out_shape"])
    yield compare("mixed_f32", pixels[:, :, 5::29, 4::29], stored["mixed_f32"], 1e-3)
    yield compare("mixed_K", np.stack(lenses), stored["mixed_K"])


def _lens(width: int, height: int) -> Any:
    """The calibration matrix that the files were made with."""
    return np.array([[1.1 * width, 0, 0.48 * width], [0, 1.07 * width, 0.53 * height], [0, 0, 1]])


def _float_tolerance(ours: Any, stored: Any) -> float:
    """One grey level off in a byte is so in the normalised value."""
    return 1e-5 if np.array_equal(ours, stored) else 1e-2


def umeyama(stored: Stored, meta: Meta) -> Iterator[Compared]:
    """Given cameras (`ext_est`) brought to predicted ones (`ext_ref`), as the API does it."""
    for row in meta["rows"]:
        case = f"c{row['case']}_"
        given, predicted = (cameras_of(stored[case + name]) for name in ("ext_est", "ext_ref"))
        expected = (len(given) >= _RANSAC_FROM, _SEED)
        if (bool(row["ransac"]), row["random_state"]) != expected:
            raise ValueError(f"{case}: the reference's API does not align in this way")
        found = align_cameras(given, predicted)
        aligned = matrices_of([found.apply_to_camera(camera) for camera in given])
        depth = stored[case + "api_depth_in"]
        ours = {
            "R": found.rotation,
            "t": found.translation,
            "s": found.scale,
            "aligned": aligned,
            "api_normalized": matrices_of(normalise_for_conditioning(given)),
            "api_scale_depth": depth / found.scale,
            "api_scale_ext": stored[case + "ext_est"][:, :3],
            "api_noscale_depth": depth,
            "api_noscale_ext": aligned,
        }
        if case + "ransac_subsets" in stored:
            ours["ransac_subsets"] = _subsets(len(given))
        for name, value in ours.items():
            yield compare(case + name, value, stored[case + name])


def _subsets(n: int) -> Any:
    """The draws that the consensus is made of."""
    random = np.random.default_rng(_SEED)
    return [random.choice(n, max(3, (n + 1) // 2), replace=False) for _ in range(10)]


def export(stored: Stored, meta: Meta) -> Iterator[Compared]:
    """Confidence thresholds, points, the frame of a GLB and a filled sky."""
    depth, confidence, sky = (stored[name] for name in ("depth", "conf", "sky"))
    floor = confidence_floor(confidence)
    yield compare("thr", floor, meta["thr"])
    yield compare("thr_nonsky", confidence_floor(confidence[~sky]), meta["thr_nonsky"])
    yield compare("colmap_thr", np.percentile(confidence, 40), meta["colmap_thr"])
    points, kept = points_of(depth, confidence, stored["K"], stored["w2c"], floor)
    yield compare("points", points, stored["points"])
    yield exactly("colors", stored["image"][kept], stored["colors"])
    transform = glb_from_world(points, stored["w2c"][0])
    yield compare("glb_transform", transform, stored["glb_transform"])
    yield compare("scene_scale", scene_diagonal(points), meta["scene_scale"])
    yield compare("sky_filled_depth", fill_exported_sky(depth, sky), stored["sky_filled_depth"])


def metrics(stored: Stored, meta: Meta) -> Iterator[Compared]:
    """The benchmark's scores of cameras and of surfaces."""
    for i, scores in enumerate(meta["pose"]):
        found, true = stored[f"pose{i}_pred"], stored[f"pose{i}_gt"]
        for name, score in scores.items():
            degrees = int(name.removeprefix("auc"))
            yield compare(f"pose{i} {name}", auc(found, true, degrees), np.asarray(score))
    for i, scores in enumerate(meta["recon"]):
        size = scores["down_sample"]
        ours = surface_scores(stored["recon_a"], stored["recon_b"], scores["threshold"], size)
        for name, value in ours.items():
            yield compare(f"recon{i} {name}", value, np.asarray(scores[name]))
