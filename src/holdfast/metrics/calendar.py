"""Periods: which period a day lies in, in Python and in Ibis, by the same integer arithmetic.

Each grain numbers its periods with consecutive integers (months: year x 12 + month - 1; weeks and days: counted
from far before 1970), so that engines never have to agree on date functions beyond year, month, day and epoch day.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir

from holdfast.errors import InputError
from holdfast.facts.days import add_months
from holdfast.metrics.query import Grain

EPOCH = date(1970, 1, 1)
MAX_PERIODS = 5_000
_WEEKS_SHIFT = 7 * 100_000
WEEK_OFFSET = {"monday": _WEEKS_SHIFT + 3, "sunday": _WEEKS_SHIFT + 4}
MONTHS_IN = {"month": 1, "quarter": 3, "year": 12}


@dataclass(frozen=True)
class Period:
    """One period: `first` and `last` are its days; `opening` and `close` the days whose close it is measured at."""

    index: int
    first: date
    last: date
    opening: date
    close: date
    is_open: bool


def period_number(day: date, grain: Grain, week_start: str = "monday") -> int:
    """The number of the period that holds a day.

    >>> period_number(date(2024, 2, 29), "month") - period_number(date(2023, 12, 31), "month")
    2
    """
    if grain in MONTHS_IN:
        return (day.year * 12 + day.month - 1) // MONTHS_IN[grain]
    days = (day - EPOCH).days
    return days if grain == "day" else (days + WEEK_OFFSET[week_start]) // 7


def period_first(number: int, grain: Grain, week_start: str = "monday") -> date:
    """The first day of the period with that number.

    >>> period_first(period_number(date(2024, 2, 29), "week"), "week")
    datetime.date(2024, 2, 26)
    """
    if grain in MONTHS_IN:
        year, month = divmod(number * MONTHS_IN[grain], 12)
        return date(year, month + 1, 1)
    return EPOCH + timedelta(days=number if grain == "day" else number * 7 - WEEK_OFFSET[week_start])


def shift(day: date, grain: Grain, periods: int) -> date:
    """The day that many periods later, clamped to the month's end.

    >>> shift(date(2024, 3, 31), "month", -1), shift(date(2024, 3, 31), "week", 1)
    (datetime.date(2024, 2, 29), datetime.date(2024, 4, 7))
    """
    if grain in MONTHS_IN:
        return add_months(day, periods * MONTHS_IN[grain])
    return day + timedelta(days=periods * (7 if grain == "week" else 1))


def periods_between(start: date, end: date, grain: Grain, today: date, week_start: str = "monday") -> list[Period]:
    """Every period that the range touches, whole and in order; none is measured after `today`.

    >>> [p.close.isoformat() for p in periods_between(date(2024, 1, 9), date(2024, 2, 1), "month", date(2024, 2, 20))]
    ['2024-01-31', '2024-02-20']
    """
    if end < start:
        raise InputError(f"the range ends ({end}) before it begins ({start})", hint="swap --from and --to")
    first, last = period_number(start, grain, week_start), period_number(end, grain, week_start)
    if last - first >= MAX_PERIODS:
        raise InputError(
            f"{last - first + 1:,} {grain}s from {start} to {end} are more than {MAX_PERIODS:,}",
            hint="choose a coarser --grain or a shorter range",
        )
    return [_period(number, grain, today, week_start) for number in range(first, last + 1)]


def _period(number: int, grain: Grain, today: date, week_start: str) -> Period:
    first = period_first(number, grain, week_start)
    last = period_first(number + 1, grain, week_start) - timedelta(days=1)
    opening = min(first - timedelta(days=1), today)
    return Period(number, first, last, opening, min(last, today), is_open=last >= today)


def months_before(day: date, months: int) -> date:
    """The day that many months earlier; a month's last day gives a month's last day.

    >>> months_before(date(2024, 2, 29), 12), months_before(date(2025, 2, 28), 12), months_before(date(2024, 5, 15), 1)
    (datetime.date(2023, 2, 28), datetime.date(2024, 2, 29), datetime.date(2024, 4, 15))
    """
    following = day + timedelta(days=1)
    if following.day == 1:
        return add_months(following, -months) - timedelta(days=1)
    return add_months(day, -months)


# the same arithmetic on columns


def month_number(day: ir.DateColumn) -> ir.IntegerColumn:
    """year x 12 + month - 1 of a date column."""
    return day.year().cast("int64") * 12 + day.month().cast("int64") - 1


def number_of(day: ir.DateColumn, grain: Grain, week_start: str = "monday") -> ir.IntegerColumn:
    """`period_number` of a date column."""
    if grain == "month":
        return month_number(day)
    if grain in MONTHS_IN:
        return (month_number(day) // MONTHS_IN[grain]).cast("int64")
    days = day.epoch_days().cast("int64")
    return days if grain == "day" else ((days + WEEK_OFFSET[week_start]) // 7).cast("int64")


def months_until(start: ir.DateColumn, day: ir.DateColumn) -> ir.IntegerColumn:
    """The least number of months that, added to `start` (clamped to the month's end), reaches `day`."""
    return month_number(day) - month_number(start) + (day.day() > start.day()).cast("int64")


def plus_months(day: ir.DateColumn, months: ir.IntegerColumn) -> ir.DateColumn:
    """`add_months` of a date column."""
    number = month_number(day) + months
    first = first_of_month(number)
    last_day = (first_of_month(number + 1) - ibis.interval(days=1)).day().cast("int64")
    wanted = day.day().cast("int64")
    offset = ibis.ifelse(wanted < last_day, wanted, last_day) - 1
    return first + offset.as_interval("D")


def with_plus_months(table: ir.Table, day: str, months: str, name: str) -> ir.Table:
    """The table with column `name`: `plus_months` of two of its columns, in steps.

    An expression that held all steps would be written out again wherever it is used.
    """
    kept = table.columns
    table = table.mutate(month=month_number(table[day]) + table[months], wanted=table[day].day().cast("int64"))
    table = table.mutate(
        month_first=first_of_month(table.month),
        month_days=(first_of_month(table.month + 1) - ibis.interval(days=1)).day().cast("int64"),
    )
    offset = ibis.ifelse(table.wanted < table.month_days, table.wanted, table.month_days) - 1
    return table.select(*kept, (table.month_first + offset.as_interval("D")).name(name))


def first_of_month(number: ir.IntegerColumn) -> ir.DateColumn:
    """The first day of the month with that number."""
    year = (number // 12).cast("int64")
    return ibis.date(year.cast("int32"), (number - year * 12 + 1).cast("int32"), 1)


def last_day_of(day: ir.DateColumn, grain: Grain, week_start: str = "monday") -> ir.DateColumn:
    """The last day of the period that holds each day of a date column."""
    number = number_of(day, grain, week_start)
    if grain in MONTHS_IN:
        return first_of_month((number + 1) * MONTHS_IN[grain]) - ibis.interval(days=1)
    if grain == "day":
        return day
    elapsed = day.epoch_days().cast("int64") + WEEK_OFFSET[week_start] - number * 7
    return day + (6 - elapsed).as_interval("D")


def literal_table(rows: list[dict[str, object]]) -> ir.Table:
    """A small table of literals that every engine understands; `rows` is not empty, and has no column of nulls alone.

    One literal, and not one for each cell: what is made of the table is quicker to compile.
    """
    kinds = {name: _kind(next(row[name] for row in rows if row[name] is not None)) for name in rows[0]}
    return ibis.literal(rows, dt.Array(dt.Struct(kinds))).unnest().name("row").as_table().unpack("row")


def _kind(value: object) -> dt.DataType:
    """The type of a column; whole numbers have one, however small they are."""
    whole = isinstance(value, int) and not isinstance(value, bool)
    return dt.int64 if whole else dt.infer(value)
