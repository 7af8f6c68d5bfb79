"""Cameras and rigid motions; NumPy only."""
