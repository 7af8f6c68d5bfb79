"""Run before the program: empty stand-ins for the libraries of Open3D's viewer in the browser.

`import open3d` imports plotly and dash, with 700 modules behind them, only to define functions
that draw in a web page. The program never calls them, so the bundle leaves those libraries out.
"""

import sys
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

_LEFT_OUT = ("plotly", "dash", "open3d.ml")


class _StandIn(ModuleType):
    """Has every name, and nothing behind it."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return None


class _Finder:
    """Finds and loads a stand-in for a module that was left out."""

    @staticmethod
    def find_spec(name: str, *_: object) -> ModuleSpec | None:
        if name in _LEFT_OUT or name.startswith(tuple(f"{one}." for one in _LEFT_OUT)):
            return ModuleSpec(name, _Finder, is_package=True)
        return None

    @staticmethod
    def create_module(spec: ModuleSpec) -> ModuleType:
        return _StandIn(spec.name)

    @staticmethod
    def exec_module(module: ModuleType) -> None:
        pass


sys.meta_path.append(_Finder)
