"""The list of a bundle's parts that programs read: CycloneDX 1.6."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

from cyclonedx.model import ExternalReference, ExternalReferenceType, HashAlgorithm, HashType, XsUri
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component as Part
from cyclonedx.model.component import ComponentType
from cyclonedx.model.license import LicenseExpression
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

from building.components import Component, NativeFile
from building.product import Product


def write_sbom(components: Sequence[Component], product: Product, path: Path) -> None:
    """Write the parts of a bundle with their versions, licences and the hashes of native files.

    The same parts give the same bytes: the number of the document is made from its contents,
    and its time is that of `SOURCE_DATE_EPOCH`, as everything else in a release; without it, 0.

    Args:
        components: as `collect_licences` found them.
        product: the program itself.
        path: of the file, `….cdx.json`.
    """
    program = Part(
        type=ComponentType.APPLICATION,
        name=product.name,
        version=product.version,
        description=product.summary,
        licenses=[LicenseExpression(product.licence)],
        bom_ref=product.name,
        purl=PackageURL("generic", name=product.name, version=product.version),
    )
    parts = [_part(one) for one in components]
    bom = Bom(components=parts, serial_number=uuid5(NAMESPACE_URL, _contents(product, components)))
    bom.metadata.component = program
    seconds = int(os.environ.get("SOURCE_DATE_EPOCH", "0"))
    bom.metadata.timestamp = datetime.fromtimestamp(seconds, UTC)
    bom.register_dependency(program, parts)
    text = JsonV1Dot6(bom).output_as_string(indent=2)
    path.write_text(text + "\n", "utf-8", newline="\n")


def _part(one: Component) -> Part:
    reference = f"{one.name} ({one.origin})"
    links = [ExternalReference(type=ExternalReferenceType.DISTRIBUTION, url=XsUri(one.source))]
    return Part(
        type=ComponentType.LIBRARY,
        name=one.name,
        version=one.version or None,
        description=one.origin,
        licenses=[LicenseExpression(one.licence)],
        purl=PackageURL.from_string(one.purl) if one.purl else None,
        bom_ref=reference,
        external_references=links if one.source else [],
        components=[_file(file, reference) for file in one.files],
    )


def _file(file: NativeFile, owner: str) -> Part:
    return Part(
        type=ComponentType.FILE,
        name=file.path,
        bom_ref=f"{owner}: {file.path}",
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=file.sha256)],
    )


def _contents(product: Product, components: Iterable[Component]) -> str:
    """Everything that the document says, as one text."""
    lines = [f"{product.name} {product.version} {product.licence}"]
    for one in components:
        lines.append(f"{one.name} {one.version} {one.licence} {one.origin}")
        lines += [f"{file.path} {file.sha256}" for file in one.files]
    return "\n".join(lines)
