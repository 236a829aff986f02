"""The last period of an answer that is over: what a headline names, and what lists of accounts compare.

A period that still runs is never set beside a whole one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from holdfast.metrics.calendar import period_first, period_number

if TYPE_CHECKING:
    from holdfast.metrics.query import Grain, MetricQuery

Row = dict[str, Any]


def last_full(day: date, today: date, grain: Grain, week_start: str = "monday") -> tuple[date, date]:
    """First and last day of the last period that is over on `today` and that a range up to `day` touches.

    >>> last_full(date(2026, 11, 22), date(2026, 11, 22), "month")
    (datetime.date(2026, 10, 1), datetime.date(2026, 10, 31))
    >>> last_full(date(2025, 12, 31), date(2026, 11, 22), "quarter")
    (datetime.date(2025, 10, 1), datetime.date(2025, 12, 31))
    """
    number = period_number(min(day, today), grain, week_start)
    if period_first(number + 1, grain, week_start) > today:
        number -= 1
    return period_first(number, grain, week_start), period_first(number + 1, grain, week_start) - timedelta(days=1)


def last_two(day: date, today: date, grain: Grain, week_start: str = "monday") -> tuple[date, date]:
    """First and last day of that period and the one before it together.

    >>> last_two(date(2026, 11, 22), date(2026, 11, 22), "month")
    (datetime.date(2026, 9, 1), datetime.date(2026, 10, 31))
    """
    first, last = last_full(day, today, grain, week_start)
    return period_first(period_number(first, grain, week_start) - 1, grain, week_start), last


def full_of(query: MetricQuery) -> date:
    """The first day of the last period of a question's range that is over."""
    return last_full(query.end, query.today, query.grain, query.week_start)[0]


def before(first: date, query: MetricQuery) -> date:
    """The first day of the period before the one that begins on `first`."""
    return period_first(period_number(first, query.grain, query.week_start) - 1, query.grain, query.week_start)


def full_pair(rows: Iterable[Row], query: MetricQuery) -> tuple[Row, Row]:
    """The row of the last period that is over, and that of the one before it; empty where there is none."""
    first = full_of(query)
    found = {row["period"]: row for row in rows}
    return found.get(first, {}), found.get(before(first, query), {})


def beside_before(rows: Iterable[Row], query: MetricQuery, key: str) -> list[Row]:
    """The rows of the last period that is over, each with `before`: its like in the period before that, or empty."""
    rows, first = list(rows), full_of(query)
    earlier = {row[key]: row for row in rows if row["period"] == before(first, query)}
    return [{**row, "before": earlier.get(row[key], {})} for row in rows if row["period"] == first]


def values_over_time(rows: Iterable[Mapping[str, Any]], key: str, value: str) -> dict[Any, tuple[Any, ...]]:
    """For each key, its values in the order of periods.

    >>> values_over_time([{"period": 2, "f": "a", "v": 5}, {"period": 1, "f": "a", "v": 3}], "f", "v")
    {'a': (3, 5)}
    """
    found: dict[Any, list[Any]] = {}
    for row in sorted(rows, key=lambda row: row["period"]):
        found.setdefault(row[key], []).append(row[value])
    return {name: tuple(values) for name, values in found.items()}


def over_range(rows: Iterable[Mapping[str, Any]], count: str) -> int:
    """A count of things that are in one period each, over all periods.

    >>> over_range([{"open": 2}, {"open": 5}], "open")
    7
    """
    return sum(row[count] or 0 for row in rows)
