"""What is kept beside the lake of Stripe: the evidence for each subscription's history, and how far reading came.

One SQLite file in the data folder, with a rollback journal and a commit that is on the disk when it returns. It
holds ids, amounts and instants, and nothing about persons.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from holdfast.errors import LakeError
from holdfast.sources.stripe.evidence import (
    EVENT,
    SEEN,
    Bill,
    Evidence,
    Line,
    Observation,
    Told,
    in_order,
    same_terms,
)
from holdfast.sources.stripe.shapes import Object

FOLDER, FILE = "stripe", "mirror.sqlite"
CHUNK = 500
"""Ids in one query."""

_SCHEMA = """
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
CREATE TABLE IF NOT EXISTS schedules (subscription TEXT PRIMARY KEY, content TEXT) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS links (payment TEXT PRIMARY KEY, invoice TEXT) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS changed (kind TEXT, id TEXT, PRIMARY KEY (kind, id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS dirty (subscription TEXT PRIMARY KEY) WITHOUT ROWID;
COMMIT;
"""


def _text(content: Any) -> str:
    return msgspec.json.encode(content, order="sorted").decode()


class Mirror:
    """The file, open. Everything between two commits is taken back where the process ends in between."""

    def __init__(self, data: Path) -> None:
        self.path = data / FOLDER / FILE
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._db = sqlite3.connect(self.path, timeout=30, isolation_level=None)
            self.path.chmod(0o600)
            self._db.execute("PRAGMA synchronous = FULL")
            self._db.executescript(_SCHEMA)
        except (OSError, sqlite3.Error) as error:
            raise LakeError(f"cannot open {self.path}: {error}") from error

    def close(self) -> None:
        self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        try:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")
        except sqlite3.Error as error:
            raise LakeError(f"cannot write {self.path}: {error}", hint="nothing that was stored is lost") from error

    # notes: the run that is under way, the mode, the time up to which everything was read

    def note(self, name: str) -> Any:
        found = self._db.execute("SELECT value FROM notes WHERE name = ?", (name,)).fetchone()
        return None if found is None else msgspec.json.decode(found[0])

    def set_note(self, name: str, value: Any) -> None:
        self._db.execute("INSERT OR REPLACE INTO notes VALUES (?, ?)", (name, _text(value)))

    # objects of which only the latest state matters: products, prices, coupons, customers' attribute names

    def keep(self, kind: str, thing_id: str, content: Any) -> str:
        """Store an object. Returns `new`, `replaced` or `duplicate`."""
        text = _text(content)
        known = self._db.execute("SELECT content FROM objects WHERE kind = ? AND id = ?", (kind, thing_id)).fetchone()
        if known is not None and known[0] == text:
            return "duplicate"
        self._db.execute("INSERT OR REPLACE INTO objects VALUES (?, ?, ?)", (kind, thing_id, text))
        return "new" if known is None else "replaced"

    def keep_unless_known(self, kind: str, thing_id: str, content: Any) -> None:
        self._db.execute("INSERT OR IGNORE INTO objects VALUES (?, ?, ?)", (kind, thing_id, _text(content)))

    def get(self, kind: str, thing_id: str) -> Any:
        found = self._db.execute("SELECT content FROM objects WHERE kind = ? AND id = ?", (kind, thing_id)).fetchone()
        return None if found is None else msgspec.json.decode(found[0])

    def all(self, kind: str) -> dict[str, Object]:
        rows = self._db.execute("SELECT id, content FROM objects WHERE kind = ?", (kind,))
        return {thing_id: msgspec.json.decode(content) for thing_id, content in rows}

    # evidence

    def observe(self, subscription_id: str, one: Observation) -> None:
        """Store what a subscription was seen to be; seen again without a change, only its present period is new."""
        present = self._present(subscription_id)
        if present is not None and present[0] <= one.at and same_terms(msgspec.json.decode(present[1]), one.state):
            if present[1] != _text(one.state):
                self._set_present(subscription_id, one)
                self.mark(subscription_id)
            return
        self._db.execute(
            "INSERT OR REPLACE INTO observations VALUES (?, ?, ?)", (subscription_id, one.at, _text(one.state))
        )
        if present is None or present[0] <= one.at:
            self._set_present(subscription_id, one)
        self.mark(subscription_id)

    def tell(self, subscription_id: str, event_id: str, told: Told) -> str:
        """Store what an event says. The same event again is a duplicate."""
        found = self._db.execute(
            "INSERT OR IGNORE INTO events VALUES (?, ?, ?, ?)",
            (subscription_id, told.at, event_id, _text([told.state, told.before, told.is_first])),
        )
        if not found.rowcount:
            return "duplicate"
        present = self._present(subscription_id)
        if present is None or present[0] < told.at:
            self._set_present(subscription_id, Observation(told.at, EVENT, told.state))
        self.mark(subscription_id)
        return "new"

    def _present(self, subscription_id: str) -> tuple[int, str] | None:
        found: tuple[int, str] | None = self._db.execute(
            "SELECT at, content FROM subscriptions WHERE id = ?", (subscription_id,)
        ).fetchone()
        return found

    def _set_present(self, subscription_id: str, one: Observation) -> None:
        self._db.execute(
            "INSERT OR REPLACE INTO subscriptions VALUES (?, ?, ?)", (subscription_id, one.at, _text(one.state))
        )

    def mark(self, subscription_id: str) -> None:
        self._db.execute("INSERT OR IGNORE INTO dirty VALUES (?)", (subscription_id,))

    def bill(self, subscription_id: str | None, customer: str | None, bill: Bill, lines: Iterable[Line]) -> None:
        """Store an invoice with its lines, in place of what was known of it."""
        wanted = sorted((line.line_id, line.price, _text(_line_content(line))) for line in lines)
        content = _text(vars(bill))
        if self._bill_known(bill.invoice_id, content, wanted):
            return
        before = self._db.execute("SELECT subscription FROM bills WHERE invoice = ?", (bill.invoice_id,)).fetchone()
        if before is not None:
            self._db.execute("DELETE FROM lines WHERE subscription = ? AND invoice = ?", (before[0], bill.invoice_id))
        self._db.execute(
            "INSERT OR REPLACE INTO bills VALUES (?, ?, ?, ?)", (bill.invoice_id, subscription_id, customer, content)
        )
        self._db.executemany(
            "INSERT OR REPLACE INTO lines VALUES (?, ?, ?, ?, ?)",
            [(line_id, bill.invoice_id, subscription_id, price, text) for line_id, price, text in wanted],
        )
        if subscription_id is not None:
            self.mark(subscription_id)

    def _bill_known(self, invoice_id: str, content: str, wanted: list[tuple[str, str | None, str]]) -> bool:
        known = self._db.execute("SELECT content, subscription FROM bills WHERE invoice = ?", (invoice_id,)).fetchone()
        if known is None or known[0] != content:
            return False
        rows = self._db.execute(
            "SELECT id, price, content FROM lines WHERE subscription = ? AND invoice = ? ORDER BY id",
            (known[1], invoice_id),
        )
        return rows.fetchall() == wanted

    def discount(self, discount: Object) -> None:
        if discount.get("coupon"):
            self._db.execute(
                "INSERT OR REPLACE INTO discounts VALUES (?, ?, ?)",
                (discount["id"], discount["coupon"], _text(discount)),
            )

    def schedule(self, subscription_id: str, schedule: Object) -> str:
        known = self._db.execute("SELECT content FROM schedules WHERE subscription = ?", (subscription_id,)).fetchone()
        text = _text(schedule)
        if known is not None and known[0] == text:
            return "duplicate"
        self._db.execute("INSERT OR REPLACE INTO schedules VALUES (?, ?)", (subscription_id, text))
        self.mark(subscription_id)
        return "new" if known is None else "replaced"

    def link(self, payment_id: str, invoice_id: str) -> None:
        self._db.execute("INSERT OR REPLACE INTO links VALUES (?, ?)", (payment_id, invoice_id))

    def invoice_of(self, *payments: str | None) -> Object | None:
        """The invoice that a payment intent or charge pays: its id, subscription, customer and service period."""
        for payment in payments:
            found = payment and self._db.execute("SELECT invoice FROM links WHERE payment = ?", (payment,)).fetchone()
            if found:
                return self.invoice(found[0])
        return None

    def invoice(self, invoice_id: str) -> Object:
        found = self._db.execute(
            "SELECT subscription, customer FROM bills WHERE invoice = ?", (invoice_id,)
        ).fetchone() or (None, None)
        return {"invoice": invoice_id, "subscription": found[0], "customer": found[1]}

    def lines_of_invoice(self, subscription_id: str, invoice_id: str) -> list[Line]:
        rows = self._db.execute(
            "SELECT id, invoice, subscription, price, content FROM lines WHERE subscription = ? AND invoice = ?",
            (subscription_id, invoice_id),
        )
        return [_line(row) for row in rows]

    # what is left to do

    def change(self, kind: str, thing_id: str) -> None:
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

    def mark_all(self) -> None:
        self._db.execute("INSERT OR IGNORE INTO dirty SELECT id FROM subscriptions")

    def dirty(self, limit: int) -> list[str]:
        rows = self._db.execute("SELECT subscription FROM dirty ORDER BY subscription LIMIT ?", (limit,))
        return [row[0] for row in rows]

    def clean(self, subscriptions: Iterable[str]) -> None:
        self._db.executemany("DELETE FROM dirty WHERE subscription = ?", [(one,) for one in subscriptions])

    def evidence(self, subscriptions: list[str]) -> list[Evidence]:
        """Everything about those subscriptions that Stripe itself has shown."""
        found: dict[str, Evidence] = {}
        for start in range(0, len(subscriptions), CHUNK):
            wanted = subscriptions[start : start + CHUNK]
            for name, at, content in self._of(
                "SELECT id, at, content FROM subscriptions WHERE id IN (SELECT value FROM json_each(?))", wanted
            ):
                found[name] = Evidence(name, Observation(at, SEEN, msgspec.json.decode(content)))
            self._fill(found, wanted)
        return list(found.values())

    def _fill(self, found: dict[str, Evidence], wanted: list[str]) -> None:
        self._fill_observations(found, wanted)
        columns = (
            "SELECT id, invoice, subscription, price, content FROM lines"
            " WHERE subscription IN (SELECT value FROM json_each(?))"
        )
        for row in self._of(columns, wanted):
            if row[2] in found:
                found[row[2]].lines.append(_line(row))
        self._fill_payment(found, wanted)
        for name in wanted:
            if name in found and (ids := _discount_ids(found[name])):
                rows = self._of(
                    "SELECT id, content FROM discounts WHERE id IN (SELECT value FROM json_each(?))", sorted(ids)
                )
                found[name].discounts = {discount: msgspec.json.decode(content) for discount, content in rows}

    def _fill_payment(self, found: dict[str, Evidence], wanted: list[str]) -> None:
        for name, content in self._of(
            "SELECT subscription, content FROM bills WHERE subscription IN (SELECT value FROM json_each(?))", wanted
        ):
            if name in found:
                found[name].bills.append(Bill(**msgspec.json.decode(content)))
        for name, content in self._of(
            "SELECT subscription, content FROM schedules WHERE subscription IN (SELECT value FROM json_each(?))", wanted
        ):
            if name in found:
                found[name].schedule = msgspec.json.decode(content)

    def _fill_observations(self, found: dict[str, Evidence], wanted: list[str]) -> None:
        columns = (
            "SELECT subscription, at, content FROM observations WHERE subscription IN (SELECT value FROM json_each(?))"
        )
        for name, at, content in self._of(columns, wanted):
            found[name].observations.append(Observation(at, SEEN, msgspec.json.decode(content)))
        told: dict[str, list[Told]] = {}
        columns = "SELECT subscription, at, content FROM events WHERE subscription IN (SELECT value FROM json_each(?))"
        for name, at, content in self._of(columns, wanted):
            told.setdefault(name, []).append(Told(at, *msgspec.json.decode(content)))
        for name, events in told.items():
            found[name].observations += in_order(events)

    def _of(self, query: str, ids: list[str]) -> list[Any]:
        return self._db.execute(query, (_text(ids),)).fetchall()


def _discount_ids(evidence: Evidence) -> set[str]:
    states = [one.state for one in evidence.observations]
    owners = [owner for state in states for owner in (state, *state["items"])]
    billed = {name for line in evidence.lines for name, _ in line.discounts}
    return billed | {discount["id"] for owner in owners for discount in owner["discounts"]}


def _line_content(line: Line) -> list[Any]:
    return [line.item, line.quantity, line.start, line.end, line.amount, line.tax, line.proration, line.discounts]


def _line(row: tuple[str, str, str, str | None, str]) -> Line:
    item, quantity, start, end, amount, tax, proration, discounts = msgspec.json.decode(row[4])
    pairs = tuple((name, taken) for name, taken in discounts)
    return Line(row[0], row[1], item, row[3], quantity, start, end, amount, tax, proration, pairs)
