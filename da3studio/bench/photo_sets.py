"""Real photo sets with reference cameras, as the folder of the scorer lays them out.

```
FOLDER/
├── score.py
├── dev/SET/images/...       or a video
├── dev/SET/gt_cameras.json  where the true cameras are known
└── ref/dev/SET/             reference.json, images.txt, points and statistics of COLMAP
```
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from da3studio.base.errors import BadInput, Missing
from da3studio.base.i18n import tr
from da3studio.geometry.camera import Camera, Intrinsics
from da3studio.geometry.rigid import Rigid3
from da3studio.media.formats import is_video
from da3studio.scene.view import View

SPLIT = "dev"
SCORER = "score.py"
FEWEST_OBSERVATIONS = 12  # of a reference camera that is more than a guess

# Where the radial terms begin among a lens model's numbers
_RADIAL_FROM = {"SIMPLE_PINHOLE": 3, "PINHOLE": 4, "SIMPLE_RADIAL": 3, "RADIAL": 3}
_PICTURE_SUFFIXES = (".jpg", ".jpeg", ".png", ".heic", ".webp", ".tif", ".tiff")
_FRAME_OF_OURS = re.compile(r"_(\d{6})\.jpg$")


def key_of(name: str) -> str:
    """By what the scorer knows a photo: its name without folder, suffixes and trailing `__`."""
    path = Path(Path(name).stem)
    stem = path.stem if path.suffix.lower() in _PICTURE_SUFFIXES else path.name
    return stem.removesuffix("__").lower()


@dataclass(frozen=True)
class PhotoSet:
    """One set; what it holds is read when it is asked for."""

    root: Path  # the folder with the scorer
    name: str

    @property
    def folder(self) -> Path:
        return self.root / SPLIT / self.name

    @property
    def reference_folder(self) -> Path:
        return self.root / "ref" / SPLIT / self.name

    @cached_property
    def media(self) -> tuple[Path, ...]:
        """The folder of photos, or the videos."""
        if self.is_video:
            return tuple(sorted(path for path in self.folder.iterdir() if is_video(path)))
        return (self.folder / "images",)

    @property
    def is_video(self) -> bool:
        """Whether the photos are frames, of which a reconstruction may choose others."""
        return not (self.folder / "images").is_dir()

    @property
    def has_true_cameras(self) -> bool:
        """Whether the reference was measured by other means than from the photos."""
        return (self.folder / "gt_cameras.json").is_file()

    @cached_property
    def n_reference_photos(self) -> int:
        """How many photos, or frames of the video, the reference was made from."""
        statistics = json.loads((self.reference_folder / "stats.json").read_text("utf-8"))
        return int(statistics["images"])

    @cached_property
    def reference(self) -> Mapping[str, Rigid3]:
        """`cam_from_world` by key: the true cameras if they are known, else COLMAP's."""
        if self.has_true_cameras:
            return _poses(self.folder / "gt_cameras.json")
        return _poses(self.reference_folder / "reference.json")

    @cached_property
    def cameras(self) -> Mapping[str, Camera]:
        """The same cameras with their lenses, at the size of the upright photo."""
        return _cameras(self.folder / "gt_cameras.json") if self.has_true_cameras else self.found

    @cached_property
    def found(self) -> Mapping[str, Camera]:
        """COLMAP's cameras, in the world of its points."""
        return _cameras(self.reference_folder / "reference.json")

    @cached_property
    def upright_names(self) -> Mapping[str, str]:
        """Key → the file name under which the scorer looks for the upright photo."""
        rows = _rows(self.reference_folder / "reference.json")
        return {key_of(row["name"]): str(row["upright_name"]) for row in rows}

    @cached_property
    def doubtful(self) -> Mapping[str, int]:
        """Reference cameras that rest on too few points: key → how many.

        Where the true cameras are known, or where COLMAP's points are not part of the set, there
        is nothing to doubt.
        """
        if self.has_true_cameras:
            return {}
        observed = _observations(self.reference_folder / "images.txt")
        if not any(observed.values()):
            return {}
        return {key: n for key, n in observed.items() if n < FEWEST_OBSERVATIONS}

    def scored_name(self, view: View) -> str:
        """The name under which the scorer knows a view; frames of a video are `frameNNNN`."""
        frame = _FRAME_OF_OURS.search(view.name)
        if not view.source.video or frame is None:
            return view.name
        return f"frame{int(frame[1]):04d}.jpg"


def photo_sets(root: Path, chosen: Collection[str] = ()) -> tuple[PhotoSet, ...]:
    """The sets of a folder, by name.

    Args:
        root: with the scorer, `dev` and `ref` in it.
        chosen: names of sets; all of them if empty.

    Raises:
        Missing: the folder is not laid out like that.
        BadInput: a chosen set is not there.
    """
    references = root / "ref" / SPLIT
    if not (root / SCORER).is_file() or not references.is_dir():
        raise Missing(
            tr("{folder} holds no photo sets.").format(folder=root),
            why=tr("There is no {scorer} or no {references} in it.").format(
                scorer=SCORER, references=references.relative_to(root).as_posix()
            ),
            fix=tr("Name the folder of evaluation sets; its SETS.md tells what is in it."),
        )
    names = sorted(path.name for path in references.iterdir() if path.is_dir())
    unknown = sorted(set(chosen) - set(names))
    if unknown:
        raise BadInput(
            tr("There is no photo set {name}.").format(name=unknown[0]),
            why=tr("The sets are: {names}.").format(names=", ".join(names)),
            fix=tr("Correct --sets; names are separated by commas."),
        )
    return tuple(PhotoSet(root, name) for name in names if not chosen or name in chosen)


def _rows(path: Path) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(path.read_text("utf-8"))["images"]
    return rows


def _poses(path: Path) -> dict[str, Rigid3]:
    return {
        key_of(row["name"]): Rigid3(np.reshape(row["R"], (3, 3)), np.reshape(row["t"], 3))
        for row in _rows(path)
    }


def _cameras(path: Path) -> dict[str, Camera]:
    """With the radial terms of COLMAP's lens models, where the file has them."""
    poses, found = _poses(path), {}
    for row in _rows(path):
        (fx, _, cx), (_, fy, cy), _ = np.reshape(row["K"], (3, 3))
        radial = row["params"][_RADIAL_FROM[row["model"]] :] if "model" in row else []
        k1, k2 = [*radial, 0.0, 0.0][:2]
        lens = Intrinsics(fx, fy, cx, cy, row["width"], row["height"], k1, k2)
        found[key_of(row["name"])] = Camera(lens, poses[key_of(row["name"])])
    return found


def _observations(path: Path) -> dict[str, int]:
    """Key → observed points, of a COLMAP images.txt: two lines per image, the second may be empty.

    Source: COLMAP's doc/format.rst.
    """
    lines = path.read_text("utf-8").splitlines()
    lines = [line for line in lines if not line.startswith("#")]
    return {
        key_of(head.split(maxsplit=9)[9]): sum(point != "-1" for point in points.split()[2::3])
        for head, points in zip(lines[::2], lines[1::2], strict=True)
    }
