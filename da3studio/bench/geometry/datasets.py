"""The folders of DA3-BENCH, as they are after unpacking: a reader for each data set.

```
FOLDER/
├── eth3d/SCENE/          images, dslr_calibration_jpg, combined_mesh.ply, ground_truth_depth, ...
├── 7scenes/7Scenes/      SCENE/seq-01/frame-000000.{color.png,depth.png,pose.txt}, meshes
├── scannetpp/SCENE/      merge_dslr_iphone/{colmap/sparse_render_rgb,images,render_depth}, scans
├── hiroom/               data/SCENE/{image,depth,pose,aliasing_mask,cam_K.npy}, fused_pcd,
│                         selected_scene_list_val.txt
├── dtu/                  Rectified, Cameras, Points, SampleSet, depth_raw
└── dtu64/                SCENE/image, Cameras
```
Any of them may be missing, and so may scenes.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from da3studio.bench.geometry.dtu import DtuSurface
from da3studio.bench.geometry.files import damaged, image, lens_of, photo_of, points_of, rigid_of
from da3studio.bench.geometry.surface import KnownPoints, SurfaceRule
from da3studio.bench.geometry.truth import Array, Photo, Pixels, TrueSet, TrueSurface
from da3studio.engine.camera_files.colmap_model import read_model
from da3studio.engine.camera_files.found import FoundCamera
from da3studio.geometry.camera import Intrinsics
from da3studio.geometry.conventions import opencv_matrix
from da3studio.geometry.rigid import Rigid3
from da3studio.media.image import read_header, read_image

MOST_PHOTOS = 100  # of a scene
_SEED = 42
_FIRST_OF_DTU = 33  # index of the photo that comes first

ROOM = SurfaceRule(4 / 512, 0.04, 0.05, 4 / 512)
ETH3D = SurfaceRule(5 * 4 / 512, 0.2, 0.25, 5 * 4 / 512)
SCANNETPP = SurfaceRule(0.02, 0.15, 0.05, 0.02, farthest=5.0, margin=0.1)

_ETH3D_SCENES = (
    "courtyard", "electro", "kicker", "pipes", "relief", "delivery_area", "facade", "office",
    "playground", "relief_2", "terrains",
)  # fmt: skip
_ETH3D_TURNED = {  # photos taken with the camera turned, by the number in their names
    "delivery_area": range(711, 715),
    "electro": (*range(9289, 9294), 9298),
    "playground": range(587, 593),
    "relief": range(427, 439),
    "relief_2": range(458, 469),
}
_SEVEN = ("chess", "fire", "heads", "office", "pumpkin", "redkitchen", "stairs")
_SEVEN_LENS = (585.0, 585.0, 320.0, 240.0)
_SEVEN_INVALID = 65535
_SCANNETPP_SIZE = (1024, 768)
_HIROOM_FARTHEST_M = 100.0  # of 16 bits
_DTU_MASK = 10  # grey level above which the scanner measured

Scenes = Iterator[tuple[str, Callable[[], list[Photo]], Callable[[], TrueSurface] | None]]
"""Name, photos and surface of each scene that is there."""


def dataset_truth(folder: Path) -> list[TrueSet]:
    """All scenes of the data sets in a folder, or of one data set's own folder; may be none."""
    if folder.name in READERS and not any((folder / name).is_dir() for name in READERS):
        return _sets(folder.name, folder)
    return [
        one for name in READERS if (folder / name).is_dir() for one in _sets(name, folder / name)
    ]


def _sets(name: str, folder: Path) -> list[TrueSet]:
    title, scenes = READERS[name]
    return [
        TrueSet(title, scene, partial(_whole, photos), is_whole=True, surface=surface)
        for scene, photos, surface in scenes(folder)
    ]


def _whole(photos: Callable[[], list[Photo]], _sizes: Sequence[int]) -> list[Sequence[Photo]]:
    return [sampled(photos())]


def sampled(photos: Sequence[Photo]) -> Sequence[Photo]:
    """At most a hundred, always the same ones, in their order."""
    if len(photos) <= MOST_PHOTOS:
        return photos
    numbers = list(range(len(photos)))
    random.Random(_SEED).shuffle(numbers)  # noqa: S311  the published choice
    return [photos[i] for i in sorted(numbers[:MOST_PHOTOS])]


def eth3d(folder: Path) -> Scenes:
    """Laser scans, in metres; lens distortion is left alone, as the published benchmark does."""
    for scene in (folder / name for name in _ETH3D_SCENES):
        if scene.is_dir():
            surface = _surface(scene / "combined_mesh.ply", ETH3D)
            yield scene.name, partial(_eth3d_photos, scene), surface


def _eth3d_photos(scene: Path) -> list[Photo]:
    photos = []
    for found in read_model(scene / "dslr_calibration_jpg"):
        path = scene / "images" / found.photo
        turned = (path.stem.endswith(str(n)) for n in _ETH3D_TURNED.get(scene.name, ()))
        if any(turned) or not path.is_file():
            continue
        lens = _first_terms(found)
        depth = partial(_eth3d_depth, scene, path, lens)
        photos.append(photo_of(path, found.photo, lens, _pose(found), depth))
    return photos


def _eth3d_depth(scene: Path, photo: Path, lens: Intrinsics) -> Array | None:
    """Raw float32 under the photo's own name; what the mask marks with 1 is hidden."""
    path = scene / "ground_truth_depth" / "dslr_images" / photo.name
    if not path.is_file():
        return None
    stored = np.fromfile(path, np.float32)
    if stored.size != lens.width * lens.height:
        raise damaged(path)
    depth = stored.reshape(lens.height, lens.width).astype(np.float64)
    mask = image(scene / "masks_for_images" / "dslr_images" / f"{photo.stem}.png")
    return depth if mask is None else np.where(mask == 1, 0, depth)


def seven_scenes(folder: Path) -> Scenes:
    """Frames of a Kinect, in metres."""
    root = folder / "7Scenes"
    for name in _SEVEN:
        frames = root / name / ("seq-02" if name == "stairs" else "seq-01")
        if frames.is_dir():
            surface = _surface(root / "meshes" / f"{name}.ply", ROOM)
            yield name, partial(_seven_photos, frames), surface


def _seven_photos(frames: Path) -> list[Photo]:
    photos = []
    for path in sorted(frames.glob("frame-*.color.png")):
        stem = path.name.removesuffix(".color.png")
        pose = frames / f"{stem}.pose.txt"
        if pose.is_file():
            header = read_header(path)
            lens = Intrinsics(*_SEVEN_LENS, header.width, header.height)
            depth = partial(_millimetres, frames / f"{stem}.depth.png", _SEVEN_INVALID)
            world_from_cam = rigid_of(np.loadtxt(pose))
            photos.append(photo_of(path, stem, lens, world_from_cam.inverse(), depth))
    return photos


def scannetpp(folder: Path) -> Scenes:
    """Frames of a phone, in metres; undistorted here, at 1024 x 768."""
    for scene in sorted(path for path in folder.iterdir() if path.is_dir()):
        both = scene / "merge_dslr_iphone"
        if both.is_dir():
            surface = _surface(scene / "scans" / "mesh_aligned_0.05.ply", SCANNETPP)
            yield scene.name, partial(_scannetpp_photos, both), surface


def _scannetpp_photos(folder: Path) -> list[Photo]:
    photos = []
    model = read_model(folder / "colmap" / "sparse_render_rgb")
    for found in sorted(model, key=lambda one: one.photo):
        path = folder / "images" / found.photo
        if "iphone" in found.photo and path.is_file():
            lens = _first_terms(found).resized(*_SCANNETPP_SIZE)
            depth = partial(_millimetres, folder / "render_depth" / f"{path.stem}.png")
            read = partial(_straightened, path, found, lens)
            photos.append(photo_of(path, found.photo, lens, _pose(found), depth, read=read))
    return photos


def _straightened(path: Path, found: FoundCamera, lens: Intrinsics) -> Pixels:
    """The photo without its lens distortion, at the size of `lens`."""
    pixels = read_image(path)
    own = lens.resized(pixels.shape[1], pixels.shape[0])
    terms = [found.terms.get(name, 0.0) for name in ("k1", "k2", "p1", "p2")]
    if any(terms):
        pixels = cv2.undistort(pixels, opencv_matrix(own), np.array(terms))
    size = (lens.width, lens.height)
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)


def hiroom(folder: Path) -> Scenes:
    """Rendered rooms, in metres."""
    chosen = folder / "selected_scene_list_val.txt"
    for scene in chosen.read_text("utf-8").split() if chosen.is_file() else ():
        place = folder / "data" / scene
        if place.is_dir():
            cloud = folder / "fused_pcd" / f"{'-'.join(scene.split('/')[-3:])}.ply"
            yield scene, partial(_hiroom_photos, place), _surface(cloud, ROOM)


def _hiroom_photos(scene: Path) -> list[Photo]:
    matrix, photos = np.load(scene / "cam_K.npy"), []
    for path in sorted((scene / "image").iterdir()):
        stem = path.name.split(".")[0]
        pose = scene / "pose" / f"{stem}.npy"
        if pose.is_file():
            header = read_header(path)
            lens = lens_of(matrix, header.width, header.height)
            depth = partial(_hiroom_depth, scene, stem)
            photos.append(
                photo_of(path, stem, lens, rigid_of(np.load(pose).astype(np.float64)), depth)
            )
    return photos


def _hiroom_depth(scene: Path, stem: str) -> Array | None:
    stored = image(scene / "depth" / f"{stem}.png")
    if stored is None:
        return None
    depth = stored.astype(np.float64) / 65535 * _HIROOM_FARTHEST_M
    jagged = image(scene / "aliasing_mask" / f"{stem}.png")
    return depth if jagged is None else np.where(jagged > 0, 0, depth)


def dtu(folder: Path) -> Scenes:
    """Scans of 49 photos, in millimetres, for surfaces."""
    masks, boxes = folder / "SampleSet" / "mvs_data" / "ObsMask", folder / "Points" / "stl"
    for scan in _by_number((folder / "Rectified").glob("scan*")):
        number = int(scan.name.removeprefix("scan"))
        surface = DtuSurface(
            boxes / f"stl{number:03}_total.ply",
            masks / f"ObsMask{number}_10.mat",
            masks / f"Plane{number}.mat",
        )
        depths = folder / "depth_raw" / "Depths" / scan.name
        photos = partial(_dtu_photos, scan, folder / "Cameras", depths)
        yield scan.name, photos, partial(_same, surface) if surface.scanned.is_file() else None


def dtu64(folder: Path) -> Scenes:
    """Scans of 64 photos, for cameras alone."""
    for scan in _by_number(folder.glob("scan*")):
        yield scan.name, partial(_dtu_photos, scan / "image", folder / "Cameras", None), None


def _dtu_photos(folder: Path, cameras: Path, depths: Path | None) -> list[Photo]:
    """`rect_001_...png` has camera 0, `00000000.png` too."""
    photos = []
    for path in sorted(folder.glob("*.png")):
        parts = path.stem.split("_")
        number = int(parts[1]) - 1 if len(parts) > 1 else int(parts[0])
        file = cameras / f"{number:08}_cam.txt"
        if not file.is_file():
            continue
        lines = file.read_text("utf-8").splitlines()
        pose, matrix = (
            np.array([line.split() for line in some], np.float64)
            for some in (lines[1:5], lines[7:10])
        )
        header = read_header(path)
        lens = lens_of(matrix, header.width, header.height)
        mask = None if depths is None else depths / f"depth_visual_{number:04}.png"
        counts = partial(_dtu_mask, mask)
        photos.append(photo_of(path, path.stem, lens, rigid_of(pose), counts=counts))
    if len(photos) > _FIRST_OF_DTU:
        photos.insert(0, photos.pop(_FIRST_OF_DTU))
    return photos


def _dtu_mask(path: Path | None) -> NDArray[np.bool_] | None:
    stored = None if path is None else image(path)
    return None if stored is None else stored > _DTU_MASK


def _by_number(scans: Iterator[Path]) -> list[Path]:
    return sorted(scans, key=lambda path: int(path.name.removeprefix("scan")))


def _surface(path: Path, rule: SurfaceRule) -> Callable[[], TrueSurface] | None:
    """Reads the true surface; `None` if it was not unpacked."""
    if not path.is_file():
        return None
    return lambda: KnownPoints(points_of(path, rule.n_samples), rule)


def _same(surface: TrueSurface) -> TrueSurface:
    return surface


def _millimetres(path: Path, invalid: int = 0) -> Array | None:
    stored = image(path)
    return None if stored is None else np.where(stored == invalid, 0, stored / 1000.0)


def _first_terms(found: FoundCamera) -> Intrinsics:
    """The pinhole in a lens model: its other terms are left out."""
    terms, (width, height) = found.terms, found.size or (0, 0)
    fx = terms["fx"] if "fx" in terms else terms["f"]
    return Intrinsics(fx, terms.get("fy", fx), terms["cx"], terms["cy"], int(width), int(height))


def _pose(found: FoundCamera) -> Rigid3:
    return Rigid3(found.rotation, -found.rotation @ found.centre)


READERS: Mapping[str, tuple[str, Callable[[Path], Scenes]]] = {
    "hiroom": ("HiRoom", hiroom),
    "eth3d": ("ETH3D", eth3d),
    "dtu64": ("DTU-64", dtu64),
    "dtu": ("DTU", dtu),
    "7scenes": ("7Scenes", seven_scenes),
    "scannetpp": ("ScanNet++", scannetpp),
}
