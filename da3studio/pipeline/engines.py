"""How a run finds its engine."""

from __future__ import annotations

from collections.abc import Callable

from da3studio.engine.gaussians import NetworkGaussians
from da3studio.engine.protocol import GaussianMaker, Reconstructor
from da3studio.engine.registry import RECONSTRUCTORS

ReconstructorFor = Callable[[str], Reconstructor]
"""Gives the engine of an id; tests give their own."""

GAUSSIAN_MAKER: GaussianMaker = NetworkGaussians()
"""What makes Gaussians, whichever engine found the cameras; tests give their own."""


def registered_engine(engine: str) -> Reconstructor:
    """The engine of an id, of those that this program comes with; imported when asked for."""
    return RECONSTRUCTORS[engine]()
