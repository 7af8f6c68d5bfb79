"""Measurements of the window, for its developers."""
