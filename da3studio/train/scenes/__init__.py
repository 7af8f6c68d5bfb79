"""Procedural scenes, rendered exactly by ray casting in torch: nothing comes from a file."""
