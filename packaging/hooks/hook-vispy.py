"""VisPy: the way it opens a canvas in Qt, which it imports by name."""

from PyInstaller.utils.hooks import collect_data_files

hiddenimports = ["vispy.app.backends._pyside6"]
datas = collect_data_files("vispy", includes=["glsl/**", "util/fonts/data/*"])
