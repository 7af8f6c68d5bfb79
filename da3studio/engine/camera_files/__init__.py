"""Cameras that other programs found: what their files say, not yet checked."""
