"""Exchange: amounts of several currencies as one, by the rate of the day that the policy names.

Amounts are multiplied by the rate as a float64 and rounded half away from zero to whole micros; nothing
but this product is ever a float.
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from holdfast.metrics.calendar import month_number, with_plus_months
from holdfast.metrics.tables import union

MAX_AGE_DAYS = 7


def daily_rates(fx_rates: ir.Table, target: str) -> ir.Table:
    """The rate to `target` that holds on each day: the latest at most seven days old.

    Columns: rate_currency, rate_day, rate (units of `target` for one). A rate given the other way round is inverted.
    """
    given = fx_rates.mutate(factor=fx_rates.rate.cast("float64"))
    direct = given.filter(given.to_currency == target)
    inverse = given.filter((given.from_currency == target) & (given.to_currency != target))
    given_so = direct.select(
        rate_currency="from_currency", day="day", rate="factor", preference=ibis.literal(0, "int64")
    )
    turned = inverse.select(
        rate_currency="to_currency",
        day="day",
        rate=1.0 / inverse.factor.nullif(0.0),
        preference=ibis.literal(1, "int64"),
    )
    known = union(given_so, turned)
    ages = ibis.range(0, MAX_AGE_DAYS + 1).unnest().name("age").as_table()
    spread = known.cross_join(ages)
    spread = spread.mutate(rate_day=spread.day + spread.age.cast("int64").as_interval("D"))
    order = ibis.window(group_by=["rate_currency", "rate_day"], order_by=["preference", "age"])
    best = spread.mutate(place=ibis.row_number().over(order))
    return best.filter(best.place == 0).select("rate_currency", "rate_day", "rate")


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
        of_currency="rate_currency", of_day="rate_day", exchange_rate="rate"
    )  # other names than the table's own: engines differ on which one a join keeps
    joined = table.left_join(named, [table.own_currency == named.of_currency, table.rate_day == named.of_day]).select(
        *table.columns, "exchange_rate"
    )
    rate = ibis.ifelse(joined.own_currency == target, 1.0, joined.exchange_rate)
    product = joined[amount].cast("float64") * rate.fill_null(0.0)
    magnitude = (product.abs() + 0.5).floor().cast("int64")
    signed = ibis.ifelse(product < 0, -magnitude, magnitude)
    converted = ibis.ifelse(rate.isnull(), ibis.null("int64"), signed)
    same = (joined.own_currency == target) | (joined[amount] == 0)
    return joined.mutate(**{amount: ibis.ifelse(same, joined[amount], converted)}).drop("exchange_rate")


def missing_rates(table: ir.Table, amount: str) -> ir.Table:
    """The currency and day of each amount for which no rate was known."""
    return table.filter(table[amount].isnull()).select("own_currency", "rate_day").distinct()
