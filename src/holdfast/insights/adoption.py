"""Features: how the use of each moved, and which differences between users and others are more than chance."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from holdfast.insights.latest import beside_before, values_over_time

if TYPE_CHECKING:
    from holdfast.metrics.query import MetricQuery

Row = dict[str, Any]


@dataclass(frozen=True)
class Adoption:
    """A feature in the last period that is over."""

    feature: str
    row: Row
    change: float | None
    """Its rate less that of the period before; null where either is unknown."""
    rates: tuple[float | None, ...]
    """Its rate in each period of the range, one that still runs among them."""


def adoptions(rows: Iterable[Row], query: MetricQuery) -> list[Adoption]:
    """Each feature, the most used first."""
    rows = list(rows)
    over_time = values_over_time(rows, "feature", "rate")
    found = [
        Adoption(row["feature"], row, _change(row["rate"], row["before"].get("rate")), over_time[row["feature"]])
        for row in beside_before(rows, query, "feature")
    ]
    return sorted(found, key=lambda one: (-(one.row["rate"] or 0), -one.row["eligible"], str(one.feature)))


def _change(now: float | None, then: float | None) -> float | None:
    return None if now is None or then is None else now - then


@dataclass(frozen=True)
class Beside:
    """A feature's users beside the others, for one outcome."""

    feature: str
    row: Row
    apart: bool
    """Whether the interval of the difference leaves out 0."""


def associations(rows: Iterable[Row], outcome: str) -> list[Beside]:
    """The features that can be compared, by the size of the difference: users who do better first.

    >>> row = {"feature": "a", "outcome": "stay", "difference": 0.2, "low": 0.1, "high": 0.3}
    >>> associations([row], "stay")[0].apart
    True
    """
    own = [row for row in rows if row["outcome"] == outcome and row["difference"] is not None]
    own.sort(key=lambda row: (-row["difference"], str(row["feature"])))
    return [Beside(row["feature"], row, row["low"] > 0 or row["high"] < 0) for row in own]


def widest(found: Iterable[Beside]) -> float:
    """How far from 0 the intervals reach, to a tenth above: half of the width of their scale.

    >>> widest(associations([{"feature": "a", "outcome": "x", "difference": 0.2, "low": -0.12, "high": 0.34}], "x"))
    0.4
    """
    ends = [abs(one.row[end]) for one in found for end in ("low", "high")]
    return min(1.0, (int(max(ends, default=0.0) * 10) + 1) / 10)
