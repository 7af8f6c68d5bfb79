"""Where releases are announced: baked in when a bundle is built, nowhere in a checkout."""

from __future__ import annotations

import json
import logging

from da3studio.base.paths import resources
from da3studio.updates.address import is_safe

_FILE = "release.json"

_log = logging.getLogger("da3studio.updates")


def announced_at() -> str:
    """The address of the release file, "" = this build knows of none.

    `resources/release.json` holds it: `{"updates": "https://…"}`.
    """
    try:
        address = json.loads((resources() / _FILE).read_text("utf-8"))["updates"]
    except FileNotFoundError:
        return ""
    except (OSError, ValueError, KeyError, TypeError) as error:
        _log.warning("%s cannot be used: %r", _FILE, error)
        return ""
    return address if isinstance(address, str) and is_safe(address) else ""
