"""The desktop application; the only home of Qt and VisPy."""
