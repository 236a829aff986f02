"""Import of files: read, map, understand, judge, store, count."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from holdfast.errors import UnusableFile
from holdfast.lake import Lake
from holdfast.lake.delta import explained
from holdfast.settings import Settings
from holdfast.sources.amounts import DecimalMark, MarkEvidence, decide_mark
from holdfast.sources.batch import Batch, Reading
from holdfast.sources.build_events import build_events
from holdfast.sources.build_people import build_accounts, build_plans, build_users
from holdfast.sources.build_simple import build_simple
from holdfast.sources.build_subscriptions import build_subscriptions
from holdfast.sources.dates import DayOrder, OrderEvidence, decide_order
from holdfast.sources.event_writer import EventWriter
from holdfast.sources.export_builders import EXPORT_BUILDERS, attributes_of
from holdfast.sources.export_kinds import EXPORT_KINDS
from holdfast.sources.kept_aside import KeptAside
from holdfast.sources.kinds import Kind, kind_named
from holdfast.sources.mapping import check_names, check_required, map_columns
from holdfast.sources.memory import FileMemory
from holdfast.sources.open import open_rows
from holdfast.sources.parquet_events import ParquetEvents, typed
from holdfast.sources.parts import Part
from holdfast.sources.report import FileMapping, ImportReport
from holdfast.sources.rows import Aside, RowFile
from holdfast.sources.spool import Spool
from holdfast.sources.store import store
from holdfast.sources.store_events import ELSEWHERE, EVENTS, held_against, left_out
from holdfast.sources.stored_ids import StoredIds

Progress = Callable[[str, int, str], None]
"""Called with the file, the number of its rows done, and what is being done."""

BUILDERS: dict[str, Callable[[Batch], list[Part]]] = {
    "accounts": build_accounts,
    "users": build_users,
    "plans": build_plans,
    "subscriptions": build_subscriptions,
    "events": build_events,
    **EXPORT_BUILDERS,
}
STORE_ROWS = 1_000_000
"""Rows of tables that are stored in one go."""


@dataclass(frozen=True)
class Request:
    """All that the user asked for, beside the files."""

    kind: Kind
    mapping: Mapping[str, str]
    defaults: Mapping[str, str]
    source: str
    minor_units: bool
    date_order: DayOrder | None
    decimal_mark: DecimalMark | None


@dataclass(frozen=True)
class Prepared:
    """A file that was read whole and can be understood."""

    path: Path
    reading: Reading
    spool: Spool


def import_files(
    lake: Lake,
    settings: Settings,
    kind: str,
    paths: Iterable[Path | str],
    *,
    mapping: Mapping[str, str] | None = None,
    defaults: Mapping[str, str] | None = None,
    source: str | None = None,
    minor_units: bool = False,
    known_at: datetime | None = None,
    progress: Progress | None = None,
    date_order: DayOrder | None = None,
    decimal_mark: DecimalMark | None = None,
) -> ImportReport:
    """Import files of one kind. All of them are read before anything of any is stored."""
    wanted = kind_named(kind, EXPORT_KINDS)
    request = Request(
        wanted, mapping or {}, defaults or {}, source or wanted.source, minor_units or wanted.minor_units, date_order,
        decimal_mark,
    )  # fmt: skip
    check_names(request.kind, request.mapping, request.defaults)
    report = ImportReport(request.kind.name)
    show = progress or (lambda file, rows, doing: None)
    files = [open_rows(Path(path)) for path in paths]
    readings = [_reading(request, settings, file, report) for file in files]
    lake.prepare(settings.timezone)
    readings = _with_owners(lake, readings)
    with ExitStack() as stack:
        direct = [
            wanted.name == EVENTS and typed(*pair)
            for pair in zip(files, (one.columns for one in readings), strict=True)
        ]
        prepared = [
            (file, reading) if is_typed else _prepare(lake, request, file, reading, show, stack)
            for file, reading, is_typed in zip(files, readings, direct, strict=True)
        ]
        moment = known_at or lake.next_instant(*request.kind.tables)
        aside = KeptAside(lake.root.parent, request.kind.name)
        with EventWriter(lake, moment, StoredIds(EVENTS, request.source)) as writer:
            for one in prepared:
                if isinstance(one, Prepared):
                    writer.settle()
                    _FileImport(lake, one, moment, report, aside, show).run()
                else:
                    ParquetEvents(lake, one[0].path, one[1], report, aside, show, writer).run()
        report.kept_in = aside.close()
    return report


def _reading(request: Request, settings: Settings, file: RowFile, report: ImportReport) -> Reading:
    name = str(file.path)
    found = map_columns(request.kind, file.columns, request.mapping, name)
    check_required(request.kind, found, request.defaults, file.columns, name)
    report.mappings.append(FileMapping(name, found.columns, found.chosen, found.unused))
    for note in file.notes:
        report.note(f"{name}: {note}")
    for note in _defaults_notes(request, found.columns):
        report.note(note)
    extra = attributes_of(request.kind, found.unused)
    return Reading(
        request.kind, found.columns, extra, request.defaults, settings.zone, settings.currency,
        request.source, request.minor_units,
    )  # fmt: skip


def _with_owners(lake: Lake, readings: list[Reading]) -> list[Reading]:
    """The readings of events that may name a subscription, with the account of each that has one."""
    if not any(one.kind.name == EVENTS and "subscription_id" in one.columns for one in readings):
        return readings
    pairs = lake.standing("subscription_terms", ["subscription_id", "account_id"])
    pairs = pairs.group_by("subscription_id").aggregate([("account_id", "min"), ("account_id", "max")])
    owners = {
        row["subscription_id"]: row["account_id_min"]
        for row in pairs.to_pylist()
        if row["account_id_min"] == row["account_id_max"]
    }
    return [replace(one, owners=owners) for one in readings]


def _defaults_notes(request: Request, columns: Mapping[str, str]) -> Iterator[str]:
    for field, value in request.defaults.items():
        where = "empty cells" if field in columns else "every row"
        yield f"{field} is {value!r} in {where}, as --default says"
    if "mrr" in columns and "unit_amount" in columns:
        both = f"{columns['mrr']!r} and {columns['unit_amount']!r}"
        yield f"both {both} are there: the MRR is taken as it is, the price only where it is empty"
    if "trial" in columns:
        yield f"rows with {columns['trial']!r} true have the status trialing"
    if columns.get("valid_to", "").lower() == "subscription_canceled_at":
        yield "'subscription_canceled_at' is taken as the day access ended (valid_to)"


def _prepare(
    lake: Lake, request: Request, file: RowFile, reading: Reading, show: Progress, stack: ExitStack
) -> Prepared:
    """Read a file whole, and find out how its dates and numbers are written."""
    name = str(file.path)
    dates = {field.name: OrderEvidence() for field in request.kind.fields if field.reads in ("moment", "day")}
    numbers = {
        field.name: MarkEvidence() for field in request.kind.fields if field.reads in ("amount", "number", "percent")
    }
    looked_at = {field: column for field, column in reading.columns.items() if field in dates or field in numbers}
    with explained(lake.root, "write to"):
        spool = Spool(lake.root, file.columns)
    stack.callback(spool.close)
    try:
        for batch in file.batches():
            with explained(lake.root, "write to"):
                spool.add(batch)
            for field, column in looked_at.items():
                evidence = dates.get(field) or numbers[field]
                for text in pc.drop_null(batch.table[column].unique()).to_pylist():
                    evidence.add(text)
            show(name, spool.rows, "reading")
    except UnicodeError as error:
        raise UnusableFile(f"{name} is not text all through: {error}") from error
    orders = decide_order(
        {field: dates[field] for field in looked_at if field in dates}, given=request.date_order, file=name
    )
    marks = decide_mark(
        {field: numbers[field] for field in looked_at if field in numbers},
        comma_country=file.comma_country,
        given=request.decimal_mark,
        file=name,
    )
    return Prepared(file.path, _with_styles(reading, orders, marks), spool)


def _with_styles(
    reading: Reading, orders: Mapping[str, DayOrder | None], marks: Mapping[str, DecimalMark | None]
) -> Reading:
    return replace(reading, orders=orders, marks=marks)


class _FileImport:
    """One file on its way into the lake."""

    def __init__(
        self, lake: Lake, prepared: Prepared, known_at: datetime, report: ImportReport, aside: KeptAside, show: Progress
    ) -> None:
        self.lake, self.report, self.aside, self.show = lake, report, aside, show
        self.name, self.reading, self.spool = str(prepared.path), prepared.reading, prepared.spool
        self.known_at = known_at
        self.memory = FileMemory()
        self.lines: list[int] = []
        self.waiting: list[list[Part]] = []
        self.tables: list[pa.Table] = []
        self.good = 0
        self.first_waiting = 0

    def run(self) -> None:
        try:
            for broken in self.spool.broken:
                self._keep("rejected", broken)
            for table, lines in self.spool.batches():
                self._convert(table, lines)
                if sum(part.rows.num_rows for parts in self.waiting for part in parts) >= STORE_ROWS:
                    self._store()
            self._store()
            self.report.received += self.spool.rows + len(self.spool.broken)
        finally:
            self.memory.close()

    def _convert(self, table: pa.Table, lines: list[int]) -> None:
        """Turn a batch of text into parts; rows with a problem are kept aside."""
        first = len(self.lines)
        self.lines.extend(lines)
        self.tables.append(table)
        batch = Batch(table, first, self.reading)
        parts = BUILDERS.get(self.reading.kind.name, build_simple)(batch)
        for note in batch.notes:
            self.report.note(f"{self.name}: {note}")
        for row in sorted(batch.problems):
            cells = table.slice(row, 1).to_pylist()[0]
            self._keep("rejected", Aside(self.name, lines[row], batch.problems[row], cells))
        bad = pa.array([first + row for row in batch.problems], pa.int64())
        self.waiting.append([part.without(bad) for part in parts] if len(bad) else parts)
        self.good += table.num_rows - len(batch.problems)

    def _store(self) -> None:
        """Judge and store what has been converted, and count the outcome of each row."""
        if not self.good:
            self._forget()
            return
        self.show(self.name, len(self.lines), "storing")
        judged = self.memory.judge(_joined(self.waiting))
        for position in sorted(judged.conflicts):
            self._keep("conflict", self._conflict(position, judged.conflicts[position]))
        elsewhere = 0
        if self.reading.kind.name == EVENTS:
            held = held_against(self.lake, judged.parts[0])
            judged, elsewhere = replace(judged, parts=[held.fresh]), len(held.conflicts)
            for position in held.conflicts:
                self._keep("conflict", self._aside(position, ELSEWHERE))
        erased = self._erased(judged.parts)
        changed, touched = store(self.lake, self.reading, judged.parts, self.known_at)
        changed = changed.filter(pc.invert(pc.is_in(changed, erased)))
        self.report.touched |= touched
        self.report.erased += len(erased)
        self.report.accepted += len(changed) + len(erased)
        self.report.duplicate += self.good - len(judged.conflicts) - elsewhere - len(changed) - len(erased)
        self._forget()

    def _erased(self, parts: list[Part]) -> pa.Array:
        """Positions of the rows that are not stored: of erased people, and events of days that have expired."""
        found = [left_out(self.lake, part) for part in parts]
        return pa.chunked_array([chunk for one in found for chunk in one.chunks], pa.int64()).unique()

    def _forget(self) -> None:
        self.waiting, self.tables, self.good = [], [], 0
        self.first_waiting = len(self.lines)

    def _conflict(self, position: int, winner: int) -> Aside:
        return self._aside(position, f"the same key as line {self.lines[winner]}, with other content")

    def _aside(self, position: int, reason: str) -> Aside:
        cells = pa.concat_tables(self.tables).slice(position - self.first_waiting, 1).to_pylist()[0]
        return Aside(self.name, self.lines[position], reason, cells)

    def _keep(self, verdict: str, aside: Aside) -> None:
        self.report.keep(verdict, aside)
        self.aside.add(verdict, aside)
        if verdict == "rejected":
            self.report.rejected += 1
        else:
            self.report.conflict += 1


def _joined(batches: list[list[Part]]) -> list[Part]:
    """The parts of several batches, one for each table."""
    tables: dict[str, list[pa.Table]] = {}
    for parts in batches:
        for part in parts:
            tables.setdefault(part.table, []).append(part.rows)
    return [Part(table, pa.concat_tables(rows)) for table, rows in tables.items()]


__all__ = ["import_files"]
