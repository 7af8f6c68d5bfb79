"""Open3D: its compiled part with the libraries that lie beside it; it has no hook elsewhere."""

from PyInstaller.utils.hooks import collect_dynamic_libs

hiddenimports = ["open3d.pybind", "open3d._build_config"]
binaries = collect_dynamic_libs("open3d", search_patterns=["*.dll", "lib*.so.*", "pybind*.so"])
