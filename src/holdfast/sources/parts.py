"""The rows of the canonical tables that a batch of file rows became, and their keys."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from holdfast.facts import TABLES

POSITION = "position"


@dataclass(frozen=True)
class Part:
    """Rows of one table; `position` says which row of the file each came from."""

    table: str
    rows: pa.Table

    def only(self, positions: pa.Array) -> Part:
        return Part(self.table, self.rows.filter(pc.is_in(self.rows[POSITION], positions)))

    def without(self, positions: pa.Array) -> Part:
        return Part(self.table, self.rows.filter(pc.invert(pc.is_in(self.rows[POSITION], positions))))


def make_part(table: str, columns: Mapping[str, pa.Array], positions: pa.Array, source: str) -> Part:
    """A part from its own columns: missing ones are null, and the row key is made from the key columns."""
    declared, size = TABLES[table], len(positions)
    arrays = {
        column.name: columns[column.name] if column.name in columns else pa.nulls(size, column.arrow.type)
        for column in declared.own_columns
    }
    arrays["row_key"] = row_keys(table, arrays, source, size)
    arrays["source"] = pa.repeat(pa.scalar(source), size)
    arrays[POSITION] = positions
    return Part(table, pa.table(arrays))


def row_keys(table: str, columns: Mapping[str, pa.Array], source: str, size: int) -> pa.Array:
    """The stable key of each row: its key columns joined by `|`, which is escaped inside them.

    >>> row_keys("users", {"user_id": pa.array(["a|b"])}, "file", 1).to_pylist()
    ['a\\\\|b']
    """
    parts = [_key_part(name, columns, source, size) for name in TABLES[table].key]
    return pc.binary_join_element_wise(*parts, "|", null_handling="replace", null_replacement="")


def _key_part(name: str, columns: Mapping[str, pa.Array], source: str, size: int) -> pa.Array:
    if name == "source" and name not in columns:
        return _escaped(pa.repeat(pa.scalar(source), size))
    if name in columns:
        values = columns[name]
        return _escaped(values) if pa.types.is_string(values.type) else values.cast(pa.string())
    return pc.coalesce(_instant_texts(columns[f"{name}_at"]), columns[f"{name}_day"].cast(pa.string()))


def _instant_texts(instants: pa.Array) -> pa.Array:
    texts = instants.cast(pa.timestamp("us")).cast(pa.string())
    return pc.binary_join_element_wise(
        pc.replace_substring(pc.replace_substring(texts, " ", "T"), ".000000", ""), pa.scalar("Z"), ""
    )


def _escaped(texts: pa.Array) -> pa.Array:
    return pc.replace_substring(pc.replace_substring(texts, "\\", "\\\\"), "|", "\\|")
