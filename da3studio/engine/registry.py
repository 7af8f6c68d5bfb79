"""The engines; adding one is a file and a row here."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from da3studio.engine.protocol import Reconstructor


def _classical() -> Reconstructor:
    from da3studio.engine.mvs import ClassicalEngine

    return ClassicalEngine()


def _network() -> Reconstructor:
    from da3studio.engine.da3.engine import NetworkEngine

    return NetworkEngine()


def _hybrid() -> Reconstructor:
    from da3studio.engine.da3.hybrid import HybridEngine

    return HybridEngine()


def _filled() -> Reconstructor:
    from da3studio.engine.da3.filled import FilledEngine

    return FilledEngine()


def _fallback() -> Reconstructor:
    from da3studio.engine.fallback import FallbackEngine

    return FallbackEngine()


RECONSTRUCTORS: Mapping[str, Callable[[], Reconstructor]] = {
    "classical": _classical,
    "da3": _network,
    "colmap+da3": _hybrid,
    "classical+da3": _filled,
    "classical/da3": _fallback,
}
