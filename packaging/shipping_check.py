"""May this bundle be passed on? Collects the licences into it and lists its parts.

    python packaging/shipping_check.py BUNDLE SBOM

Run by `packaging/build.py` with the Python that made the bundle: what is in the bundle is compared
with what is installed there. Ends with 1 and one line per obstacle if something may not be shipped.
"""

from __future__ import annotations

import argparse
import sys
import sysconfig
from pathlib import Path

from building.licence_files import write_licences
from building.licence_policy import MayNotBeShipped
from building.licences import collect_licences
from building.product import Product
from building.sbom import write_sbom


def main() -> int:
    """Check a bundle, put the licences into it and write the list of its parts."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("bundle", type=Path, help="folder that PyInstaller made")
    parser.add_argument("sbom", type=Path, help="list of parts to write (CycloneDX 1.6)")
    asked = parser.parse_args()
    if not asked.bundle.is_dir():
        parser.error(f"there is no bundle {asked.bundle}: make it with packaging/build.py")
    checkout = Path(__file__).resolve().parent.parent
    product = Product.of(checkout)
    try:
        components = collect_licences(Path(sysconfig.get_path("purelib")), asked.bundle, checkout)
    except MayNotBeShipped as error:
        print(error, file=sys.stderr)
        return 1
    summary = write_licences(components, asked.bundle, product)
    write_sbom(components, product, asked.sbom)
    print(f"{len(components)} parts of others: {summary}, {asked.sbom}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
