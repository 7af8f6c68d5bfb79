"""The list of published checkpoints says what the manifests and the authors say."""

from __future__ import annotations

import json

import pytest

from da3studio.base.errors import Missing
from da3studio.weights.catalog import DEFAULT_IDS, catalogue, model
from tests.conftest import ROOT

INDEX = ROOT.parent / "shared" / "da3" / "manifest" / "index.json"


def test_that_every_published_checkpoint_is_listed_with_its_bytes_and_licence():
    if not INDEX.is_file():
        pytest.skip(f"PUBLISHED CHECKPOINTS NOT COMPARED: {INDEX} is absent")
    index = json.loads(INDEX.read_text("utf-8"))
    listed = {
        info.label: (info.repo, info.tensor_bytes, info.variant, info.licence)
        for info in catalogue()
    }
    fields = ("repo", "fp32_bytes", "model_name", "licence_per_readme")

    assert listed == {
        label: tuple(entry[field] for field in fields) for label, entry in index.items()
    }


def test_that_ids_are_labels_in_small_letters_and_unique():
    assert [info.id for info in catalogue()] == [info.label.lower() for info in catalogue()]
    assert len({info.id for info in catalogue()}) == len(catalogue()) == 10


def test_that_the_default_is_free_for_any_use_and_gives_poses_and_metres():
    default = [model(one) for one in DEFAULT_IDS]

    assert [info.commercial for info in default] == [True, True]
    assert {"poses", "metric"} <= default[0].abilities | default[1].abilities


def test_that_only_small_base_metric_and_mono_are_for_commercial_use():
    free = {info.id for info in catalogue() if info.commercial}
    assert free == {"da3-small", "da3-base", "da3metric-large", "da3mono-large"}


def test_that_what_is_deprecated_leads_to_the_same_network_trained_anew():
    old = [info for info in catalogue() if info.superseded_by]

    assert len(old) == 3
    for info in old:
        assert model(info.superseded_by).variant == info.variant
        assert model(info.superseded_by).superseded_by == ""


def test_that_no_sha256_is_made_up():
    assert {info.sha256 for info in catalogue()} == {""}


def test_that_memory_follows_from_the_bytes():
    base = model("da3-base")

    assert base.fp32_bytes == 541_466_396
    assert base.bf16_bytes * 2 == base.fp32_bytes


@pytest.mark.parametrize(
    ("size", "may_be"),
    [(541_466_396, False), (541_520_000, True), (547_000_000, False), (270_733_198, False)],
)
def test_that_a_file_is_its_tensors_and_a_header_of_less_than_a_hundredth(size, may_be):
    assert model("da3-base").could_have(size) is may_be


def test_that_an_unknown_id_is_told_the_known_ones():
    with pytest.raises(Missing, match="da3-small, da3-base"):
        model("da3-huge")
