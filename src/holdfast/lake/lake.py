"""The lake as everything above it sees it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.fs as pa_fs
from deltalake.exceptions import CommitFailedError, DeltaError

from holdfast.errors import LakeError
from holdfast.facts import TABLES
from holdfast.facts.schema import Table
from holdfast.lake import append as appending
from holdfast.lake import delta
from holdfast.lake.compact import Tidier, compact
from holdfast.lake.duck import quiet_connection
from holdfast.lake.erased import Erased
from holdfast.lake.latest import Latest
from holdfast.lake.lock import WriteLock
from holdfast.lake.paths import files_of
from holdfast.lake.reconcile import Change, all_new, ending, reconcile
from holdfast.lake.zone import ZoneRecord, days_of_zone

if TYPE_CHECKING:
    from deltalake import DeltaTable

ATTEMPTS = 5


class Lake:
    """Delta tables in the folder `root`. Any number of processes may hold one at the same time."""

    def __init__(self, root: Path) -> None:
        self.root = Path(root).resolve()  # the one spelling in which deltalake names its files, too
        self._lock = WriteLock(self.root)
        self._zone = ZoneRecord(self.root)
        self.erased = Erased(Path(root).absolute().parent)
        """Who was erased: none of it is recorded again."""
        self._latest = Latest()
        self._open: dict[str, DeltaTable] = {}
        self._tidiers: dict[str, Tidier] = {}

    def path(self, name: str) -> Path:
        return self.root / name

    def files(self, name: str) -> list[str]:
        """Absolute paths of the Parquet files of the latest version; none where there is no table yet."""
        table = self._latest.of(self.path(name))
        return [] if table is None else list(table.files)

    def state(self, name: str) -> tuple[int | None, list[str]]:
        """Number of the latest commit and the files of that same version, as `version` and `files` give them."""
        table = delta.open_table(self.path(name))
        return (None, []) if table is None else (table.version(), files_of(table))

    def files_added(self, name: str, since: int) -> list[str] | None:
        """Files that are new since version `since`; None where that version can no longer be read."""
        table = delta.open_table(self.path(name))
        if table is None:
            return None
        now = set(files_of(table))
        try:
            table.load_as_version(since)
        except (DeltaError, OSError):
            return None
        return sorted(now - set(files_of(table)))

    def version(self, name: str) -> int | None:
        """Number of the latest commit, or None where the table does not exist yet."""
        table = self._latest.of(self.path(name))
        return None if table is None else table.version

    def transaction(self, name: str, app_id: str) -> int | None:
        """The last position that the application `app_id` committed to the table together with its rows."""
        return self.positions(name, (app_id,))[app_id]

    def read(self, name: str, columns: list[str] | None = None) -> pa.Table:
        """All rows of a table, superseded ones too, in the declared schema."""
        declared = TABLES[name].schema if name in TABLES else None
        table = delta.open_table(self.path(name))
        if table is None:
            empty = (declared or pa.schema([])).empty_table()
            return empty.select(columns) if columns else empty
        with delta.explained(self.path(name), "read"):
            # deltalake's own file system is a Python object: a thread of Arrow's that lets go of one while the process
            # ends aborts it
            files = pa_fs.SubTreeFileSystem(str(self.path(name)), pa_fs.LocalFileSystem())
            rows = pa.table(table.to_pyarrow_table(columns=columns, filesystem=files))
        return rows if declared is None else _declared(rows, declared, columns)

    def positions(self, name: str, app_ids: Iterable[str]) -> dict[str, int | None]:
        """The last position that each of the applications committed to the table together with its rows."""
        table = self._latest.of(self.path(name))
        return {app_id: None if table is None else table.table.transaction_version(app_id) for app_id in app_ids}

    def standing(self, name: str, columns: list[str] | None = None) -> pa.Table:
        """The rows of a table that nothing newer replaced."""
        wanted = None if columns is None else [*dict.fromkeys([*columns, "superseded_at"])]
        rows = self.read(name, wanted)
        rows = rows.filter(pc.is_null(rows["superseded_at"]))
        return rows if columns is None else rows.select(columns)

    def known(self, name: str, keys: pa.Array | pa.ChunkedArray) -> pa.Table:
        """All versions of the rows with those keys."""
        schema, files = TABLES[name].schema, self.files(name)
        if not files or not len(keys):
            return schema.empty_table()
        with delta.explained(self.path(name), "read"), quiet_connection() as connection:
            connection.register("wanted", pa.table({"row_key": keys}))
            parameters = {"files": files}
            found = connection.execute(_FIND_KEYS, parameters).to_arrow_table()
            if not found.num_rows:
                return schema.empty_table()
            connection.register("found", found)
            rows = connection.execute(_FIND_ROWS, parameters).to_arrow_table()
        return _declared(rows, schema, None)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the write lock, so that what is read inside still stands when it is written. Keep it short."""
        with delta.explained(self.root, "write"):
            self.root.mkdir(parents=True, exist_ok=True)
            guard = self._lock.held()
            guard.__enter__()
        try:
            yield
        finally:
            guard.__exit__(None, None, None)

    def record(self, name: str, rows: pa.Table, known_at: datetime) -> pa.Array:
        """Write what is new in `rows` in one commit. Returns 'new', 'replaced' or 'duplicate' for each row.

        `rows` has the table's own columns, `row_key` (unique among them) and `source`. Of a key that stands with
        other content the old row gets `superseded_at = known_at`. Where a later version is already known, the
        row goes in as history that ends when that version was recorded. Rows of erased people change nothing, and
        count as duplicates.
        """
        table, moment = TABLES[name], _utc(known_at)
        rows = _incoming(table, rows)
        if not rows.num_rows:
            return pa.array([], pa.string())
        with self.writing():
            kept = self.erased.kept(name, rows)
            status = self._commit(name, lambda: self._change(table, kept.rows, moment)).status
        if kept.rows.num_rows == rows.num_rows:
            return status
        return pc.replace_with_mask(pa.repeat(pa.scalar("duplicate"), rows.num_rows), pc.invert(kept.erased), status)

    def withdraw(self, name: str, keys: pa.Array | pa.ChunkedArray, known_at: datetime) -> int:
        """End what is known of those keys at `known_at`, with nothing in its place: the facts turned out not to be.

        One commit. Returns how many rows were ended; a key of which nothing is known at that time is passed over.
        """
        moment = _utc(known_at)
        if not len(keys):
            return 0
        return int(self._commit(name, lambda: ending(TABLES[name], self.known(name, keys), moment)).ended.num_rows)

    def _commit(self, name: str, make_change: Callable[[], Change]) -> Change:
        """Make a change of a table and write it; made anew where another program was faster."""
        with self.writing():
            for attempt in range(ATTEMPTS):
                change = make_change()
                if name in appending.APPENDED:
                    appending.made(self.path(name))
                    change = replace(change, added=appending.with_month(change.added))
                try:
                    delta.commit(self.path(name), change)
                    break
                except CommitFailedError as error:
                    if attempt == ATTEMPTS - 1:
                        raise LakeError(f"cannot write {self.path(name)}: another program keeps changing it") from error
            delta.tidy(self.path(name))
        return change

    def _change(self, table: Table, rows: pa.Table, moment: datetime) -> Change:
        known = self.known(table.name, rows["row_key"])
        return reconcile(table, rows, known, moment) if known.num_rows else all_new(table, rows, moment)

    def append(self, name: str, rows: pa.Table, application: str | None = None, position: int = 0) -> bool:
        """Put rows behind those that are there, without a look at their keys; in one commit, together with how far the
        application has come. Returns False, and writes nothing, where it had come so far before.

        `rows` has all columns of the table. For events alone, whose keys are judged before. Those of erased people
        are left out.
        """
        with self.writing():
            rows = self.erased.kept(name, rows).rows
            table = self._growing(name)
            known = None if application is None else table.transaction_version(application)
            if known is not None and known >= position:
                return False
            appending.append(table, self.path(name), rows.cast(TABLES[name].schema), application, position)
        return True

    def tidy_aside(self, name: str) -> None:
        """Join small files of a table that is appended to, where there are many, while this process goes on."""
        if name in self._open:
            self._tidiers.setdefault(name, Tidier(self.path(name))).tidy(self._open[name])

    def tidy(self, name: str) -> None:
        """Join small files of a table that is appended to, where there are many."""
        while compact(self.path(name)):
            pass

    def _growing(self, name: str) -> DeltaTable:
        """The latest version of a table that is appended to, which stays open."""
        table = self._open.get(name)
        if table is None or not self.path(name).is_dir():
            table = self._open[name] = appending.made(self.path(name))
            return table
        with delta.explained(self.path(name), "read"):
            table.update_incremental()
        return table

    def replace(
        self,
        name: str,
        rows: pa.Table,
        *,
        where: str | None = None,
        partition_by: list[str] | None = None,
        transactions: Mapping[str, int] | None = None,
    ) -> None:
        """Overwrite a roll-up, or the part of it that `where` (a Delta predicate) describes, in one commit."""
        with self.writing():
            delta.overwrite(self.path(name), rows, where, partition_by, transactions or {})
            delta.tidy(self.path(name))

    def next_instant(self, *names: str) -> datetime:
        """Now, or a microsecond after the last thing recorded in those tables where the clock was set back."""
        latest = [_latest(self.read(name, ["recorded_at"])["recorded_at"]) for name in names]
        return max([datetime.now(UTC), *(moment + timedelta(microseconds=1) for moment in latest if moment)])

    @property
    def zone(self) -> str | None:
        """The company's time zone that the days in the lake were computed in; None where nothing is stored."""
        return self._zone.name

    def prepare(self, zone_name: str) -> None:
        """Make the folder and note the time zone, or check that it is the same."""
        if self._zone.name is None:
            with self.writing():
                if self._zone.name is None:
                    with delta.explained(self.root, "write"):
                        self._zone.write(zone_name)
        self.check_zone(zone_name)

    def check_zone(self, zone_name: str) -> None:
        """Raise `LakeError` where the days in the lake were computed in another time zone."""
        self._zone.check(zone_name)

    def rebuild_days(self, zone_name: str) -> list[str]:
        """Compute every day anew from its instant in another time zone. Returns the tables that changed.

        Killed half-way, the lake stays marked and asks for the same command again.
        """
        changed = []
        with self.writing():
            self._zone.write(self._zone.name or zone_name, next_name=zone_name)
            for name, table in TABLES.items():
                if name in appending.APPENDED:
                    if appending.rebuild_days(self.path(name), self.files(name), zone_name):
                        changed.append(name)
                elif not table.derived and self.version(name) is not None:
                    old = self.read(name)
                    new = days_of_zone(table, old, zone_name)
                    if not new.equals(old):
                        delta.overwrite(self.path(name), new, None, None, {})
                        changed.append(name)
            self._zone.write(zone_name)
        return changed


_FIND_KEYS = "SELECT row_key FROM read_parquet($files) SEMI JOIN wanted USING (row_key)"
_FIND_ROWS = "SELECT * FROM read_parquet($files, union_by_name = true) SEMI JOIN found USING (row_key)"


def _utc(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError(f"known_at needs a time zone: {moment!r}")
    return moment.astimezone(UTC)


def _incoming(table: Table, rows: pa.Table) -> pa.Table:
    wanted = [table.column(name) for name in (*table.content, "row_key", "source")]
    for column in wanted:
        if column.name not in rows.column_names:
            rows = rows.append_column(column.name, pa.nulls(rows.num_rows, column.arrow.type))
    rows = rows.select([column.name for column in wanted])
    rows = rows.cast(pa.schema([column.arrow for column in wanted]))
    if pc.count_distinct(rows["row_key"]).as_py() != rows.num_rows:
        raise ValueError(f"{table.name}: a row_key stands twice in one batch")
    return rows


def _declared(rows: pa.Table, schema: pa.Schema, columns: list[str] | None) -> pa.Table:
    """The rows in the declared types; a column that older files lack is null."""
    wanted = pa.schema([schema.field(name) for name in columns or schema.names])
    for field in wanted:
        if field.name not in rows.column_names:
            rows = rows.append_column(field.name, pa.nulls(rows.num_rows, field.type))
    return rows.select(wanted.names).cast(wanted)


def _latest(moments: pa.ChunkedArray) -> datetime | None:
    latest = pc.max(moments).as_py()
    return None if latest is None else latest.astimezone(UTC)
