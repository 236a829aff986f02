"""Rows of plain values as columns of a canonical table, with their days and keys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from functools import cache, lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc

from holdfast.facts import TABLES
from holdfast.facts.days import day_of
from holdfast.sources.parts import Part, make_part

SOURCE = "stripe"
MICROSECONDS = 1_000_000


@lru_cache(maxsize=100_000)
def day(seconds: int, zone: ZoneInfo) -> date:
    """The company's date at a Unix time."""
    return day_of(datetime.fromtimestamp(seconds, UTC), zone)


def part_of(table: str, rows: Sequence[Mapping[str, Any]], zone: ZoneInfo) -> Part:
    """The rows as a part; the position of each is its place in the list. Instants come as Unix seconds."""
    shape = _shape(table)
    given = dict(zip(shape.names, pa.array(rows, shape).flatten(), strict=True))
    columns: dict[str, pa.Array] = {}
    for column in TABLES[table].own_columns:
        values = given[column.name]
        if column.type == "instant":
            columns[column.name] = pc.multiply(values, MICROSECONDS).cast(column.arrow.type)
        elif column.type == "day":
            instants = given.get(f"{column.name.removesuffix('_day')}_at")
            columns[column.name] = days_of(values if instants is None else pc.coalesce(values, instants), zone)
        else:
            columns[column.name] = values
    return make_part(table, columns, pa.array(range(len(rows)), pa.int64()), SOURCE)


@cache
def _shape(table: str) -> pa.StructType:
    """One row as it comes: days and instants in seconds."""
    seconds = {"instant", "day"}
    columns = TABLES[table].own_columns
    return pa.struct([(one.name, pa.int64() if one.type in seconds else one.arrow.type) for one in columns])


def days_of(seconds: pa.Array, zone: ZoneInfo) -> pa.Array:
    """The company's dates at Unix times.

    >>> days_of(pa.array([1767225600, None]), ZoneInfo("America/New_York")).to_pylist()
    [datetime.date(2025, 12, 31), None]
    """
    distinct = seconds.dictionary_encode()
    days = [None if one is None else day(one, zone) for one in distinct.dictionary.to_pylist()]
    return pa.array(days, pa.date32()).take(distinct.indices)
