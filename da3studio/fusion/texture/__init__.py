"""A texture atlas for a mesh, baked from its photos; `texture.texture_mesh` is the way in."""
