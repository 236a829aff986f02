"""Rows of events put behind those that are there: no key is looked up, and where they came from is noted with them.

The table is kept in one part for each month in which events happened.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from deltalake import (
    CommitProperties,
    DeltaTable,
    PostCommitHookProperties,
    Transaction,
    WriterProperties,
    write_deltalake,
)

from holdfast.facts import TABLES
from holdfast.lake.days import days_of
from holdfast.lake.delta import explained, open_table
from holdfast.lake.durability import sync_commits

MONTH = "occurred_month"
"""Column by which the table is parted: months since year 0. No question needs it, so that no file holds it."""
APPENDED = ("events",)
"""Tables that are only appended to."""
SETTINGS: dict[str, str | None] = {
    "delta.dataSkippingStatsColumns": "occurred_day",
    "delta.logRetentionDuration": "interval 2 days",
    "delta.checkpointInterval": "50",
}
WRITER = WriterProperties(compression="ZSTD", compression_level=1, max_row_group_size=200_000)
LARGEST_FILE = 256 << 20


def month_of(days: pa.Array | pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    """The month of each day, as a number.

    >>> from datetime import date
    >>> month_of(pa.array([date(2024, 1, 31)])).to_pylist()
    [24288]
    """
    month = pc.add(pc.multiply(pc.year(days), 12), pc.subtract(pc.month(days), 1))
    return month.cast(pa.int32())


def with_month(rows: pa.Table) -> pa.Table:
    """The rows with the column by which the table is parted."""
    return rows.append_column(MONTH, month_of(rows["occurred_day"]))


def made(path: Path) -> DeltaTable:
    """The table, created where it is missing."""
    table = open_table(path)
    if table is not None:
        return table
    schema = pa.schema(
        [field.with_nullable(True) for field in TABLES[path.name].schema] + [pa.field(MONTH, pa.int32())]
    )
    with explained(path, "make"):
        made = DeltaTable.create(path, schema=schema, partition_by=[MONTH], configuration=SETTINGS, mode="ignore")
        sync_commits(path, -1, made.version())
    return made


def append(table: DeltaTable, path: Path, rows: pa.Table, application: str | None, position: int) -> None:
    """Write rows and the position of the application they come from, in one commit that is on the disk afterwards."""
    start = table.version()
    transactions = [] if application is None else [Transaction(application, position)]
    with explained(path, "write"):
        write_deltalake(
            table,
            with_month(rows),
            mode="append",
            target_file_size=LARGEST_FILE,
            writer_properties=WRITER,
            commit_properties=CommitProperties(app_transactions=transactions),
            post_commithook_properties=PostCommitHookProperties(create_checkpoint=True, cleanup_expired_logs=True),
        )
        sync_commits(path, start, table.version())


def rebuild_days(path: Path, files: list[str], zone_name: str) -> bool:
    """Compute every day anew from its instant in another time zone. Returns whether any changed."""
    schema = TABLES[path.name].schema
    dated = {f"{name}_day": f"{name}_at" for name in _dated(schema)}

    def anew(rows: pa.Table) -> pa.Table:
        for day, instant in dated.items():
            days = pc.if_else(pc.is_null(rows[instant]), rows[day], days_of(rows[instant], zone_name))
            rows = rows.set_column(rows.schema.get_field_index(day), day, days)
        return rows

    columns = [*dated, *dated.values()]
    if all(anew(rows).equals(rows) for rows in _read(files, columns)):
        return False
    table = DeltaTable(path)
    start = table.version()
    written = pa.schema([*(field.with_nullable(True) for field in schema), pa.field(MONTH, pa.int32())])
    batches = (
        batch
        for rows in _read(files, schema.names)
        for new in [anew(rows)]
        for batch in with_month(new).cast(written).to_batches()
    )
    with explained(path, "write"):
        reader = pa.RecordBatchReader.from_batches(written, batches)
        write_deltalake(table, reader, mode="overwrite", target_file_size=LARGEST_FILE, writer_properties=WRITER)
        sync_commits(path, start, DeltaTable(path).version())
    return True


def _dated(schema: pa.Schema) -> list[str]:
    names = [name.removesuffix("_day") for name in schema.names if name.endswith("_day")]
    return [name for name in names if f"{name}_at" in schema.names]


def _read(files: list[str], columns: list[str]) -> Iterator[pa.Table]:
    for file in files:
        for batch in pq.ParquetFile(file).iter_batches(200_000, columns=columns):
            yield pa.Table.from_batches([batch])
