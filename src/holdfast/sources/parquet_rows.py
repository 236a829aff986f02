"""Parquet files: every value as the text that a CSV would hold."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from holdfast.errors import UnusableFile
from holdfast.sources.rows import BATCH_ROWS, Aside, RawBatch, distinct_names


class ParquetFile:
    """A Parquet file; its *lines* are the numbers of its rows, from 1."""

    comma_country = False

    def __init__(self, path: Path) -> None:
        self.path = path
        self.notes: list[str] = []
        try:
            self._file = pq.ParquetFile(path)
        except (pa.ArrowException, OSError) as error:
            raise UnusableFile(f"{path} cannot be read as Parquet: {str(error).splitlines()[0]}") from error
        self.columns, notes = distinct_names(self._file.schema_arrow.names)
        self.notes.extend(notes)

    def batches(self) -> Iterator[RawBatch]:
        line = 1
        try:
            for batch in self._file.iter_batches(batch_size=BATCH_ROWS):
                columns = [as_text(column) for column in batch.columns]
                lines = list(range(line, line + batch.num_rows))
                line += batch.num_rows
                yield _without_nul(self.path, pa.table(columns, names=self.columns), lines)
        except (pa.ArrowException, OSError) as error:
            raise UnusableFile(f"{self.path} is damaged: {str(error).splitlines()[0]}") from error


def as_text(column: pa.Array) -> pa.Array:
    """A column as text: instants in ISO form with their offset, nested values as their printed form."""
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if pa.types.is_timestamp(column.type) and column.type.tz:
        column = column.cast(pa.timestamp(column.type.unit, tz="UTC"))
    if pa.types.is_decimal(column.type):
        return pa.array([None if value is None else format(value, "f") for value in column.to_pylist()], pa.string())
    try:
        return column.cast(pa.string())
    except pa.ArrowException:
        return pa.array([None if value is None else str(value) for value in column.to_pylist()], pa.string())


def _without_nul(path: Path, table: pa.Table, lines: list[int]) -> RawBatch:
    bad = pa.repeat(pa.scalar(False), table.num_rows)
    for column in table.columns:
        bad = pc.or_(bad, pc.fill_null(pc.match_substring(column, "\0"), False))
    if not pc.any(bad).as_py():
        return RawBatch(table, lines)
    rows = table.filter(bad).to_pylist()
    kept, numbers = [], iter(rows)
    broken = []
    for line, is_bad in zip(lines, bad.to_pylist(), strict=True):
        if is_bad:
            broken.append(Aside(str(path), line, "a value holds a NUL character", next(numbers)))
        else:
            kept.append(line)
    return RawBatch(table.filter(pc.invert(bad)), kept, broken)
