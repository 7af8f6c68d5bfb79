"""The command line of `packaging/build.py`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from hashlib import file_digest
from pathlib import Path

from bootstrapping.console import SetupError, Steps, run_live, say, timed
from bootstrapping.environment import Environment
from bootstrapping.make_ready import make_ready
from bootstrapping.stamp import Wish

from building.bundle import largest_parts, make_bundle, size_of
from building.product import Product

PARTS = {
    "linux": ("bundle", "deb", "portable"),
    "windows": ("bundle", "installer", "portable"),
}
SUMS = "SHA256SUMS"
_MB = 10**6


def main(argv: Sequence[str], *, checkout: Path) -> int:
    """Build what the command line asks for.

    Returns:
        The exit code.
    """
    asked = _understand(argv)
    try:
        environment = make_ready(checkout, Wish(frozenset({"build"}), asked.torch_index))
        if not environment.is_this():  # icons and pages are made with the program's own libraries
            return run_live([str(environment.python), str(checkout / "packaging/build.py"), *argv])
        made = _build(asked, environment, checkout)
    except (SetupError, ValueError, RuntimeError) as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr)
        return 130
    for path in made:
        say(f"{path.relative_to(checkout)}  {size_of(path) / _MB:,.1f} MB")
    return 0


def _build(asked: argparse.Namespace, environment: Environment, checkout: Path) -> list[Path]:
    # Here, because Python as it is on the system has not what these import.
    from building.deb import make_deb
    from building.portable import make_portable
    from building.windows import make_installer

    dist, build = checkout / "dist", checkout / "build"
    build.mkdir(exist_ok=True)
    product = Product.of(checkout)
    steps = Steps(build / "build.log", checkout)
    bundle = dist / product.name
    made = []
    if "bundle" in asked.only or not bundle.is_dir():
        make_bundle(
            product,
            environment,
            steps,
            build=build,
            dist=dist,
            gpu_index=asked.gpu_index,
            updates_url=asked.updates_url,
        )
        parts = dist / f"{product.folder}-{asked.system}.cdx.json"
        steps.run(
            "Licences of everything in it (1 minute)",
            [environment.python, checkout / "packaging" / "shipping_check.py", bundle, parts],
        )
        made.append(parts)
    say(f"Bundle: {size_of(bundle) / _MB:,.0f} MB unpacked, of which")
    say("".join(f"  {name:<28}{size / _MB:>7,.0f} MB\n" for name, size in largest_parts(bundle)))
    if "deb" in asked.only:
        with timed("Package for Debian and Ubuntu (5 to 20 minutes)"):
            made.append(make_deb(bundle, dist, product))
    if "installer" in asked.only:
        with timed("Installer for Windows (10 to 60 minutes)"):
            made.append(make_installer(bundle, dist, product))
    if "portable" in asked.only:
        with timed("Portable archive (5 to 20 minutes)"):
            made.append(make_portable(bundle, dist, product, asked.system))
    _write_sums(dist, product)
    return made


def _write_sums(dist: Path, product: Product) -> None:
    """Of all files of this version that are there, also those made before."""
    lines = []
    for one in sorted(dist.glob(f"{product.name}[-_]{product.version}*")):
        with one.open("rb") as content:
            lines.append(f"{file_digest(content, 'sha256').hexdigest()}  {one.name}\n")
    (dist / SUMS).write_text("".join(lines), encoding="utf-8")


def _understand(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="build.py", description="Make what people install, into the folder dist."
    )
    systems = parser.add_subparsers(dest="system", required=True, metavar="SYSTEM")
    for system, parts in PARTS.items():
        one = systems.add_parser(system, help=", ".join(parts))
        one.add_argument(
            "--only",
            nargs="+",
            choices=parts,
            default=parts,
            help="make these alone, of a bundle that is there [default: all]",
        )
        one.add_argument(
            "--torch-index",
            default="",
            metavar="URL",
            help="package index that PyTorch is taken from; else pip's own",
        )
        one.add_argument(
            "--gpu-index",
            default="",
            metavar="URLS",
            help="package indexes, separated by blanks, of the PyTorch that the program can fetch"
            " for a graphics card; else the common one, which has it for Linux only",
        )
        one.add_argument(
            "--updates-url",
            default="",
            metavar="URL",
            help="where the program may look for new versions; else it never does",
        )
    asked = parser.parse_args(argv)
    here = "windows" if sys.platform == "win32" else sys.platform
    if asked.system != here:
        parser.error(f"a bundle for {asked.system} can only be made there, and this is {here}")
    return asked
