"""The Depth Anything 3 network as an engine."""
