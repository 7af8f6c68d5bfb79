"""Every published checkpoint's list of tensors is exactly what the networks ask for."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from da3studio.model.config import VARIANTS
from da3studio.model.names import expected_tensors, is_alias, on_paper, published_name
from tests.conftest import ROOT

MANIFESTS = ROOT.parent / "shared" / "da3" / "manifest"
OUR_OWN = ("da3studio-tiny", "da3-mini")
OFFICIAL = [name for name in VARIANTS if name not in OUR_OWN]


@pytest.fixture(scope="module")
def manifests() -> Path:
    if not MANIFESTS.is_dir():
        pytest.skip(f"TENSOR NAMES NOT TESTED: {MANIFESTS} is absent")
    return MANIFESTS


@pytest.mark.parametrize("variant", OFFICIAL)
def test_that_names_and_shapes_are_those_of_the_published_files(manifests: Path, variant: str):
    listed = json.loads((manifests / f"{variant}.json").read_text("utf-8"))["state_dict"]
    official = {name: tuple(shape) for name, (shape, _) in listed.items() if not is_alias(name)}

    assert expected_tensors(VARIANTS[variant]) == official


def test_that_every_published_model_has_as_many_tensors_as_its_index_says(manifests: Path):
    index = json.loads((manifests / "index.json").read_text("utf-8"))
    models = {name: row for name, row in index.items() if "manifest" in row}

    assert len(models) >= 7
    for name, row in models.items():
        expected = expected_tensors(VARIANTS[Path(row["manifest"]).stem])
        assert len(expected) == row["tensors_expected_in_safetensors"], name
        assert all(is_alias(absent) for absent in row["absent_from_file"])


@pytest.mark.parametrize("variant", OFFICIAL)
def test_that_no_two_parameters_share_a_published_name(variant: str):
    config = VARIANTS[variant]
    for network in getattr(config, "any_view", None), getattr(config, "metric", None), config:
        if hasattr(network, "backbone"):
            ours = list(on_paper(network).state_dict())
            assert len({published_name(name) for name in ours}) == len(ours)
