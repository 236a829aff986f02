"""Rows of plain values as columns of a canonical table, with their days and keys."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa

from holdfast.facts import TABLES
from holdfast.facts.days import day_of
from holdfast.sources.parts import Part, make_part

SOURCE = "stripe"
MICROSECONDS = 1_000_000


@lru_cache(maxsize=500_000)
def day(seconds: int, zone: ZoneInfo) -> date:
    """The company's date at a Unix time."""
    return day_of(datetime.fromtimestamp(seconds, UTC), zone)


def part_of(table: str, rows: Sequence[Mapping[str, Any]], zone: ZoneInfo) -> Part:
    """The rows as a part; the position of each is its place in the list. Instants come as Unix seconds."""
    columns: dict[str, pa.Array] = {}
    for column in TABLES[table].own_columns:
        values: Iterable[Any] = [row.get(column.name) for row in rows]
        if column.type == "instant":
            values = [None if value is None else value * MICROSECONDS for value in values]
        elif column.type == "day":
            instants = [row.get(column.name, row.get(f"{column.name.removesuffix('_day')}_at")) for row in rows]
            values = [None if value is None else day(value, zone) for value in instants]
        columns[column.name] = pa.array(values, pa.int64() if column.type == "instant" else column.arrow.type)
        if column.type == "instant":
            columns[column.name] = columns[column.name].cast(column.arrow.type)
    return make_part(table, columns, pa.array(range(len(rows)), pa.int64()), SOURCE)
