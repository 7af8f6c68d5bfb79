"""Bring a checkout's environment to where the program runs: make, finish or repair it."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from pathlib import Path

from bootstrapping import torch_build
from bootstrapping.console import Steps, say
from bootstrapping.environment import Environment, base_python, normal_name
from bootstrapping.lock import only_one_at_a_time
from bootstrapping.stamp import (
    Wish,
    is_current,
    read_stamp,
    remove_stamp,
    stamp_now,
    write_stamp,
)
from bootstrapping.system_needs import (
    missing,
    needs_of_tests,
    needs_of_this_system,
    provide,
)

# From this pip on, a dry run reads a package's description without downloading the package:
# telling that PyTorch is 3 GB must not cost the 3 GB.
PIP = "pip>=26"


def make_ready(checkout: Path, wish: Wish) -> Environment:
    """Return the environment of a checkout, ready to use.

    Args:
        checkout: the folder of pyproject.toml; the environment is its `.venv`.
        wish: what to install.

    Raises:
        SetupError: a step failed; what was reached is kept and the next call goes on from there.
    """
    environment = Environment(checkout / ".venv")
    extra = needs_of_tests() if "test" in wish.extras else ()
    if _nothing_to_do(checkout, environment, wish) and not missing(extra):
        return environment
    with only_one_at_a_time(checkout / ".bootstrap.lock"):
        if not _nothing_to_do(checkout, environment, wish):  # who held the lock may have done it
            _set_up(checkout, environment, wish)
        provide(extra, Steps(environment.log, checkout))
    return environment


def _nothing_to_do(checkout: Path, environment: Environment, wish: Wish) -> bool:
    # The system is looked at each time: an environment can outlive the container it was made in.
    required = (need for need in needs_of_this_system() if need.required)
    return is_current(checkout, environment, wish) and not missing(required)


def _set_up(checkout: Path, environment: Environment, wish: Wish) -> None:
    wish = _with_what_is_there(checkout, environment, wish)
    environment.folder.mkdir(exist_ok=True)
    steps = Steps(environment.log, checkout)
    provide(needs_of_this_system(), steps)
    remove_stamp(environment)
    if not environment.python.exists():
        _make(environment, steps)
    _install(checkout, environment, wish, steps)
    write_stamp(environment, stamp_now(checkout, environment, wish))
    say("Ready.")


def _with_what_is_there(checkout: Path, environment: Environment, wish: Wish) -> Wish:
    """Remove an environment that cannot be kept; add to the wish what the kept one was given."""
    stamp = read_stamp(environment)
    reason = _reason_to_remove(checkout, environment, wish)
    if reason:
        say(f"Making .venv anew: {reason}.")
        environment.remove()
    if stamp is None:
        return wish
    return replace(
        wish,
        extras=wish.extras | set(stamp.extras),
        torch_index=wish.torch_index or stamp.torch_index,
    )


def _reason_to_remove(checkout: Path, environment: Environment, wish: Wish) -> str:
    if not environment.folder.exists() and not environment.folder.is_symlink():
        return ""
    if wish.fresh:
        return "as asked"
    if fault := environment.fault():
        return fault
    if not environment.answers("-c", ""):
        return "its Python does not start"
    stamp = read_stamp(environment)
    if stamp is None:
        return ""
    if stamp.checkout != str(checkout):
        return "this folder was moved"
    if wish.torch_index not in ("", stamp.torch_index):
        return "PyTorch is wanted from another index"
    return ""


def _make(environment: Environment, steps: Steps) -> None:
    steps.run(
        "Python environment in .venv (about 5 s)",
        [base_python(), "-I", "-m", "venv", environment.folder],
    )


def _install(checkout: Path, environment: Environment, wish: Wish, steps: Steps) -> None:
    forgotten = environment.forget_damaged()
    if forgotten:
        say(f"Damaged, will be installed again: {', '.join(forgotten)}")
    if not environment.answers("-m", "pip", "--version"):  # damaged, or made without it
        steps.run("pip (about 5 s)", [environment.python, "-I", "-m", "ensurepip"])
    steps.run("Newer pip (about 3 s)", environment.pip("install", PIP))

    requirements = _requirements(checkout / "pyproject.toml", wish.extras)
    if normal_name(torch_build.TORCH) in map(normal_name, requirements):
        _install_torch(environment, wish.torch_index, steps)
    extras = f"[{','.join(sorted(wish.extras))}]" if wish.extras else ""
    steps.run(
        "Libraries (about 300 MB, 1 to 5 minutes)",
        environment.pip("install", "--editable", f".{extras}"),
    )
    packages = environment.main_packages(requirements)
    if packages:
        steps.run(
            "Checking that everything loads (about 15 s)",
            [environment.python, "-I", "-c", f"import {', '.join(packages)}"],
        )


def _install_torch(environment: Environment, index: str, steps: Steps) -> None:
    report = environment.folder / "torch.json"
    arguments = torch_build.install_arguments(index)
    steps.run(
        "Looking for PyTorch (about 3 s)",
        environment.pip(*arguments, "--dry-run", "--report", report),
    )
    found = torch_build.read_report(report)
    if not found.version:
        return  # this very version is installed
    remark = torch_build.remark(found, driver=torch_build.has_nvidia_driver())
    if remark:
        say(remark)
    size = "about 3 GB, 3 to 30 minutes" if found.cuda else "about 200 MB, 1 to 3 minutes"
    steps.run(f"PyTorch {found.version} ({size})", environment.pip(*arguments))


def _requirements(pyproject: Path, extras: frozenset[str]) -> list[str]:
    """The project's direct requirements, of the program and of the extras."""
    project = tomllib.loads(pyproject.read_text(encoding="utf-8"))["project"]
    optional = project.get("optional-dependencies", {})
    wanted: list[str] = list(project.get("dependencies", []))
    for extra in sorted(extras):
        wanted += optional.get(extra, [])
    return wanted
