"""The built-in sample: photos of a scene whose geometry, cameras and colours are known exactly."""
