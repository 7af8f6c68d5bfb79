"""PyTorch for the graphics card, which a frozen program fetches beside the one it came with."""
