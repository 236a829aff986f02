"""Rows of a file as text, in batches, each with the line that it starts on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import pyarrow as pa

BATCH_ROWS = 50_000


@dataclass(frozen=True)
class Aside:
    """A row that is kept aside, with its file, line and reason."""

    file: str
    line: int
    reason: str
    row: dict[str, str | None]


@dataclass(frozen=True)
class RawBatch:
    """Rows of one file as text columns, the line of each, and the rows that could not be read."""

    table: pa.Table
    lines: list[int]
    broken: list[Aside] = field(default_factory=list)


class RowFile(Protocol):
    """A file whose columns are known and whose rows can be read once, in order."""

    path: Path
    columns: list[str]
    notes: list[str]
    comma_country: bool
    """True where the file's own shape (a `;` or tab between cells) hints at decimal commas."""

    def batches(self) -> Iterator[RawBatch]: ...


def text_table(columns: list[str], rows: Sequence[Sequence[str | None]]) -> pa.Table:
    """Text columns from rows of cells."""
    cells = list(zip(*rows, strict=True)) if rows else [()] * len(columns)
    return pa.table([pa.array(list(column), pa.string()) for column in cells], names=columns)


def distinct_names(names: list[str]) -> tuple[list[str], list[str]]:
    """Column names made distinct and never empty, and a note for each that had to change.

    >>> distinct_names(["id", "", "id"])[0]
    ['id', 'column 2', 'id (2)']
    """
    seen: dict[str, int] = {}
    result, notes = [], []
    for position, written in enumerate(names, start=1):
        name = written.strip() or f"column {position}"
        seen[name] = seen.get(name, 0) + 1
        if seen[name] > 1:
            notes.append(f"the column {name!r} stands twice: the later one is called '{name} ({seen[name]})'")
        result.append(f"{name} ({seen[name]})" if seen[name] > 1 else name)
    return result, notes
