"""What may be shipped: the rules, what a bundle holds of installed wheels, and its texts."""

import re
from email.message import Message
from importlib.metadata import distributions
from pathlib import Path

import pytest
from building.debian_packages import packages_of
from building.distributions import (
    frozen_modules,
    licence_texts,
    runtime_distributions,
    shipped_distributions,
)
from building.licence_checks import wheel_troubles
from building.licence_files import write_licences
from building.licence_policy import MayNotBeShipped, Policy
from building.licences import collect_licences
from building.product import Product

from tests.packaging.made_wheels import ELF, ROOT, freeze, install


@pytest.fixture(scope="module")
def policy() -> Policy:
    return Policy.of(ROOT)


@pytest.fixture
def site(tmp_path: Path) -> Path:
    return tmp_path / "site-packages"


def troubles_of(site: Path, policy: Policy, *, replaceable: bool = False):
    (one,) = distributions(path=[str(site)])
    return wheel_troubles(one, policy, replaceable=replaceable)


@pytest.mark.parametrize(
    ("licence", "passes"),
    [
        ("MIT", True),
        ("MIT AND GPL-3.0-only", False),
        ("GPL-2.0-only OR MIT", True),
        ("(MIT OR GPL-2.0-only) AND Zlib", True),
        ("Apache-2.0 WITH LLVM-exception", True),
        ("GPL-3.0-or-later WITH GCC-exception-3.1", True),
        ("GPL-3.0-or-later", False),
        ("AGPL-3.0-or-later", False),
        ("CC-BY-NC-4.0", False),
        ("LicenseRef-Something", False),
        ("MIT/Apache", False),  # not SPDX
        ("", False),
    ],
)
def test_that_of_alternatives_one_is_enough_and_of_parts_all_are_needed(licence, passes, policy):
    assert policy.allows(licence) is passes


def test_that_the_lgpl_passes_only_as_a_file_of_its_own(policy):
    assert policy.allows("LGPL-3.0-only", replaceable=True)
    assert not policy.allows("LGPL-3.0-only", replaceable=False)


@pytest.mark.parametrize(
    ("fields", "licence"),
    [
        (["License-Expression: MIT-0", "License: GPL"], "MIT-0"),
        (["License: Apache 2.0"], "Apache-2.0"),
        (["License: GPL-3.0-only"], "GPL-3.0-only"),
        (["Classifier: License :: OSI Approved :: MIT License"], "MIT"),
        (["Classifier: License :: OSI Approved :: BSD License"], ""),  # which of them?
        (
            [
                "Classifier: License :: OSI Approved :: MIT License",
                "Classifier: License :: OSI Approved :: GNU General Public License v3 (GPLv3)",
            ],
            "",
        ),
        ([], ""),
    ],
)
def test_that_old_metadata_is_understood_or_not_guessed(fields, licence, policy):
    metadata = Message()
    for field in ["Name: something", "Version: 1", *fields]:
        metadata.add_header(*field.split(": ", 1))

    assert policy.licence_of(metadata) == licence


def test_that_a_decision_holds_for_the_versions_it_was_made_for(policy):
    assert policy.decision("Scipy", "1.17.1").licence == "BSD-3-Clause"
    assert policy.decision("scipy", "2.0") is None


def test_that_the_rules_let_no_forbidden_licence_in_by_decision(policy):
    stated = [
        *((one.name, one.licence) for one in policy.decisions if one.licence),
        *(("", one.licence) for one in policy.libraries),
        *((one.of, one.licence) for one in policy.inside),
    ]
    forbidden = [(name, licence) for name, licence in stated if not policy.allows(licence)]

    assert {name for name, _ in forbidden} == {"pycolmap"} == set(policy.separate_programs)
    assert all(policy.allows(licence, separate=True) for _, licence in forbidden)
    assert not policy.allows("AGPL-3.0-or-later", separate=True)


@pytest.fixture
def bundle_with_colmap(site: Path, tmp_path: Path) -> Path:
    """With a wheel of the name of pycolmap that holds what the real one holds."""
    gpl = b"cholmod_super_numeric\0cholmod_ssmult\0SuiteSparseQR_factorization"
    native = {"pycolmap/_core.so": ELF + gpl}
    says = ["License-Expression: BSD-3-Clause"]
    install(site, "pycolmap", "4.2.1", says=says, files=native, licence="three clauses")
    return freeze(tmp_path / "da3studio", site, modules=["pycolmap"], files=native)


def test_that_what_runs_as_a_program_of_its_own_is_passed_on_under_the_gpl(
    bundle_with_colmap, site
):
    components = collect_licences(site, bundle_with_colmap, ROOT)
    found = {one.name: one for one in components}
    text = write_licences(components, bundle_with_colmap, Product.of(ROOT)).read_text("utf-8")

    assert found["pycolmap"].licence == "GPL-3.0-or-later"
    assert found["pycolmap"].texts.keys() == {"LICENSE", "GPL-3.0.txt"}
    assert found["pycolmap"].is_copyleft
    gpl = found["SuiteSparse: CHOLMOD Supernodal and MatrixOps, SPQR"]
    assert gpl.texts.keys() == {"GPL-2.0.txt"}
    about = " ".join(text.split())
    assert "pycolmap: as its makers built it, it holds parts that are under the GPL" in about
    assert "Its complete sources, with those of the libraries in it" in about
    assert "pycolmap 4.2.1 — a Python package\n  Licence: GPL-3.0-or-later" in text
    assert "https://github.com/colmap/colmap" in text


def test_that_the_same_code_in_any_other_library_is_refused(bundle, site):
    (bundle / "_internal" / "fast" / "_core.so").write_bytes(ELF + b"cholmod_super_numeric")

    with pytest.raises(MayNotBeShipped, match="holds SuiteSparse: CHOLMOD's supernodal solver"):
        collect_licences(site, bundle, ROOT)


def test_that_every_runtime_dependency_may_be_shipped(policy):
    found = runtime_distributions(ROOT, not_inside=policy.not_inside)
    native = re.compile(r"\.(so|pyd|dll|dylib)(\.|$)")

    troubles = [
        trouble
        for one in found
        for trouble in wheel_troubles(
            one, policy, replaceable=any(native.search(file.name) for file in one.files or ())
        )
    ]

    names = {one.name for one in found}
    assert {"numpy", "torch", "pycolmap", "PySide6_Essentials", "shiboken6", "idna"} <= names
    assert not names & {"dash", "Flask", "plotly", "ipywidgets", "requests", "pytest"}
    assert troubles == []


@pytest.mark.parametrize(
    ("says", "licence", "why"),
    [
        (["License-Expression: GPL-3.0-only"], "text", "Its licence is GPL-3.0-only."),
        (["License: see README"], "text", "Its metadata names none."),
        (["License-Expression: MIT"], "binary wheels: GPLv2", "Its file LICENSE says 'GPLv2'."),
        (
            ["License-Expression: MIT"],
            "for non-commercial use",
            "Its file LICENSE says 'non-commercial'.",
        ),
    ],
)
def test_that_a_wheel_is_refused_for_what_it_or_its_files_say(says, licence, why, site, policy):
    install(site, "strange", says=says, licence=licence)

    (trouble,) = troubles_of(site, policy)

    assert trouble.what.startswith("strange 1.0 ")
    assert trouble.why == why
    assert "[[decision]]" in trouble.fix


def test_that_a_wheels_own_list_of_parts_is_read(site, policy):
    parts = (
        b'{"components": [{"name": "good", "licenses": [{"expression": "MIT OR GPL-2.0-only"}]},'
        b' {"name": "bad", "licenses": [{"license": {"id": "GPL-3.0-or-later"}}]},'
        b' {"name": "silent"}]}'
    )
    install(site, "rusty", files={"rusty-1.0.dist-info/sboms/rusty.cdx.json": parts})

    (trouble,) = troubles_of(site, policy)

    assert trouble.why == "Its own list of parts names bad under (GPL-3.0-or-later)."


def test_that_modules_in_the_program_and_files_beside_it_are_found(site, tmp_path):
    install(site, "inside")
    install(site, "beside", files={"beside/_core.so": ELF})
    install(site, "elsewhere", says=["License-Expression: GPL-3.0-only"])
    bundle = freeze(
        tmp_path / "da3studio",
        site,
        modules=["inside"],
        files=["beside/_core.so", "elsewhere-1.0.dist-info/METADATA"],
    )

    found = shipped_distributions(site, bundle)

    assert frozen_modules(bundle) == {"inside"}
    assert [(one.name, one.files) for one in found] == [
        ("beside", frozenset({"beside/_core.so"})),
        ("inside", frozenset()),
    ]


def test_that_licence_files_keep_their_folders_and_none_comes_twice(site):
    install(
        site,
        "torchy",
        files={
            "torchy-1.0.dist-info/licenses/third_party/fmt/LICENSE": b"fmt",
            "torchy-1.0.dist-info/licenses/third_party/copy/LICENSE": b"fmt",
            "torchy-1.0.dist-info/NOTICE": b"notice",
        },
        licence="own",
    )
    (one,) = distributions(path=[str(site)])

    texts = licence_texts(one)

    assert texts == {"NOTICE": "notice", "LICENSE": "own", "third_party.copy.LICENSE": "fmt"}


@pytest.fixture
def bundle(site: Path, tmp_path: Path) -> Path:
    """With a module, a wheel with its own native code, and an LGPL library of that wheel."""
    install(site, "friendly")
    native = {"fast/_core.so": ELF, "fast.libs/libheif-0a1b.so.1": ELF + b"heif"}
    install(site, "fast", "2.0+cpu", files=native)
    return freeze(tmp_path / "da3studio", site, modules=["friendly", "fast"], files=native)


def test_that_all_parts_are_collected_with_files_and_texts(bundle, site):
    found = {one.name: one for one in collect_licences(site, bundle, ROOT)}

    assert list(found) == ["fast", "friendly", "libheif", "PyInstaller start-up program", "Python"]
    assert found["fast"].purl == "pkg:pypi/fast@2.0%2Bcpu"
    assert [file.path for file in found["fast"].files] == ["_internal/fast/_core.so"]
    assert [file.path for file in found["libheif"].files] == [
        "_internal/fast.libs/libheif-0a1b.so.1"
    ]
    assert found["libheif"].origin == "from the wheel of fast"
    assert {"GPL-3.0.txt", "LGPL-3.0.txt"} <= set(found["libheif"].texts)
    assert "PYTHON SOFTWARE FOUNDATION LICENSE" in found["Python"].texts["LICENSE.txt"]
    assert [file.path for file in found["PyInstaller start-up program"].files] == ["da3studio"]


def test_that_everything_in_the_way_is_said_at_once(bundle, site):
    (bundle / "_internal" / "libmystery.so.1").write_bytes(ELF)
    (bundle / "_internal" / "fast.libs").joinpath("libheif-0a1b.so.1").write_bytes(
        ELF + b"x265_encoder_open"
    )
    install(site, "friendly", says=["License-Expression: AGPL-3.0-only"])

    with pytest.raises(MayNotBeShipped) as caught:
        collect_licences(site, bundle, ROOT)

    text = str(caught.value)
    assert "3 obstacles" in text
    assert "The library _internal/libmystery.so.1 has no known licence." in text
    assert "holds x265 (HEVC encoder), under GPL-2.0-or-later." in text
    assert "friendly 1.0 may not be shipped. Its licence is AGPL-3.0-only." in text


def test_that_the_summary_says_what_the_lgpl_asks_and_where_the_texts_are(bundle, site):
    components = collect_licences(site, bundle, ROOT)
    (bundle / "_internal" / "licences" / "of-an-older-build").mkdir(parents=True)

    summary = write_licences(components, bundle, Product.of(ROOT))

    text = summary.read_text("utf-8")
    assert summary == bundle / "_internal" / "licences" / "THIRD-PARTY.txt"
    assert "You may replace each by another build of it" in text
    assert "libheif — from the wheel of fast *\n  Licence: LGPL-3.0-or-later" in text
    assert "Programs beside" not in text
    assert "Sources: https://github.com/strukturag/libheif" in text
    assert "_internal/fast.libs/libheif-0a1b.so.1" in text
    folders = {path.name for path in summary.parent.iterdir() if path.is_dir()}
    assert {"fast", "friendly", "libheif-from-the-wheel-of-fast"} <= folders
    assert "of-an-older-build" not in folders
    assert set(re.findall(r"Texts:\s+(\S+)/", text)) == folders


def test_that_a_library_of_the_build_computer_has_its_packages_copyright():
    if not Path("/usr/bin/dpkg").exists():
        pytest.skip("this system has no dpkg")

    found = packages_of(["libz.so.1", "libnobody-has.so.9"])

    assert list(found) == ["libz.so.1"]
    assert found["libz.so.1"].name == "zlib1g"
    assert "Jean-loup Gailly" in found["libz.so.1"].copyright
