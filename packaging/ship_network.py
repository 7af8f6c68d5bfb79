"""Put a network that was trained here into the program, in place of the one it has.

    python packaging/ship_network.py CHECKPOINT --photo-px 224 --trained-on "..." [--eight-bit]

Checks the file as if a stranger had sent it, and writes `resources/networks/da3-mini.safetensors`
and its description, `da3-mini.toml`. `docs/models/da3-mini.md` has to say the same.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from safetensors.torch import load_file, save_file  # noqa: E402

from da3studio.base.atomic import write_atomic  # noqa: E402
from da3studio.base.cancel import NEVER  # noqa: E402
from da3studio.base.progress import silent  # noqa: E402
from da3studio.model.checkpoint import load  # noqa: E402
from da3studio.train.eight_bit import in_eight_bits  # noqa: E402
from da3studio.weights.content import refuse_unsafe, sha256_of  # noqa: E402

NAME = "da3-mini"
LICENCE = "Apache-2.0"  # of this repository
_MAY_READ = 0o644


def ship(
    checkpoint: Path,
    resources: Path,
    *,
    photo_px: int,
    references: int,
    trained_on: str,
    small: bool,
) -> Path:
    """Write file and description.

    Args:
        checkpoint: of the variant da3-mini, in half precision.
        resources: the program's folder of resources.
        photo_px: longer photo side that it was trained for.
        references: photos that are best the reference view in turn, at most.
        trained_on: in a few words, for lists.
        small: write it in 8 bits.

    Returns:
        The file.

    Raises:
        CheckpointMismatch: it is something else, or holds what is no number.
    """
    refuse_unsafe(checkpoint)
    tensors = load_file(checkpoint)
    tensors = in_eight_bits(tensors) if small else tensors
    folder = resources / "networks"
    folder.mkdir(exist_ok=True)
    file, about = folder / f"{NAME}.safetensors", folder / f"{NAME}.toml"
    about.unlink(missing_ok=True)  # until the new one, there is no network

    def fill(temporary: Path) -> None:
        save_file(tensors, temporary, {"format": "pt"})
        load(temporary, variant=NAME)

    write_atomic(file, fill)
    description = (
        f"# Written by packaging/ship_network.py; see docs/models/{NAME}.md.\n"
        f'variant = "{NAME}"\n'
        f'sha256 = "{sha256_of(file, silent, NEVER)}"\n'
        f"size_bytes = {file.stat().st_size}\n"
        f'licence = "{LICENCE}"\n'
        f"trained_on = {json.dumps(trained_on)}\n"
        f"photo_px = {photo_px}\n"
        f"references = {references}\n"
    )
    about.write_text(description, "utf-8")
    for path in (file, about):
        path.chmod(_MAY_READ)
    return file


def main() -> int:
    """Do what the command line says."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("checkpoint", type=Path, help="the .safetensors file that training wrote")
    parser.add_argument("--photo-px", type=int, required=True, help="photo side of the training")
    parser.add_argument("--references", type=int, default=8, help="reference views in turn")
    parser.add_argument("--trained-on", default="procedural scenes only", help="in a few words")
    parser.add_argument("--eight-bit", action="store_true", help="half the size, less exact")
    parser.add_argument("--resources", type=Path, default=ROOT / "resources", help="of the program")
    asked = parser.parse_args()
    file = ship(
        asked.checkpoint,
        asked.resources,
        photo_px=asked.photo_px,
        references=asked.references,
        trained_on=asked.trained_on,
        small=asked.eight_bit,
    )
    print(f"{file}: {file.stat().st_size / 1e6:.1f} MB")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
