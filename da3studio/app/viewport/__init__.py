"""The 3-D viewport."""
