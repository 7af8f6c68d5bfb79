"""Which of the libraries that the program stands on load, each where the program loads it."""

from __future__ import annotations

import importlib
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from da3studio.base.i18n import tr

_HERE = ("numpy", "PIL", "pi_heif", "cv2", "safetensors", "open3d", "torch")
_APART = "pycolmap"  # never in a process with the others, see docs/decisions/020


def load_libraries() -> tuple[dict[str, str], dict[str, str]]:
    """Versions of those that load, and why the others do not; by the name they are loaded by."""
    versions, broken = {}, {}
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as apart:
        asked = apart.submit(_version, _APART)
        for name in (*_HERE, _APART):
            try:
                version = asked.result() if name == _APART else _version(name)
            except (ImportError, OSError, RuntimeError) as error:  # or the process died
                broken[name] = " ".join(str(error).split())
            else:
                versions[name] = version or tr("unknown version")
    return versions, broken


def _version(name: str) -> str:
    """Of a library, which is loaded here; "" where it does not tell."""
    return str(getattr(importlib.import_module(name), "__version__", ""))
