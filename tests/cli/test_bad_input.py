"""Everything a person may get wrong: one clear message, the documented exit code, nothing lost."""

from __future__ import annotations

import json
import shutil
import struct
import subprocess
import zlib
from pathlib import Path

import pytest

from da3studio.project.folder import ProjectFolder
from tests.cli.conftest import ENVIRONMENT, PROGRAM, QUICK, Ran, run_program


def reconstruct(folder: Path, *photos: object, out: str = "scan.glb") -> Ran:
    return run_program(folder, "reconstruct", *photos, "-o", out, *QUICK)


def first_photo(sample_photos: Path) -> Path:
    return min(sample_photos.glob("*.jpg"))


def left_behind(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()} - {"photos"}


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    return folder


def png_of_size(width: int, height: int) -> bytes:
    """A PNG that says how large it is and holds next to nothing."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        checked = kind + content
        return struct.pack(">I", len(content)) + checked + struct.pack(">I", zlib.crc32(checked))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = zlib.compress(bytes(1000))
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    )


def test_that_an_empty_folder_is_refused(tmp_path, photos):
    ran = reconstruct(tmp_path, photos)
    what, why, fix = ran.error

    assert ran.code == 3
    assert what == "No new photo could be used."
    assert "No photo or video was found" in why
    assert "JPEG" in fix
    assert left_behind(tmp_path) == set()


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("truncated.jpg", None, "truncated.jpg"),
        ("bomb.png", png_of_size(30_000, 20_000), "30000"),
        ("text.jpg", b"These are only words.\n" * 40, "text.jpg"),
        ("nothing.jpg", b"", "empty"),
    ],
)
def test_that_a_file_that_is_no_photo_is_refused_by_name(
    tmp_path, photos, sample_photos, name, content, reason
):
    if content is None:
        whole = first_photo(sample_photos).read_bytes()
        content = whole[: len(whole) // 3]
    (photos / name).write_bytes(content)
    ran = reconstruct(tmp_path, photos)
    what, why, _ = ran.error

    assert ran.code == 3
    assert what == "No new photo could be used."
    assert name in why
    assert reason in why.replace(" ", "").replace(",", "") or reason in why
    assert (photos / name).read_bytes() == content
    assert left_behind(tmp_path) == set()


def test_that_one_bad_photo_does_not_stop_the_others(tmp_path, photos, sample_photos):
    (photos / "text.jpg").write_text("words")
    shutil.copy(first_photo(sample_photos), photos)
    ProjectFolder.create(tmp_path / "scan.da3", "scan").close()
    ran = run_program(tmp_path, "add", "scan.da3", photos, "--json")

    assert ran.code == 0
    assert [Path(one["name"]).name for one in ran.named("refused")] == ["text.jpg"]
    assert ran.named("imported")[0]["views"] == 1


def test_that_one_photo_is_not_enough_for_photogrammetry(tmp_path, photos, sample_photos):
    shutil.copy(first_photo(sample_photos), photos)
    ran = reconstruct(tmp_path, photos, "--engine", "classical")
    what, why, fix = ran.error

    assert ran.code == 8
    assert what
    assert why
    assert fix
    assert not (tmp_path / "scan.glb").exists()
    assert run_program(tmp_path, "info", "scan.da3").code == 0


def test_that_ten_times_the_same_photo_is_not_enough_for_it(tmp_path, photos, sample_photos):
    for number in range(10):
        shutil.copy(first_photo(sample_photos), photos / f"copy_{number}.jpg")
    ran = reconstruct(tmp_path, photos, "--engine", "classical")

    assert ran.code == 8
    assert "9 files are exact copies" in ran.err
    assert all(ran.error)


def test_that_a_path_that_does_not_exist_is_named(tmp_path):
    ran = reconstruct(tmp_path, "holiday")
    what, why, _ = ran.error

    assert ran.code == 4
    assert what == "holiday is not there."
    assert why == "No file or folder has this name."
    assert left_behind(tmp_path) == set()


@pytest.mark.parametrize(("out", "seen"), [("scan.fbx", "'.fbx'"), ("scan", "no suffix")])
def test_that_an_unknown_format_is_refused_before_any_work(tmp_path, sample_photos, out, seen):
    ran = reconstruct(tmp_path, sample_photos, out=out)
    _, why, fix = ran.error

    assert ran.code == 3
    assert seen in why
    assert ".glb, .obj, .ply, .colmap" in fix
    assert "Reading photos" not in ran.err
    assert left_behind(tmp_path) == set()


def test_that_a_file_in_place_of_the_output_folder_is_refused_before_any_work(
    tmp_path, sample_photos
):
    (tmp_path / "out").write_text("a file")
    ran = reconstruct(tmp_path, sample_photos, out="out/scan.glb")

    assert ran.code == 5
    assert "out" in ran.error[0]
    assert "Choose a folder you may write to" in ran.error[2]
    assert "Reading photos" not in ran.err
    assert (tmp_path / "out").read_text() == "a file"


def test_that_a_folder_in_place_of_the_output_file_is_refused_before_any_work(
    tmp_path, sample_photos
):
    (tmp_path / "scan.glb").mkdir()
    ran = reconstruct(tmp_path, sample_photos)

    assert ran.code == 3
    assert "folder of that name" in ran.error[1]
    assert "Reading photos" not in ran.err


def in_small_world(mount: str, script: str, folder: Path) -> Ran:
    """Run a shell script in a mount namespace of its own; skips where that is not permitted."""
    try:
        tried = subprocess.run(
            ["unshare", "--mount", "sh", "-c", mount], cwd=folder, capture_output=True, text=True
        )
    except FileNotFoundError:
        pytest.skip("FULL AND READ-ONLY DISKS NOT TESTED: there is no `unshare` here")
    if tried.returncode != 0:
        pytest.skip(f"FULL AND READ-ONLY DISKS NOT TESTED: {tried.stderr.strip()}")
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-c", f"{mount} && {script}", "sh", *PROGRAM],
        cwd=folder,
        env=ENVIRONMENT,
        capture_output=True,
        encoding="utf-8",
        timeout=300,
    )
    assert "Traceback" not in done.stdout + done.stderr
    return Ran(done.returncode, done.stdout, done.stderr)


def test_that_a_read_only_output_folder_is_refused_before_any_work(tmp_path, sample_photos):
    (tmp_path / "out").mkdir()
    ran = in_small_world(
        "mount -t tmpfs -o ro tmpfs out",
        f'"$@" reconstruct "{sample_photos}" -o out/scan.glb',
        tmp_path,
    )

    assert ran.code == 5
    assert "Read-only file system" in ran.error[1]
    assert "Reading photos" not in ran.err


@pytest.mark.parametrize("size", ["16k", "300k"])
def test_that_a_full_disk_ends_in_words_and_keeps_what_was_finished(tmp_path, sample_photos, size):
    (tmp_path / "small").mkdir()
    ran = in_small_world(
        f"mount -t tmpfs -o size={size} tmpfs small",
        f'"$@" reconstruct "{sample_photos}" -o scan.glb --project small/scan.da3 {" ".join(QUICK)}'
        '; echo "code $?"; test ! -e small/scan.da3/project.json || "$@" info small/scan.da3',
        tmp_path,
    )

    assert "code 6" in ran.out
    assert "no space left" in ran.err
    assert "Free some space" in ran.err
    assert ran.code == 0  # the project can still be read


def manifest_of(project: Path) -> Path:
    return project / "project.json"


@pytest.fixture
def project(tmp_path, sample_photos) -> Path:
    """A project with photos and nothing done yet."""
    path = tmp_path / "scan.da3"
    ProjectFolder.create(path, "scan").close()
    assert run_program(tmp_path, "add", path, sample_photos).code == 0
    return path


@pytest.mark.parametrize("command", ["info", "add", "export", "doctor", "reconstruct"])
def test_that_a_project_of_a_newer_program_is_not_touched(
    tmp_path, project, sample_photos, command
):
    document = json.loads(manifest_of(project).read_text("utf-8"))
    document["schema"] = [document["schema"][0] + 1, 0]
    manifest_of(project).write_text(json.dumps(document), "utf-8")
    before = manifest_of(project).read_bytes()
    ran = run_program(tmp_path, *words_for(command, project, sample_photos))

    assert ran.code == 10
    assert all(ran.error)
    assert manifest_of(project).read_bytes() == before


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"schema": "new"}', b"\xff\xfe\x00"])
def test_that_a_damaged_manifest_is_said_and_not_touched(tmp_path, project, content):
    manifest_of(project).write_bytes(content)
    for command in ("info", "export"):
        ran = run_program(tmp_path, *words_for(command, project, tmp_path))
        assert ran.code == 9
        assert all(ran.error)
        assert manifest_of(project).read_bytes() == content


def words_for(command: str, project: Path, photos: Path) -> list[object]:
    match command:
        case "export":
            return ["export", project, "-o", "scan.glb"]
        case "add":
            return ["add", project, photos]
        case "reconstruct":
            return ["reconstruct", photos, "-o", "scan.glb", "--project", project]
    return [command, project]


def test_that_a_folder_without_project_is_not_one(tmp_path):
    for command in ("info", "export", "doctor"):
        ran = run_program(tmp_path, *words_for(command, tmp_path, tmp_path))
        assert ran.code == 4
        assert "There is no project" in ran.error[0]


def test_that_an_error_is_an_event_as_well(tmp_path):
    ran = run_program(tmp_path, "info", "nowhere.da3", "--json")
    (event,) = ran.events

    assert event["event"] == "error"
    assert event["exit_code"] == ran.code == 4
    assert (event["what"], event["why"], event["fix"]) == ran.error


def test_that_a_photo_beside_the_output_is_never_overwritten(tmp_path, sample_photos):
    for photo in sample_photos.glob("*.jpg"):
        shutil.copy(photo, tmp_path)
    (tmp_path / "scan-preview.png").write_bytes(b"")
    shutil.copy(first_photo(sample_photos), tmp_path / "scan.jpg")
    ran = reconstruct(tmp_path, tmp_path, out="scan.obj")

    assert ran.code == 3
    assert "would overwrite the photo" in ran.error[0]
    assert (tmp_path / "scan.jpg").read_bytes() == first_photo(sample_photos).read_bytes()
