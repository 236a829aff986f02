"""How a canonical table is declared; everything else about it is derived from here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pyarrow as pa

ColumnType = Literal["text", "int", "micros", "float", "bool", "day", "instant"]

ARROW_TYPES: dict[str, pa.DataType] = {
    "text": pa.string(),
    "int": pa.int64(),
    "micros": pa.int64(),
    "float": pa.float64(),
    "bool": pa.bool_(),
    "day": pa.date32(),
    "instant": pa.timestamp("us", tz="UTC"),
}


@dataclass(frozen=True)
class Column:
    """One column: its name, type, unit and meaning.

    `personal` marks data about a person: it is never kept in table statistics.

    >>> Column("mrr_micros", "micros", "MRR of the span").unit
    'millionths of the currency'
    """

    name: str
    type: ColumnType
    meaning: str
    required: bool = False
    personal: bool = False

    @property
    def unit(self) -> str:
        units = {"micros": "millionths of the currency", "day": "date in the company's time zone", "instant": "UTC"}
        return units.get(self.type, "")

    @property
    def arrow(self) -> pa.Field:
        return pa.field(self.name, ARROW_TYPES[self.type], nullable=not self.required)


PROVENANCE = (
    Column("row_key", "text", "stable key of the fact: importing it twice changes nothing", required=True),
    Column("source", "text", "system or file kind that the fact came from", required=True),
    Column("recorded_at", "instant", "when Holdfast came to know the fact", required=True),
    Column("superseded_at", "instant", "when a newer version replaced it; null while it stands"),
)


@dataclass(frozen=True)
class Table:
    """One canonical table. `key` names the columns that `row_key` is made of.

    >>> from holdfast.facts import TABLES
    >>> TABLES["accounts"].key
    ('account_id',)
    """

    name: str
    meaning: str
    key: tuple[str, ...]
    own_columns: tuple[Column, ...]
    derived: bool = False
    """True for a roll-up: rebuilt from facts at any time, so it carries no provenance."""

    @property
    def columns(self) -> tuple[Column, ...]:
        return self.own_columns if self.derived else self.own_columns + PROVENANCE

    @property
    def content(self) -> tuple[str, ...]:
        """Names of the columns whose change makes a fact a different fact."""
        return tuple(column.name for column in self.own_columns)

    @property
    def schema(self) -> pa.Schema:
        return pa.schema([column.arrow for column in self.columns])

    def column(self, name: str) -> Column:
        return next(column for column in self.columns if column.name == name)
