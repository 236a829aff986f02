"""What is kept beside the lake of Stripe: the evidence for each subscription's history, and how far reading came.

One SQLite file in the data folder, with a rollback journal and a commit that is on the disk when it returns. It
holds ids, amounts and instants, and nothing about persons.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from holdfast.sources.stripe.evidence import EVENT, Bill, Evidence, Line, Observation, Told, same_terms
from holdfast.sources.stripe.notebook import FILE, Notebook, as_text, chunks, decode
from holdfast.sources.stripe.recall import line_content, line_of, recall
from holdfast.sources.stripe.shapes import Object

RECALLED = 500
"""Subscriptions whose evidence is read at once."""

GONE = "gone"
_FORGET = (
    "DELETE FROM subscriptions WHERE id = ?", "DELETE FROM observations WHERE subscription = ?",
    "DELETE FROM events WHERE subscription = ?", "DELETE FROM lines WHERE subscription = ?",
    "DELETE FROM schedules_of WHERE subscription = ?", "DELETE FROM dirty WHERE subscription = ?",
    "DELETE FROM bills WHERE subscription = ?",
)  # fmt: skip


class Billed(msgspec.Struct, frozen=True):
    """An invoice: whose it is, what it says of its payment, and its lines."""

    subscription_id: str | None
    customer: str | None
    bill: Bill
    lines: Sequence[Line]


class Mirror(Notebook):
    """The notebook with the evidence of subscriptions."""

    # what Stripe said

    def see(self, seen: Iterable[tuple[str, Observation]]) -> None:
        """Store what subscriptions were seen to be; seen again without a change, only the present period is new."""
        every = list(seen)
        self._db.executemany("DELETE FROM objects WHERE kind = ? AND id = ?", {(GONE, name) for name, _ in every})
        present = self._presents(name for name, _ in every)
        observed: list[tuple[str, int, str]] = []
        latest: dict[str, tuple[int, str]] = {}
        for name, one in every:
            known, text = present.get(name), as_text(one.state)
            is_latest = known is None or known[0] <= one.at
            if is_latest and known is not None and same_terms(decode(known[1]), one.state):
                if known[1] != text:
                    present[name] = latest[name] = (one.at, text)
                continue
            observed.append((name, one.at, text))
            if is_latest:
                present[name] = latest[name] = (one.at, text)
        self._db.executemany("INSERT OR REPLACE INTO observations VALUES (?, ?, ?)", observed)
        self._set_presents(latest)
        self.mark_some({*latest, *(name for name, *_ in observed)})

    def tell(self, told: Collection[tuple[str, str, Told]]) -> None:
        """Store what events say, each once. `told` names the subscription and the event."""
        gone = self.get_all(GONE, {name for name, *_ in told})
        every = [one for one in told if one[0] not in gone]
        rows = [(name, one.at, event, as_text([one.state, one.before, one.is_first])) for name, event, one in every]
        self._db.executemany("INSERT OR IGNORE INTO events VALUES (?, ?, ?, ?)", rows)
        present = self._presents(name for name, *_ in every)
        latest: dict[str, tuple[int, str]] = {}
        for name, _, one in every:
            known = present.get(name)
            if known is None or known[0] < one.at:
                present[name] = latest[name] = (one.at, as_text(one.state))
        self._set_presents(latest)
        self.mark_some({name for name, *_ in every})

    def forget(self, subscriptions: Sequence[str]) -> None:
        """Drop the evidence of subscriptions that are gone; events of theirs that are still listed change nothing."""
        names = [(name,) for name in subscriptions]
        for statement in _FORGET:
            self._db.executemany(statement, names)
        self.keep_all({(GONE, name): True for name in subscriptions})

    def _presents(self, names: Iterable[str]) -> dict[str, tuple[int, str]]:
        query = "SELECT id, at, content FROM subscriptions WHERE id IN (SELECT value FROM json_each(?))"
        wanted = list(dict.fromkeys(names))
        return {
            name: (at, content)
            for some in chunks(wanted)
            for name, at, content in self._db.execute(query, (as_text(some),))
        }

    def _set_presents(self, latest: Mapping[str, tuple[int, str]]) -> None:
        rows = [(name, *one) for name, one in latest.items()]
        self._db.executemany("INSERT OR REPLACE INTO subscriptions VALUES (?, ?, ?)", rows)

    def settle(self, subscription_id: str) -> None:
        """Of several events in one second the last one is the present, whichever arrived first."""
        present = self._presents([subscription_id]).get(subscription_id)
        if present is None:
            return
        latest = [one for one in next(self.evidence([subscription_id])).observations if one.at == present[0]]
        if latest and all(one.how == EVENT for one in latest):
            self._set_presents({subscription_id: (latest[-1].at, as_text(latest[-1].state))})

    # what was billed

    def bills(self, billed: Collection[Billed]) -> None:
        """Store invoices with their lines, each in place of what was known of it."""
        known = self._known_bills([one.bill.invoice_id for one in billed])
        bills: list[tuple[Any, ...]] = []
        lines: list[tuple[Any, ...]] = []
        gone: list[tuple[str | None, str]] = []
        for one in billed:
            invoice, content = one.bill.invoice_id, as_text(one.bill)
            wanted = [(line.line_id, line.price, as_text(line_content(line))) for line in one.lines]
            before = known.get(invoice)
            if before is not None:
                if before[1] == content and self._lines_known(invoice, before[0], wanted):
                    continue
                gone.append((before[0], invoice))
            bills.append((invoice, one.subscription_id, one.customer, content))
            lines += [(line_id, invoice, one.subscription_id, price, text) for line_id, price, text in wanted]
        self._db.executemany("DELETE FROM lines WHERE subscription = ? AND invoice = ?", gone)
        self._db.executemany("INSERT OR REPLACE INTO bills VALUES (?, ?, ?, ?)", bills)
        self._db.executemany("INSERT OR REPLACE INTO lines VALUES (?, ?, ?, ?, ?)", lines)
        self.mark_some({row[1] for row in bills if row[1] is not None})

    def _known_bills(self, invoices: Sequence[str]) -> dict[str, tuple[str | None, str]]:
        query = "SELECT invoice, subscription, content FROM bills WHERE invoice IN (SELECT value FROM json_each(?))"
        return {
            invoice: (subscription, content)
            for some in chunks(invoices)
            for invoice, subscription, content in self._db.execute(query, (as_text(some),))
        }

    def _lines_known(self, invoice: str, subscription: str | None, wanted: list[tuple[str, str | None, str]]) -> bool:
        query = "SELECT id, price, content FROM lines WHERE subscription = ? AND invoice = ? ORDER BY id"
        return self._db.execute(query, (subscription, invoice)).fetchall() == sorted(wanted)

    def discounts(self, discounts: Iterable[Object]) -> None:
        rows = [(one["id"], one["coupon"], as_text(one)) for one in discounts if one.get("coupon")]
        self._db.executemany("INSERT OR REPLACE INTO discounts VALUES (?, ?, ?)", rows)

    def schedule(self, subscription_id: str, schedule: Object) -> str:
        """Store one of a subscription's schedules: of several, at most one is in force."""
        name, text = str(schedule["id"]), as_text(schedule)
        query = "SELECT content FROM schedules_of WHERE subscription = ? AND id = ?"
        known = self._db.execute(query, (subscription_id, name)).fetchone()
        if known is not None and known[0] == text:
            return "duplicate"
        self._db.execute("INSERT OR REPLACE INTO schedules_of VALUES (?, ?, ?)", (subscription_id, name, text))
        self.mark(subscription_id)
        return "new" if known is None else "replaced"

    def links(self, links: Mapping[str, str]) -> None:
        """Note which invoice each payment pays."""
        self._db.executemany("INSERT OR REPLACE INTO links VALUES (?, ?)", links.items())

    # what was kept

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
        return [line_of(row) for row in rows]

    def evidence(self, subscriptions: Sequence[str]) -> Iterator[Evidence]:
        """Everything about those subscriptions that Stripe itself has shown; some at a time are held in memory."""
        for some in chunks(subscriptions, RECALLED):
            yield from recall(self._db, some)


__all__ = ["FILE", "Billed", "Mirror"]
