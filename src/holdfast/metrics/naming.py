"""Periods as people name them: 2026-10, 2026-Q3, 2026, 2026-W41 or a day in the period."""

from __future__ import annotations

import re
from datetime import date

from holdfast.errors import InputError
from holdfast.facts.days import in_reach
from holdfast.metrics.calendar import Period, periods_between, shift
from holdfast.metrics.query import Grain

QUARTER = re.compile(r"(\d{4})-?Q([1-4])", re.IGNORECASE)
WEEK = re.compile(r"(\d{4})-?W(\d{2})", re.IGNORECASE)


def day_in(text: str | date, option: str = "--period") -> date:
    """A day of the period that is named.

    >>> day_in("2026-10"), day_in("2026-Q3"), day_in("2026"), day_in("2026-10-31")
    (datetime.date(2026, 10, 1), datetime.date(2026, 7, 1), datetime.date(2026, 1, 1), datetime.date(2026, 10, 31))
    """
    return in_reach(text if isinstance(text, date) else _day(text, option), option)


def _day(text: str, option: str) -> date:
    plain = text.strip()
    try:
        if found := QUARTER.fullmatch(plain):
            return date(int(found[1]), int(found[2]) * 3 - 2, 1)
        if found := WEEK.fullmatch(plain):
            return date.fromisocalendar(int(found[1]), int(found[2]), 1)
        return date.fromisoformat(plain if len(plain) > 7 else f"{plain}-01" if len(plain) > 4 else f"{plain}-01-01")
    except ValueError:
        raise InputError(
            f"{option} {text!r} is not a period; write a month 2026-10, a quarter 2026-Q3, a year 2026, or a day in it"
        ) from None


def period_named(
    text: str | date | None, grain: Grain, today: date, week_start: str, option: str = "--period"
) -> Period:
    """The period that is named; where none is, the last one that is over at the close of the day before `today`.

    >>> period_named("2026-08", "quarter", date(2026, 10, 5), "monday").first
    datetime.date(2026, 7, 1)
    >>> period_named(None, "month", date(2026, 10, 5), "monday").first
    datetime.date(2026, 9, 1)
    """
    day = shift(today, grain, -1) if text is None else day_in(text, option)
    found = periods_between(day, day, grain, today, week_start)[0]
    if found.first > today:
        raise InputError(f"{option} {text} has not begun: today is {today.isoformat()} in what was asked about")
    return found
