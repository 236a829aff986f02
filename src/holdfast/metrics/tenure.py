"""Churn by subscription month: in which month of their life do customers leave."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from holdfast.facts.days import add_months
from holdfast.metrics.calendar import literal_table, month_number, months_until
from holdfast.metrics.columns import count, number, rate
from holdfast.metrics.frame import Frame
from holdfast.metrics.policy import heeds
from holdfast.metrics.recurring import TERMS
from holdfast.metrics.registry import ChartSpec, OutColumn, register
from holdfast.metrics.tables import fill

Z_95 = 1.959963984540054
"""The 97.5 % point of the standard normal distribution."""


def wilson(successes: ir.NumericColumn, trials: ir.NumericColumn) -> tuple[ir.FloatingColumn, ir.FloatingColumn]:
    """The 95 % interval of a share (Wilson 1927): low and high; null over 0."""
    n = trials.cast("float64").nullif(0.0)
    p = successes.cast("float64") / n
    spread = Z_95 * (p * (1.0 - p) / n + Z_95**2 / (4.0 * n * n)).sqrt()
    centre = p + Z_95**2 / (2.0 * n)
    scale = 1.0 + Z_95**2 / n
    low = ibis.ifelse(successes == 0, 0.0 * p, (centre - spread) / scale)
    high = ibis.ifelse(successes == trials, p, (centre + spread) / scale)
    return low, high


@register(
    name="churn-by-tenure",
    unit="rate",
    title="Churn by subscription month",
    definition="Of the customers that enter their first, second, third ... month, the share that leave by its end. "
    "Only each account's first departure counts, and only months that are fully over.",
    formula="hazard = churned in the month / at risk in it, with a 95 % Wilson interval",
    columns=(
        number("age", "subscription month: 1 is the first"),
        count("at_risk", "customers that entered the month, where it is fully over"),
        count("churned", "those that left by its end"),
        rate("hazard", "churned / at risk; null over 0"),
        rate("low", "lower end of the 95 % interval"),
        rate("high", "upper end of the 95 % interval"),
        OutColumn("peak", "flag", "true for the month with the highest hazard"),
    ),
    sources=TERMS,
    worked=("hazard = churned / at_risk",),
    heeds=heeds(),
    chart=ChartSpec("hazard", "Share of customers that leave in each subscription month", ("hazard",), x="age"),
    grains=("month",),
    pure_count=True,
    reference="Wilson, E. B. (1927). Probable inference, the law of succession, and statistical inference. JASA 22.",
)
def churn_by_tenure(frame: Frame) -> ir.Table:
    lives = _months_lived(frame)
    dims = frame.dims
    exits = lives.group_by(*dims, age=lives.last_month).agg(
        leaving=lives.count().cast("int64"), churned=lives.churned.sum().cast("int64")
    )
    ages = literal_table([{"age": age} for age in range(1, _most_months(frame) + 1)])
    grid = lives.select(*dims).distinct().cross_join(ages) if dims else ages
    filled = fill(grid, exits, [*dims, "age"], ["leaving", "churned"])
    from_here = ibis.window(group_by=dims, order_by="age", preceding=0, following=None)
    table = filled.mutate(at_risk=filled.leaving.sum().over(from_here).cast("int64"))
    low, high = wilson(table.churned, table.at_risk)
    hazard = table.churned.cast("float64") / table.at_risk.cast("float64").nullif(0.0)
    table = table.filter(table.at_risk > 0).mutate(hazard=hazard, low=low, high=high)
    highest = table.hazard.max().over(ibis.window(group_by=dims))
    return table.mutate(peak=(table.hazard == highest) & (table.hazard > 0))


def _months_lived(frame: Frame) -> ir.Table:
    """Each account of the range: dims, the last month it was at risk in, and whether (1 or 0) it left in that one."""
    spans = frame.customers
    first, last = frame.periods[0].first, frame.periods[-1].last
    own = spans.filter((spans.ordinal == 0) & (spans.first_day >= first) & (spans.first_day <= last))
    own = frame.place(own.mutate(idx=ibis.literal(0, "int64")), at="first_day")
    over = _whole_months(own.first_day, frame)
    exit_month = months_until(own.first_day, own.to_day)
    left = own.to_day.notnull() & (exit_month <= over)
    lives = own.mutate(last_month=ibis.ifelse(left, exit_month, over), churned=left.cast("int64"))
    return lives.filter(lives.last_month > 0)


def _whole_months(first_day: ir.DateColumn, frame: Frame) -> ir.IntegerColumn:
    """How many months of the account's own life are over at the last day looked at."""
    bound = frame.bound
    months = (bound.year * 12 + bound.month - 1) - month_number(first_day)
    if add_months(bound.replace(day=1), 1).toordinal() - 1 == bound.toordinal():
        return months
    return months - (first_day.day() > bound.day).cast("int64")


def _most_months(frame: Frame) -> int:
    first, bound = frame.periods[0].first, frame.bound
    return max(1, (bound.year - first.year) * 12 + bound.month - first.month)
