"""Networks that are a part of the program: `resources/networks/<id>.safetensors`.

Beside each file lies `<id>.toml`, which says what it is; `packaging/ship_network.py` writes both.
Where the file is not there, as in a checkout before its weights were trained, there is no such
network, and nobody misses it.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

from da3studio.base.paths import resources


@dataclass(frozen=True)
class Shipped:
    """What the description of such a network says; its fields are those of the TOML file."""

    variant: str  # the network's name in da3studio.model
    sha256: str
    size_bytes: int
    licence: str  # SPDX
    trained_on: str  # in a few words
    photo_px: int  # longer photo side that it was trained for
    references: int  # photos that are best the reference view in turn, at most


def networks_folder() -> Path:
    """Where they lie; may not exist."""
    return resources() / "networks"


def weights_of(network_id: str) -> Path:
    """The file of such a network, there or not."""
    return networks_folder() / f"{network_id}.safetensors"


def shipped() -> dict[str, Shipped]:
    """Id → description of those whose file is there, in order of id."""
    descriptions = sorted(networks_folder().glob("*.toml"))
    return {
        path.stem: Shipped(**tomllib.loads(path.read_text("utf-8")))
        for path in descriptions
        if weights_of(path.stem).is_file()
    }
