"""A row of small bars, as the places of rectangles in a drawing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

STEP, WIDTH = 4, 3


@dataclass(frozen=True)
class Bar:
    x: int
    y: float
    width: int
    height: float


def bars(values: Sequence[int], height: int = 24) -> list[Bar]:
    """One bar for each value, the largest as high as the drawing; none is of no height where there is something.

    >>> [one.height for one in bars([0, 1, 100], 20)]
    [0.0, 1.0, 20.0]
    """
    most = max(values, default=0) or 1
    heights = [0.0 if not value else max(1.0, round(height * value / most, 1)) for value in values]
    return [Bar(place * STEP, round(height - one, 1), WIDTH, one) for place, one in enumerate(heights)]
