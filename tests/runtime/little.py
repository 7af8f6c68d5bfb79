"""A PyTorch of a few lines in a wheel, a list that offers it, and a program that is as if frozen.

The little torch computes with single numbers. `voice` says which of two it is; `behaviour` what it
does when it is tried on a card that is not there.
"""

from __future__ import annotations

import hashlib
import io
import json
import stat
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from da3studio.runtime.pack import Edition, Wheel
from tests.conftest import ROOT

Behaviour = Literal["works", "wrong", "no card", "raises", "dies", "hangs"]

DRIVER = "580.65.06"
NVIDIA_BYTES = 700_000

_TORCH = """
import os, time
voice, behaviour = {voice!r}, {behaviour!r}
if behaviour == "dies":
    os._exit(3)
if behaviour == "hangs":
    time.sleep(600)
if behaviour == "raises":
    raise OSError("libcudart.so.13: cannot open shared object file")
class Number:
    def __init__(self, value, on="cpu"):
        self.value, self.on = value, on
    def to(self, place):
        return Number(self.value, place)
    def cpu(self):
        return Number(self.value)
    def __matmul__(self, other):
        off = 0.1 if self.on == "cuda" and behaviour == "wrong" else 0.0
        return Number(self.value * other.value + off, self.on)
def manual_seed(number):
    pass
def rand(*shape):
    return Number(0.5)
def allclose(one, other, rtol):
    return abs(one.value - other.value) <= rtol * abs(other.value)
class cuda:
    def is_available():
        return behaviour != "no card"
    def get_device_name(number):
        return "Little Card 3"
"""

# As PyInstaller's programs do, it is also the interpreter of the processes that it starts.
_PROGRAM = """\
#!{python}
import sys
sys.frozen, sys._MEIPASS, sys.executable = True, {bundle!r}, __file__
sys.path[:0] = [{bundle!r}, {root!r}]
if sys.argv[-2] == "-c":
    exec(sys.argv[-1])
elif sys.argv[1] == "--multiprocessing-fork":
    from multiprocessing.spawn import freeze_support
    freeze_support()
elif sys.argv[1] in ("say", "work"):
    if sys.argv[1] == "say":
        from da3studio.runtime.activate import activate
        activate()
    else:
        from multiprocessing import Pipe
        from da3studio.jobs.worker import worker_main
        theirs, ours = Pipe()
        ours.close()
        worker_main(theirs, None, None)
    import torch
    print(torch.voice)
else:
    from da3studio.__main__ import main
    sys.exit(main())
"""


def torch_source(voice: str, behaviour: Behaviour = "works") -> bytes:
    return _TORCH.format(voice=voice, behaviour=behaviour).encode()


def zipped(files: Mapping[str, bytes], *, executable: str = "") -> bytes:
    """A zip archive with these members."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            info = zipfile.ZipInfo(name)
            info.external_attr = (stat.S_IFREG | (0o755 if name == executable else 0o644)) << 16
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, data)
    return content.getvalue()


def torch_wheel(behaviour: Behaviour = "works") -> bytes:
    return zipped(
        {
            "torch/__init__.py": torch_source("card", behaviour),
            "torch/include/torch.h": b"// for compilers",
            "torch-2.13.0.dist-info/METADATA": b"Name: torch\nVersion: 2.13.0\n",
        }
    )


def nvidia_wheel() -> bytes:
    """Of something that does not get smaller when it is packed."""
    noise = b"".join(hashlib.sha256(b"%d" % n).digest() for n in range(NVIDIA_BYTES // 32))
    return zipped({"nvidia/cu13/lib/libcublas.so.13": noise})


def wheel(name: str, content: bytes) -> Wheel:
    """The entry of a list for a wheel; nobody is at its address."""
    sha256 = hashlib.sha256(content).hexdigest()
    return Wheel(name, f"https://127.0.0.1:9/{name}", sha256, len(content))


def edition(files: Mapping[str, bytes], edition_id: str = "torch-2.13.0-cu130") -> Edition:
    wheels = tuple(wheel(name, content) for name, content in files.items())
    return Edition(edition_id, "2.13.0", "13.0", "580.65", "7.5", wheels)


def write_list(path: Path, *editions: Edition) -> None:
    """`gpu.json` as the build makes it."""
    rows = [
        {**{name: getattr(one, name) for name in ("id", "torch", "cuda", "driver", "capability")},
         "wheels": [vars(one_wheel) for one_wheel in one.wheels]}
        for one in editions
    ]  # fmt: skip
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"format": 1, "editions": rows}))


def write_program(folder: Path, *editions: Edition) -> Path:
    """A program that believes to be frozen: its bundle has a torch of its own and the list.

    With `say` as its first word it says which torch it gets, with `work` which a worker gets.
    """
    bundle = folder / "bundle"
    (bundle / "torch").mkdir(parents=True)
    (bundle / "torch" / "__init__.py").write_bytes(torch_source("processor"))
    write_list(bundle / "resources" / "gpu.json", *editions)
    for one in (ROOT / "resources").iterdir():
        (bundle / "resources" / one.name).symlink_to(one)
    program = folder / "da3studio"
    program.write_text(_PROGRAM.format(python=sys.executable, bundle=str(bundle), root=str(ROOT)))
    program.chmod(0o755)
    return program


def write_nvidia_smi(folder: Path, driver: str = DRIVER, capability: str = "8.6") -> Path:
    """A program that answers as the driver's does."""
    folder.mkdir(parents=True, exist_ok=True)
    program = folder / "nvidia-smi"
    program.write_text(f"#!/bin/sh\necho 'Little Card, 3, 12288, {driver}, {capability}'\n")
    program.chmod(0o755)
    return program
