"""What a bundle leaves out, and why; read by the spec and by the check of what came out."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable
from fnmatch import fnmatch

Entry = tuple[str, str, str]  # as PyInstaller lists files: place in the bundle, source, kind

# Modules that a library imports without need, or that belong to developers.
LEFT_OUT_MODULES = [
    "da3studio.app.bench",
    "da3studio.bench",
    "da3studio.cli.bench",
    "da3studio.cli.train",
    "da3studio.train",
    # Open3D's viewer for the browser and notebooks: see hooks/at_start_open3d.py
    "dash", "plotly", "flask", "werkzeug", "ipywidgets", "IPython", "jupyter", "nbformat",
    "narwhals", "zstandard", "hf_xet", "matplotlib", "pandas", "open3d.examples", "open3d.tools",
    "open3d.ml", "open3d._ml3d",
    # torch's tests, exporters and other machines' launchers; no compiler is on a person's computer
    "torch.utils.tensorboard", "torch.onnx", "torch.distributed.elastic", "triton", "torchvision",
    "caffe2", "tensorflow", "expecttest", "hypothesis",
    # how the program is developed
    "pytest", "_pytest", "py", "mypy", "mypyc", "ruff", "PyInstaller", "setuptools", "pip",
    "pkg_resources", "importlinter", "grimp", "polib", "trimesh", "pygltflib", "lxml",
    "tkinter", "_tkinter", "idlelib", "lib2to3", "test", "sqlite3", "curses",
    "readline", "_gdbm", "_dbm",  # under the GPL
    # other ways to draw and to open windows
    "PyQt5", "PyQt6", "PySide2", "wx", "glfw", "sdl2", "OpenGL", "pyglet", "freetype",
    "PySide6.QtQml", "PySide6.QtQuick", "PySide6.QtNetwork", "PySide6.QtPdf",
    "vispy.scene", "vispy.plot", "vispy.visuals",
]  # fmt: skip

# Files that hooks collect and nothing uses, as they lie in the bundle.
LEFT_OUT_FILES = (
    "torch/test/*",
    "torch/include/*",
    "torch/share/*",
    "torch/bin/*",  # but for what is listed in KEPT_FILES
    "torch/lib/libtorchbind_test*",
    "torch/lib/libjitbackend_test*",
    "torch/lib/libbackend_with_compiler*",
    "torch/lib/libaoti_custom_ops*",
    "open3d/open3d_tf_ops*",
    "open3d/open3d_torch_ops*",
    "open3d/resources/*",
    "open3d/examples/*",
    "open3d/labextension/*",
    "open3d/nbextension/*",
    "PySide6/Qt/plugins/platformthemes/libqgtk3.so",  # mixes a bundled GLib with the host's GTK
    "PySide6/Qt/plugins/platforms/libqeglfs*",
    "PySide6/Qt/plugins/platforms/libqlinuxfb*",
    "PySide6/Qt/plugins/platforms/libqvnc*",
    "PySide6/Qt/plugins/platforms/libqvkkhrdisplay*",
    "PySide6/Qt/plugins/platforms/libqminimalegl*",
    "PySide6/Qt/plugins/egldeviceintegrations/*",
    "PySide6/Qt/plugins/networkinformation/*",
    "PySide6/Qt/plugins/tls/*",
    "PySide6/Qt/plugins/generic/*",
    "PySide6/Qt/plugins/imageformats/*",  # but for SVG; photos are read by Pillow and OpenCV
    "PySide6/Qt/translations/*",  # but for the languages that the program speaks
    "PySide6/Qt/lib/libQt6EglFS*",
    "PySide6/Qt/lib/libQt6EglFs*",
    "PySide6/Qt/lib/libQt6Network*",
    "PySide6/opengl32sw.dll",
    "PySide6/Qt*Quick*",
    "PySide6/Qt*Qml*",
    "PySide6/Qt*Pdf*",
    "PySide6/Qt*VirtualKeyboard*",
)
KEPT_FILES = (
    "torch/bin/torch_shm_manager",
    "PySide6/Qt/plugins/imageformats/*svg*",
    "PySide6/Qt/plugins/imageformats/*jpeg*",
    "PySide6/Qt/translations/qtbase_de.qm",
    "PySide6/Qt/translations/qtbase_en.qm",
)

# Libraries of the system that draws: a bundled copy, older than the host's graphics driver wants
# it, keeps the driver from loading. All of them are in the package's declared dependencies.
_HOST = (
    "libstdc++.so.6", "libgcc_s.so.1", "libGL.so.1", "libEGL.so.1", "libGLX.so.0",
    "libGLdispatch.so.0", "libOpenGL.so.0", "libdrm.so.2", "libgbm.so.1", "libX11.so.6",
    "libX11-xcb.so.1", "libxcb.so.1",
    "libXau.so.6", "libXdmcp.so.6", "libxcb-dri2.so.0", "libxcb-dri3.so.0", "libxcb-glx.so.0",
    "libxcb-present.so.0", "libxcb-sync.so.1", "libxshmfence.so.1", "libfontconfig.so.1",
    "libfreetype.so.6", "libexpat.so.1", "libz.so.1", "libwayland-client.so.0",
    "libwayland-cursor.so.0", "libwayland-egl.so.1", "libdbus-1.so.3", "libsystemd.so.0",
)  # fmt: skip


def is_left_out(place: str) -> bool:
    """Whether a collected file stays out of the bundle.

    Args:
        place: where it would lie, from the bundle's folder of libraries on, with forward slashes.
    """
    if any(fnmatch(place, kept) for kept in KEPT_FILES):
        return False
    return place in _HOST or any(fnmatch(place, pattern) for pattern in LEFT_OUT_FILES)


def without_orphans(
    entries: Iterable[Entry], imports_of: Callable[[str], Iterable[str]]
) -> list[Entry]:
    """Drop what only files that were left out had asked for.

    Args:
        entries: all native files of the bundle that stay in so far.
        imports_of: the names of the libraries that a native file needs, by its source.

    Returns:
        The entries without links to what is not there, and without libraries at the top of the
        bundle, where those of the build host are put, that nothing else in it needs.
    """
    places = {place for place, _, _ in entries}
    kept = [entry for entry in entries if entry[2] != "SYMLINK" or _target(entry) in places]
    needs = {
        place: {posixpath.basename(one) for one in imports_of(source)}
        for place, source, kind in kept
        if kind in ("BINARY", "EXTENSION")
    }
    roots = [place for place in needs if "/" in place or _is_no_library(place)]
    needed: set[str] = set()
    while roots:
        for name in needs.get(roots.pop(), set()) - needed:
            needed.add(name)
            roots.append(name)
    return [
        entry for entry in kept if "/" in entry[0] or entry[0] in needed or _is_no_library(entry[0])
    ]


def _target(link: Entry) -> str:
    place, target, _ = link
    return posixpath.normpath(posixpath.join(posixpath.dirname(place), target))


def _is_no_library(place: str) -> bool:
    """Whether it is there for Python's sake: extension modules, and Python itself."""
    return not place.startswith("lib") or place.startswith("libpython") or ".so" not in place
