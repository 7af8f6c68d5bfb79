"""Engines: from photos to cameras and depth."""
