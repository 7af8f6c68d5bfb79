"""The container of a binary glTF 2.0 file: buffer views, accessors, chunks.

Source: Khronos glTF 2.0 specification, sections 3.6 (accessors) and 4.4 (GLB).
"""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from da3studio.base.errors import BadInput
from da3studio.base.i18n import tr

VERTEX_DATA, INDEX_DATA = 34962, 34963  # bufferView.target: ARRAY_BUFFER, ELEMENT_ARRAY_BUFFER
POINTS, TRIANGLES = 0, 4  # primitive.mode
LINEAR, LINEAR_MIPMAP_LINEAR, CLAMP_TO_EDGE = 9729, 9987, 33071
_COMPONENT = {np.dtype(np.uint16): 5123, np.dtype(np.uint32): 5125, np.dtype(np.float32): 5126}
_MAX_BYTES = 2**32 - 1  # lengths in the file are uint32


class Glb:
    """A file in the making: add the binary parts, fill in `tree`, write once."""

    def __init__(self, asset: dict[str, Any]) -> None:
        self.tree: dict[str, Any] = {"asset": {"version": "2.0", **asset}}
        self._blocks: list[bytes] = []
        self._size_bytes = 0
        self._views: list[dict[str, Any]] = []
        self._accessors: list[dict[str, Any]] = []

    def bytes_view(self, content: bytes, target: int | None = None) -> int:
        """Index of a new buffer view; each starts at a multiple of 4 as accessors demand."""
        view = {"buffer": 0, "byteOffset": self._size_bytes, "byteLength": len(content)}
        self._views.append(view if target is None else {**view, "target": target})
        padded = content + bytes(-len(content) % 4)
        self._blocks.append(padded)
        self._size_bytes += len(padded)
        return len(self._views) - 1

    def vertex_accessor(
        self, values: NDArray[Any], *, normalized: bool = False, bounds: bool = False
    ) -> int:
        """Index of a new accessor over `(N, C)` rows whose bytes are a multiple of 4."""
        content = np.ascontiguousarray(values)
        accessor: dict[str, Any] = {
            "bufferView": self.bytes_view(content.tobytes(), VERTEX_DATA),
            "componentType": _COMPONENT[content.dtype],
            "count": len(content),
            "type": f"VEC{content.shape[1]}",
        }
        if normalized:
            accessor["normalized"] = True
        if bounds:  # float32 → float is exact, and so are the digits that json writes
            accessor["min"] = [float(x) for x in content.min(axis=0)]
            accessor["max"] = [float(x) for x in content.max(axis=0)]
        return self._add(accessor)

    def index_accessor(self, indices: NDArray[Any], n_vertices: int) -> int:
        """Index of a new accessor over the flattened indices, 16 bit where that is enough."""
        # 65535 itself is reserved: it means "restart" to graphics cards
        dtype = np.dtype(np.uint16 if n_vertices <= 65535 else np.uint32)
        content = indices.ravel().astype(dtype)
        return self._add(
            {
                "bufferView": self.bytes_view(content.tobytes(), INDEX_DATA),
                "componentType": _COMPONENT[dtype],
                "count": len(content),
                "type": "SCALAR",
            }
        )

    def _add(self, accessor: dict[str, Any]) -> int:
        self._accessors.append(accessor)
        return len(self._accessors) - 1

    def chunks(self, path: Path) -> list[bytes]:
        """The file's bytes in order.

        Raises:
            BadInput: more than 4 GiB, which the format cannot hold.
        """
        tree = {
            **self.tree,
            "accessors": self._accessors,
            "bufferViews": self._views,
            "buffers": [{"byteLength": self._size_bytes}],
        }
        text = json.dumps(tree, ensure_ascii=False, separators=(",", ":")).encode()
        text += b" " * (-len(text) % 4)
        total = 12 + 8 + len(text) + 8 + self._size_bytes
        if total > _MAX_BYTES:
            raise BadInput(
                tr("{file} would be too large.").format(file=path.name),
                why=tr("A GLB file holds at most 4 GiB, and this scene needs {n:.1f} GiB.").format(
                    n=total / 2**30
                ),
                fix=tr("Write it as .ply, or make the mesh with fewer faces."),
            )
        return [
            struct.pack("<4sII", b"glTF", 2, total),
            struct.pack("<I4s", len(text), b"JSON"),
            text,
            struct.pack("<I4s", self._size_bytes, b"BIN\0"),
            *self._blocks,
        ]
