"""Every stored case of the reference beside the repository, by the runner of the command."""

from __future__ import annotations

from pathlib import Path

import pytest

from da3studio.base.cancel import NEVER
from da3studio.bench.parity.run import Wanted, run_folder
from tests.conftest import ROOT

FOLDER = ROOT.parent / "shared" / "da3" / "golden"
LARGE = ("net_large", "net_giant", "net_nested", "net_metric", "net_mono")
FILES = sorted(path.name for path in FOLDER.glob("*.npz"))


def names(*, large: bool) -> list[str]:
    return [name for name in FILES if name.startswith(LARGE) == large] or ["none"]


def agrees(name: str, folder: Path) -> None:
    if not FOLDER.is_dir():
        pytest.skip(f"PARITY WITH THE REFERENCE NOT TESTED: {FOLDER} is absent")
    (folder / name).symlink_to(FOLDER / name)

    parity = run_folder(folder, Wanted(drift=False), lambda _: None, NEVER)

    (outcome,) = parity.outcomes
    assert outcome.failure == ""
    assert [one for one in outcome.compared if not one.passes] == []
    assert outcome.passes


@pytest.mark.parametrize("name", names(large=False))
def test_that_the_reference_is_matched(name: str, tmp_path: Path):
    agrees(name, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("name", names(large=True))
def test_that_the_reference_of_the_large_networks_is_matched(name: str, tmp_path: Path):
    agrees(name, tmp_path)
