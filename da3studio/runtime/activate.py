"""The installed edition takes the place of the PyTorch that the program came with."""

from __future__ import annotations

import logging

from da3studio.base.errors import UserFacingError
from da3studio.runtime import store
from da3studio.runtime.driver import driver_version
from da3studio.runtime.pack import editions
from da3studio.runtime.probe import put_first, try_out
from da3studio.runtime.store import Installed

_log = logging.getLogger("da3studio.runtime")


def activate() -> None:
    """Let what imports PyTorch from now on get the one for the card, where one works.

    To be called before anything imports PyTorch. Where no edition is installed, none works or the
    card is gone, nothing changes: PyTorch is the one of the bundle, which computes on the
    processor. After a change of the driver the edition is tried anew first.
    """
    installed = next(filter(None, map(store.look_up, editions())), None)
    driver = driver_version() if installed is not None else ""
    if installed is not None and driver and _works(installed, driver):
        put_first(installed.tree)


def _works(installed: Installed, driver: str) -> bool:
    verdict = store.verdict_on(installed, driver)
    if verdict is None:
        try:
            verdict = try_out(installed, driver)
        except UserFacingError as error:  # it cannot be remembered; that is no reason to stop
            _log.warning("the graphics card was not tried: %s", error)
            return False
    if not verdict.works:
        _log.warning("the graphics card is not used: %s", verdict.why)
    return verdict.works
