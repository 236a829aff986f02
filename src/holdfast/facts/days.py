"""Dates of the company's calendar: days from instants, and billing intervals counted from an anchor."""

from __future__ import annotations

import calendar
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from holdfast.errors import InputError

Interval = Literal["day", "week", "month", "year"]
INTERVALS: tuple[Interval, ...] = ("day", "week", "month", "year")


def day_of(instant: datetime, zone: ZoneInfo) -> date:
    """The date of an instant in the company's time zone.

    >>> day_of(datetime(2024, 1, 1, 3, tzinfo=UTC), ZoneInfo("America/New_York"))
    datetime.date(2023, 12, 31)
    """
    return instant.astimezone(zone).date()


def start_of_day(day: date, zone: ZoneInfo) -> datetime:
    """The first instant (in UTC) of a day in the company's time zone, also where its midnight was skipped.

    >>> start_of_day(date(2024, 4, 26), ZoneInfo("Africa/Cairo")).isoformat()
    '2024-04-25T22:00:00+00:00'
    """
    return datetime.combine(day, time.min, tzinfo=zone).astimezone(UTC)


def end_of_day(day: date, zone: ZoneInfo) -> datetime:
    """The last instant (to the microsecond, in UTC) of a day in the company's time zone.

    >>> end_of_day(date(2024, 3, 31), ZoneInfo("Europe/Berlin")).isoformat()
    '2024-03-31T21:59:59.999999+00:00'
    """
    return start_of_day(day + timedelta(days=1), zone) - timedelta(microseconds=1)


def add_months(day: date, months: int) -> date:
    """The same day of the month, `months` later, clamped to the month's end.

    >>> add_months(date(2024, 1, 31), 1), add_months(date(2024, 3, 31), -13)
    (datetime.date(2024, 2, 29), datetime.date(2023, 2, 28))
    """
    year, month_index = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = calendar.monthrange(year, month_index + 1)[1]
    return date(year, month_index + 1, min(day.day, last))


def add_intervals(anchor: date, interval: Interval, count: int, times: int) -> date:
    """The start of the billing interval number `times` after the one that begins at `anchor`.

    >>> add_intervals(date(2024, 1, 31), "month", 1, 2)
    datetime.date(2024, 3, 31)
    """
    if interval in ("day", "week"):
        return anchor + timedelta(days=times * count * (7 if interval == "week" else 1))
    return add_months(anchor, times * count * (12 if interval == "year" else 1))


def interval_end(anchor: date, interval: Interval, count: int, day: date) -> date:
    """The end of the billing interval, counted from `anchor`, that holds `day`; the anchor itself for an earlier day.

    >>> interval_end(date(2024, 4, 15), "month", 1, date(2024, 6, 8))
    datetime.date(2024, 6, 15)
    >>> interval_end(date(2024, 4, 15), "month", 1, date(2024, 6, 15))
    datetime.date(2024, 7, 15)
    """
    if day < anchor:
        return anchor
    length_days = {"day": 1, "week": 7, "month": 31, "year": 366}[interval] * count
    times = (day - anchor).days // length_days + 1
    while add_intervals(anchor, interval, count, times) <= day:
        times += 1
    return add_intervals(anchor, interval, count, times)


YEARS = range(1900, 2201)
"""Those that can be asked about."""


def in_reach(day: date, option: str) -> date:
    """The day, where periods before and after it can be counted. Raises `InputError` where it is too far away.

    >>> in_reach(date(2026, 10, 31), "--to")
    datetime.date(2026, 10, 31)
    """
    if day.year not in YEARS:
        raise InputError(f"{option} {day.isoformat()} is not in the years {YEARS.start} to {YEARS.stop - 1}")
    return day
