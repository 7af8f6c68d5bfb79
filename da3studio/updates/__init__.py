"""Whether there is a newer version: asked only where the person wants it, and never fetched."""
