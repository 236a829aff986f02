"""A line small enough to stand in a table: points in a box of width 1 and height 1, its origin at the top left."""

from __future__ import annotations

from collections.abc import Sequence


def points(values: Sequence[float | None], high: float = 1.0) -> str:
    """The points of an SVG polyline from 0 to `high`; values that are not known are left out.

    >>> points([0.0, None, 0.25], high=0.5)
    '0,1 1,0.5'
    """
    if len(values) < 2 or high <= 0:
        return ""
    places = [(place / (len(values) - 1), 1 - value / high) for place, value in enumerate(values) if value is not None]
    return " ".join(f"{x:.4g},{y:.4g}" for x, y in places)
