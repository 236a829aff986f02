"""A figure at its last period beside the period before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any


@dataclass(frozen=True)
class Since:
    """What a figure is at the last period of a range, and what it was at the one before; null where unknown.

    >>> since = Since(date(2026, 11, 1), 110, date(2026, 10, 1), 100)
    >>> since.difference, since.change
    (10, 0.1)
    >>> Since(date(2026, 11, 1), 110).change is None
    True
    """

    period: date
    value: Any
    before_period: date | None = None
    before: Any = None

    @property
    def difference(self) -> Any:
        return None if self.value is None or self.before is None else self.value - self.before

    @property
    def change(self) -> float | None:
        """The difference as a part of what was before; null over 0."""
        return float(self.difference / abs(self.before)) if self.difference is not None and self.before else None


def since(rows: Iterable[Mapping[str, Any]], column: str) -> Since | None:
    """The column at the last two periods of one group's rows; null where there are none.

    >>> rows = [{"period": date(2026, 10, 1), "mrr": 4}, {"period": date(2026, 11, 1), "mrr": 5}]
    >>> since(rows, "mrr").difference, since(rows[:1], "mrr").difference, since([], "mrr")
    (1, None, None)
    """
    last = sorted(rows, key=lambda row: row["period"])[-2:]
    if not last:
        return None
    before = last[0] if len(last) == 2 else {}
    return Since(last[-1]["period"], last[-1][column], before.get("period"), before.get(column))
