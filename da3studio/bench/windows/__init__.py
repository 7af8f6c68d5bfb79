"""Long captures against a synthetic walk whose truth is known."""
