"""How many points a frame may draw: learned from what the last frames took."""

from __future__ import annotations

from dataclasses import dataclass

_FASTEST_GROWTH = 2.0  # of the budget from one frame to the next: small frames say little
_SMOOTHING = 0.3  # share of the newest frame in the running rate
_LEAST = 20_000  # points that are always drawn: fewer show no shape
_NO_LIMIT = 2**31
_OTHERS_SHARE = 0.6  # of a frame that everything but points may claim at most


@dataclass(frozen=True)
class Rhythm:
    """What a renderer is expected to do."""

    frame_s: float  # a frame while the view moves
    part_s: float  # a part of the full picture while it stands still: input waits this long
    first_guess: int  # points in the first frame


SOFTWARE = Rhythm(frame_s=1 / 12, part_s=0.2, first_guess=100_000)
GRAPHICS_CARD = Rhythm(frame_s=1 / 30, part_s=1 / 30, first_guess=1_000_000)
_SOFTWARE_RENDERERS = ("llvmpipe", "softpipe", "swiftshader", "gdi generic", "basic render")


def rhythm_of(renderer: str) -> Rhythm:
    """That of a renderer, from the name by which OpenGL tells it."""
    name = renderer.lower()
    return SOFTWARE if any(one in name for one in _SOFTWARE_RENDERERS) else GRAPHICS_CARD


class Pace:
    """Shared by the canvas, which times frames, and by the layers that can draw less."""

    def __init__(self) -> None:
        self.moving = False  # the view moves: smoothness before detail
        self.complete = False  # a picture is taken: everything in one frame
        self.most_moving = _NO_LIMIT  # points while the view moves, by the person's wish
        self._rhythm = SOFTWARE
        self._point_s = SOFTWARE.frame_s / SOFTWARE.first_guess
        self._others_s = 0.0
        self._n_last = SOFTWARE.first_guess

    def set_rhythm(self, rhythm: Rhythm) -> None:
        """Begin anew for another renderer."""
        self._rhythm = rhythm
        self._point_s = rhythm.frame_s / rhythm.first_guess
        self._n_last = rhythm.first_guess
        self._others_s = 0.0

    @property
    def n_moving(self) -> int:
        """Points for a frame while the view moves."""
        others = min(self._others_s, _OTHERS_SHARE * self._rhythm.frame_s)
        return min(self._bounded(self._rhythm.frame_s - others), self.most_moving)

    @property
    def n_part(self) -> int:
        """Points for the next part of a still picture."""
        return self._bounded(self._rhythm.part_s)

    def drew(self, n_points: int, seconds: float) -> None:
        """Learn from points that were drawn."""
        if n_points < _LEAST // 2:  # the fixed cost of a draw would count as that of points
            return
        self._point_s += _SMOOTHING * (seconds / n_points - self._point_s)
        self._n_last = n_points

    def others(self, seconds: float) -> None:
        """Learn what the rest of a frame took."""
        self._others_s += _SMOOTHING * (seconds - self._others_s)

    def _bounded(self, seconds: float) -> int:
        wanted = seconds / max(self._point_s, 1e-12)
        return max(int(min(wanted, _FASTEST_GROWTH * max(self._n_last, _LEAST))), _LEAST)
