"""Makes the installers; `packaging/build.py` is its command line."""
