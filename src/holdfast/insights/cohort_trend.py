"""Whether newer cohorts stay longer than those before: the last few that can be judged, against the few before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

WIDTH = 3
"""Cohorts on each side."""


@dataclass(frozen=True)
class Stayed:
    """Several cohorts together: from the first to the last, their accounts, and those retained."""

    first: date
    last: date
    accounts: int
    retained: int

    @property
    def rate(self) -> float | None:
        return self.retained / self.accounts if self.accounts else None


@dataclass(frozen=True)
class CohortTrend:
    now: Stayed
    before: Stayed | None

    @property
    def difference(self) -> float | None:
        if self.before is None or self.now.rate is None or self.before.rate is None:
            return None
        return self.now.rate - self.before.rate


def cohort_trend(rows: Iterable[Mapping[str, Any]], width: int = WIDTH) -> CohortTrend | None:
    """The trend in rows of one age, such as those of `second-month-retention`; null where no cohort is complete.

    Shares are pooled: retained of all / accounts of all.

    >>> rows = [
    ...     {"cohort": date(2026, month, 1), "accounts": 10, "retained": kept, "complete": month < 5}
    ...     for month, kept in ((1, 5), (2, 8), (3, 9), (4, 10), (5, 10))
    ... ]
    >>> trend = cohort_trend(rows, width=2)
    >>> trend.now.rate, trend.before.rate, round(trend.difference, 2)
    (0.95, 0.65, 0.3)
    """
    complete = sorted((row for row in rows if row["complete"] and row["accounts"]), key=lambda row: row["cohort"])
    if not complete:
        return None
    before = complete[-2 * width : -width]
    return CohortTrend(_together(complete[-width:]), _together(before) if before else None)


def _together(rows: Sequence[Mapping[str, Any]]) -> Stayed:
    accounts, retained = (sum(row[name] for row in rows) for name in ("accounts", "retained"))
    return Stayed(rows[0]["cohort"], rows[-1]["cohort"], accounts, retained)
