"""The list of parts that programs read."""

import json

import pytest
from building.components import Component, NativeFile
from building.product import Product
from building.sbom import write_sbom
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from tests.packaging.made_wheels import ROOT

COMPONENTS = [
    Component("torch", "2.13.0+cpu", "Apache-2.0 WITH LLVM-exception AND MIT", "a Python package",
              purl="pkg:pypi/torch@2.13.0%2Bcpu", files=(NativeFile("_internal/a.so", "ab" * 32),),
              source="https://github.com/pytorch/pytorch"),
    Component("libheif", "", "LGPL-3.0-or-later", "from the wheel of pi_heif"),
    Component("Intel oneMKL", "", "LicenseRef-Intel-Simplified", "inside torch"),
    Component("Intel oneMKL", "", "LicenseRef-Intel-Simplified", "inside open3d"),
]  # fmt: skip


@pytest.fixture
def product() -> Product:
    return Product.of(ROOT)


def test_that_the_list_is_valid_and_says_versions_licences_and_hashes(product, tmp_path):
    path = tmp_path / "parts.cdx.json"
    write_sbom(COMPONENTS, product, path)

    text = path.read_text("utf-8")
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    content = json.loads(text)
    assert content["metadata"]["component"]["name"] == "da3studio"
    assert content["metadata"]["component"]["version"] == product.version
    parts = {(part["name"], part["description"]): part for part in content["components"]}
    assert len(parts) == 4
    torch = parts["torch", "a Python package"]
    assert torch["version"] == "2.13.0+cpu"
    assert torch["purl"] == "pkg:pypi/torch@2.13.0%2Bcpu"
    assert torch["licenses"] == [{"expression": COMPONENTS[0].licence}]
    assert torch["components"][0]["hashes"] == [{"alg": "SHA-256", "content": "ab" * 32}]


def test_that_the_same_parts_give_the_same_bytes_at_the_releases_time(
    product, tmp_path, monkeypatch
):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1764000000")
    one, two = tmp_path / "one.json", tmp_path / "two.json"
    write_sbom(COMPONENTS, product, one)
    write_sbom(COMPONENTS, product, two)

    assert one.read_bytes() == two.read_bytes()
    assert json.loads(one.read_text("utf-8"))["metadata"]["timestamp"] == (
        "2025-11-24T16:00:00+00:00"
    )


def test_that_another_part_gives_another_number(product, tmp_path):
    one, two = tmp_path / "one.json", tmp_path / "two.json"
    write_sbom(COMPONENTS, product, one)
    write_sbom(COMPONENTS[1:], product, two)

    assert (
        json.loads(one.read_text())["serialNumber"] != json.loads(two.read_text())["serialNumber"]
    )
