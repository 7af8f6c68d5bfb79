"""Whether depth maps agree enough for a common surface; else one of them alone shows more.

What two maps do not see alike is left out of the surface. Where maps say something of nearly every
pixel and are seldom right, as those of a small network may be, hardly anything is left: shards. One
of the maps alone, as a relief, is then the better picture.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from da3studio.scene.depth import DepthMap
from da3studio.scene.view import ViewId

# Share of what the photos show that has a depth which no other photo confirms. Measured on 2 to 4
# real photos (docs/results/hybrid.md): 0.69 to 0.98 where the surface is shards, 0.46 to 0.58 where
# it hangs together, at most 0.32 with photogrammetry, which gives no depth where it is not sure.
# Many photos may show much together of which each confirms little: hence the second condition, in
# depth maps of one photo. Of 26 and 16 photos, 1.38 were shards and 1.74 still a table.
_MOST_UNCONFIRMED = 2 / 3
_ENOUGH_PLACES = 1.5


@dataclass(frozen=True)
class Tally:
    """What the check found of one depth map [pixels]."""

    shown: int  # that are no sky
    measured: int
    confirmed: int  # by other views, and used
    places: float  # what is confirmed, each place counted once over all views that agree on it


@dataclass(frozen=True)
class Alone:
    """The only photo whose depth counts."""

    view_id: ViewId
    alike: float  # share of what the photos show that two or more saw alike


def tally(depth: DepthMap, agree: NDArray[np.uint8], accepted: NDArray[np.bool_]) -> Tally:
    """Count one depth map.

    Args:
        depth: the map.
        agree: `(H, W)` views that measured the same place, its own included; 0 = no depth.
        accepted: `(H, W)` pixels that others confirm.
    """
    places = float((1 / agree[accepted].astype(np.float64)).sum())
    shown, measured = np.count_nonzero(~depth.sky), np.count_nonzero(agree)
    return Tally(int(shown), int(measured), int(np.count_nonzero(accepted)), places)


def photo_alone(tallies: Mapping[ViewId, Tally]) -> Alone | None:
    """The photo whose depth map alone shows more than the shards that the maps agree on.

    `None` if the maps agree well enough, or if they have too little depth of their own. Of several
    photos it is the one of which others confirm most, then the one with most depth, then the
    first: where maps disagree, there is no better witness.
    """
    shown = max(1, sum(one.shown for one in tallies.values()))
    measured = sum(one.measured for one in tallies.values())
    confirmed = sum(one.confirmed for one in tallies.values())
    best = max(tallies, key=lambda name: (tallies[name].confirmed, tallies[name].measured))
    if len(tallies) > 1:
        if measured - confirmed <= _MOST_UNCONFIRMED * shown:
            return None
        places = sum(one.places for one in tallies.values())
        if places >= _ENOUGH_PLACES * tallies[best].measured:
            return None
    return Alone(best, confirmed / shown)
