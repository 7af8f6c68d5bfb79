"""What a package says of the program; read from the checkout, written down nowhere else."""

from __future__ import annotations

import ast
import tomllib
from dataclasses import dataclass
from pathlib import Path

PROJECT_TYPE = "application/x-da3studio"
"""The MIME type of `open.da3`."""


@dataclass(frozen=True)
class Product:
    """The program as packages name it; `maintainer` and `homepage` may be empty."""

    checkout: Path
    name: str  # of the command and of files
    title: str  # for people
    version: str
    summary: str
    licence: str  # SPDX
    maintainer: str  # "Name <mail>"
    homepage: str

    @classmethod
    def of(cls, checkout: Path) -> Product:
        """Read `pyproject.toml` and `da3studio/__init__.py` of a checkout."""
        project = tomllib.loads((checkout / "pyproject.toml").read_text("utf-8"))["project"]
        people = (*project.get("maintainers", ()), *project.get("authors", ()))
        addresses = {name.lower(): url for name, url in project.get("urls", {}).items()}
        return cls(
            checkout=checkout,
            name=project["name"],
            title="DA3 Studio",
            version=_version(checkout / project["name"] / "__init__.py"),
            summary=project["description"],
            licence=project["license"],
            maintainer=_person(people[0]) if people else "",
            homepage=addresses.get("homepage", addresses.get("repository", "")),
        )

    @property
    def folder(self) -> str:
        """`da3studio-0.1.0`: the top folder of an archive, and how files of it begin."""
        return f"{self.name}-{self.version}"

    @property
    def makers(self) -> str:
        """Who made it, in words where nobody is named."""
        return self.maintainer or f"The makers of {self.title}"

    @property
    def phrase(self) -> str:
        """The summary without its full stop, as lists of programs show it."""
        return self.summary.rstrip(".")

    @property
    def icon(self) -> Path:
        """The drawing of the program's icon."""
        return self.checkout / "resources" / "icons" / "app.svg"


def _version(module: Path) -> str:
    for statement in ast.parse(module.read_text("utf-8")).body:
        match statement:
            case ast.Assign([ast.Name("__version__")], ast.Constant(str(version))):
                return version
    raise ValueError(f"{module} says no __version__")


def _person(entry: dict[str, str]) -> str:
    name, mail = entry.get("name", ""), entry.get("email", "")
    return f"{name} <{mail}>".strip() if mail else name
