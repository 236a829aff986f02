"""Small helpers over Ibis tables that every metric may use."""

from __future__ import annotations

from collections.abc import Sequence

import ibis
import ibis.expr.types as ir


def whole_numbers(count: int, name: str) -> ir.Table:
    """The whole numbers from 0, so many of them, as a column."""
    table = ibis.range(0, count).unnest().name(name).as_table()
    return table.mutate(**{name: table[name].cast("int64")})


def nullable(table: ir.Table) -> ir.Table:
    """The same columns in types that a union with another table accepts."""
    return table.select(**{name: table[name].cast(kind(nullable=True)) for name, kind in table.schema().items()})


def union(first: ir.Table, *others: ir.Table, distinct: bool = False) -> ir.Table:
    """All rows of the tables, which have the same columns of the same types, null or not."""
    if not others:
        return first.distinct() if distinct else first
    return ibis.union(nullable(first), *(nullable(other.select(*first.columns)) for other in others), distinct=distinct)


def fill(grid: ir.Table, rows: ir.Table, keys: Sequence[str], values: Sequence[str]) -> ir.Table:
    """A left join on keys that may be null, with 0 for what is missing."""
    right = rows.select(*keys, *values).rename({f"right_{name}": name for name in [*keys, *values]})
    matches = [grid[name].identical_to(right[f"right_{name}"]) for name in keys]
    joined = grid.left_join(right, matches)
    return joined.select(*grid.columns, **{name: joined[f"right_{name}"].fill_null(0) for name in values})


def beside(grid: ir.Table, rows: ir.Table, keys: Sequence[str], values: Sequence[str]) -> ir.Table:
    """A left join on keys that may be null; what is missing stays null."""
    right = rows.select(*keys, *values).rename({f"right_{name}": name for name in [*keys, *values]})
    matches = [grid[name].identical_to(right[f"right_{name}"]) for name in keys]
    joined = grid.left_join(right, matches)
    return joined.select(*grid.columns, **{name: joined[f"right_{name}"] for name in values})


def ratio(part: ir.NumericValue, whole: ir.NumericValue) -> ir.FloatingColumn:
    """part / whole as a float64; null over 0."""
    return part.cast("float64") / whole.cast("float64").nullif(0.0)
