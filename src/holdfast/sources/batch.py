"""Columns of text turned into values, each distinct text once; what cannot be read is a problem of its row."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc

from holdfast.sources.amounts import Amount, DecimalMark, parse_amount, parse_number, parse_percent
from holdfast.sources.dates import DayOrder, Moment, in_zone, parse_moment
from holdfast.sources.kinds import Field, Kind
from holdfast.sources.words import (
    one_of,
    parse_currency,
    parse_flag,
    parse_id,
    parse_interval,
    parse_status,
    parse_whole,
)

T = TypeVar("T")

UTC = ZoneInfo("UTC")
NO_DATE = {"null", "none", "nat", "\\n", "n/a", "-"}


@dataclass(frozen=True)
class Reading:
    """How the cells of one file are read: what its columns are, and what they were found to look like."""

    kind: Kind
    columns: Mapping[str, str]
    extra: tuple[str, ...]
    defaults: Mapping[str, str]
    zone: ZoneInfo
    currency: str
    source: str
    minor_units: bool
    orders: Mapping[str, DayOrder | None] = field(default_factory=dict)
    marks: Mapping[str, DecimalMark | None] = field(default_factory=dict)
    owners: Mapping[str, str] = field(default_factory=dict)
    """The account of each subscription that is known, where rows may name a subscription alone."""

    def has(self, name: str) -> bool:
        return name in self.columns or name in self.defaults


@dataclass(frozen=True)
class Values(Generic[T]):
    """The values of one field: the distinct ones, and which of them each row has."""

    distinct: list[T | None]
    indices: pa.Array

    def array(self, type_: pa.DataType, part: Callable[[T], Any] = lambda value: value) -> pa.Array:
        """An Arrow array of one part of the values."""
        values = [None if value is None else part(value) for value in self.distinct]
        return pa.array(values, type_).take(self.indices)

    def list(self) -> list[T | None]:
        distinct = self.distinct
        return [None if index is None else distinct[index] for index in self.indices.to_pylist()]


class Batch:
    """Some rows of one file, being read."""

    def __init__(self, table: pa.Table, first_position: int, reading: Reading) -> None:
        self.table = table
        self.reading = reading
        self.size = table.num_rows
        self.positions = pa.array(range(first_position, first_position + table.num_rows), pa.int64())
        self.problems: dict[int, str] = {}
        self.notes: list[str] = []
        """What the user should know of all rows."""

    def reject(self, row: int, reason: str) -> None:
        """Keep a row aside; the first reason stands."""
        self.problems.setdefault(row, reason)

    def text(self, name: str) -> pa.Array:
        """The cells of a field without blanks around them; empty ones are null, or the default."""
        column = self.reading.columns.get(name)
        cells = trimmed(self.table[column]) if column else pa.nulls(self.size, pa.string())
        default = self.reading.defaults.get(name)
        if default is None:
            default = self.reading.kind.field(name).fallback
        return cells if default is None else pc.fill_null(cells, default)

    def read(self, name: str, parse: Callable[[str], T]) -> Values[T]:
        """The values of a field; rows that cannot be read, or miss what is required, become problems."""
        cells = self.text(name).dictionary_encode()
        distinct: list[T | None] = []
        bad: dict[int, str] = {}
        for index, text in enumerate(cells.dictionary.to_pylist()):
            try:
                distinct.append(parse(text))
            except ValueError as error:
                distinct.append(None)
                bad[index] = f"{name}: {error}"
        if bad:
            for row, index in enumerate(cells.indices.to_pylist()):
                if index in bad:
                    self.reject(row, bad[index])
        if self.reading.kind.field(name).required:
            self._require(name, cells.indices)
        return Values(distinct, cells.indices)

    def _require(self, name: str, indices: pa.Array) -> None:
        if indices.null_count:
            for row in pc.indices_nonzero(pc.is_null(indices)).to_pylist():
                self.reject(row, f"{name} is missing")

    def ids(self, name: str) -> pa.Array:
        return self.read(name, parse_id).array(pa.string())

    def words(self, name: str) -> pa.Array:
        table = dict(self.reading.kind.field(name).words)
        return self.read(name, lambda text: one_of(table, name, text)).array(pa.string())

    def flags(self, name: str) -> pa.Array:
        return self.read(name, parse_flag).array(pa.bool_())

    def moments(self, name: str) -> Values[Moment]:
        order = self.reading.orders.get(name)
        zone, utc = self.reading.zone, self.reading.kind.utc

        def parse(text: str) -> Moment | None:
            if text.casefold() in NO_DATE:
                return None
            return in_zone(parse_moment(text, UTC, order), zone) if utc else parse_moment(text, zone, order)

        values = self.read(name, parse)
        if self.reading.kind.field(name).required:
            self._require(name, values.array(pa.date32(), lambda moment: moment and moment.day))
        return Values([moment or None for moment in values.distinct], values.indices)

    def amounts(self, name: str) -> Values[Amount]:
        mark, lowest = self.reading.marks.get(name), self.reading.kind.field(name).lowest
        return self.read(name, lambda text: _from(lowest, parse_amount(text, mark), text))

    def numbers(self, name: str) -> Values[Any]:
        mark, wanted = self.reading.marks.get(name), self.reading.kind.field(name)
        parse = parse_percent if wanted.reads == "percent" else parse_number
        return self.read(name, lambda text: _from(wanted.lowest, Amount(parse(text, mark)), text).value)

    def simple(self, wanted: Field) -> pa.Array:
        """The values of a field that needs no other field to be understood."""
        if wanted.reads == "id":
            return self.ids(wanted.name)
        if wanted.reads == "text":
            return self.read(wanted.name, str).array(pa.string())
        if wanted.reads == "words":
            return self.words(wanted.name)
        if wanted.reads == "flag":
            return self.flags(wanted.name)
        if wanted.reads == "currency":
            return self.read(wanted.name, parse_currency).array(pa.string())
        if wanted.reads == "day":
            return self.moments(wanted.name).array(pa.date32(), lambda moment: moment.day)
        raise AssertionError(wanted)

    def intervals(self, name: str) -> Values[Any]:
        return self.read(name, parse_interval)

    def wholes(self, name: str) -> Values[int]:
        return self.read(name, parse_whole)

    def statuses(self, name: str) -> Values[str]:
        return self.read(name, parse_status)


def _from(lowest: int | None, amount: Amount, text: str) -> Amount:
    if lowest is not None and amount.value < lowest:
        raise ValueError(f"{text!r} is less than {lowest}")
    return amount


def trimmed(column: pa.ChunkedArray | pa.Array) -> pa.Array:
    """Text without blanks around it; nothing left is null."""
    cells = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    cells = pc.utf8_trim_whitespace(cells)
    return pc.if_else(pc.equal(cells, ""), pa.scalar(None, pa.string()), cells)
