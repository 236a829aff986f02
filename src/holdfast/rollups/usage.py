"""The usage roll-up: how often each person did what on each day.

It is kept as *runs*: the rows of what came in between two refreshes, added up among themselves. A key may stand in
several runs; whoever reads them adds up, so late events cost what they are and order cannot matter. Now and then
small runs are joined. Runs are sorted by person, which is what makes questions about people fast.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import date
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import ibis
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from holdfast.errors import LakeError
from holdfast.facts import TABLES
from holdfast.lake.expiry import expired_before
from holdfast.lake.log import files_appended
from holdfast.metrics.query import Known
from holdfast.rollups.parts import PERSON, in_parts
from holdfast.rollups.scratch import Scratch
from holdfast.rollups.usage_weekly import Kept, Runs, WeeklyRollup

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from holdfast.engines import Engine
    from holdfast.lake import Lake
    from holdfast.metrics.query import MetricQuery

NAME = "usage_daily"
PATH = f"rollups/{NAME}"
EVENTS = "events"
LAYOUT = 1
"""Raised when the roll-up is computed or laid out in another way: older ones are made anew."""
MOST_RUNS = 16
Standing = Callable[[str], "ir.Table"]
KEYS = (*PERSON, "account_id", "event", "day")


def usage_daily(events: ir.Table) -> ir.Table:
    """Counting events by person, account, event and day; the anonymous id only where no user is named."""
    track = events.filter((events.type == "track") & events.event.notnull())
    anonymous = ibis.ifelse(track.user_id.isnull(), track.anonymous_id, ibis.null("string"))
    named = track.select("user_id", "account_id", "event", day="occurred_day", anonymous_id=anonymous)
    return named.group_by(*KEYS).agg(events=named.count().cast("int64")).order_by(*KEYS)


class UsageRollups:
    """The usage roll-up of a lake on an engine, made and brought up to date when it is asked for."""

    def __init__(self, lake: Lake, engine: Engine, *, keep: bool = True) -> None:
        self.lake, self.engine, self.keep = lake, engine, keep
        self.scratch = Scratch(lake, engine)
        self.weekly_rollup = WeeklyRollup(lake, engine, self.scratch)
        self._scratch: dict[tuple[object, ...], list[str]] = {}
        self._weekly: dict[tuple[str, ...], Kept] = {}

    def daily(self, query: MetricQuery, standing: Standing) -> ir.Table:
        """The roll-up as the question knows the events. Keys may stand in several rows."""
        return self.engine.parquet(self._files(query, standing), TABLES[NAME].schema, name=NAME)

    def weekly(self, query: MetricQuery, standing: Standing) -> ir.Table:
        """The weekly roll-up of the same events. Keys may stand in several rows."""
        files = self._weekly_of(self._files(query, standing)).files
        return self.engine.parquet(files, TABLES["usage_weekly"].schema, name="usage_weekly")

    def event_numbers(self, query: MetricQuery, standing: Standing) -> dict[str, int]:
        """Which bit of the weekly roll-up each event is."""
        return self._weekly_of(self._files(query, standing)).numbers

    def refresh(self) -> None:
        """Bring the kept roll-ups up to date with the events."""
        self._weekly_of(self._kept())

    def close(self) -> None:
        self.scratch.close()

    def _files(self, query: MetricQuery, standing: Standing) -> list[str]:
        known = query.known(EVENTS)
        if self.keep and known == Known():
            with suppress(LakeError, PermissionError):
                return self._kept()
        key = (known, self.lake.version(EVENTS))
        if key not in self._scratch:
            batches = self._added_up(standing(EVENTS), self.lake.files(EVENTS))
            self._scratch[key] = self.scratch.write_batches(TABLES[NAME].schema, batches)
        return self._scratch[key]

    def _weekly_of(self, daily: list[str]) -> Kept:
        """The weekly roll-up of the files of a daily one."""
        key = tuple(daily)
        if key not in self._weekly or not all(Path(file).exists() for file in self._weekly[key].files):
            self._weekly = {key: self._made_weekly(daily)}
        return self._weekly[key]

    def _made_weekly(self, daily: list[str]) -> Kept:
        runs: Runs = {}
        for file in daily:
            runs.setdefault(_run_of(file), []).append(file)
        if "" not in runs:
            with suppress(LakeError, PermissionError):
                return self.weekly_rollup.kept(runs)
        return self.weekly_rollup.once(daily)

    # kept in the lake

    def _kept(self) -> list[str]:
        for _ in range(3):
            now = self.lake.version(EVENTS)
            made = self.lake.positions(PATH, ("layout", EVENTS))
            if now is None or (made["layout"], made[EVENTS]) == (LAYOUT, now):
                break
            self._bring_up_to_date(made, now)
        return self.lake.files(PATH)

    def _bring_up_to_date(self, made: dict[str, int | None], now: int) -> None:
        since = made[EVENTS] if made["layout"] == LAYOUT else None
        added = None if since is None else files_appended(self.lake.path(EVENTS), since, now)
        if added is None:
            self._make_anew(keep=made["layout"] == LAYOUT)
            return
        rows = list(self._added_up(self._standing(added), added)) if added else []
        with self.lake.writing():
            # a run is added to what stands: another process may have added the same one meanwhile
            if self.lake.positions(PATH, ("layout", EVENTS)) == made:
                self._write(iter(rows), now, where=f"run = {now}")
                self._join_runs()

    def _make_anew(self, *, keep: bool) -> None:
        """Write all rows, from the events of one version. Of days whose events have expired this roll-up is all that is
        left: their rows are taken over as they are, and whoever changes the layout carries them over.
        """
        version, files = self.lake.state(EVENTS)
        events, first = self._standing(files), expired_before(self.lake)
        kept = [] if first is None or not keep else self.lake.files(PATH)
        if kept:
            events = events.filter(events.occurred_day >= ibis.literal(first))
        older = (batch for file in kept for batch in self._before(file, first))
        self._write(chain(self._added_up(events, files), older), version or 0, where=None)

    def _before(self, file: str, day: date | None) -> Iterator[pa.RecordBatch]:
        """Rows of the roll-up of earlier days."""
        with pq.ParquetFile(file) as opened:
            for batch in opened.iter_batches(columns=TABLES[NAME].schema.names):
                rows = pa.Table.from_batches([batch])
                yield from self._declared(rows.filter(pc.less(rows["day"], pa.scalar(day))))

    def _standing(self, files: list[str]) -> ir.Table:
        events = self.engine.parquet(files, TABLES[EVENTS].schema, name=EVENTS)
        return events.filter(events.superseded_at.isnull())

    def _write(
        self, batches: Iterator[pa.RecordBatch], run: int, where: str | None, position: int | None = None
    ) -> None:
        """Write a run, and the version of the events up to which all are in: its own number unless another is given."""
        schema = TABLES[NAME].schema.append(pa.field("run", pa.int64()))
        numbered = (
            pa.RecordBatch.from_arrays([*batch.columns, pa.repeat(pa.scalar(run), batch.num_rows)], schema=schema)
            for batch in batches
        )
        rows = pa.RecordBatchReader.from_batches(schema, numbered)
        transactions = {"layout": LAYOUT, EVENTS: run if position is None else position}
        self.lake.replace(PATH, rows, where=where, partition_by=["run"], transactions=transactions)

    def _join_runs(self) -> None:
        """Make one run of the small ones, where there are many; each row is rewritten a few times in its life.

        It takes the number of the latest of them: no other run has it, and the part that is overwritten holds it.
        """
        sizes = self._runs()
        if len(sizes) <= MOST_RUNS:
            return
        chosen = small_runs(sizes)
        files = [file for run in chosen for file in self._files_of(run)]
        rows = self.engine.parquet(files, TABLES[NAME].schema, name=NAME)
        joined = rows.group_by(*KEYS).agg(events=rows.events.sum().cast("int64")).order_by(*KEYS)
        batches = iter(self._declared(self.engine.to_arrow(joined)))
        position = self.lake.transaction(PATH, EVENTS)
        self._write(batches, max(chosen), where=f"run IN ({', '.join(map(str, chosen))})", position=position)

    def _runs(self) -> dict[int, int]:
        """The rows of each run."""
        sizes: dict[int, int] = {}
        for file in self.lake.files(PATH):
            run = int(_run_of(file))
            sizes[run] = sizes.get(run, 0) + pq.read_metadata(file).num_rows
        return sizes

    def _files_of(self, run: int) -> list[str]:
        return [file for file in self.lake.files(PATH) if f"/run={run}/" in file]

    # computing

    def _added_up(self, events: ir.Table, files: list[str]) -> Iterator[pa.RecordBatch]:
        """The rows of the roll-up in order; many events are added up person by person, so that memory is enough.
        `files` are those that the events lie in.
        """
        # cut now: while deltalake takes the batches, it cannot be asked for files
        parts = list(in_parts(events, files))
        return (batch for part in parts for batch in self._declared(self.engine.to_arrow(usage_daily(part))))

    def _declared(self, rows: pa.Table) -> list[pa.RecordBatch]:
        schema = TABLES[NAME].schema
        return list(rows.select(schema.names).cast(schema).to_batches())


def _run_of(file: str) -> str:
    """The run that a file of the kept roll-up is of; empty for others."""
    _, found, rest = file.rpartition("/run=")
    return rest.partition("/")[0] if found else ""


def small_runs(sizes: dict[int, int]) -> list[int]:
    """The runs to join: from the smallest on, as long as the next one is no larger than all before it together.

    >>> small_runs({1: 1_000_000, 2: 10, 3: 12, 4: 15, 5: 90})
    [2, 3, 4]
    """
    in_order = sorted(sizes, key=lambda run: (sizes[run], run))
    chosen, together = in_order[:2], sum(sizes[run] for run in in_order[:2])
    for run in in_order[2:]:
        if sizes[run] > 2 * together:
            break
        chosen.append(run)
        together += sizes[run]
    return chosen
