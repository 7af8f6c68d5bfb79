"""Which views each window sees."""

from __future__ import annotations


def plan_windows(n_views: int, size: int, overlap: int) -> tuple[range, ...]:
    """Windows in capture order that cover every view.

    All are equally long, so none has to be judged from a handful of views: where the last one
    would be short, all overlap a little more than was asked for.

    Args:
        n_views: of the capture, at least 1.
        size: views that one forward pass sees, at least 2.
        overlap: views that neighbours share at least, at least 1 and less than the size.

    Raises:
        ValueError: a number is out of its range.
    """
    if n_views < 1 or not 1 <= overlap < size:
        raise ValueError(f"no plan for {n_views} views by {size} with {overlap} shared")
    if n_views <= size:
        return (range(n_views),)
    n_steps = -(-(n_views - size) // (size - overlap))
    starts = [round(k * (n_views - size) / n_steps) for k in range(n_steps + 1)]
    return tuple(range(start, start + size) for start in starts)
