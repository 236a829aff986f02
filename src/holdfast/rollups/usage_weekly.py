"""The weekly roll-up of usage: for each person and week, which events happened on which day, as bits.

It is derived from the runs of the daily one, and kept in as many parts. A part is named after the very files that it
was made of, so it is never wrong, only missing; whatever is missing is made, and the rest stays.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

import ibis
import pyarrow as pa

from holdfast.errors import LakeError
from holdfast.facts import TABLES
from holdfast.facts.rollups import WEEKDAYS
from holdfast.lake import delta
from holdfast.metrics import bits, event_sets
from holdfast.metrics.calendar import WEEK_OFFSET
from holdfast.rollups.parts import PERSON, in_parts

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from holdfast.engines import Engine
    from holdfast.lake import Lake
    from holdfast.rollups.scratch import Scratch

NAME, NUMBERS = "usage_weekly", "event_numbers"
PATH, NUMBERS_PATH = f"rollups/{NAME}", f"rollups/{NUMBERS}"
LAYOUT = 1
"""Raised when the roll-up is computed or laid out in another way: older parts are then made anew."""
KEYS = (*PERSON, "account_id", "week", "page")
PART = "part"
TRIES = 3
_LABELLED = TABLES[NAME].schema.append(pa.field(PART, pa.string()))

Runs = dict[str, list[str]]
"""The files of the daily roll-up, by a name for each of its runs."""


class Kept(NamedTuple):
    """Files of the roll-up, and the numbers of the events in it."""

    files: list[str]
    numbers: dict[str, int]


class Numbering(NamedTuple):
    """The number of each event, and which numbering it is: there is another one where the table was made anew."""

    mark: str
    numbers: dict[str, int]

    def part_of(self, files: list[str]) -> str:
        """The name of the part that is made of those files: their names say what is in them."""
        names = sorted(file.rpartition("/")[2] for file in files)
        return hashlib.sha256("\n".join([str(LAYOUT), self.mark, *names]).encode()).hexdigest()[:24]

    def parts(self, runs: Runs) -> Runs:
        """The daily files of each part that there should be."""
        return {self.part_of(files): files for files in runs.values()}


def usage_weekly(daily: ir.Table, numbers: ir.Table) -> ir.Table:
    """The rows of the daily roll-up by person, account and week, with the sets of events of each day."""
    rows = daily.inner_join(numbers, "event")
    weekday = ((rows.day.epoch_days() + WEEK_OFFSET["monday"]) % 7).cast("int64")
    page, bit = event_sets.alone(rows.number)
    rows = rows.select(
        *PERSON,
        "account_id",
        week=rows.day - weekday.as_interval("D"),
        page=page,
        weekday=weekday,
        bit=bit,
    )
    sets = {day: _set_on(rows, place) for place, day in enumerate(WEEKDAYS)}
    return rows.group_by(*KEYS).agg(**sets).order_by(*KEYS)


def _set_on(rows: ir.Table, weekday: int) -> ir.IntegerScalar:
    bit = ibis.ifelse(rows.weekday == weekday, rows.bit, ibis.literal(0, "int64"))
    return bits.bit_or(bit.cast("int64")).cast("int64")


class WeeklyRollup:
    """The weekly roll-up of a lake on an engine, made of the daily one's files."""

    def __init__(self, lake: Lake, engine: Engine, scratch: Scratch) -> None:
        self.lake, self.engine, self.scratch = lake, engine, scratch

    def kept(self, runs: Runs) -> Kept:
        """The parts of those runs in the lake, made where they are missing.

        Raises `LakeError` where another process keeps making others.
        """
        for _ in range(TRIES):
            numbering, have = self._numbering(), self._parts()
            if numbering.parts(runs).keys() == have.keys():
                return Kept([file for files in have.values() for file in files], numbering.numbers)
            self._renew(runs, numbering, have)
        raise LakeError(f"{PATH} changes all the time", hint="another process works on it; ask again")

    def once(self, files: list[str]) -> Kept:
        """The roll-up of those files, for this process alone."""
        daily = self._daily(files)
        numbers = {event: number for number, event in enumerate(sorted(self._events_of(daily)))}
        table = self.scratch.table(_numbers_table(numbers))
        schema = TABLES[NAME].schema
        return Kept(self.scratch.write_batches(schema, self._added_up(files, table)), numbers)

    # kept in the lake

    def _renew(self, runs: Runs, numbering: Numbering, have: Runs) -> None:
        """Make the parts that are missing, and drop those whose run is no more."""
        unseen = _without(numbering.parts(runs), have)
        events = self._events_of(self._daily([file for files in unseen.values() for file in files]))
        if not numbering.numbers.keys() >= set(events):
            before, numbering = numbering.mark, self._numbered(events)
            if before not in ("", numbering.mark):
                return  # somebody made the numbering anew: then all parts are others
        wanted = numbering.parts(runs)
        missing, gone = _without(wanted, have), have.keys() - wanted.keys()
        numbers = self.engine.parquet(self.lake.files(NUMBERS_PATH), TABLES[NUMBERS].schema, name=NUMBERS)
        batches = (
            _labelled(batch, part) for part, files in missing.items() for batch in self._added_up(files, numbers)
        )
        rows = pa.RecordBatchReader.from_batches(_LABELLED, batches)
        names = ", ".join(f"'{part}'" for part in sorted({*missing, *gone}))
        where = f"{PART} IN ({names})" if self.lake.version(PATH) is not None else None
        self.lake.replace(PATH, rows, where=where, partition_by=[PART])

    def _parts(self) -> Runs:
        """The files of each part that there is."""
        found: Runs = {}
        for file in self.lake.files(PATH):
            found.setdefault(file.rpartition(f"{PART}=")[2].partition("/")[0], []).append(file)
        return found

    # the numbers of events

    def _numbering(self) -> Numbering:
        table = delta.open_table(self.lake.path(NUMBERS_PATH))
        if table is None:
            return Numbering("", {})
        rows = self.lake.read(NUMBERS_PATH).to_pylist()
        return Numbering(str(table.metadata().id), {row["event"]: row["number"] for row in rows})

    def _numbered(self, events: Iterable[str]) -> Numbering:
        """The numbering in which those events have numbers too; a number is never given twice."""
        with self.lake.writing():
            numbers = self._numbering().numbers
            for event in sorted(set(events) - numbers.keys()):
                numbers[event] = len(numbers)
            self.lake.replace(NUMBERS_PATH, _numbers_table(numbers))
            return self._numbering()

    # computing

    def _daily(self, files: list[str]) -> ir.Table:
        return self.engine.parquet(files, TABLES["usage_daily"].schema, name="usage_daily")

    def _events_of(self, daily: ir.Table) -> list[str]:
        found = self.engine.to_arrow(daily.select("event").distinct())["event"].to_pylist()
        return [str(event) for event in found]

    def _added_up(self, files: list[str], numbers: ir.Table) -> Iterator[pa.RecordBatch]:
        schema = TABLES[NAME].schema
        for part in list(in_parts(self._daily(files), files)):
            rows = self.engine.to_arrow(usage_weekly(part, numbers))
            yield from rows.select(schema.names).cast(schema).to_batches()


def _without(parts: Runs, others: Runs) -> Runs:
    return {part: files for part, files in parts.items() if part not in others}


def _labelled(batch: pa.RecordBatch, part: str) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays([*batch.columns, pa.repeat(pa.scalar(part), batch.num_rows)], schema=_LABELLED)


def _numbers_table(numbers: dict[str, int]) -> pa.Table:
    rows = [{"event": event, "number": number} for event, number in numbers.items()]
    return pa.Table.from_pylist(rows, TABLES[NUMBERS].schema)
