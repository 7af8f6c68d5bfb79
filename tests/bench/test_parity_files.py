"""Case files from anywhere: what does not agree, is damaged or lies is said in one line."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from da3studio.base.cancel import NEVER
from da3studio.base.errors import BadInput
from da3studio.bench.pages import Made
from da3studio.bench.parity.case_files import check_photos, checked_pattern, read_case
from da3studio.bench.parity.comparison import compare, compare_exactly, compare_grey
from da3studio.bench.parity.formula import SALT, FormulaWeights, unit_uniform
from da3studio.bench.parity.parity_page import parity_page
from da3studio.bench.parity.run import Outcome, Parity, Wanted, run_folder
from da3studio.model.config import SMALL
from tests.cli.conftest import run_program

POSES = np.stack([np.eye(4)] * 3)
POSES[1, :3, 3], POSES[2, :3, 3] = (1, 0, 0), (0, 1, 0)
SCORES = {"pose": [{"auc30": 1.0, "auc03": 1.0}], "recon": []}  # of poses compared with themselves


def case(path: Path, meta: Any = SCORES, **arrays: Any) -> Path:
    """A file about scores, which agrees unless it is told otherwise."""
    arrays = {"pose0_pred": POSES, "pose0_gt": POSES, **arrays}
    np.savez(path, meta=np.array(json.dumps(meta)), **arrays)
    return path


def outcomes(folder: Path, **wanted: Any) -> dict[str, Outcome]:
    parity = run_folder(folder, Wanted(drift=False, **wanted), lambda _: None, NEVER)
    return {outcome.name: outcome for outcome in parity.outcomes}


def failure(folder: Path) -> str:
    """Of the only file there."""
    (outcome,) = outcomes(folder).values()
    assert not outcome.passes
    assert "\n" not in outcome.failure
    return outcome.failure


def test_that_a_case_agrees_or_does_not(tmp_path: Path):
    case(tmp_path / "fn_metrics_a.npz")
    case(tmp_path / "fn_metrics_b.npz", {"pose": [{"auc30": 0.99}], "recon": []})

    found = outcomes(tmp_path)

    assert found["fn_metrics_a"].passes
    assert not found["fn_metrics_b"].passes
    assert found["fn_metrics_b"].worst.relative_l2 == pytest.approx(0.01 / 0.99)


def test_that_an_array_nobody_knows_is_a_failure(tmp_path: Path):
    case(tmp_path / "fn_metrics.npz", surprise=np.zeros(3))

    assert "'surprise'" in failure(tmp_path)


@pytest.mark.parametrize(
    ("name", "meta"),
    [
        ("fn_metrics", {"recon": []}),
        ("fn_metrics", {"pose": 3, "recon": []}),
        ("fn_unheard_of", SCORES),
        ("net_a", {"case": {"variant": "da3-huge"}, "salt": SALT}),
        ("net_a", {"case": ["da3-small"], "salt": SALT}),
        ("net_a", {"case": {"variant": "da3-small"}}),
        ("net_a", {"case": {"variant": "da3-small", "override": [["(a+)+$", 2]]}, "salt": SALT}),
        ("net_a", {"case": {"variant": "da3-small"}, "salt": SALT}),
        ("e2e_a", {"variant": "da3-small", "salt": SALT, "sizes_wh": [[9**9, 9]]}),
    ],
)
def test_that_a_file_that_says_too_little_or_nonsense_is_a_failure(tmp_path, name, meta):
    case(tmp_path / f"{name}.npz", meta)

    assert failure(tmp_path)


def test_that_one_bad_file_does_not_spoil_the_others(tmp_path: Path):
    case(tmp_path / "fn_metrics.npz")
    (tmp_path / "net_torn.npz").write_bytes((tmp_path / "fn_metrics.npz").read_bytes()[:700])
    (tmp_path / "net_empty.npz").write_bytes(b"")

    found = outcomes(tmp_path)

    assert {name: one.passes for name, one in found.items()} == {
        "fn_metrics": True, "net_torn": False, "net_empty": False,
    }  # fmt: skip


def test_that_a_flipped_bit_is_noticed(tmp_path: Path):
    path = case(tmp_path / "fn_metrics.npz")
    content = bytearray(path.read_bytes())
    content[content.index(POSES.tobytes()) + 5] ^= 4
    path.write_bytes(content)

    assert "CRC" in failure(tmp_path)


def npy(header: str, data: bytes = b"") -> bytes:
    text = header.encode().ljust(117) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text + data


@pytest.mark.parametrize(
    "array",
    [
        npy("{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000,)}", bytes(80)),
        npy("{'descr': '<f8', 'fortran_order': False, 'shape': (-3,)}", bytes(80)),
        npy("{'descr': '|O', 'fortran_order': False, 'shape': (1,)}", b"cos\nsystem\n."),
        npy("{'descr': '<U9', 'fortran_order': False, 'shape': (1,)}", bytes(36)),
        npy("{'descr': '<f8', 'fortran_order': False, 'shape': (2,)}", bytes(80)),
        npy("__import__('os')"),
        npy("{"),
        b"",
        b"not an array",
    ],
)
def test_that_an_array_that_claims_what_is_not_there_is_refused(tmp_path: Path, array: bytes):
    path = case(tmp_path / "fn_metrics.npz")
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("odd.npy", array)

    with pytest.raises(BadInput, match=r"fn_metrics\.npz is not a stored case"):
        read_case(path)


def test_that_a_file_that_unpacks_to_gigabytes_is_refused_before_it_is_unpacked(tmp_path: Path):
    path = case(tmp_path / "fn_metrics.npz")
    with (
        zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive,
        archive.open("odd.npy", "w", force_zip64=True) as file,
    ):
        for _ in range(300):
            file.write(bytes(2**20))
    assert path.stat().st_size < 10**6

    with pytest.raises(BadInput, match="bytes of arrays"):
        read_case(path)


def test_that_arrays_come_back_as_they_were_stored(tmp_path: Path):
    grid = np.arange(12, dtype=np.float32).reshape(3, 4)
    path = case(
        tmp_path / "fn_metrics.npz", a=grid, b=np.asfortranarray(grid), c=np.float64(3), d=grid[:0]
    )

    stored = read_case(path).stored

    assert np.array_equal(stored["a"], grid)
    assert np.array_equal(stored["b"], grid)
    assert stored["c"] == 3
    assert stored["d"].shape == (0, 4)


@pytest.mark.parametrize("pattern", ["(a|a)*b", "(a+)+", "a*b*c*d*e", "x" * 300, "(", "[a"])
def test_that_a_pattern_that_could_take_forever_or_is_none_is_not_used(pattern: str):
    with pytest.raises(ValueError, match="pattern"):
        checked_pattern(pattern)


@pytest.mark.parametrize(
    ("sizes", "resolution"),
    [([(10**6, 10**6)], 504), ([(0, 5)], 504), ([(5, 5)], 10**5), ([(5000, 1)], 504), ([], 504)],
)
def test_that_photos_that_would_fill_the_memory_are_not_made(sizes, resolution):
    with pytest.raises(ValueError, match="photos of"):
        check_photos(sizes, resolution)


def test_that_tolerances_are_what_they_say():
    stored = np.array([3.0, 4.0, 0.0])

    assert compare("a", stored * (1 + 0.9e-5), stored).passes
    assert not compare("a", stored * (1 + 1.1e-5), stored).passes
    assert not compare("a", stored * np.nan, stored).passes
    assert not compare("a", [3, 4, np.nan], stored).passes
    assert compare("a", [3, np.nan, 0], np.array([3, np.nan, 0])).passes
    assert not compare_exactly("a", [3, 4, 1], [3, 4, 0]).passes
    assert compare_grey("a", [10, 201], np.array([11, 200])).passes
    assert not compare_grey("a", [10, 202], np.array([11, 200])).passes
    with pytest.raises(ValueError, match="the stored one"):
        compare("a", stored[:2], stored)


def test_that_one_value_far_off_fails_where_the_norm_would_not_tell():
    stored = np.ones(10**6)
    ours = stored.copy()
    ours[7] += 0.005

    found = compare("a", ours, stored)

    assert found.relative_l2 < 1e-5
    assert not found.passes


def test_that_the_formula_has_not_changed():
    numbers = unit_uniform("a name", 100_000)
    weights = FormulaWeights(SMALL, override=[(r"^cam_dec\.fc_t", 0.5)])

    assert abs(numbers.mean()) < 0.01
    assert abs(numbers.std() - 1) < 0.01
    assert np.array_equal(numbers[:10], unit_uniform("a name", 10))
    whole = FormulaWeights(SMALL)["cam_dec.fc_t.weight"]
    assert np.array_equal(weights["cam_dec.fc_t.weight"].numpy(), 0.5 * whole.numpy())


def test_that_the_command_tells_by_its_exit_code_and_page_what_fails(tmp_path: Path):
    folder = tmp_path / "cases"
    folder.mkdir()
    case(folder / "fn_metrics_a.npz")
    good = run_program(tmp_path, "bench", "parity", "cases", "--out", "page.md")
    case(folder / "fn_metrics_b.npz", surprise=np.zeros(3))
    bad = run_program(tmp_path, "bench", "parity", "cases", "--out", "page.md", "--json")
    chosen = run_program(
        tmp_path, "bench", "parity", "cases", "--only", "fn_metrics_a", "--out", "page.md"
    )

    assert good.code == chosen.code == 0
    assert "1 of 1 cases agree" in good.out
    assert bad.code == 1
    assert bad.error[0] == "1 of 2 cases do not agree with the reference."
    assert "surprise" in bad.error[1]
    assert [one["agrees"] for one in bad.named("parity_case")] == [True, False]
    assert bad.events[-1]["event"] == "error"


def test_that_a_folder_without_cases_and_an_unknown_choice_are_answered_with_words(tmp_path: Path):
    assert run_program(tmp_path, "bench", "parity", ".").code == 4
    case(tmp_path / "fn_metrics.npz")
    ran = run_program(tmp_path, "bench", "parity", ".", "--only", "huge")

    assert ran.code == 3
    assert "fn, fn_metrics" in ran.error[1]


def test_that_the_page_names_what_fails(tmp_path: Path):
    failed = Outcome("net_x", "da3-small", failure="It lacks 'depth'.")

    page = parity_page(Parity((failed,), ()), Made("da3studio bench parity x", "", "0" * 64))

    assert "**1 of 1 cases do not agree:**" in page
    assert "- net_x: It lacks 'depth'." in page
