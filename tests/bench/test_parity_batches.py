"""Several scenes in one case are what each of them is alone, on networks that take no time."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from da3studio.bench.parity.case_files import CaseFile
from da3studio.bench.parity.drift import RUNGS, Lowering, drift_of
from da3studio.bench.parity.formula import FormulaWeights, make_image
from da3studio.bench.parity.inside import Arrays
from da3studio.bench.parity.network_arrays import compare_network_case, network_arrays
from da3studio.bench.parity.network_cases import NetworkCase, run_watched
from da3studio.model.checkpoint import filled
from da3studio.model.config import DA3Config
from da3studio.model.precision import FULL
from da3studio.model.ray_pose import draw_subsets
from tests.model.tiny import ANY_VIEW, MONOCULAR, network

GAUSSIANS = replace(ANY_VIEW, name="tiny-gs", gaussians=True)
SIZE = (56, 84)
FLAT = ("gaussians_means", "gaussians_scales", "gaussians_harmonics", "gaussians_opacities")


def scene(seed: int, n_views: int = 4) -> np.ndarray:
    return np.stack([make_image(*SIZE, view, seed) for view in range(n_views)])


def file(images: np.ndarray, meta: dict[str, Any] | None = None, **stored: Any) -> CaseFile:
    batch = len(images) if images.ndim == 5 else 1
    return CaseFile(
        "net_made", "net", {"images": images, **stored}, {"case": {"batch": batch, **(meta or {})}}
    )


def arrays_of(config: DA3Config, case: CaseFile, *more: DA3Config) -> Arrays:
    made = NetworkCase.of(case)
    passes = [run_watched(network(one), made, "cpu") for one in (config, *more)]
    return network_arrays(made, passes)


def given(n_views: int) -> dict[str, np.ndarray]:
    poses = np.tile(np.eye(4), (n_views, 1, 1))
    poses[:, :3, 3] = [[0, 0, 0], [-1, 0.2, 0], [-2, 1, 0.3], [0.5, 2, 1]][:n_views]
    lens = np.array([[90.0, 0, 42], [0, 90, 28], [0, 0, 1]])
    return {
        "extrinsics_normalized": poses,
        "intrinsics_in": np.tile(lens, (n_views, 1, 1)),
    }


@pytest.mark.parametrize("known", [False, True], ids=["free", "posed"])
@pytest.mark.parametrize("ray_pose", [False, True], ids=["decoder", "rays"])
def test_that_a_batch_of_scenes_is_what_each_scene_is_alone(known: bool, ray_pose: bool):
    meta = {"gs": True, "ray_pose": ray_pose, "feats": [1, 9]}
    more = given(4) if known else {}
    if ray_pose:
        more["ransac_idx"] = draw_subsets(32 * 48, 0).numpy()
    scenes = scene(1), scene(2)

    alone = [arrays_of(GAUSSIANS, file(one, meta, **more)) for one in scenes]
    together = file(np.stack(scenes), meta, **more)
    stored = {
        name: np.concatenate([one[name] for one in alone])
        for name in alone[0]
        if name not in ("trace", *FLAT, "gaussians_rotations")
    }
    stored["trace"] = alone[0]["trace"]  # of the first scene
    case = NetworkCase.of(replace(together, stored={**together.stored, **stored}))
    compared = list(compare_network_case(case, [run_watched(network(GAUSSIANS), case, "cpu")]))

    assert {one.array for one in compared} >= {"depth", "ray", "extrinsics", "gs_raw", "aux1"}
    assert [one for one in compared if not one.passes] == []


def test_that_a_nested_case_knows_both_networks_and_one_factor_for_the_whole_batch():
    scenes = np.stack([scene(1), scene(2)])
    nested = arrays_of(ANY_VIEW, file(scenes), MONOCULAR)
    plain, metric = arrays_of(ANY_VIEW, file(scenes)), arrays_of(MONOCULAR, file(scenes))

    ground = metric["sky"] < 0.3
    factor = nested["scale_factor"]
    assert np.array_equal(nested["raw_depth"], plain["depth"])
    assert np.array_equal(nested["metric_raw_depth"], metric["raw_depth"])
    np.testing.assert_allclose(nested["depth"][ground], factor * plain["depth"][ground], rtol=1e-6)
    np.testing.assert_allclose(nested["extrinsics"][..., 3], factor * plain["extrinsics"][..., 3])
    assert len(np.unique(nested["depth"][~ground])) == 1
    assert np.all(nested["depth_conf"][~ground] == 1)


def test_that_every_rung_moves_depth_a_little_and_full_precision_does_not():
    config = replace(ANY_VIEW, name="tiny-lowered")
    lowered = filled(config, FormulaWeights(config), device="cpu", precision=FULL)
    case = NetworkCase.of(file(scene(3)))
    exact = run_watched(network(ANY_VIEW), case, "cpu").outputs

    assert drift_of("float32", lowered, case, exact, "cpu").depth == 0
    lowering, found = Lowering(lowered), {}
    for rung, precision in RUNGS.items():
        lowering.to(precision)
        found[rung] = drift_of(rung, lowered, case, exact, "cpu")

    assert all(0 < drift.depth < 0.02 for drift in found.values())
    assert found["dense bfloat16"].depth > 1.2 * found["dense float32"].depth
    assert found["mixed"].angle_deg == found["dense float32"].angle_deg  # heads tell no cameras
