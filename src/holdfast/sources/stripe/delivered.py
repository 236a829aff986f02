"""What Stripe's webhooks brought: the ids of the events that were applied, and how new each object's state is.

One SQLite file beside the mirror, whose commit is on the disk when it returns. It holds ids, amounts and instants,
and nothing about persons.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from holdfast.sources.stripe.shapes import Object
from holdfast.sources.stripe.side_file import SideFile

FILE = "webhooks.sqlite"
KEPT_SECONDS = 90 * 86_400
"""Stripe repeats a delivery for three days, and lists events for thirty."""

_SCHEMA = """
BEGIN;
CREATE TABLE IF NOT EXISTS events (
    id TEXT PRIMARY KEY, created INTEGER, type TEXT, outcome TEXT, number INTEGER, kept_at INTEGER
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS events_by_age ON events (kept_at);
CREATE INDEX IF NOT EXISTS events_by_time ON events (created);
CREATE TABLE IF NOT EXISTS newest (kind TEXT, id TEXT, rank TEXT, PRIMARY KEY (kind, id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS payments (
    kind TEXT, id TEXT, kept_at INTEGER, content TEXT, PRIMARY KEY (kind, id)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS refs (ref TEXT, kind TEXT, id TEXT, PRIMARY KEY (ref, kind, id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS notes (name TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
COMMIT;
"""


class Delivered(SideFile):
    """The file, open."""

    def __init__(self, data: Path) -> None:
        super().__init__(data, FILE, _SCHEMA)

    # events

    def known(self, event_ids: Iterable[str]) -> set[str]:
        """Those of the events that webhooks brought."""
        query = "SELECT id FROM events WHERE id IN (SELECT value FROM json_each(?))"
        return {row[0] for row in self._db.execute(query, (json.dumps(list(event_ids)),))}

    def missed(self, events: Iterable[Object], before: int) -> list[str]:
        """Ids of the events, as Stripe lists them, that no webhook brought though webhooks were already coming in.

        Events since `before` may still be on their way.
        """
        first = self._db.execute("SELECT min(created) FROM events").fetchone()[0]
        if first is None:
            return []
        due = [str(one["id"]) for one in events if first <= int(one["created"]) < before]
        known = self.known(due)
        return [one for one in due if one not in known]

    def keep_event(self, event: Object, outcome: str, number: int, now: int) -> None:
        row = (str(event["id"]), int(event["created"]), str(event["type"]), outcome, number, now)
        self._db.execute("INSERT OR IGNORE INTO events VALUES (?, ?, ?, ?, ?, ?)", row)

    def outcomes(self) -> dict[str, int]:
        """How many of the events kept here came to what: applied, older, known, left, ignored."""
        return dict(self._db.execute("SELECT outcome, count(*) FROM events GROUP BY outcome").fetchall())

    # objects

    def newest(self, kind: str, thing_id: str) -> tuple[Any, ...] | None:
        """The rank of the newest state of an object that was applied."""
        row = self._db.execute("SELECT rank FROM newest WHERE kind = ? AND id = ?", (kind, thing_id)).fetchone()
        return None if row is None else tuple(json.loads(row[0]))

    def set_newest(self, kind: str, thing_id: str, rank: tuple[Any, ...]) -> None:
        self._db.execute("INSERT OR REPLACE INTO newest VALUES (?, ?, ?)", (kind, thing_id, json.dumps(rank)))

    def keep_payment(self, kind: str, thing: Object, refs: Iterable[str], now: int) -> None:
        """Keep the amounts of a charge, refund or credit note, until what they belong to is known."""
        thing_id = str(thing["id"])
        content = json.dumps(thing, separators=(",", ":"))
        self._db.execute("INSERT OR REPLACE INTO payments VALUES (?, ?, ?, ?)", (kind, thing_id, now, content))
        self._db.executemany("INSERT OR IGNORE INTO refs VALUES (?, ?, ?)", [(ref, kind, thing_id) for ref in refs])

    def payments(self, kind: str, refs: Iterable[str]) -> Mapping[str, Object]:
        """Those of a kind that belong to one of the ids."""
        query = (
            "SELECT DISTINCT payments.id, content FROM payments JOIN refs USING (kind, id)"
            " WHERE kind = ? AND ref IN (SELECT value FROM json_each(?))"
        )
        rows = self._db.execute(query, (kind, json.dumps(sorted(refs))))
        return {thing_id: json.loads(content) for thing_id, content in rows}

    # notes

    def note(self, name: str) -> Any:
        found = self._db.execute("SELECT value FROM notes WHERE name = ?", (name,)).fetchone()
        return None if found is None else json.loads(found[0])

    def set_note(self, name: str, value: Any) -> None:
        self._db.execute("INSERT OR REPLACE INTO notes VALUES (?, ?)", (name, json.dumps(value)))

    def forget(self, before: int) -> None:
        """Drop what was kept so long ago that it is not delivered again, and what belongs to it has come."""
        self._db.execute("DELETE FROM events WHERE kept_at < ?", (before,))
        self._db.execute(
            "DELETE FROM refs WHERE (kind, id) IN (SELECT kind, id FROM payments WHERE kept_at < ?)", (before,)
        )
        self._db.execute("DELETE FROM payments WHERE kept_at < ?", (before,))
