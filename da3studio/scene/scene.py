"""A finished scene: what exporters and the viewport receive."""

from __future__ import annotations

from dataclasses import dataclass

from da3studio.scene.cloud import PointCloud
from da3studio.scene.gaussians import Gaussians
from da3studio.scene.mesh import Mesh
from da3studio.scene.registration import Registration
from da3studio.scene.view import View, ViewId


@dataclass(frozen=True, eq=False)
class Scene:
    """Everything known of a project's subject; `None` = not made."""

    name: str
    views: tuple[View, ...]
    registration: Registration
    cloud: PointCloud | None
    mesh: Mesh | None
    gaussians: Gaussians | None = None
    networks: tuple[str, ...] = ()  # that it was made with, each with its licence
    relief_of: ViewId | None = None  # the only photo that cloud and mesh were made of
