"""Depth maps → cloud → surface → textured mesh; the home of Open3D."""
