"""Files that have the tensors of a published network and zeros in them, without taking space."""

from __future__ import annotations

import json
import math
from pathlib import Path

from da3studio.model.config import VARIANTS
from da3studio.model.names import expected_tensors

_BYTES = {"BF16": 2, "F32": 4}


def hollow(path: Path, variant: str, dtype: str = "BF16") -> Path:
    """Write a sparse safetensors file of a variant."""
    header, at = {}, 0
    for name, shape in expected_tensors(VARIANTS[variant]).items():
        end = at + _BYTES[dtype] * math.prod(shape)
        header["model." + name] = {"dtype": dtype, "shape": shape, "data_offsets": [at, end]}
        at = end
    text = json.dumps(header).encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        file.truncate(8 + len(text) + at)
    return path
