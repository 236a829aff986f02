"""Quantiles by counting rows: linear between neighbours, and the same to the last digit on every engine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import ibis
import ibis.expr.types as ir

from holdfast.metrics.tables import beside

QUARTILES = {"p25_days": 25, "median_days": 50, "p75_days": 75, "p90_days": 90}


def quantiles(
    rows: ir.Table, keys: Sequence[str], value: str, percents: Mapping[str, int], *, of_all: str, of_known: str
) -> ir.Table:
    """Of each group how many rows it has (`of_all`), in how many of them an int64 column is not null (`of_known`), and
    the named percentiles of those, as float64.

    The p-th percentile of n values lies at position (n - 1) p / 100, counted from 0. It is the weighted sum of the
    two values beside it; weights are whole hundredths, so that sums are of integers. Nulls stand behind the last one.
    """
    measured = rows.select(*keys, measured=rows[value])
    place = ibis.row_number().over(ibis.window(group_by=list(keys), order_by="measured")).cast("int64")
    last = measured.measured.count().over(ibis.window(group_by=list(keys))).cast("int64") - 1
    placed = measured.mutate(place=place, last_place=last)
    sums = {name: _weighted(placed, percent).sum().cast("float64") / 100.0 for name, percent in percents.items()}
    counts = {of_all: placed.count().cast("int64"), of_known: placed.measured.count().cast("int64")}
    return placed.group_by(*keys).agg(**counts, **sums)


def spread(
    grid: ir.Table,
    rows: ir.Table,
    keys: Sequence[str],
    value: str,
    percents: Mapping[str, int],
    *,
    of_all: str,
    of_known: str,
) -> ir.Table:
    """The grid with `quantiles` of the rows beside it: counts of 0 and percentiles of null where there are none."""
    found = quantiles(rows, keys, value, percents, of_all=of_all, of_known=of_known)
    table = beside(grid, found, keys, [of_all, of_known, *percents])
    return table.mutate(**{name: table[name].fill_null(0) for name in (of_all, of_known)})


def _weighted(placed: ir.Table, percent: int) -> ir.IntegerColumn:
    """Each value times the hundredths with which it counts: none but for the two neighbours of the position."""
    gap = placed.last_place * percent - placed.place * 100
    weight = ibis.cases(((gap >= 0) & (gap < 100), 100 - gap), ((gap < 0) & (gap > -100), 100 + gap), else_=0)
    return placed.measured * weight.cast("int64")
