from __future__ import annotations

import os
from pathlib import Path

import pytest

from da3studio.media.listing import list_files
from da3studio.media.naming import listed, unique_names
from tests.media.pictures import MAY_READ_ALL, written


def touch(*paths: Path) -> None:
    for path in paths:
        written(path, b"x")


def test_that_folders_are_read_recursively_in_natural_order(tmp_path: Path):
    names = ["IMG_10.jpg", "IMG_2.jpg", "img_1.JPG", "room 10/a.heic", "room 9/b.PNG", "clip.MOV"]
    touch(*(tmp_path / name for name in names))
    found = list_files([tmp_path])

    order = ["clip.MOV", "img_1.JPG", "IMG_2.jpg", "IMG_10.jpg", "room 9/b.PNG", "room 10/a.heic"]
    assert [path.relative_to(tmp_path).as_posix() for path in found.photos] == order[1:]
    assert found.videos == (tmp_path / "clip.MOV",)
    assert found.refused == ()


def test_that_hidden_files_are_skipped_silently(tmp_path: Path):
    touch(tmp_path / ".DS_Store", tmp_path / "._IMG_1.jpg", tmp_path / ".cache" / "a.jpg")

    assert list_files([tmp_path]) == list_files([])


def test_that_other_files_are_listed_singly_or_counted_by_suffix(tmp_path: Path):
    touch(*(tmp_path / name for name in ("a.jpg", "Thumbs.db", "a.xmp", "b.xmp")))
    touch(*(tmp_path / "notes" / f"{i}.txt" for i in range(12)))
    found = list_files([tmp_path])

    assert [path.name for path in found.photos] == ["a.jpg"]
    said = {refusal.path.name: refusal.why for refusal in found.refused}
    assert set(said) == {"Thumbs.db", "a.xmp", "b.xmp", "*.txt"}
    assert said["a.xmp"] == "It is not a photo or video."
    assert said["*.txt"] == "It is not a photo or video. 12 files of this kind."


def test_that_raw_photos_are_refused_with_what_to_do(tmp_path: Path):
    touch(tmp_path / "a.DNG", tmp_path / "b.nef")
    found = list_files([tmp_path, tmp_path / "b.nef"])

    assert found.photos == ()
    assert len(found.refused) == 3
    assert all("export them as JPEG or TIFF" in refusal.why for refusal in found.refused)


def test_that_a_loop_of_links_ends_and_is_said(tmp_path: Path):
    touch(tmp_path / "a" / "b" / "photo.jpg")
    (tmp_path / "a" / "b" / "up").symlink_to(tmp_path / "a", target_is_directory=True)
    (tmp_path / "a" / "self").symlink_to("self")
    found = list_files([tmp_path])

    assert [path.name for path in found.photos] == ["photo.jpg"]
    said = {refusal.path.name: refusal.why for refusal in found.refused}
    assert said["up"] == "It leads to a folder that was read already."
    assert "self" in said


def test_that_the_same_file_or_folder_given_twice_counts_once(tmp_path: Path, monkeypatch):
    touch(tmp_path / "photos" / "a.jpg", tmp_path / "photos" / "deep" / "b.jpg")
    monkeypatch.chdir(tmp_path)
    folder = Path("photos")
    found = list_files([folder / "deep", folder, tmp_path / "photos", folder / "a.jpg"])

    assert sorted(path.name for path in found.photos) == ["a.jpg", "b.jpg"]
    assert all(path.is_absolute() for path in found.photos)
    assert found.refused == ()


def test_that_absent_paths_and_pipes_are_refused(tmp_path: Path):
    if not hasattr(os, "mkfifo"):
        pytest.skip("this system has no pipes in folders")
    os.mkfifo(tmp_path / "pipe.jpg")  # reading it would wait for ever
    found = list_files([tmp_path, tmp_path / "gone", tmp_path / "pipe.jpg"])

    assert found.photos == ()
    whys = [refusal.why for refusal in found.refused]
    assert whys.count("It is not a photo or video.") == 2
    assert "No file or folder has this name." in whys


@pytest.mark.skipif(MAY_READ_ALL, reason="root may read everything")
def test_that_a_folder_without_permission_is_listed(tmp_path: Path):
    closed = tmp_path / "closed"
    touch(closed / "a.jpg", tmp_path / "b.jpg")
    closed.chmod(0)
    try:
        found = list_files([tmp_path])
    finally:
        closed.chmod(0o700)

    assert [path.name for path in found.photos] == ["b.jpg"]
    assert "Permission denied" in found.refused[0].why


def test_that_the_movie_of_a_live_photo_is_left_out(tmp_path: Path):
    touch(tmp_path / "IMG_1.HEIC", tmp_path / "IMG_1.MOV", tmp_path / "IMG_2.MOV")
    found = list_files([tmp_path])

    assert [path.name for path in found.videos] == ["IMG_2.MOV"]
    assert "Live Photo" in found.refused[0].why


def test_that_projects_and_exported_textures_among_the_photos_are_left_out(tmp_path: Path):
    touch(tmp_path / "a.jpg", tmp_path / "Statue.da3" / "frames" / "b.jpg")
    touch(*(tmp_path / f"statue{suffix}" for suffix in (".obj", ".mtl", ".png")))
    found = list_files([tmp_path])

    assert [path.name for path in found.photos] == ["a.jpg"]
    said = {refusal.path.name: refusal.why for refusal in found.refused}
    assert set(said) == {"Statue.da3", "statue.obj", "statue.mtl", "statue.png"}
    assert said["statue.png"] == "It is the texture of a 3D model."


def test_that_the_file_that_opens_a_project_is_no_photo(tmp_path: Path):
    door = tmp_path / "Statue.da3" / "open.da3"
    touch(door)
    (refusal,) = list_files([door]).refused

    assert refusal.why == "It is a project of this program, not a folder of photos."


def test_that_a_file_named_itself_is_taken_whatever_its_suffix(tmp_path: Path):
    touch(tmp_path / "photo")

    assert list_files([tmp_path / "photo"]).photos == (tmp_path / "photo",)


def test_that_names_are_the_shortest_that_differ():
    paths = [
        Path("/home/a/room A/IMG_1.jpg"),
        Path("/home/a/room B/IMG_1.jpg"),
        Path("/home/a/room B/IMG_2.jpg"),
        Path("/home/b/room B/IMG_1.jpg"),
    ]
    expected = ["room A/IMG_1.jpg", "a/room B/IMG_1.jpg", "IMG_2.jpg", "b/room B/IMG_1.jpg"]
    assert unique_names(paths, ()) == expected


def test_that_names_of_the_project_are_avoided():
    paths = [Path("/tour/IMG_1.jpg"), Path("/tour/IMG_2.jpg")]

    assert unique_names(paths, {"IMG_1.jpg"}) == ["tour/IMG_1.jpg", "IMG_2.jpg"]


def test_that_names_stay_unique_when_the_whole_path_is_taken():
    path = Path("/a/b.jpg")
    taken = {"b.jpg", "a/b.jpg", "//a/b.jpg"}
    names = unique_names([path], taken)

    assert names[0] not in taken


def test_that_long_lists_are_cut():
    assert listed(["a", "b"]) == "a, b"
    assert listed([str(i) for i in range(12)]) == "0, 1, 2, 3, 4 and 7 more"
