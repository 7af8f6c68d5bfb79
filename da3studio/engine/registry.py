"""The engines; adding one is a file and a row here.

A maker takes what the engine's class takes: of those with networks `ready`, which loads them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from da3studio.engine.protocol import Reconstructor


def _classical(**_none: Any) -> Reconstructor:
    from da3studio.engine.mvs import ClassicalEngine

    return ClassicalEngine()


def _network(**parts: Any) -> Reconstructor:
    from da3studio.engine.da3.engine import NetworkEngine

    return NetworkEngine(**parts)


def _hybrid(**parts: Any) -> Reconstructor:
    from da3studio.engine.da3.hybrid import HybridEngine

    return HybridEngine(**parts)


def _filled(**parts: Any) -> Reconstructor:
    from da3studio.engine.da3.filled import FilledEngine

    return FilledEngine(**parts)


def _fallback(**parts: Any) -> Reconstructor:
    from da3studio.engine.fallback import FallbackEngine

    return FallbackEngine(**parts)


RECONSTRUCTORS: Mapping[str, Callable[..., Reconstructor]] = {
    "classical": _classical,
    "da3": _network,
    "colmap+da3": _hybrid,
    "classical+da3": _filled,
    "classical/da3": _fallback,
}
