"""New subscribers against old: what each pay together, and each on average."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from holdfast.charts.words import last_day
from holdfast.facts.days import add_months

NEW_MONTHS = 12


@dataclass(frozen=True)
class Subscribers:
    """Customers at the end of a period, and what they pay."""

    accounts: int
    mrr: Decimal
    all_mrr: Decimal

    @property
    def share(self) -> float | None:
        """Of the revenue of all; null over 0."""
        return float(self.mrr / self.all_mrr) if self.all_mrr else None

    @property
    def arpa(self) -> Decimal | None:
        return self.mrr / self.accounts if self.accounts else None


@dataclass(frozen=True)
class NewAndOld:
    """The customers at the end of a period: those whose first payment lies in its last twelve months, and the rest."""

    period: date
    new: Subscribers
    old: Subscribers


def new_and_old(rows: Iterable[Mapping[str, Any]], grain: str) -> list[NewAndOld]:
    """The groups of each period, from one currency's rows of `revenue-by-cohort`. A mean is of sums, never of means.

    >>> rows = [
    ...     {"period": date(2026, 11, 1), "cohort": date(2025, 11, 1), "mrr": Decimal(300), "accounts": 2},
    ...     {"period": date(2026, 11, 1), "cohort": date(2025, 12, 1), "mrr": Decimal(100), "accounts": 1},
    ... ]
    >>> [found] = new_and_old(rows, "month")
    >>> found.old.arpa, found.new.share
    (Decimal('150'), 0.25)
    """
    found: dict[date, list[Mapping[str, Any]]] = {}
    for row in rows:
        found.setdefault(row["period"], []).append(row)
    return [_of_period(period, found[period], grain) for period in sorted(found)]


def _of_period(period: date, rows: list[Mapping[str, Any]], grain: str) -> NewAndOld:
    since = add_months(last_day(period, grain).replace(day=1), 1 - NEW_MONTHS)
    total = sum((row["mrr"] for row in rows), Decimal())
    new, old = ([row for row in rows if (row["cohort"] >= since) is is_new] for is_new in (True, False))
    return NewAndOld(period, _together(new, total), _together(old, total))


def _together(rows: list[Mapping[str, Any]], total: Decimal) -> Subscribers:
    return Subscribers(sum(row["accounts"] for row in rows), sum((row["mrr"] for row in rows), Decimal()), total)
