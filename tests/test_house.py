"""Rules of the house that no linter knows."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

PACKAGE = ROOT / "da3studio"
MAX_LINES = 500
HEAVY = ("torch", "open3d", "pycolmap", "cv2")

# Spelled in pieces, or this file would name them.
REGISTRY_HOSTS = ("py" + "pi.org", "python" + "hosted.org", "download.py" + "torch.org")
REGISTRY_HOSTS += ("npm" + "js.org", "npm" + "js.com", "conda." + "anaconda.org")
MACHINE_PATH = re.compile(r"(?<![\w.~}$/-])/(?:work|root|home/\w\w+|Users)/\w|[A-Z]:\\Users\\")
BINARY = {
    ".png",
    ".jpg",
    ".jpeg",
    ".safetensors",
    ".glb",
    ".ico",
    ".heic",
    ".tif",
    ".webp",
    ".mp4",
    ".mo",
}

MODULES = sorted(PACKAGE.rglob("*.py"))


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_that_no_file_of_the_program_is_longer_than_500_lines():
    lengths = {_name(p): len(p.read_text("utf-8").splitlines()) for p in MODULES}
    assert {name: n for name, n in lengths.items() if n > MAX_LINES} == {}


def test_that_every_module_says_what_it_is():
    silent = [_name(p) for p in MODULES if not ast.get_docstring(ast.parse(p.read_text("utf-8")))]
    assert silent == []


def test_that_every_package_has_content():
    packages = {p.parent for p in MODULES} | {p for p in PACKAGE.iterdir() if p.is_dir()}
    packages = {p for p in packages if p.name != "__pycache__"}
    empty = [
        _name(folder)
        for folder in packages
        if not (folder / "__init__.py").is_file()
        or not any(p.name != "__init__.py" for p in folder.glob("*.py"))
    ]
    assert empty == []


PROBE = """
import json, runpy, sys, time
sys.argv = ["da3studio", "--help"]
try:
    runpy.run_module("da3studio", run_name="__main__")
except SystemExit as end:
    code = end.code
print(json.dumps({"code": code, "modules": sorted(sys.modules), "cpu_s": time.process_time()}))
"""


def test_that_help_loads_no_heavy_library_and_takes_under_half_a_second_of_cpu():
    ran = subprocess.run(
        [sys.executable, "-c", PROBE], cwd=ROOT, capture_output=True, text=True, check=True
    )
    said = json.loads(ran.stdout.splitlines()[-1])

    assert said["code"] == 0
    assert "reconstruct" in ran.stdout
    assert [name for name in HEAVY if name in said["modules"]] == []
    assert said["cpu_s"] < 0.5


def _committed() -> list[Path]:
    """Files under version control, and those about to be."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    if listing.returncode != 0:
        pytest.skip(f"NOT A GIT CHECKOUT, committed files not examined: {listing.stderr.strip()}")
    paths = (ROOT / name for name in listing.stdout.split("\0") if name)
    return [path for path in paths if path.is_file() and path.suffix not in BINARY]


def test_that_no_committed_file_names_a_registry_host_or_a_path_of_one_machine():
    found = []
    for path in _committed():
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
            if any(host in line for host in REGISTRY_HOSTS) or MACHINE_PATH.search(line):
                found.append(f"{_name(path)}:{number}: {line.strip()[:100]}")
    assert found == []
