"""What a person wants of the program itself; what belongs to a scan is in its project."""

from __future__ import annotations

import dataclasses
import json
import types
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from da3studio.base.atomic import write_bytes_atomic
from da3studio.base.i18n import tr
from da3studio.base.params import check_ranges, param, params_of
from da3studio.base.paths import config_folder

N_RECENT = 20  # projects on the start page

_FILE = "settings.json"
_LARGEST_BYTES = 2**20
_LONGEST_TEXT = 4096


@dataclass(frozen=True)
class Settings:
    """The person's choices; fields without a form are kept by other parts of the window.

    Raises:
        ValueError: a value is out of its range or choices.
    """

    theme: str = param(
        "system",
        "Appearance",
        choices=("system", "light", "dark"),
        choice_labels=("As the computer", "Light", "Dark"),
        keyed=False,
        help="Light or dark; 'system' follows the setting of your computer.",
    )
    language: str = param(
        "",
        "Language",
        choices=("", "en", "de"),
        choice_labels=("As the computer", "English", "Deutsch"),
        keyed=False,
        help="Language of the window; without a choice, that of your computer.",
    )
    density: str = param(
        "simple",
        "Controls shown",
        choices=("simple", "full"),
        choice_labels=("The usual ones", "All"),
        keyed=False,
        help="'simple' shows what most scans need; 'full' shows every control at once.",
    )
    navigation: str = param(
        "photogrammetry",
        "Mouse navigation",
        choices=("photogrammetry", "blender", "cloudcompare", "fly"),
        choice_labels=(
            "Photogrammetry",
            "Blender",
            "CloudCompare, MeshLab",
            "Fly",
        ),
        keyed=False,
        help="Which mouse buttons turn and move the view, as in the program you are used to.",
    )
    units: Literal["metric", "imperial"] = param(
        "metric",
        "Lengths",
        choices=("metric", "imperial"),
        choice_labels=("Metres", "Feet and inches"),
        keyed=False,
        help="How lengths are shown; exported files are always in metres.",
    )
    preset: str = param(
        "normal",
        "Quality of new projects",
        choices=("draft", "normal", "fine"),
        choice_labels=("Draft", "Normal", "Fine"),
        keyed=False,
        help="What a new project starts with; each project can be changed afterwards.",
    )
    engine: str = param(
        "auto",
        "Engine",
        choices=("auto", "classical", "da3", "colmap+da3", "classical+da3"),
        choice_labels=(
            "Automatic",
            "Photogrammetry",
            "Depth network",
            "Photogrammetry and depth network",
            "Photogrammetry, gaps by depth network",
        ),
        keyed=False,
        help="What finds cameras and depth, in every project; 'auto' takes what fits the photos and"
        " this computer.",
    )
    moving_points: int = param(
        1_500_000,
        "Points while moving",
        unit="points",
        low=50_000,
        high=50_000_000,
        keyed=False,
        help="How many points are drawn while the view moves; fewer is smoother.",
    )
    free_memory: bool = param(
        True,
        "Free memory on pause",
        keyed=False,
        help="Pausing gives the memory back to other programs; going on takes seconds longer.",
    )
    notify: bool = param(
        True,
        "Tell me when work is done",
        keyed=False,
        help="Show a message of the system when long work ends and another program is in front.",
    )
    updates: bool = param(
        False,
        "Tell me of new versions",
        keyed=False,
        help="Once a day, after the start, a small file on the program's page is read to see"
        " whether there is a newer version. Nothing is sent, downloaded or installed.",
    )
    reduced_motion: bool = param(
        False,
        "Less motion",
        keyed=False,
        help="Views change at once instead of gliding, and nothing moves by itself.",
    )
    projects_folder: str = param(
        "",
        "Folder of new projects",
        keyed=False,
        is_folder=True,
        help="Where projects go that start by dropping photos; empty = your documents.",
    )
    recent: tuple[str, ...] = ()  # project folders, the last one first
    shortcuts: Mapping[str, str] = field(default_factory=dict)  # id of a command → its keys

    def __post_init__(self) -> None:
        check_ranges(self)
        object.__setattr__(self, "recent", tuple(self.recent)[:N_RECENT])
        object.__setattr__(self, "shortcuts", types.MappingProxyType(dict(self.shortcuts)))

    def with_recent(self, project: Path) -> Settings:
        """The settings with this project as the last one that was open."""
        name = str(project.absolute())
        others = tuple(other for other in self.recent if other != name)
        return dataclasses.replace(self, recent=(name, *others))

    def without_recent(self, project: Path) -> Settings:
        """The settings without this project on the start page."""
        name = str(project.absolute())
        return dataclasses.replace(
            self, recent=tuple(other for other in self.recent if other != name)
        )


@dataclass(frozen=True)
class LoadedSettings:
    """What was read, and a sentence about each thing that could not be used."""

    settings: Settings
    complaints: tuple[str, ...] = ()


def settings_file() -> Path:
    """Where the settings lie; may not be there yet."""
    return config_folder() / _FILE


def load_settings() -> LoadedSettings:
    """Read the settings; what cannot be used is left at its default and told."""
    try:
        with settings_file().open("rb") as file:
            document = json.loads(file.read(_LARGEST_BYTES))
    except FileNotFoundError:
        return LoadedSettings(Settings())
    except (OSError, ValueError, RecursionError):
        return LoadedSettings(Settings(), (_unreadable(),))
    if not isinstance(document, dict):
        return LoadedSettings(Settings(), (_unreadable(),))
    settings, complaints = Settings(), []
    for one in dataclasses.fields(Settings):
        if one.name not in document:
            continue
        try:
            value = _understood(one.name, document[one.name])
            settings = dataclasses.replace(settings, **{one.name: value})
        except ValueError:
            complaints.append(
                tr("The setting {name} could not be used and is as it was at first.").format(
                    name=_label(one.name)
                )
            )
    return LoadedSettings(settings, tuple(complaints))


def save_settings(settings: Settings) -> None:
    """Write the settings.

    Raises:
        DiskFull, CannotWrite: those from before are still there.
    """
    document: dict[str, Any] = {
        one.name: getattr(settings, one.name) for one in dataclasses.fields(settings)
    }
    document["shortcuts"] = dict(settings.shortcuts)
    write_bytes_atomic(settings_file(), json.dumps(document, indent=1).encode())


def _understood(name: str, value: Any) -> Any:
    """A value of the file as the field takes it.

    Raises:
        ValueError: it is of another type.
    """
    if name == "recent":
        if isinstance(value, list) and all(map(_is_text, value)):
            return tuple(value)
    elif name == "shortcuts":
        if isinstance(value, dict) and all(map(_is_text, (*value, *value.values()))):
            return value
    elif type(value) is type(getattr(Settings, name)):
        return value
    raise ValueError(f"{name} has the value {value!r}")


def _is_text(value: object) -> bool:
    return isinstance(value, str) and len(value) <= _LONGEST_TEXT


def _label(name: str) -> str:
    params = params_of(Settings)
    return tr(params[name].label) if name in params else name


def _unreadable() -> str:
    return tr("The settings could not be read and are as they were at first.")
