"""DA3 Studio: photos or video to a clean, measured, textured 3D model."""

__version__ = "0.1.0"
