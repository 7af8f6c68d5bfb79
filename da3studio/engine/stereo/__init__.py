"""Depth of one view from its neighbours: plane sweep, semi-global aggregation, refinement."""
