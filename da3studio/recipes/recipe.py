"""All settings of a project, and the named sets a person chooses from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from da3studio.recipes.depth import DepthRecipe
from da3studio.recipes.fuse import FuseRecipe
from da3studio.recipes.gaussians import GaussiansRecipe
from da3studio.recipes.mesh import MeshRecipe, TextureRecipe


@dataclass(frozen=True)
class Recipe:
    """From photos to textured mesh, or to Gaussians."""

    depth: DepthRecipe = field(default_factory=DepthRecipe)
    fuse: FuseRecipe = field(default_factory=FuseRecipe)
    mesh: MeshRecipe = field(default_factory=MeshRecipe)
    texture: TextureRecipe = field(default_factory=TextureRecipe)
    gaussians: GaussiansRecipe = field(default_factory=GaussiansRecipe)


PRESETS: Mapping[str, Recipe] = {
    "draft": Recipe(
        DepthRecipe(feature_px=1000, features=4096, resolution=480),
        mesh=MeshRecipe(voxel_footprint=2.0, faces=50_000),
        texture=TextureRecipe(max_size=2048),
        gaussians=GaussiansRecipe(budget=1_000_000),
    ),
    "normal": Recipe(),
    "fine": Recipe(
        DepthRecipe(feature_px=2400, features=16384, resolution=1280),
        mesh=MeshRecipe(faces=500_000),
        texture=TextureRecipe(max_size=8192),
        gaussians=GaussiansRecipe(budget=6_000_000),
    ),
}
