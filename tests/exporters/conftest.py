"""Khronos' glTF validator, run through node."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).resolve().parent
PACKAGE = HERE.parent / "node_modules" / "gltf-validator"


@pytest.fixture(scope="session")
def validated() -> Callable[[Path], dict[str, Any]]:
    """A GLB's report, after a check that it holds no error, warning, info or hint."""
    if shutil.which("node") is None or not PACKAGE.is_dir():
        missing = "GLB FILES NOT VALIDATED: run `npm install --prefix tests` (needs node)"
        if os.environ.get("CI") == "true":
            pytest.fail(missing)
        pytest.skip(missing)

    def report_of(path: Path) -> dict[str, Any]:
        node = subprocess.run(
            ["node", HERE / "validate_glb.mjs", path], capture_output=True, text=True, check=True
        )
        report: dict[str, Any] = json.loads(node.stdout)
        assert report["issues"]["messages"] == []
        return report

    return report_of
