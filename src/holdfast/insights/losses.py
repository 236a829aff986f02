"""Churn of customers beside churn of revenue: whether those who left paid less or more than most."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from holdfast.charts.words import is_open

ALIKE = 0.1
"""Two rates that lie within this part of the first are called alike."""


@dataclass(frozen=True)
class Losses:
    """The share of customers and of revenue that a period lost."""

    period: date
    customers: float
    revenue: float

    @property
    def who(self) -> Literal["smaller", "larger", "alike"]:
        """Those who left, against the average customer.

        >>> Losses(date(2026, 10, 1), 0.05, 0.02).who, Losses(date(2026, 10, 1), 0.05, 0.051).who
        ('smaller', 'alike')
        """
        if abs(self.revenue - self.customers) <= ALIKE * self.customers:
            return "alike"
        return "smaller" if self.revenue < self.customers else "larger"


def losses(
    customers: Iterable[Mapping[str, Any]], revenue: Iterable[Mapping[str, Any]], grain: str, today: date
) -> Losses | None:
    """Both rates of the last period that is over, from rows of `customer-churn` and `revenue-churn` (one currency).

    >>> rows = [{"period": date(2026, month, 1), "rate": 0.04, "gross_rate": 0.02} for month in (9, 10, 11)]
    >>> losses(rows, rows, "month", date(2026, 11, 5)).period
    datetime.date(2026, 10, 1)
    """
    rates = {row["period"]: row["gross_rate"] for row in revenue}
    known = [
        Losses(row["period"], row["rate"], rates[row["period"]])
        for row in customers
        if row["rate"] is not None and rates.get(row["period"]) is not None
    ]
    return max((one for one in known if not is_open(one.period, grain, today)), key=lambda o: o.period, default=None)
