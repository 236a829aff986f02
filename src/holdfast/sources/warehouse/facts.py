"""Facts on their way from a folder into the lake, each with the rows that it rests on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc

from holdfast.facts import TABLES
from holdfast.lake import Lake
from holdfast.sources.amounts import LARGEST
from holdfast.sources.build_simple import LARGEST_MICROS
from holdfast.sources.kept_aside import KeptAside
from holdfast.sources.parts import POSITION, Part
from holdfast.sources.plain_rows import part_of
from holdfast.sources.rows import Aside
from holdfast.sources.store import imply_accounts
from holdfast.sources.stripe.history import UNKNOWN
from holdfast.sources.stripe.shapes import Object
from holdfast.sources.warehouse.cells import Record
from holdfast.sources.warehouse.history import grouped
from holdfast.sources.warehouse.report import FolderReport
from holdfast.sources.withdraw import withdraw_gone

TERMS = "subscription_terms"
FAULTS = (ValueError, KeyError, TypeError, ArithmeticError)
"""What a row that cannot be understood raises."""
Row = dict[str, Any]


def _too_large(row: Row) -> bool:
    return any(abs(value or 0) > LARGEST_MICROS for name, value in row.items() if name.endswith("_micros"))


class Facts:
    """Collects facts and the verdict on every row, then stores all of it."""

    def __init__(self, source: str, zone: ZoneInfo, report: FolderReport, aside: KeptAside) -> None:
        self.source, self.zone, self.report, self.aside = source, zone, report, aside
        self._rows: dict[str, list[Row]] = {}
        self._owners: dict[str, list[int]] = {}
        self._groups: list[list[Record]] = []
        self._keys: dict[str, dict[tuple[Any, ...], int]] = {}
        self._followers: list[tuple[list[Record], set[str]]] = []
        self._left_out: Counter[tuple[str, str]] = Counter()

    def take(self, records: list[Record], rows: dict[str, list[Row]]) -> None:
        """The facts that some rows make together. They are accepted where any of the facts is new or changed."""
        if any(_too_large(row) for several in rows.values() for row in several):
            self.reject(records, f"an amount is more than {LARGEST:,}")
            return
        owner = len(self._groups)
        self._groups.append(list(records))
        for table, several in rows.items():
            names = [name for name in TABLES[table].key if name != "source"]
            for row in several:
                key = tuple(row.get(name, row.get(f"{name}_at")) for name in names)
                if self._keys.setdefault(table, {}).setdefault(key, owner) == owner:
                    self._rows.setdefault(table, []).append(row)
                    self._owners.setdefault(table, []).append(owner)

    def follow(self, records: list[Record], subscriptions: Iterable[str]) -> None:
        """Rows that make no fact of their own: they fare like the subscriptions that they say something of."""
        self._followers.append((records, set(subscriptions)))

    def reject(self, records: Iterable[Record], reason: str) -> None:
        for record in records:
            self.set_aside(Aside(record.file, record.line, reason, dict(record)))

    def set_aside(self, aside: Aside) -> None:
        self.report.received += 1
        self.report.rejected += 1
        self.report.keep("rejected", aside)
        self.aside.add("rejected", aside)

    def by(self, records: Iterable[Record], *names: str) -> dict[str, list[Record]]:
        """The records by an id; those without it are rejected."""
        several = list(records)
        self.reject([one for one in several if one.first(*names) is None], f"{names[0]} is missing")
        return grouped(several, *names)

    def readable(self, records: Iterable[Record], make: Callable[[Record], Object]) -> dict[str, Object]:
        """What `make` reads from each record, by its `id`; records that it cannot read are rejected."""
        found: dict[str, Object] = {}
        for record in records:
            try:
                thing = make(record)
            except FAULTS as error:
                self.reject([record], str(error))
            else:
                found[str(thing["id"])] = thing
        return found

    def leave_out(self, records: Iterable[Record], reason: str) -> None:
        """Rows that by a rule are no facts; they are counted by reason and not in `received`."""
        self._left_out.update((record.table, reason) for record in records)

    def left_out(self, table: str) -> dict[str, int]:
        return {reason: count for (name, reason), count in self._left_out.items() if name == table}

    @property
    def tables(self) -> list[str]:
        return list(self._rows)

    @property
    def subscriptions(self) -> set[str]:
        return {str(row["subscription_id"]) for row in self._rows.get(TERMS, [])}

    def store(self, lake: Lake, known_at: datetime) -> None:
        """Record everything, and count what became of each row."""
        changed: set[int] = set()
        subscriptions: set[str] = set()
        for table in self._rows:
            rows = self._recorded(lake, table, known_at)
            changed |= set(rows[POSITION].to_pylist())
            if table == TERMS:
                subscriptions = set(rows["subscription_id"].to_pylist())
        self._count(changed, subscriptions)

    def _recorded(self, lake: Lake, table: str, known_at: datetime) -> pa.Table:
        """Record the facts of one table. Returns the rows that were new or changed something."""
        part = part_of(table, self._rows[table], self._owners[table], self.source, self.zone)
        with lake.writing():
            status = lake.record(table, part.rows.drop_columns([POSITION]), known_at)
            changes = pc.not_equal(status, "duplicate")
            if table == TERMS:
                gone = pa.array(sorted(withdraw_gone(lake, part, known_at)), pa.string())
                changes = pc.or_(changes, pc.is_in(part.rows["subscription_id"], gone))
                self._note_terms(lake, part, known_at)
        rows = part.rows.filter(changes)
        if rows.num_rows:
            self.report.touched.add(table)
        return rows

    def _note_terms(self, lake: Lake, part: Part, known_at: datetime) -> None:
        self.report.touched |= imply_accounts(lake, [part], known_at)
        rows = part.rows
        live = pc.invert(pc.fill_null(pc.equal(rows["valid_from_at"], rows["valid_to_at"]), False))
        rows = rows.filter(live)
        unknown = rows.filter(pc.is_in(rows["known_by"], pa.array(sorted(UNKNOWN))))
        self.report.spans, self.report.unknown_spans = rows.num_rows, unknown.num_rows
        self.report.unknown_subscriptions = pc.count_distinct(unknown["subscription_id"]).as_py()

    def _count(self, changed: set[int], subscriptions: set[str]) -> None:
        groups = [(records, owner in changed) for owner, records in enumerate(self._groups)]
        followers = [(records, bool(names & subscriptions)) for records, names in self._followers]
        for records, is_new in (*groups, *followers):
            self.report.received += len(records)
            if is_new:
                self.report.accepted += len(records)
            else:
                self.report.duplicate += len(records)
