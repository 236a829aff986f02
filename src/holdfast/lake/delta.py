"""Delta tables on disk: how one is made, read and changed, each change in one commit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
from deltalake import CommitProperties, DeltaTable, Schema, Transaction, write_deltalake
from deltalake.exceptions import CommitFailedError, DeltaError

from holdfast.errors import LakeError
from holdfast.facts import TABLES
from holdfast.lake.durability import sync_commits
from holdfast.lake.reconcile import Change

COMPACT_ABOVE_FILES = 100
READERS_GRACE = timedelta(days=7)
"""How long the files of earlier versions stay, for readers that have listed them."""


@contextmanager
def explained(path: Path, doing: str) -> Iterator[None]:
    """Turn an error of the disk or of deltalake into a `LakeError` that names the path."""
    try:
        yield
    except CommitFailedError:
        raise
    except (OSError, DeltaError, pa.ArrowInvalid) as error:
        if isinstance(error, LakeError):
            raise
        raise LakeError(f"cannot {doing} {path}: {_cause(error)}", hint=_advice(str(error))) from error


def _cause(error: Exception) -> str:
    text = str(error)
    for known in ("No space left on device", "Read-only file system", "Permission denied", "No such file or directory"):
        if known in text:
            return known.lower()
    return text.splitlines()[0][:300] if text else type(error).__name__


def _advice(text: str) -> str:
    if "No space left" in text:
        return "free some space and run the same command again; nothing that was stored is lost"
    return "check that the folder exists and may be written; nothing that was stored is lost"


def statistics_columns(name: str) -> str:
    """The columns that the log may keep the smallest and largest values of: none about persons.

    Instants are left out too: deltalake cuts their largest value to the millisecond, and a reader
    that skips files by it would miss rows.
    """
    table = TABLES[name]
    personal_key = any(column.personal for column in table.columns if column.name in table.key)
    barred = {"row_key"} if personal_key else set()
    columns = (column for column in table.columns if not column.personal and column.type != "instant")
    return ",".join(column.name for column in columns if column.name not in barred)


def open_table(path: Path) -> DeltaTable | None:
    """The latest version of a table, or None where there is none yet."""
    if not (path / "_delta_log").is_dir():
        return None
    with explained(path, "read"):
        return DeltaTable(path) if DeltaTable.is_deltatable(str(path)) else None


def made(path: Path, schema: pa.Schema, partition_by: list[str] | None = None) -> DeltaTable:
    """The table, created where it is missing."""
    table = open_table(path)
    if table is not None:
        return table
    names = statistics_columns(path.name) if path.name in TABLES else ""
    configuration: dict[str, str | None] = {"delta.dataSkippingStatsColumns": names} if names else {}
    with explained(path, "make"):
        return DeltaTable.create(
            path, schema=_nullable(schema), partition_by=partition_by, configuration=configuration, mode="ignore"
        )


def _nullable(schema: pa.Schema) -> pa.Schema:
    return pa.schema([field.with_nullable(True) for field in schema])


def commit(path: Path, change: Change) -> None:
    """Write a change in one commit, and have it on the disk before returning."""
    if not change.added.num_rows and not change.ended.num_rows:
        return
    before = open_table(path)
    start = -1 if before is None else before.version()
    table = before or made(path, change.added.schema)
    with explained(path, "write"):
        _add_columns(table, change.added.schema)
        if change.ended.num_rows:
            _merge(table, change)
        else:
            write_deltalake(table, change.added, mode="append")
        sync_commits(path, start, DeltaTable(path).version())


def _add_columns(table: DeltaTable, schema: pa.Schema) -> None:
    """Columns that were declared since the table was made: null in its older rows."""
    known = {field.name for field in table.schema().fields}
    missing = [field for field in _nullable(schema) if field.name not in known]
    if missing:
        table.alter.add_columns(Schema.from_arrow(pa.schema(missing)).fields)


def _merge(table: DeltaTable, change: Change) -> None:
    names = change.added.schema.names
    added = change.added.cast(_nullable(change.added.schema))
    ended = change.ended.rename_columns(["row_key", "recorded_at", "superseded_at"])
    source = pa.concat_tables(
        [
            added.append_column("_ends", pa.repeat(pa.scalar(False), added.num_rows)),
            ended.append_column("_ends", pa.repeat(pa.scalar(True), ended.num_rows)),
        ],
        promote_options="permissive",
    )
    (
        table.merge(
            source,
            "s._ends AND t.row_key = s.row_key AND t.recorded_at = s.recorded_at"
            " AND (t.superseded_at IS NULL OR t.superseded_at > t.recorded_at)",
            source_alias="s",
            target_alias="t",
        )
        .when_matched_update({"superseded_at": "s.superseded_at"})
        .when_not_matched_insert({name: f"s.{name}" for name in names}, predicate="NOT s._ends")
        .execute()
    )


def overwrite(
    path: Path,
    rows: pa.Table,
    where: str | None,
    partition_by: list[str] | None,
    transactions: Mapping[str, int],
) -> None:
    """Replace a table, or the part of it that `where` describes, in one commit."""
    before = open_table(path)
    start = -1 if before is None else before.version()
    table = before or made(path, rows.schema, partition_by)
    properties = CommitProperties(app_transactions=[Transaction(app, number) for app, number in transactions.items()])
    with explained(path, "write"):
        write_deltalake(
            table,
            rows,
            mode="overwrite",
            predicate=where if before is not None else None,
            schema_mode="overwrite" if where is None else None,
            partition_by=partition_by if before is None else None,
            commit_properties=properties,
        )
        sync_commits(path, start, DeltaTable(path).version())


def tidy(path: Path) -> None:
    """Join small files, and delete those that no version of the last days lists."""
    table = open_table(path)
    if table is None or len(table.file_uris()) <= COMPACT_ABOVE_FILES:
        return
    start = table.version()
    with explained(path, "compact"):
        table.optimize.compact()
        sync_commits(path, start, DeltaTable(path).version())
        table.vacuum(retention_hours=int(READERS_GRACE.total_seconds() // 3600), dry_run=False)
