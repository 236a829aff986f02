"""Rows of plain values as a part of a canonical table, under any source."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa

from holdfast.facts import TABLES
from holdfast.sources.parts import Part, make_part
from holdfast.sources.stripe.columns import MICROSECONDS, day


def part_of(
    table: str, rows: Sequence[Mapping[str, Any]], positions: Sequence[int], source: str, zone: ZoneInfo
) -> Part:
    """The rows as a part; instants come as Unix seconds, and give their days."""
    columns: dict[str, pa.Array] = {}
    for column in TABLES[table].own_columns:
        values: Iterable[Any] = [row.get(column.name) for row in rows]
        if column.type == "instant":
            micros = [None if value is None else value * MICROSECONDS for value in values]
            columns[column.name] = pa.array(micros, pa.int64()).cast(column.arrow.type)
            continue
        if column.type == "day":
            instants = [row.get(column.name, row.get(f"{column.name.removesuffix('_day')}_at")) for row in rows]
            values = [None if value is None else day(value, zone) for value in instants]
        columns[column.name] = pa.array(values, column.arrow.type)
    return make_part(table, columns, pa.array(positions, pa.int64()), source)
