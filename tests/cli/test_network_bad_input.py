"""Bad weights and bad cameras, as a person gives them: one clear message, nothing lost."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from da3studio.project.folder import ProjectFolder
from da3studio.weights import store
from da3studio.weights.adopt import adopt
from tests.cli.conftest import ENVIRONMENT, Ran, run_program
from tests.synthetic.rigs import orbit
from tests.weights.files import hollow

TINY = "da3studio-tiny"
TINY_ID = "da3studio-tiny-adopted"


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "data"
    monkeypatch.setitem(ENVIRONMENT, "DA3STUDIO_HOME", str(folder))
    monkeypatch.setenv("DA3STUDIO_HOME", str(folder))
    return folder


@pytest.fixture
def photos(tmp_path: Path, sample_photos: Path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    for photo in sorted(sample_photos.glob("*.jpg"))[:3]:
        shutil.copy(photo, folder)
    return folder


def reconstruct(photos: Path, *words: object, out: str = "scan.glb") -> Ran:
    return run_program(photos.parent, "reconstruct", photos, "-o", out, *words)


def made_beside(photos: Path) -> set[str]:
    return {path.name for path in photos.parent.glob("scan*")}


def assert_project_opens_with_three_photos(photos: Path) -> None:
    with ProjectFolder.open(photos.parent / "scan.da3") as folder:
        assert len(folder.project.views) == 3


# ---------------------------------------------------------------- weights that are no weights

Header = dict[str, Any]


def with_header(path: Path, change: Callable[[Header], None]) -> None:
    """Write the file again with another header; the tensors stay where they are."""
    content = path.read_bytes()
    end = 8 + int.from_bytes(content[:8], "little")
    header = json.loads(content[8:end])
    change(header)
    text = json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + content[end:])


def without_last(path: Path) -> None:
    def change(header: Header) -> None:
        last = max(header, key=lambda name: header[name]["data_offsets"][1])
        del header[last]

    size = path.stat().st_size
    with_header(path, change)
    content = path.read_bytes()
    end = 8 + int.from_bytes(content[:8], "little")
    last = max(one["data_offsets"][1] for one in json.loads(content[8:end]).values())
    path.write_bytes(content[: end + last])
    assert path.stat().st_size < size


def with_a_stranger(path: Path) -> None:
    def change(header: Header) -> None:
        end = max(one["data_offsets"][1] for one in header.values())
        header["model.stranger"] = {"dtype": "F32", "shape": [0], "data_offsets": [end, end]}

    with_header(path, change)


def with_another_shape(path: Path) -> None:
    def change(header: Header) -> None:
        name = "model.backbone.pretrained.patch_embed.proj.bias"
        header[name]["shape"] = [2, header[name]["shape"][0] // 2]

    with_header(path, change)


def with_value(path: Path, bits: int) -> None:
    """The last number of the file becomes another, as bfloat16."""
    with path.open("r+b") as file:
        file.seek(-2, 2)
        file.write(bits.to_bytes(2, "little"))


def truncated(path: Path) -> None:
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size * 2 // 3)


BAD = {
    "without a tensor": (without_last, ("1 of its tensors is missing", "The first is ")),
    "with a tensor too many": (with_a_stranger, ("1 tensor does not belong", "stranger")),
    "with a tensor of another shape": (with_another_shape, ("patch_embed.proj.bias", "(2, 96)")),
    "truncated": (truncated, ("Reading it fails",)),
    "with NaN": (lambda path: with_value(path, 0x7FC0), ("no numbers", "The weights model.")),
    "with an infinity": (lambda path: with_value(path, 0xFF80), ("no numbers",)),
    "a pickle": (lambda path: path.write_bytes(pickle.dumps([0.0] * 999)), ("stranger's program",)),
    "a text": (lambda path: path.write_text("Weights.\n" * 99), ("does not begin as",)),
}


@pytest.mark.parametrize("kind", BAD)
def test_that_bad_weights_are_refused_when_they_are_added(tmp_path, data, kind):
    spoil, said = BAD[kind]
    path = hollow(tmp_path / "mine" / "model.safetensors", TINY)
    spoil(path)
    before = hashlib.sha256(path.read_bytes()).digest()
    ran = run_program(tmp_path, "models", "add", path)
    what, why, fix = ran.error

    assert ran.code == 13
    assert "model.safetensors" in what
    assert all(part in why for part in said), why
    assert fix
    assert store.added() == ()
    assert not list(data.rglob("*.safetensors"))
    assert hashlib.sha256(path.read_bytes()).digest() == before


def install(tmp_path: Path) -> store.Installed:
    return adopt(hollow(tmp_path / "mine" / "model.safetensors", TINY))


@pytest.mark.parametrize("engine", ["da3", "colmap+da3", "auto"])
def test_that_a_network_swapped_behind_the_programs_back_is_refused_before_any_work(
    photos, tmp_path, engine
):
    installed = install(tmp_path)
    other = hollow(tmp_path / "other.safetensors", TINY)
    with_value(other, 0x3F80)
    other.replace(installed.path)
    ran = reconstruct(photos, "--engine", engine, "--checkpoint", TINY_ID)
    what, why, fix = ran.error

    assert ran.code == 13
    assert what == f"The model {TINY_ID} is damaged."
    assert installed.sha256 in why
    assert f"models remove {TINY_ID}" in fix
    assert made_beside(photos) == set()


def test_that_nan_weights_that_came_past_the_door_are_refused_when_loaded(photos, tmp_path):
    """As a program that did not look at the values has installed them."""
    installed = install(tmp_path)
    path = tmp_path / "nan.safetensors"
    shutil.copy(installed.path, path)
    with_value(path, 0x7FC0)
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    store.put(dataclasses.replace(installed, sha256=sha256), lambda place: shutil.copy(path, place))
    ran = reconstruct(photos, "--engine", "da3", "--checkpoint", TINY_ID)

    assert ran.code == 13
    assert "no numbers" in ran.error[1]
    assert not (tmp_path / "scan.glb").exists()
    info = run_program(tmp_path, "info", "scan.da3")
    assert info.code == 0
    assert "3" in info.out


# ---------------------------------------------------------------- networks that are not there


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--engine", "da3", "--checkpoint", "da3-base"], "da3-base is not installed"),
        (["--checkpoint", "da3-large"], "da3-large is not installed"),
        (["--checkpoint", "../../secret"], "../../secret is not installed"),
    ],
)
def test_that_a_network_that_is_not_installed_is_said_before_any_work(photos, words, said):
    ran = reconstruct(photos, *words)
    what, _, fix = ran.error

    assert ran.code == 4
    assert said in what
    assert "da3studio models download" in fix
    assert "Reading photos" not in ran.err
    assert made_beside(photos) == set()


def test_that_a_network_of_the_wrong_kind_is_said_before_any_work(photos, tmp_path):
    install(tmp_path)
    ran = reconstruct(photos, "--metric-checkpoint", TINY_ID)

    assert ran.code == 3
    assert "da3metric-large" in ran.error[1]
    assert made_beside(photos) == set()


def test_that_a_network_without_gaussians_is_said_before_any_work(photos, tmp_path):
    install(tmp_path)
    ran = reconstruct(photos, "--checkpoint", TINY_ID, out="scan.gaussians.ply")
    what, why, fix = ran.error

    assert ran.code == 3
    assert what == f"The network {TINY_ID} makes no Gaussians."
    assert "CC-BY-NC-4.0" in why
    assert "--checkpoint" in fix
    assert made_beside(photos) == set()


# ---------------------------------------------------------------- known cameras


def cameras_file(
    photos: Path, n: int = 3, change: Callable[[np.ndarray], np.ndarray] = np.copy
) -> Path:
    """A transforms.json for the first photos; `change` spoils the pose of the second."""
    frames = []
    rig = list(orbit(3, size=(480, 360)).values())
    for k, photo in enumerate(sorted(photos.iterdir())[:n]):
        pose = rig[k].cam_from_world.inverse().matrix() @ np.diag([1.0, -1.0, -1.0, 1.0])
        pose = change(pose) if k == 1 else pose
        frames.append({"file_path": photo.name, "transform_matrix": pose.tolist()})
    path = photos.parent / "transforms.json"
    path.write_text(json.dumps({"fl_x": 528.0, "w": 480, "h": 360, "frames": frames}))
    return path


def mirrored(pose: np.ndarray) -> np.ndarray:
    return pose @ np.diag([-1.0, 1.0, 1.0, 1.0])


def sheared(pose: np.ndarray) -> np.ndarray:
    return pose @ (np.eye(4) + 0.1 * np.eye(4, k=1) * [0, 1, 1, 0])


def no_number(pose: np.ndarray) -> np.ndarray:
    return pose + np.diag([np.nan, 0, 0, 0])


@pytest.mark.parametrize(
    ("n", "change", "said"),
    [
        (2, np.copy, "cameras of 2 of 3 photos"),
        (3, mirrored, "mirrored (determinant -1)"),
        (3, sheared, "not at right angles"),
        (3, no_number, "NaN"),
    ],
    ids=["too few", "mirrored", "not orthonormal", "NaN"],
)
def test_that_impossible_cameras_are_refused_and_the_project_opens(photos, n, change, said):
    ran = reconstruct(photos, "--cameras", cameras_file(photos, n, change))
    what, why, fix = ran.error

    assert ran.code == 3
    assert "transforms.json" in what
    assert said in what + why
    assert fix
    assert not (photos.parent / "scan.glb").exists()
    assert_project_opens_with_three_photos(photos)


@pytest.mark.parametrize(
    ("name", "code", "said"),
    [
        ("empty", 3, "neither the folder of a COLMAP model nor a transforms.json"),
        ("words.json", 3, "words.json"),
        ("nowhere", 4, "No file or folder is called nowhere"),
    ],
)
def test_that_what_holds_no_cameras_is_refused_and_the_project_opens(
    photos, tmp_path, name, code, said
):
    (tmp_path / "empty").mkdir()
    (tmp_path / "words.json").write_text("These are only words.\n" * 40)
    ran = reconstruct(photos, "--cameras", name)
    what, why, fix = ran.error

    assert ran.code == code
    assert said in what + why
    assert fix
    assert_project_opens_with_three_photos(photos)


def test_that_the_classical_engine_takes_no_known_cameras(photos):
    ran = reconstruct(photos, "--engine", "classical", "--cameras", cameras_file(photos))
    what, _, fix = ran.error

    assert ran.code == 3
    assert what == "The engine classical takes no known cameras."
    assert "--engine da3" in fix
    assert_project_opens_with_three_photos(photos)
    assert run_program(photos.parent, "info", "scan.da3").code == 0
