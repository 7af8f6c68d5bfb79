"""How sets are found and read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from da3studio.base.errors import BadInput, Missing
from da3studio.bench.photo_sets import PhotoSet, key_of, photo_sets
from da3studio.scene.view import PhotoSource, View, ViewId

IDENTITY = {"R": [[1, 0, 0], [0, 1, 0], [0, 0, 1]], "t": [0, 0, 1]}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder with one set of three photos, of which the second rests on 2 points."""
    (tmp_path / "score.py").touch()
    (tmp_path / "dev/chair/images").mkdir(parents=True)
    reference = tmp_path / "ref/dev/chair"
    reference.mkdir(parents=True)
    names = ("IMG_1.jpg", "IMG_2.heic", "IMG_3.jpg")
    rows = [
        {"name": name, "upright_name": f"{Path(name).stem}__.jpg", **IDENTITY} for name in names
    ]
    (reference / "reference.json").write_text(json.dumps({"images": rows}))
    (reference / "stats.json").write_text(json.dumps({"images": 4}))
    lines = ["# Image list"]
    for i, points in enumerate((12, 2, 30)):
        lines.append(f"{i + 1} 1 0 0 0 0 0 1 1 IMG_{i + 1}__.jpg")
        lines.append(" ".join(["5.5 6.5 7"] * points + ["1 2 -1"] * 3))
    (reference / "images.txt").write_text("\n".join(lines) + "\n")
    return tmp_path


def view(name: str, video: str = "") -> View:
    source = PhotoSource(name, "d", video=video)
    return View(ViewId(name), name, source, 64, 48, None, "", 1.0)


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("DSC_0427.png", "dsc_0427"),
        ("DSC_0427__.jpg", "dsc_0427"),
        ("room A/photo.jpg.heic", "photo"),
        ("frame0008", "frame0008"),
    ],
)
def test_that_a_photo_is_known_by_its_bare_name(name: str, key: str):
    assert key_of(name) == key


def test_that_a_set_tells_what_its_reference_holds(root: Path):
    (chair,) = photo_sets(root)

    assert chair.name == "chair"
    assert chair.media == (root / "dev/chair/images",)
    assert chair.n_reference_photos == 4
    assert set(chair.reference) == {"img_1", "img_2", "img_3"}
    assert chair.upright_names["img_2"] == "IMG_2__.jpg"


def test_that_cameras_on_fewer_than_12_points_are_doubtful(root: Path):
    assert PhotoSet(root, "chair").doubtful == {"img_2": 2}


def test_that_nothing_is_doubtful_where_no_points_were_kept_or_the_truth_is_known(root: Path):
    images = root / "ref/dev/chair/images.txt"
    heads = images.read_text().splitlines()[1::2]
    images.write_text("\n\n".join(heads) + "\n\n")

    assert PhotoSet(root, "chair").doubtful == {}


def test_that_true_cameras_come_before_those_of_colmap(root: Path):
    rows = [{"name": "IMG_9", **IDENTITY}]
    (root / "dev/chair/gt_cameras.json").write_text(json.dumps({"images": rows}))

    chair = PhotoSet(root, "chair")

    assert set(chair.reference) == {"img_9"}
    assert chair.doubtful == {}


def test_that_frames_get_the_names_by_which_the_scorer_knows_them(root: Path):
    chair = PhotoSet(root, "chair")

    assert chair.scored_name(view("walk_000083.jpg", video="walk.mp4")) == "frame0083.jpg"
    assert chair.scored_name(view("walk_000083.jpg")) == "walk_000083.jpg"


def test_that_a_wrong_name_of_a_set_is_answered_with_the_right_ones(root: Path):
    with pytest.raises(BadInput, match=r"no photo set table.*The sets are: chair"):
        photo_sets(root, ["table"])


def test_that_another_folder_is_refused(tmp_path: Path):
    with pytest.raises(Missing, match="holds no photo sets"):
        photo_sets(tmp_path)


def test_that_the_guessed_cameras_of_the_real_sets_are_found(shared_photos: Path):
    doubtful = {one.name: dict(one.doubtful) for one in photo_sets(shared_photos) if one.doubtful}

    assert doubtful == {
        "object_banana": {"dsc_0434": 4},
        "object_buddha13": {"00052": 9, "00060": 0},
    }
