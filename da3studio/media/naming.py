"""Names of views: short, unique, and telling where the photo lies."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from pathlib import Path

from da3studio.base.i18n import tr

_LISTED = 5  # names in a sentence


def unique_names(paths: Sequence[Path], taken: Collection[str]) -> list[str]:
    """The shortest trailing part of each path that no other path ends with.

    Args:
        paths: absolute, all different.
        taken: names in use already; they are avoided too, at last by a number behind the name.

    Returns:
        Names in POSIX style, `IMG_1.jpg` or `room A/IMG_1.jpg`, in the order of the paths.
    """
    parts = [path.relative_to(path.anchor).parts for path in paths]
    names = [path.name for path in paths]
    ambiguous = list(range(len(paths)))
    depth = 1
    while ambiguous:
        count = Counter(names) + Counter(set(taken))
        ambiguous = [i for i in ambiguous if count[names[i]] > 1]
        depth += 1
        for i in ambiguous:
            exhausted = depth > len(parts[i])
            names[i] = "/".join(parts[i][-depth:]) + (f" ({depth})" if exhausted else "")
    return names


def listed(names: Sequence[str]) -> str:
    """Names for a sentence, the first few of many."""
    if len(names) <= _LISTED:
        return ", ".join(names)
    return tr("{names} and {n} more").format(
        names=", ".join(names[:_LISTED]), n=len(names) - _LISTED
    )
