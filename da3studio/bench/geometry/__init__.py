"""The visual-geometry benchmark: cameras, depth and surfaces of engines, side by side."""
