"""The mirror's file: notes of a run, objects of which the latest state counts, and what is left to do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from holdfast.sources.stripe.shapes import Object
from holdfast.sources.stripe.side_file import SideFile

FILE = "mirror.sqlite"
CHUNK = 2_000
"""Ids in one query."""

SCHEMA = """
BEGIN;
CREATE TABLE IF NOT EXISTS notes (name TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS objects (kind TEXT, id TEXT, content TEXT, PRIMARY KEY (kind, id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS subscriptions (id TEXT PRIMARY KEY, at INTEGER, content TEXT) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS observations (
    subscription TEXT, at INTEGER, content TEXT, PRIMARY KEY (subscription, at)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS events (
    subscription TEXT, at INTEGER, id TEXT, content TEXT, PRIMARY KEY (subscription, at, id)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS lines (
    id TEXT, invoice TEXT, subscription TEXT, price TEXT, content TEXT, PRIMARY KEY (subscription, invoice, id)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS bills (
    invoice TEXT PRIMARY KEY, subscription TEXT, customer TEXT, content TEXT
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS bills_of ON bills (subscription);
CREATE TABLE IF NOT EXISTS discounts (id TEXT PRIMARY KEY, coupon TEXT, content TEXT) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS schedules_of (
    subscription TEXT, id TEXT, content TEXT, PRIMARY KEY (subscription, id)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS links (payment TEXT PRIMARY KEY, invoice TEXT) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS changed (kind TEXT, id TEXT, PRIMARY KEY (kind, id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS dirty (subscription TEXT PRIMARY KEY) WITHOUT ROWID;
COMMIT;
"""

_OLD = "SELECT name FROM sqlite_master WHERE type = 'table' AND name = 'schedules'"
_SEVERAL_SCHEDULES = """
BEGIN IMMEDIATE;
INSERT OR IGNORE INTO schedules_of SELECT subscription, json_extract(content, '$.id'), content FROM schedules;
DROP TABLE schedules;
COMMIT;
"""

_encode = msgspec.json.Encoder(order="sorted").encode
decode = msgspec.json.Decoder().decode


def as_text(content: Any) -> str:
    """JSON that is the same for the same content."""
    return _encode(content).decode()


def chunks(ids: Sequence[str], size: int = CHUNK) -> Iterator[Sequence[str]]:
    for start in range(0, len(ids), size):
        yield ids[start : start + size]


class Notebook(SideFile):
    """The file, open. Everything between two commits is taken back where the process ends in between."""

    def __init__(self, data: Path) -> None:
        super().__init__(data, FILE, SCHEMA)
        self._db.execute("PRAGMA cache_size = -65536")
        if self._db.execute(_OLD).fetchone():  # files of older versions held one schedule of each subscription
            self._db.executescript(_SEVERAL_SCHEDULES)

    # notes: the run that is under way, the mode, the time up to which everything was read

    def note(self, name: str) -> Any:
        found = self._db.execute("SELECT value FROM notes WHERE name = ?", (name,)).fetchone()
        return None if found is None else decode(found[0])

    def set_note(self, name: str, value: Any) -> None:
        self._db.execute("INSERT OR REPLACE INTO notes VALUES (?, ?)", (name, as_text(value)))

    # objects of which only the latest state matters: products, prices, coupons, customers' attribute names

    def keep(self, kind: str, thing_id: str, content: Any) -> str:
        """Store an object. Returns `new`, `replaced` or `duplicate`."""
        return self.keep_all({(kind, thing_id): content})[kind, thing_id]

    def keep_all(self, wanted: Mapping[tuple[str, str], Any]) -> dict[tuple[str, str], str]:
        """Store objects by kind and id. Returns of each whether it is `new`, `replaced` or `duplicate`."""
        known = self._contents(wanted)
        texts = {key: as_text(content) for key, content in wanted.items()}
        status = {key: _status(known.get(key), text) for key, text in texts.items()}
        changed = [(*key, texts[key]) for key, one in status.items() if one != "duplicate"]
        self._db.executemany("INSERT OR REPLACE INTO objects VALUES (?, ?, ?)", changed)
        return status

    def _contents(self, keys: Iterable[tuple[str, str]]) -> dict[tuple[str, str], str]:
        by_kind: dict[str, list[str]] = {}
        for kind, thing_id in keys:
            by_kind.setdefault(kind, []).append(thing_id)
        query = "SELECT id, content FROM objects WHERE kind = ? AND id IN (SELECT value FROM json_each(?))"
        return {
            (kind, thing_id): content
            for kind, ids in by_kind.items()
            for some in chunks(ids)
            for thing_id, content in self._db.execute(query, (kind, as_text(some)))
        }

    def mention_all(self, wanted: Mapping[tuple[str, str], Any]) -> None:
        """Store objects of which nothing is known."""
        rows = [(*key, as_text(content)) for key, content in wanted.items()]
        self._db.executemany("INSERT OR IGNORE INTO objects VALUES (?, ?, ?)", rows)

    def get(self, kind: str, thing_id: str) -> Any:
        found = self._db.execute("SELECT content FROM objects WHERE kind = ? AND id = ?", (kind, thing_id)).fetchone()
        return None if found is None else decode(found[0])

    def get_all(self, kind: str, ids: Iterable[str]) -> dict[str, Any]:
        """Those of the objects that are known."""
        found = self._contents((kind, thing_id) for thing_id in ids)
        return {thing_id: decode(content) for (_, thing_id), content in found.items()}

    def all(self, kind: str) -> dict[str, Object]:
        rows = self._db.execute("SELECT id, content FROM objects WHERE kind = ?", (kind,))
        return {thing_id: decode(content) for thing_id, content in rows}

    # what is left to do

    def change(self, kind: str, thing_id: str) -> None:
        """Let the next sync read an object again."""
        self._db.execute("INSERT OR IGNORE INTO changed VALUES (?, ?)", (kind, thing_id))

    def changes(self) -> list[tuple[str, str]]:
        return self._db.execute("SELECT kind, id FROM changed").fetchall()

    def done(self, kind: str, thing_id: str) -> None:
        self._db.execute("DELETE FROM changed WHERE kind = ? AND id = ?", (kind, thing_id))

    def unknown(self, kind: str) -> list[str]:
        """Ids of prices or coupons that something names and nothing has shown."""
        query = {
            "price": "SELECT DISTINCT price FROM lines WHERE price IS NOT NULL",
            "coupon": "SELECT DISTINCT coupon FROM discounts",
        }[kind]
        known = {row[0] for row in self._db.execute("SELECT id FROM objects WHERE kind = ?", (kind,))}
        return sorted({row[0] for row in self._db.execute(query)} - known)

    def mark(self, subscription_id: str) -> None:
        """Let the spans of a subscription be made anew."""
        self.mark_some([subscription_id])

    def mark_some(self, subscriptions: Iterable[str]) -> None:
        self._db.executemany("INSERT OR IGNORE INTO dirty VALUES (?)", [(one,) for one in subscriptions])

    def mark_all(self) -> None:
        self._db.execute("INSERT OR IGNORE INTO dirty SELECT id FROM subscriptions")

    def dirty(self, limit: int) -> list[str]:
        rows = self._db.execute("SELECT subscription FROM dirty ORDER BY subscription LIMIT ?", (limit,))
        return [row[0] for row in rows]

    def clean(self, subscriptions: Iterable[str]) -> None:
        self._db.executemany("DELETE FROM dirty WHERE subscription = ?", [(one,) for one in subscriptions])


def _status(known: str | None, text: str) -> str:
    return "new" if known is None else "duplicate" if known == text else "replaced"
