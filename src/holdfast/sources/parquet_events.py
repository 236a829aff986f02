"""Events from Parquet files whose columns have types: read as they are, millions at a time, and not as text."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from holdfast.facts import TABLES
from holdfast.lake import Lake
from holdfast.lake.days import days_of
from holdfast.lake.duck import quiet_connection
from holdfast.sources.batch import Reading
from holdfast.sources.build_events import ASSIGNED, INSTANT, TYPES, WHO
from holdfast.sources.event_writer import EventWriter
from holdfast.sources.ids import PLACEHOLDERS
from holdfast.sources.kept_aside import KeptAside
from holdfast.sources.memory import FileMemory
from holdfast.sources.parquet_rows import ParquetFile
from holdfast.sources.parts import POSITION, Part
from holdfast.sources.report import ImportReport
from holdfast.sources.rows import Aside, RowFile
from holdfast.sources.store_events import ELSEWHERE, EVENTS, held_against, left_out
from holdfast.sources.stored_ids import among

TOGETHER = 500_000
"""Rows that are stored in one commit."""
TEXTS = ("message_id", "event", *WHO, "type")

_READ = """
WITH written AS (
    SELECT *, CASE WHEN no_extra THEN NULL ELSE to_json(extra) END AS properties FROM raw
), told AS (
    SELECT
        position, happened, event, properties, message_id IS NULL AS assigned,
        lower(trim(coalesce(type, 'track'))) AS type,
        coalesce(message_id, $prefix || md5(concat_ws(
            '|', position, epoch_us(happened), event, user_id, anonymous_id, account_id, type, properties
        ))) AS message_id,
        CASE WHEN list_contains($nobody, lower(trim(user_id))) THEN NULL ELSE user_id END AS user_id,
        CASE WHEN list_contains($nobody, lower(trim(anonymous_id))) THEN NULL ELSE anonymous_id END AS anonymous_id,
        CASE WHEN list_contains($nobody, lower(trim(account_id))) THEN NULL ELSE account_id END AS account_id,
        coalesce(user_id, anonymous_id, account_id, '') = '' AS nobody
    FROM written
)
SELECT
    *, hash(message_id) AS digest,
    $source || '|' || replace(replace(message_id, '\\', '\\\\'), '|', '\\|') AS row_key,
    CASE
        WHEN happened IS NULL THEN 'timestamp is missing'
        WHEN happened > $latest THEN 'timestamp lies in the future'
        WHEN NOT list_contains($types, type) THEN 'type: ' || type || ' is none of ' || array_to_string($types, ', ')
        WHEN type = 'track' AND coalesce(trim(event), '') = '' THEN 'event is missing: a track event needs its name'
        WHEN nobody THEN 'user_id, anonymous_id, account_id are all missing'
    END AS reason
FROM told
"""


def typed(file: RowFile, columns: Mapping[str, str]) -> bool:
    """Whether a file can be read this way: its times are times, and its ids are texts or whole numbers."""
    if not isinstance(file, ParquetFile) or file.columns != pq.read_schema(file.path).names:
        return False
    schema = pq.read_schema(file.path)
    time = schema.field(columns["timestamp"]).type if "timestamp" in columns else pa.null()
    texts = [schema.field(columns[name]).type for name in TEXTS if name in columns]
    return (
        pa.types.is_timestamp(time)
        and time.tz is not None
        and not {"properties", "subscription_id"} & columns.keys()
        and all(_is_text(one) or pa.types.is_integer(one) for one in texts)
    )


def _is_text(one: pa.DataType) -> bool:
    if pa.types.is_dictionary(one):
        return _is_text(one.value_type)
    return bool(pa.types.is_string(one) or pa.types.is_large_string(one))


class ParquetEvents:
    """One file on its way into the lake."""

    def __init__(
        self,
        lake: Lake,
        path: Path,
        reading: Reading,
        report: ImportReport,
        aside: KeptAside,
        show: Callable[[str, int, str], None],
        writer: EventWriter,
    ) -> None:
        self.lake, self.path, self.reading = lake, path, reading
        self.report, self.aside, self.show = report, aside, show
        self.writer, self.stored = writer, writer.stored
        self.db = quiet_connection(preserve_insertion_order="false")
        self.memory = FileMemory()
        self.asked = {
            "prefix": f"{ASSIGNED}-", "source": escaped(reading.source), "nobody": sorted(PLACEHOLDERS),
            "types": list(TYPES), "latest": writer.known_at + timedelta(days=1),
        }  # fmt: skip

    def run(self) -> None:
        try:
            self._run()
        finally:
            self.memory.close()
            self.db.close()
        self.writer.tidy()

    def _run(self) -> None:
        self.stored.catch_up(self.lake)
        some_before = len(self.stored) > 0
        twice, known = self._doubtful()
        for rows in map(self._sound, self._batches()):
            digests = rows["digest"].to_numpy()
            again = pc.invert(pa.array(among(digests, twice)))
            lies = among(digests, known)
            if some_before:
                lies |= rows["assigned"].to_numpy()
            self._store(rows, pa.array(lies), again)

    def _doubtful(self) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
        """Hashes of the ids that stand more than once in the file, and of those that the lake may hold."""
        if "message_id" not in self.reading.columns:
            return np.array([], np.uint64), np.array([], np.uint64)
        mine = np.sort(np.concatenate([np.array([], np.uint64), *self._digests()]))
        twice = np.unique(mine[1:][mine[1:] == mine[:-1]])
        return twice, np.unique(mine[self.stored.among(mine)])

    def _digests(self) -> Iterator[np.ndarray[Any, Any]]:
        column = self.reading.columns["message_id"]
        for batch in pq.ParquetFile(self.path).iter_batches(TOGETHER, columns=[column]):
            self.db.register("ids", pa.table({"id": _texts(batch[column])}))
            query = "SELECT hash(id) AS digest FROM ids WHERE id IS NOT NULL"
            yield np.asarray(self.db.execute(query).fetchnumpy()["digest"], np.uint64)

    def _batches(self) -> Iterator[pa.Table]:
        first = 0
        for batch in pq.ParquetFile(self.path).iter_batches(TOGETHER):
            self.show(str(self.path), first, "reading")
            self.db.register("raw", self._raw(batch, first))
            yield self.db.execute(_READ, self.asked).to_arrow_table()
            first += batch.num_rows

    def _raw(self, batch: pa.RecordBatch, first: int) -> pa.Table:
        columns, size = self.reading.columns, batch.num_rows
        extra = [name for name in batch.schema.names if name not in set(columns.values())]
        found = {
            name: _texts(batch[columns[name]]) if name in columns else pa.nulls(size, pa.string()) for name in TEXTS
        }
        for name, value in self.reading.defaults.items():
            found[name] = pc.fill_null(found[name], value)
        found["happened"] = batch[columns["timestamp"]].cast(INSTANT, safe=False)
        values = [_finite(batch[name]) for name in extra] or [pa.nulls(size)]
        found["extra"] = pa.StructArray.from_arrays(values, names=extra or ["none"])
        found["no_extra"] = pa.repeat(pa.scalar(not extra), size)
        found[POSITION] = pa.array(np.arange(first, first + size))
        return pa.table(found)

    def _sound(self, rows: pa.Table) -> pa.Table:
        """The rows that can be stored; the others are kept aside."""
        self.report.received += rows.num_rows
        bad = rows.filter(pc.is_valid(rows["reason"]))
        for row in bad.to_pylist():
            self.report.rejected += 1
            self._keep("rejected", row["position"], row["reason"], row)
        return rows.filter(pc.is_null(rows["reason"])) if bad.num_rows else rows

    def _store(self, rows: pa.Table, known: pa.Array, once: pa.Array) -> None:
        """Append what is surely new, and what turns out to be when it is looked up."""
        self.show(str(self.path), self.report.received, "storing")
        part = self._part(rows)
        sure = pc.and_(once, pc.invert(known))
        fresh = part.rows.filter(sure)
        conflicts: dict[int, str] = {}
        if fresh.num_rows < rows.num_rows:
            judged = self.memory.judge([Part(EVENTS, part.rows.filter(pc.invert(once)))])
            conflicts = {
                position: f"the same id as row {first + 1}, with other content"
                for position, first in judged.conflicts.items()
            }
            doubtful = [judged.parts[0].rows, part.rows.filter(pc.and_(once, known))]
            self.writer.settle()
            held = held_against(self.lake, Part(EVENTS, pa.concat_tables(doubtful)))
            conflicts |= dict.fromkeys(held.conflicts, ELSEWHERE)
            fresh = pa.concat_tables([fresh, held.fresh.rows])
        self.report.erased += len(left_out(self.lake, Part(EVENTS, fresh)))
        self.writer.append(fresh.drop_columns([POSITION]), rows["digest"].to_numpy())
        self._count(rows, fresh.num_rows, conflicts)

    def _count(self, rows: pa.Table, accepted: int, conflicts: Mapping[int, str]) -> None:
        for row in rows.filter(pc.is_in(rows[POSITION], pa.array(list(conflicts), pa.int64()))).to_pylist():
            self._keep("conflict", row["position"], conflicts[row["position"]], row)
        self.report.touched |= {EVENTS} if accepted else set()
        self.report.accepted += accepted
        self.report.conflict += len(conflicts)
        self.report.duplicate += rows.num_rows - accepted - len(conflicts)

    def _part(self, rows: pa.Table) -> Part:
        at = rows["happened"].cast(INSTANT)
        columns = {name: rows[name] for name in (*TEXTS, "properties", "row_key", POSITION)}
        columns |= {"occurred_at": at, "original_at": at, "occurred_day": days_of(at, str(self.reading.zone))}
        columns["source"] = pa.repeat(pa.scalar(self.reading.source), rows.num_rows)
        for column in TABLES[EVENTS].own_columns:
            columns.setdefault(column.name, pa.nulls(rows.num_rows, column.arrow.type))
        return Part(EVENTS, pa.table(columns))

    def _keep(self, verdict: str, position: int, reason: str, row: Mapping[str, Any]) -> None:
        cells = {name: None if row[name] is None else str(row[name]) for name in (*TEXTS, "happened", "properties")}
        aside = Aside(str(self.path), position + 1, reason, cells)
        self.report.keep(verdict, aside)
        self.aside.add(verdict, aside)


def _texts(column: pa.Array) -> pa.Array:
    """Texts and whole numbers as text; empty ones are null."""
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    texts = column.cast(pa.string())
    return pc.if_else(pc.equal(texts, ""), pa.scalar(None, pa.string()), texts)


def escaped(text: str) -> str:
    """A part of a row's key.

    >>> escaped("a|b")
    'a\\\\|b'
    """
    return text.replace("\\", "\\\\").replace("|", "\\|")


def _finite(column: pa.Array) -> pa.Array:
    """A column without NaN and infinity, which JSON cannot hold."""
    if not pa.types.is_floating(column.type):
        return column
    return pc.if_else(pc.is_finite(column), column, pa.scalar(None, column.type))
