"""Structure from motion on COLMAP: features, matches, cameras."""
