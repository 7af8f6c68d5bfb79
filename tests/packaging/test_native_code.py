"""What gives away native code that may not be shipped, and what only looks like it."""

from pathlib import Path

import pytest
from building.code_markers import MARKERS
from building.licence_checks import code_troubles
from building.licence_policy import CodeDecision, Policy
from building.native_code import native_files, scan_native_code

from tests.packaging.made_wheels import ELF, ROOT


def library(folder: Path, name: str, *texts: bytes) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(ELF + b"\0".join(texts) + bytes(50))
    return path


def test_that_a_planted_gpl_ffmpeg_is_found_with_its_licence(tmp_path):
    library(tmp_path, "a/libavcodec.so.62", b"--prefix=/usr --enable-gpl --enable-libx264")

    (found,) = scan_native_code(tmp_path)

    assert found.path == "a/libavcodec.so.62"
    assert found.marker.licence == "GPL-2.0-or-later"
    assert found.seen == "--enable-gpl"


@pytest.mark.parametrize("marker", MARKERS, ids=lambda marker: marker.code)
def test_that_every_text_and_name_of_a_marker_is_enough(marker, tmp_path):
    for n, text in enumerate(marker.texts):
        library(tmp_path, f"texts/{n}.so", b"before", text, b"after")
    for n, name in enumerate(marker.names):
        plain = name.replace("[0-9]", "5").replace("*", "x" if name.startswith("*") else "")
        library(tmp_path, f"names/{n}/{plain}")

    found = {found.path for found in scan_native_code(tmp_path) if found.marker is marker}

    assert len(found) == len(marker.texts) + len(marker.names)


def test_that_libraries_that_only_know_of_such_code_pass(tmp_path):
    library(
        tmp_path,
        "libavcodec.so",
        b"--enable-openssl --enable-libvpx --enable-shared",
        b"libavcodec license: LGPL version 2.1 or later",
        b"Assume this x264 version if no x264 version found in any SEI",
        b"x264 - core %d",
    )
    library(tmp_path, "libmkl.so", b"Consider use of MKL_RODFT00 instead of FFTW_RODFT00")
    library(tmp_path, "_core.so", b"Delaunay meshing requires CGAL, which is not available")
    library(tmp_path, "libQt6Core.so.6", b"Darkness adaptivity only available for GLSL SiftGPU.")
    library(tmp_path, "cv2.so", b"    Non-free algorithms:         NO")

    assert scan_native_code(tmp_path) == []


def test_that_a_text_far_into_a_large_library_is_found(tmp_path):
    path = library(tmp_path, "large.so")
    with path.open("r+b") as file:  # a hole of 64 MB: nothing is written
        file.seek(64 * 2**20)
        file.write(b"cholmod_super_numeric")

    (found,) = scan_native_code(tmp_path)

    assert found.marker.code == "SuiteSparse: CHOLMOD's supernodal solver"


def test_that_programs_count_and_texts_and_links_do_not(tmp_path):
    program = library(tmp_path, "ffmpeg", b"--enable-gpl")
    (tmp_path / "README").write_bytes(b"built with --enable-gpl")
    (tmp_path / "empty").touch()
    (tmp_path / "again").symlink_to(program)

    assert list(native_files(tmp_path)) == [program]


def test_that_an_obstacle_says_what_why_and_what_to_do_unless_a_person_decided(tmp_path):
    library(tmp_path, "_internal/x/_core.so", b"SuiteSparseQR requires the CHOLMOD/Supernodal")
    policy = Policy.of(ROOT)
    decided = CodeDecision("_internal/x/*", "SuiteSparse: SPQR", "looked at")

    (trouble,) = code_troubles(tmp_path, policy)

    assert "_internal/x/_core.so holds SuiteSparse: SPQR, under GPL-2.0-or-later." in trouble.what
    assert "SuiteSparseQR requires the CHOLMOD" in trouble.why
    assert trouble.fix.startswith("Use a build without it")
    assert code_troubles(tmp_path, replaced(policy, decided)) == []


def replaced(policy: Policy, decided: CodeDecision) -> Policy:
    return Policy(**{**vars(policy), "code": (decided,)})
