from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import trimesh

from da3studio.base.errors import Missing
from da3studio.exporters import Carries, export, exporter_for
from da3studio.recipes.export import ExportRecipe
from da3studio.scene.gaussians import Gaussians
from tests.exporters.scenes import box, cloud, gaussians, scene


def written(path: Path, made: Gaussians) -> np.ndarray:
    """The file's rows by a reader of its own: names and order from the header, then the bytes."""
    export(replace(scene(), gaussians=made), path, ExportRecipe())
    head, data = path.read_bytes().split(b"end_header\n", 1)
    lines = head.decode("ascii").splitlines()
    names = [line.split()[2] for line in lines if line.startswith("property float ")]
    count = next(int(line.split()[2]) for line in lines if line.startswith("element vertex"))
    assert len(names) == sum(line.startswith("property") for line in lines)
    rows = np.frombuffer(data, np.dtype([(name, "<f4") for name in names]))
    assert len(rows) == count
    return rows


def columns(rows: np.ndarray, prefix: str, n: int) -> np.ndarray:
    return np.stack([rows[f"{prefix}_{i}"] for i in range(n)], axis=1)


def colours_as_a_viewer_sees(rows: np.ndarray, direction) -> np.ndarray:
    """Kerbl et al. 2023's evaluation, degree 2, from the file's own layout (channel-major)."""
    x, y, z = direction
    basis = [
        0.28209479177387814,
        -0.4886025119029199 * y, 0.4886025119029199 * z, -0.4886025119029199 * x,
        1.0925484305920792 * x * y, -1.0925484305920792 * y * z,
        0.31539156525252005 * (2 * z * z - x * x - y * y),
        -1.0925484305920792 * x * z, 0.5462742152960396 * (x * x - y * y),
    ]  # fmt: skip
    rest = columns(rows, "f_rest", 24).reshape(-1, 3, 8)
    coefficients = np.concatenate([columns(rows, "f_dc", 3)[:, :, None], rest], axis=2)
    return coefficients @ np.array(basis) + 0.5


def test_that_the_layout_is_that_of_3dgs_files(tmp_path):
    rows = written(tmp_path / "a.gaussians.ply", gaussians())
    assert rows.dtype.names == (
        "x", "y", "z", "nx", "ny", "nz", "f_dc_0", "f_dc_1", "f_dc_2",
        *(f"f_rest_{i}" for i in range(24)),
        "opacity", "scale_0", "scale_1", "scale_2", "rot_0", "rot_1", "rot_2", "rot_3",
    )  # fmt: skip


def test_that_every_gaussian_comes_back_after_a_viewers_activations(tmp_path):
    made = gaussians()
    rows = written(tmp_path / "a.gaussians.ply", made)

    xyz = np.stack([rows[axis] for axis in "xyz"], axis=1)
    np.testing.assert_array_equal(xyz, made.means)
    np.testing.assert_allclose(np.exp(columns(rows, "scale", 3)), made.scales, rtol=1e-6)
    np.testing.assert_allclose(1 / (1 + np.exp(-rows["opacity"])), made.opacities, rtol=1e-6)
    unit = made.rotations / np.linalg.norm(made.rotations, axis=1, keepdims=True)
    np.testing.assert_allclose(columns(rows, "rot", 4), unit, atol=1e-7)
    assert not any(rows[name].any() for name in ("nx", "ny", "nz"))


def test_that_all_bands_are_written_red_then_green_then_blue(tmp_path):
    made = gaussians()
    rows = written(tmp_path / "a.gaussians.ply", made)
    np.testing.assert_array_equal(columns(rows, "f_dc", 3), made.sh[:, :, 0])
    np.testing.assert_array_equal(rows["f_rest_0"], made.sh[:, 0, 1])
    np.testing.assert_array_equal(rows["f_rest_7"], made.sh[:, 0, 8])
    np.testing.assert_array_equal(rows["f_rest_8"], made.sh[:, 1, 1])
    np.testing.assert_array_equal(rows["f_rest_23"], made.sh[:, 2, 8])


def test_that_a_colour_that_depends_on_direction_is_seen_in_that_direction(tmp_path):
    """Red grows towards +x (degree 1, -x coefficient), blue towards +-z (degree 2)."""
    sh = np.zeros((1, 3, 9))
    sh[0, 0, 3], sh[0, 2, 6] = -0.4, 0.5
    made = replace(gaussians(1), sh=sh)
    rows = written(tmp_path / "a.gaussians.ply", made)
    red, green, blue = colours_as_a_viewer_sees(rows, (1, 0, 0))[0]
    assert red == pytest.approx(0.5 + 0.4 * 0.4886025, abs=1e-6)
    assert green == 0.5
    assert blue == pytest.approx(0.5 - 0.5 * 0.3153916, abs=1e-6)
    assert colours_as_a_viewer_sees(rows, (0, 0, 1))[0, 2] == pytest.approx(0.8153916, abs=1e-6)


def test_that_another_library_reads_the_file(tmp_path):
    path, made = tmp_path / "a.gaussians.ply", gaussians()
    export(replace(scene(unit="metre"), gaussians=made), path, ExportRecipe())
    np.testing.assert_array_equal(trimesh.load(path).vertices, made.means)
    assert b"\ncomment unit metre\n" in path.read_bytes()[:400]


def test_that_opacities_of_0_and_1_stay_finite(tmp_path):
    made = replace(gaussians(3), opacities=[0, 1, 0.5])
    logits = written(tmp_path / "a.gaussians.ply", made)["opacity"]
    np.testing.assert_allclose(logits, [-13.8155, 13.8155, 0], atol=1e-3)


def test_that_broken_gaussians_are_left_out(tmp_path):
    made = gaussians(7)
    values = {name: getattr(made, name).copy() for name in made.__dataclass_fields__}
    values["means"][0, 1] = np.nan
    values["scales"][1, 2] = 0
    values["rotations"][2] = 0
    values["sh"][3, 2, 8] = np.inf
    values["opacities"][4] = np.nan
    rows = written(tmp_path / "a.gaussians.ply", Gaussians(**values))
    np.testing.assert_array_equal(rows["x"], made.means[5:, 0])


def test_that_more_than_one_block_of_gaussians_is_written_in_order(tmp_path):
    made = gaussians(260_000)
    rows = written(tmp_path / "a.gaussians.ply", made)
    np.testing.assert_array_equal(rows["z"], made.means[:, 2])


@pytest.mark.parametrize("made", [None, gaussians(0)], ids=["none", "empty"])
def test_that_a_scene_without_gaussians_says_which_models_make_them(tmp_path, made):
    with pytest.raises(Missing, match="DA3-GIANT"):
        export(
            replace(scene(box(), cloud()), gaussians=made),
            tmp_path / "a.gaussians.ply",
            ExportRecipe(),
        )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "suffix"),
    [
        ("scan.gaussians.ply", ".gaussians.ply"), ("a.b.GAUSSIANS.PLY", ".gaussians.ply"),
        ("scan.ply", ".ply"), ("scan.v2.ply", ".ply"), ("gaussians.ply", ".ply"),
    ],
)  # fmt: skip
def test_that_the_longest_suffix_chooses(name, suffix):
    assert exporter_for(Path(name)).suffix == suffix
    assert (Carries.GAUSSIANS in exporter_for(Path(name)).carries) == (suffix != ".ply")


def test_that_arrays_of_the_wrong_shape_are_refused():
    with pytest.raises(ValueError, match=r"\(5, 3, 9\)"):
        replace(gaussians(5), sh=np.zeros((5, 9, 3)))
