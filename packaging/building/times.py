"""The time that packages give their files, so that two builds of one commit are alike."""

from __future__ import annotations

import os

from building.product import Product


def epoch_of(product: Product) -> int:
    """`SOURCE_DATE_EPOCH` where it is set, else when the version was written [s since 1970]."""
    said = os.environ.get("SOURCE_DATE_EPOCH", "")
    if said.isdigit():
        return int(said)
    return int((product.checkout / product.name / "__init__.py").stat().st_mtime)
