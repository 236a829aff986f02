"""What a file looks like before it is imported: its columns, its first rows, and how they would be understood."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from holdfast.sources.guess import ALL_KINDS, guess_kind
from holdfast.sources.kinds import Field, Kind, kind_named
from holdfast.sources.mapping import ColumnMap, map_columns
from holdfast.sources.open import open_rows
from holdfast.sources.rows import Aside

SHOWN = 8
SAMPLES = 3


@dataclass(frozen=True)
class Preview:
    """The beginning of a file. `kind` is guessed, or as somebody chose it."""

    columns: tuple[str, ...]
    rows: tuple[Mapping[str, str | None], ...]
    broken: tuple[Aside, ...]
    notes: tuple[str, ...]
    kind: Kind
    mapped: ColumnMap

    def samples(self, column: str | None) -> list[str]:
        """A few different values of a column."""
        values = [row.get(column) for row in self.rows] if column else []
        return list(dict.fromkeys(value for value in values if value))[:SAMPLES]

    @property
    def fields(self) -> tuple[Field, ...]:
        """Those that are needed first, then those that have a column."""
        rank = {field.name: (not field.required, field.name not in self.mapped.columns) for field in self.kind.fields}
        return tuple(sorted(self.kind.fields, key=lambda field: rank[field.name]))


def preview(path: Path, kind: str = "", name: str = "") -> Preview:
    """The beginning of a file. Raises `UnusableFile` where it cannot be read, `UnknownName` for an unknown kind."""
    file = open_rows(path)
    chosen = kind_named(kind, ALL_KINDS) if kind else guess_kind(file.columns, name or path.name)
    first = next(iter(file.batches()))
    rows = tuple(first.table.slice(0, SHOWN).to_pylist())
    mapped = map_columns(chosen, file.columns, {}, path.name)
    return Preview(tuple(file.columns), rows, tuple(first.broken[:SHOWN]), tuple(file.notes), chosen, mapped)
