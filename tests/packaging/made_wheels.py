"""Small installed wheels, and a folder like PyInstaller's that holds some of their files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from PyInstaller.archive.writers import CArchiveWriter, ZlibArchiveWriter

ROOT = Path(__file__).resolve().parents[2]
ELF = b"\x7fELF" + bytes(60)


def install(
    site_packages: Path,
    name: str,
    version: str = "1.0",
    *,
    says: Iterable[str] = ("License-Expression: MIT",),
    files: Mapping[str, bytes] | None = None,
    licence: str = "Permission is hereby granted to everybody.",
) -> None:
    """Put a wheel where pip would; `files` beside its one module, `licence` as its LICENSE."""
    info = f"{name}-{version}.dist-info"
    head = ("Metadata-Version: 2.4", f"Name: {name}", f"Version: {version}", *says)
    content = {
        f"{name}/__init__.py": b"one = 1\n",
        f"{info}/METADATA": "\n".join([*head, "", ""]).encode(),
        **({f"{info}/licenses/LICENSE": licence.encode()} if licence else {}),
        **(files or {}),
    }
    for place, data in content.items():
        path = site_packages / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    record = "".join(f"{place},,\n" for place in (*content, f"{info}/RECORD"))
    (site_packages / info / "RECORD").write_text(record)


def freeze(
    bundle: Path, site_packages: Path, *, modules: Iterable[str] = (), files: Iterable[str] = ()
) -> Path:
    """A bundle with these packages inside its program and these files beside it."""
    inside = bundle / "_internal"
    inside.mkdir(parents=True)
    for place in files:
        (inside / place).parent.mkdir(parents=True, exist_ok=True)
        (inside / place).write_bytes((site_packages / place).read_bytes())
    pyz, pkg = bundle.parent / "PYZ.pyz", bundle.parent / "program.pkg"
    sources = {name: site_packages / name / "__init__.py" for name in modules}
    code = {name: compile(path.read_bytes(), name, "exec") for name, path in sources.items()}
    ZlibArchiveWriter(
        str(pyz), [(name, str(path), "PYMODULE") for name, path in sources.items()], code
    )
    CArchiveWriter(str(pkg), [("PYZ.pyz", str(pyz), False, "z")], "libpython3.so")
    (bundle / "da3studio").write_bytes(ELF + pkg.read_bytes())
    return bundle
