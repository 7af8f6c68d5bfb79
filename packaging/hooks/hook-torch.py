"""torch: its modules with their sources (it reads some), its libraries, none of its tests.

Takes the place of the hook that comes with PyInstaller, which collects more than is used. The
sources lie beside the archive: the build for a graphics card takes their place, see
da3studio/runtime/activate.py.
"""

from PyInstaller.utils.hooks import collect_data_files, collect_dynamic_libs, collect_submodules

module_collection_mode = "pyz+py"
warn_on_missing_hiddenimports = False
bindepend_symlink_suppression = ["**/torch/lib/*.so*"]  # it looks for its libraries beside it


def _is_wanted(name: str) -> bool:
    return not name.startswith(("torch.testing._internal.distributed", "torch.utils.benchmark"))


hiddenimports = collect_submodules("torch", filter=_is_wanted)
binaries = collect_dynamic_libs("torch", search_patterns=["*.dll", "*.dylib", "lib*.so", "*.so.*"])
datas = collect_data_files(
    "torch", includes=["bin/torch_shm_manager", "_inductor/**/*.json", "**/*.yaml"]
)
