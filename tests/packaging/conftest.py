"""A small checkout whose set-up is finished, made without the network."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

PACKAGING = Path(__file__).resolve().parents[2] / "packaging"
sys.path.insert(0, str(PACKAGING))  # where bootstrap.py itself finds its modules

from bootstrapping.environment import Environment  # noqa: E402
from bootstrapping.stamp import Wish, stamp_now, write_stamp  # noqa: E402


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout in a folder with a blank in its name, whose set-up is finished."""
    checkout = tmp_path / "a checkout"
    program = checkout / "da3studio"
    program.mkdir(parents=True)
    (checkout / "pyproject.toml").write_text('[project]\nname = "da3studio"\n')
    (program / "__init__.py").touch()
    (program / "__main__.py").write_text("import sys; print(sys.argv[1:]); sys.exit(7)")
    environment = Environment(checkout / ".venv")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", environment.folder], check=True)
    add_package(environment, "numpy")
    write_stamp(environment, stamp_now(checkout, environment, Wish(frozenset({"test"}))))
    return checkout


@pytest.fixture
def environment(checkout: Path) -> Environment:
    return Environment(checkout / ".venv")


def add_package(environment: Environment, name: str) -> None:
    """Put a package where pip would, with pip's list of its files."""
    package = environment.site_packages / name
    package.mkdir()
    (package / "__init__.py").write_text("one = 1\n", newline="\n")
    (package / "core.py").write_text("two = 2\n", newline="\n")
    info = environment.site_packages / f"{name}-2.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 2.0\n")
    (info / "RECORD").write_text(
        f"{name}/__init__.py,sha256=x,8\n{name}/core.py,sha256=x,8\n"
        f"{name}/__pycache__/core.cpython-311.pyc,,\n{name}-2.0.dist-info/RECORD,,\n"
    )


@pytest.fixture
def add(environment: Environment) -> Callable[[str], None]:
    """Put another package into the environment."""
    return lambda name: add_package(environment, name)
