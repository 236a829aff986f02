"""Facts about people and accounts, put together from what events said of them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc

from holdfast.collector.events.book import Book
from holdfast.collector.events.times import OLDEST, instant
from holdfast.facts import TABLES
from holdfast.facts.days import day_of
from holdfast.lake import IMPLIED, Lake
from holdfast.lake.reconcile import alive_at
from holdfast.sources.build_people import as_number
from holdfast.sources.parts import POSITION, make_part

SOURCE = "events"
"""Source of facts that several senders of events tell together."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Row = dict[str, Any]
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")

_CHANGED = "SELECT DISTINCT kind, a, b FROM cells WHERE place > ?"
_MEMBERS = "SELECT DISTINCT b FROM cells WHERE kind = 'memberships' AND a = ?"
_CELLS = "SELECT b, field, at, value FROM cells WHERE kind = ? AND a = ?"


class Said(NamedTuple):
    """What a cell holds: when it was said, and what."""

    at: int
    value: str | None


class Profiles:
    """Records in the lake what changed of people and accounts."""

    def __init__(self, lake: Lake, zone: ZoneInfo) -> None:
        self.lake, self.zone = lake, zone
        self._last: dict[str, datetime] = {}

    def record(self, book: Book, since: int, received: int) -> set[str]:
        """Record what was said in the requests after a place. Returns the tables that changed."""
        changed: dict[str, set[tuple[str, str]]] = defaultdict(set)
        for kind, a, b in book.db.execute(_CHANGED, (since,)).fetchall():
            changed[kind].add((a, b))
        for user, _ in list(changed["users"]):
            changed["memberships"] |= {(user, account) for (account,) in book.db.execute(_MEMBERS, (user,))}
        touched = set()
        for kind in ("users", "accounts", "account_attributes", "identities", "memberships", "trials"):
            rows = list(self._rows(book, kind, changed[kind]))
            if rows and self._store(kind, rows, EPOCH + timedelta(microseconds=received)):
                touched.add(kind)
        return touched

    def _rows(self, book: Book, kind: str, keys: set[tuple[str, str]]) -> Iterable[Row]:
        for a in sorted({a for a, _ in keys}):
            told: dict[str, dict[str, Said]] = defaultdict(dict)
            for b, field, at, value in book.db.execute(_CELLS, (kind, a)):
                told[b][field] = Said(at, value)
            if kind == "trials":
                yield from self._trials(a, told)
                continue
            own = _role_of(book, a) if kind == "memberships" else None
            for b in sorted(told):
                if (a, b) in keys:
                    yield from getattr(self, f"_{kind}")(a, b, told[b], own)

    def _instant(self, name: str, at: int | None) -> Row:
        moment = None if at is None else EPOCH + timedelta(microseconds=at)
        return {f"{name}_at": moment, f"{name}_day": None if moment is None else day_of(moment, self.zone)}

    def _created(self, told: Mapping[str, Said], otherwise: str) -> Row:
        """When a person or account began: as its traits say, else when an event made it."""
        written = _value(told, "created") or ""
        if _DATE.fullmatch(written):
            with suppress(ValueError):
                return {"created_at": None, "created_day": date.fromisoformat(written)}
        moment = instant(written)
        if moment is None or moment < OLDEST:
            moment = told[otherwise].at if otherwise in told else None
        return self._instant("created", moment)

    def _identities(self, a: str, b: str, told: Mapping[str, Said], own: None) -> Iterable[Row]:
        if "linked" in told and "unlinked" not in told:
            yield {"anonymous_id": a, "user_id": b, **self._instant("linked", told["linked"].at)}

    def _users(self, a: str, b: str, told: Mapping[str, Said], own: None) -> Iterable[Row]:
        yield {
            "user_id": a, "email": _value(told, "email"), "name": _value(told, "name"),
            **self._created(told, "signed_up"),
        }  # fmt: skip

    def _accounts(self, a: str, b: str, told: Mapping[str, Said], own: None) -> Iterable[Row]:
        yield {"account_id": a, "name": _value(told, "name"), **self._created(told, "made")}

    def _account_attributes(self, a: str, b: str, told: Mapping[str, Said], own: None) -> Iterable[Row]:
        text = told["value"].value
        yield {"account_id": a, "name": b, "text": text, "number": None if text is None else as_number(text)}

    def _memberships(self, a: str, b: str, told: Mapping[str, Said], own: str | None) -> Iterable[Row]:
        left, joined = told.get("left"), told.get("joined")
        over = left is not None and (joined is None or joined.at <= left.at)
        begun = told.get("from") or left
        yield {
            "account_id": b, "user_id": a, "role": _value(told, "role") or own,
            **self._instant("valid_from", begun.at if begun else None),
            **self._instant("valid_to", left.at if left and over else None),
        }  # fmt: skip

    def _trials(self, account: str, told: Mapping[str, Mapping[str, Said]]) -> Iterable[Row]:
        """An end that names no trial is that of the last one begun before it."""
        begun = sorted(
            (name.rpartition("|")[0], int(name.rpartition("|")[2]), one) for name, one in told.items() if "start" in one
        )
        for source, start, one in begun:
            later = [other for same, other, _ in begun if same == source and other > start]
            ends = [int(field.split()[1]) for field in told.get(f"{source}|", {})]
            mine = [end for end in ends if start <= end and not any(other <= end for other in later)]
            named = _value(one, "ends")
            end = int(named) if named else max(mine, default=None)
            yield {
                "source": source, "account_id": account, "user_id": _value(one, "user"),
                "plan_id": _value(one, "plan"), **self._instant("started", start), **self._instant("ends", end),
            }  # fmt: skip

    def _store(self, table: str, rows: list[Row], received: datetime) -> bool:
        """Record rows of one table, known from when they were received. Returns whether anything was new."""
        changed = False
        for source in sorted({row.get("source", SOURCE) for row in rows}):
            mine = [row for row in rows if row.get("source", SOURCE) == source]
            columns = {
                column.name: pa.array([row.get(column.name) for row in mine], column.arrow.type)
                for column in TABLES[table].own_columns
            }
            part = make_part(table, columns, pa.array(range(len(mine)), pa.int64()), source)
            moment = self._moment(table, received)
            with self.lake.writing():
                facts = part.rows.drop_columns([POSITION])
                if table in ("users", "accounts", "memberships"):
                    facts = self._kept(table, facts, moment)
                status = self.lake.record(table, facts, moment)
            changed |= bool(pc.any(pc.not_equal(status, "duplicate")).as_py())
        return changed

    def _kept(self, table: str, rows: pa.Table, moment: datetime) -> pa.Table:
        """The rows, with what is known from elsewhere in the place of what no event said."""
        known = self.lake.known(table, rows["row_key"])
        known = known.filter(pc.and_(alive_at(known, moment), pc.not_equal(known["source"], IMPLIED)))
        at = pc.index_in(rows["row_key"], known["row_key"].combine_chunks())
        for name in TABLES[table].content:
            if name.startswith("valid_to"):
                continue
            index = rows.schema.get_field_index(name)
            rows = rows.set_column(index, name, pc.coalesce(rows[name], known[name].take(at)))
        return rows

    def _moment(self, table: str, received: datetime) -> datetime:
        """When it came to be known: as received, and never before what is known already."""
        if table not in self._last:
            latest = pc.max(self.lake.read(table, ["recorded_at"])["recorded_at"]).as_py()
            self._last[table] = received if latest is None else latest.astimezone(UTC) + timedelta(microseconds=1)
        self._last[table] = max(self._last[table], received)
        return self._last[table]


def _value(told: Mapping[str, Said], field: str) -> str | None:
    return told[field].value if field in told else None


def _role_of(book: Book, user: str) -> str | None:
    query = "SELECT value FROM cells WHERE kind = 'users' AND a = ? AND b = '' AND field = 'role'"
    found = book.db.execute(query, (user,)).fetchone()
    return None if found is None else found[0]
