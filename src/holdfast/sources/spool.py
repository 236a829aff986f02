"""The rows of a file, read once and held outside memory until it is known how its columns are written."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa

from holdfast.sources.rows import Aside, RawBatch


class Spool:
    """Batches in a nameless temporary file of the data folder: it is gone when the process is."""

    def __init__(self, folder: Path, columns: list[str]) -> None:
        self._schema = pa.schema([pa.field(name, pa.string()) for name in columns])
        self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - closed by `close`
        options = pa.ipc.IpcWriteOptions(compression="lz4")
        self._writer = pa.ipc.new_stream(pa.PythonFile(self._file, "w"), self._schema, options=options)
        self.lines: list[list[int]] = []
        self.broken: list[Aside] = []
        self.rows = 0

    def add(self, batch: RawBatch) -> None:
        self.broken.extend(batch.broken)
        self.rows += batch.table.num_rows
        for part in batch.table.cast(self._schema).combine_chunks().to_batches():
            self._writer.write_batch(part)
        if batch.table.num_rows:
            self.lines.append(batch.lines)

    def batches(self) -> Iterator[tuple[pa.Table, list[int]]]:
        """The batches again, in order, each with its lines."""
        self._writer.close()
        self._file.flush()
        self._file.seek(0)
        reader = pa.ipc.open_stream(pa.PythonFile(self._file, "r"))
        for batch, lines in zip(reader, self.lines, strict=True):
            yield pa.Table.from_batches([batch]), lines

    def close(self) -> None:
        self._file.close()
