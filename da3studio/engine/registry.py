"""The engines; adding one is a file and a row here."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from da3studio.engine.protocol import Reconstructor


def _classical() -> Reconstructor:
    from da3studio.engine.mvs import ClassicalEngine

    return ClassicalEngine()


RECONSTRUCTORS: Mapping[str, Callable[[], Reconstructor]] = {"classical": _classical}
