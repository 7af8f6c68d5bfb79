"""The list of what makes the bundle's PyTorch compute on the graphics card: `resources/gpu.json`.

It is made with the bundle and never committed: the wheels of the very version that the bundle
holds, built for CUDA, with their addresses, sizes and sha256 as the package index states them. What
the bundle has already and what nothing of ours uses (Triton and the bindings for it: PyTorch
imports and computes without) is not in it. The program reads it in `da3studio/runtime/pack.py`.
"""

from __future__ import annotations

import json
import os
import re
import ssl
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit
from urllib.request import Request, urlopen

from bootstrapping.console import SetupError
from bootstrapping.environment import Environment

FORMAT = 1
_ASKING_S = 60
_NEEDED = re.compile(r"torch|nvidia-.+")
_LABEL = re.compile(r"\+cu(\d+)(\d)$")

# Oldest driver by version of CUDA, Linux and Windows: NVIDIA's "CUDA Toolkit Release Notes", table
# "Minimum Required Driver Version for CUDA Minor Version Compatibility"; CUDA 13 came with R580.
# Oldest generation of cards that the toolkit compiles for: the same notes, "Deprecated or Dropped
# Features". PyTorch's builds may leave out more; trying it on the card tells.
_NEEDS: dict[int, tuple[str, str, str]] = {
    12: ("525.60.13", "528.33", "5.0"),
    13: ("580.65.06", "580.65", "7.5"),
}


def write_gpu_list(environment: Environment, out: Path, *, torch_index: str = "") -> list[str]:
    """Ask the package index for the CUDA builds of an environment's PyTorch, and write the list.

    Args:
        environment: whose Python and PyTorch the bundle is made of.
        out: the file to write.
        torch_index: addresses of PyTorch's own indexes of CUDA builds, separated by blanks, as pip
            takes them; "" = the common index, which has CUDA builds for Linux only.

    Returns:
        Ids of the editions in the list, none if the index has no CUDA build: nothing is written.

    Raises:
        SetupError: pip fails, or an address is not one that everybody can fetch from.
    """
    version = _torch_of(environment)
    found = (_edition(_asked(environment, version, index)) for index in torch_index.split() or [""])
    editions = [edition for edition in found if edition is not None]
    if editions:
        content = json.dumps({"format": FORMAT, "editions": editions}, indent=1)
        out.write_text(content + "\n", "utf-8")
    return [edition["id"] for edition in editions]


def _torch_of(environment: Environment) -> str:
    """The version without the label of its build."""
    code = "from importlib.metadata import version; print(version('torch'))"
    ran = subprocess.run(
        [environment.python, "-I", "-c", code], capture_output=True, text=True, timeout=_ASKING_S
    )
    if ran.returncode != 0:
        raise SetupError(f"There is no PyTorch in {environment.folder}.\n{ran.stderr}")
    return ran.stdout.strip().partition("+")[0]


def _asked(environment: Environment, version: str, index: str) -> list[dict[str, Any]]:
    """What pip would install, from the index itself: not from a mirror of this machine."""
    # "===" leaves out builds with a label, as the CPU builds that lie beside on some indexes.
    wish = [f"torch=={version}", "--index-url", index] if index else [f"torch==={version}"]
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        options = ("--dry-run", "--ignore-installed", "--only-binary", ":all:", "--quiet")
        ran = subprocess.run(
            environment.pip("install", *options, "--report", report, *wish),
            capture_output=True,
            text=True,
            env=_plain_environment(),
        )
        if ran.returncode != 0:
            raise SetupError(f"pip finds no CUDA build of PyTorch {version}.\n{ran.stderr[-2000:]}")
        listed: list[dict[str, Any]] = json.loads(report.read_text("utf-8"))["install"]
    return listed


def _plain_environment() -> dict[str, str]:
    """Variables without pip's settings of this machine, but for how it reaches the network."""
    kept = ("PIP_CERT", "PIP_PROXY", "PIP_DEFAULT_TIMEOUT")
    plain = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("PIP_") or name in kept
    }
    return {**plain, "PIP_CONFIG_FILE": os.devnull}


def _edition(listed: list[dict[str, Any]]) -> dict[str, Any] | None:
    """One entry of the list; `None` if what pip found is no CUDA build."""
    by_name = {item["metadata"]["name"].lower().replace("_", "-"): item for item in listed}
    versions = {name: item["metadata"]["version"] for name, item in by_name.items()}
    cuda = cuda_of(versions)
    if not cuda:
        return None
    linux, windows, capability = _NEEDS[int(cuda.split(".")[0])]
    torch = versions["torch"].partition("+")[0]
    return {
        "id": f"torch-{torch}-cu{cuda.replace('.', '')}",
        "torch": torch,
        "cuda": cuda,
        "driver": windows if sys.platform == "win32" else linux,
        "capability": capability,
        "wheels": [
            _wheel(item["download_info"])
            for name, item in sorted(by_name.items())
            if _NEEDED.fullmatch(name)
        ],
    }


def cuda_of(versions: dict[str, str]) -> str:
    """The version of CUDA that a PyTorch is built for, "" for a build without.

    Args:
        versions: of all that pip would install, by name.
    """
    label = _LABEL.search(versions["torch"])
    if label:
        return f"{label[1]}.{label[2]}"
    for name, version in versions.items():
        if name == "cuda-toolkit" or name.startswith("nvidia-cuda-runtime"):
            return ".".join(version.split(".")[:2])
    return ""


def _wheel(told: dict[str, Any]) -> dict[str, Any]:
    url = told["url"]
    parts = urlsplit(url)
    if parts.scheme != "https" or parts.username:
        raise SetupError(f"{url} is no address that a person could fetch from.")
    return {
        "name": unquote(Path(parts.path).name),
        "url": url,
        "sha256": told["archive_info"]["hashes"]["sha256"],
        "size_bytes": _size_of(url),
    }


def _size_of(url: str) -> int:
    trusted = ssl.create_default_context(cafile=os.environ.get("PIP_CERT"))
    asked = Request(url, method="HEAD", headers={"Accept-Encoding": "identity"})  # noqa: S310
    with urlopen(asked, timeout=_ASKING_S, context=trusted) as answer:  # noqa: S310 - it is https
        return int(answer.headers["Content-Length"])
