"""COLMAP's lens models: their numbers in files, their names, and their terms in order.

Source: the models of COLMAP 4.2, as doc/cameras.rst and pycolmap's `Camera.params_info` list them.
"""

from __future__ import annotations

from collections.abc import Mapping

_TERMS_OF: tuple[tuple[str, str], ...] = (  # the place is the number
    ("SIMPLE_PINHOLE", "f cx cy"),
    ("PINHOLE", "fx fy cx cy"),
    ("SIMPLE_RADIAL", "f cx cy k"),
    ("RADIAL", "f cx cy k1 k2"),
    ("OPENCV", "fx fy cx cy k1 k2 p1 p2"),
    ("OPENCV_FISHEYE", "fx fy cx cy k1 k2 k3 k4"),
    ("FULL_OPENCV", "fx fy cx cy k1 k2 p1 p2 k3 k4 k5 k6"),
    ("FOV", "fx fy cx cy omega"),
    ("SIMPLE_RADIAL_FISHEYE", "f cx cy k"),
    ("RADIAL_FISHEYE", "f cx cy k1 k2"),
    ("THIN_PRISM_FISHEYE", "fx fy cx cy k1 k2 p1 p2 k3 k4 sx1 sy1"),
    ("RAD_TAN_THIN_PRISM_FISHEYE", "fx fy cx cy k0 k1 k2 k3 k4 k5 p0 p1 s0 s1 s2 s3"),
    ("SIMPLE_DIVISION", "f cx cy k"),
    ("DIVISION", "fx fy cx cy k"),
    ("SIMPLE_FISHEYE", "f cx cy"),
    ("FISHEYE", "fx fy cx cy"),
    ("EUCM", "fx fy cx cy alpha beta"),
    ("EQUIRECTANGULAR", "w h"),
)

MODEL_NAMES: Mapping[int, str] = {n: name for n, (name, _) in enumerate(_TERMS_OF)}
TERMS: Mapping[str, tuple[str, ...]] = {name: tuple(terms.split()) for name, terms in _TERMS_OF}
