"""The calendar, written from DEFINITIONS alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

ONE = timedelta(days=1)


def month_end(day: date) -> date:
    following = date(day.year + (day.month == 12), day.month % 12 + 1, 1)
    return following - ONE


def add_months(day: date, months: int) -> date:
    """The same day `months` later, clamped to the month's end."""
    number = day.year * 12 + (day.month - 1) + months
    first = date(number // 12, number % 12 + 1, 1)
    return date(first.year, first.month, min(day.day, month_end(first).day))


def nth_interval(anchor: date, interval: str, count: int, n: int) -> date:
    """The day on which billing interval `n` (from 0) begins."""
    if interval == "day":
        return anchor + timedelta(days=n * count)
    if interval == "week":
        return anchor + timedelta(days=7 * n * count)
    if interval == "month":
        return add_months(anchor, n * count)
    if interval == "year":
        return add_months(anchor, 12 * n * count)
    raise ValueError(interval)


def interval_holding(anchor: date, interval: str, count: int, day: date) -> tuple[date, date]:
    """First day of the billing interval that holds `day`, and first day of the next one."""
    assert anchor <= day, (anchor, day)
    n = 0
    while nth_interval(anchor, interval, count, n + 1) <= day:
        n += 1
    return nth_interval(anchor, interval, count, n), nth_interval(anchor, interval, count, n + 1)


@dataclass(frozen=True, order=True)
class Period:
    first: date
    last: date


def period_of(day: date, grain: str, week_start: str = "monday") -> Period:
    """The period that holds a day."""
    if grain == "day":
        return Period(day, day)
    if grain == "week":
        back = day.weekday() if week_start == "monday" else (day.weekday() + 1) % 7
        first = day - timedelta(days=back)
        return Period(first, first + timedelta(days=6))
    months = {"month": 1, "quarter": 3, "year": 12}[grain]
    first = date(day.year, (day.month - 1) // months * months + 1, 1)
    return Period(first, add_months(first, months) - ONE)


def next_period(period: Period, grain: str, week_start: str = "monday") -> Period:
    return period_of(period.last + ONE, grain, week_start)


def periods(start: date, end: date, grain: str, week_start: str = "monday") -> list[Period]:
    """Every period that the days from `start` to `end`, both inside, touch."""
    found = [period_of(start, grain, week_start)]
    while found[-1].last < end:
        found.append(next_period(found[-1], grain, week_start))
    return found


def every_day(first: date, last: date) -> list[date]:
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]
