"""Dates as arrays: days since 1970 and month numbers (`year * 12 + month - 1`)."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np

from holdfast.simulate.draws import Ints

EPOCH = date(1970, 1, 1)
NEVER = 10**6
"""A day later than any other."""

_MONTHS = np.arange(np.datetime64("1970-01"), np.datetime64("2200-01"))
_FIRST = _MONTHS.astype("datetime64[D]").astype(np.int64)
_LENGTH = np.diff(_FIRST, append=_FIRST[-1] + 31)


def number(day: date) -> int:
    """
    >>> number(date(1970, 1, 2))
    1
    """
    return (day - EPOCH).days


def as_date(day: int) -> date:
    return EPOCH + timedelta(days=int(day))


def month_of(days: Ints) -> Ints:
    """Months since January 1970."""
    return np.searchsorted(_FIRST, days, side="right") - 1


def first_day(months: Ints) -> Ints:
    return _FIRST[months]


def add_months(days: Ints, months: Ints | int) -> Ints:
    """The same day of the month, some months later, clamped to the month's end.

    >>> as_date(add_months(np.array([number(date(2024, 1, 31))]), 1)[0])
    datetime.date(2024, 2, 29)
    """
    own = month_of(days)
    target = own + months
    return np.asarray(_FIRST[target] + np.minimum(days - _FIRST[own], _LENGTH[target] - 1))


def interval_end(anchor: Ints, months: Ints, day: Ints) -> Ints:
    """The end of the billing interval of so many months, counted from `anchor`, that holds `day`.

    >>> april, june = number(date(2024, 4, 15)), number(date(2024, 6, 8))
    >>> as_date(interval_end(np.array([april]), np.array([1]), np.array([june]))[0])
    datetime.date(2024, 6, 15)
    """
    times = np.maximum((month_of(day) - month_of(anchor)) // months, 0)
    end = add_months(anchor, times * months)
    end = np.where(end <= day, add_months(anchor, (times + 1) * months), end)
    return np.where(day < anchor, anchor, end)
