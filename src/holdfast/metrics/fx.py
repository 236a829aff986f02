"""Exchange: amounts of several currencies as one, by the rate of the day that the policy names.

A rate is a fraction of two whole numbers, and amount x rate is rounded once, half away from zero, to whole micros.
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from holdfast.metrics.calendar import month_number, with_plus_months
from holdfast.metrics.tables import union, whole_numbers
from holdfast.metrics.wide import with_exact_product

MAX_AGE_DAYS = 7
RATE_DIGITS = 18
"""Digits of a rate that are looked at: as many as a whole number of 64 bits holds."""


def daily_rates(fx_rates: ir.Table, target: str) -> ir.Table:
    """The rate to `target` that holds on each day: the latest at most seven days old.

    Columns: rate_currency, rate_day, and the fraction rate_units / rate_parts (units of `target` for one). A rate given
    the other way round is inverted.
    """
    given = _with_fraction(fx_rates.filter((fx_rates.from_currency == target) | (fx_rates.to_currency == target)))
    direct = given.filter(given.to_currency == target)
    inverse = given.filter((given.to_currency != target) & (given.units > 0))
    known = union(
        direct.select(
            "day", rate_currency="from_currency", rate_units="units", rate_parts="parts", preference=_whole(0)
        ),
        inverse.select(
            "day", rate_currency="to_currency", rate_units="parts", rate_parts="units", preference=_whole(1)
        ),
    )
    spread = known.cross_join(whole_numbers(MAX_AGE_DAYS + 1, "age"))
    spread = spread.mutate(rate_day=spread.day + spread.age.as_interval("D"))
    order = ibis.window(group_by=["rate_currency", "rate_day"], order_by=["preference", "age"])
    best = spread.mutate(place=ibis.row_number().over(order))
    return best.filter(best.place == 0).select("rate_currency", "rate_day", "rate_units", "rate_parts")


def _with_fraction(rates: ir.Table) -> ir.Table:
    """Rates with units and parts: the decimal text of column `rate` as a fraction of whole numbers."""
    point = rates.rate.find(".").cast("int64")
    size = rates.rate.length().cast("int64")
    whole = ibis.ifelse(point < 0, size, point)
    rates = rates.mutate(
        whole_digits=ibis.ifelse(rates.rate.startswith("0"), 0, whole).cast("int64"),
        decimals=ibis.ifelse(point < 0, 0, size - point - 1).cast("int64"),
        left_of_point=whole,
    )
    room = RATE_DIGITS - rates.whole_digits
    rates = rates.mutate(decimals=ibis.ifelse(rates.decimals < room, rates.decimals, room))
    taken = (rates.left_of_point + rates.decimals).cast("int32")  # Spark takes no wider length
    digits = rates.rate.replace(".", "").substr(0, taken)
    powers = [(rates.decimals == places, _whole(10**places)) for places in range(RATE_DIGITS + 1)]
    return rates.mutate(units=digits.cast("int64"), parts=ibis.cases(*powers).cast("int64"))


def _whole(number: int) -> ir.IntegerScalar:
    return ibis.literal(number, "int64")


def with_interval_start(table: ir.Table, day: str, name: str) -> ir.Table:
    """The table with the first day of the billing interval, counted from anchor_day, that holds column `day`.

    In steps: an expression that holds them all would be written out again wherever it is used.
    """
    kept = table.columns
    at, anchor, count = table[day], table.anchor_day, table.interval_count
    last_of_month = (at + ibis.interval(days=1)).day() == 1
    reached = (at.day() >= anchor.day()) | last_of_month
    table = table.mutate(
        by_days=table.billing_interval.isin(["day", "week"]),
        elapsed_days=(at.epoch_days() - anchor.epoch_days()).cast("int64"),
        step_days=ibis.ifelse(table.billing_interval == "week", 7, 1) * count,
        elapsed_months=month_number(at) - month_number(anchor) - ibis.ifelse(reached, 0, 1),
        step_months=ibis.ifelse(table.billing_interval == "year", 12, 1) * count,
    )
    whole_days = (table.elapsed_days // table.step_days).cast("int64") * table.step_days
    whole_months = (table.elapsed_months // table.step_months).cast("int64") * table.step_months
    table = table.mutate(whole_days=whole_days, whole_months=whole_months)
    table = with_plus_months(table, "anchor_day", "whole_months", "start_by_months")
    start_by_days = table.anchor_day + table.whole_days.as_interval("D")
    return table.select(*kept, ibis.ifelse(table.by_days, start_by_days, table.start_by_months).name(name))


def convert(table: ir.Table, rates: ir.Table, target: str, amount: str) -> ir.Table:
    """The table with column `amount` in `target`, by the rate of its own_currency on its rate_day.

    Where no rate is known the amount is null; see `missing_rates`.
    """
    named = rates.select(
        "rate_units", "rate_parts", of_currency="rate_currency", of_day="rate_day"
    )  # other names than the table's own: engines differ on which one a join keeps
    joined = table.left_join(named, [table.own_currency == named.of_currency, table.rate_day == named.of_day])
    same = table.own_currency == target
    # engines disagree on what a null inside a cast is, so the arithmetic never sees one
    priced = joined.select(
        *table.columns,
        unknown=joined.rate_parts.isnull() & ~same,
        size=joined[amount].abs(),
        rate_units=ibis.ifelse(same, 1, joined.rate_units.fill_null(1)).cast("int64"),
        rate_parts=ibis.ifelse(same, 1, joined.rate_parts.fill_null(1)).cast("int64"),
    )
    worth = with_exact_product(priced, "size", "rate_units", "rate_parts", "worth")
    signed = ibis.ifelse(worth[amount] < 0, -worth.worth, worth.worth)
    unknown = worth.unknown & (worth[amount] != 0)
    converted = ibis.ifelse(unknown, ibis.null("int64"), signed)
    return worth.select(*(converted.name(amount) if name == amount else name for name in table.columns))


def missing_rates(table: ir.Table, rates: ir.Table, target: str, amount: str) -> ir.Table:
    """The currency and day of each amount of a table for which no rate is known."""
    foreign = table.filter((table.own_currency != target) & (table[amount] != 0)).select("own_currency", "rate_day")
    named = rates.select(of_currency="rate_currency", of_day="rate_day")
    needed = foreign.distinct()
    return needed.anti_join(named, [needed.own_currency == named.of_currency, needed.rate_day == named.of_day])
