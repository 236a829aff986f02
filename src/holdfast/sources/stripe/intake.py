"""Objects and events of Stripe on their way into the lake and the mirror, from a list, an answer or a webhook."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from holdfast.lake import Lake
from holdfast.sources.kept_aside import KeptAside
from holdfast.sources.parts import POSITION
from holdfast.sources.rows import Aside
from holdfast.sources.stripe.columns import SOURCE, part_of
from holdfast.sources.stripe.evidence import Told, before, state_of
from holdfast.sources.stripe.mentions import mention_discounts
from holdfast.sources.stripe.mirror import Mirror
from holdfast.sources.stripe.report import SyncReport
from holdfast.sources.stripe.shapes import Object
from holdfast.sources.stripe.takers import TAKERS
from holdfast.sources.stripe.waiting import Owner, Row, Waiting, stronger

KINDS = {
    "product": "products", "price": "prices", "plan": "prices", "coupon": "coupons", "customer": "customers",
    "subscription": "subscriptions", "subscription_schedule": "schedules", "invoice": "invoices",
    "credit_note": "credit notes", "charge": "charges", "refund": "refunds",
}  # fmt: skip
"""Kinds of object that are read, as they are called in reports."""
PRIMARY = {"accounts": ("customer",), "invoices": ("invoice",), "payments": ("charge", "refund", "credit_note")}
"""Tables whose row is the object itself: its outcome is the object's."""


class Intake:
    """Takes objects, and stores them with `flush`: first in the lake, then in the mirror.

    A process that ends in between repeats what it read, and finds it stored.
    """

    def __init__(
        self, lake: Lake, zone: ZoneInfo, mirror: Mirror, known_at: datetime, report: SyncReport, aside: KeptAside
    ) -> None:
        self.lake, self.zone, self.mirror, self.known_at = lake, zone, mirror, known_at
        self.report, self.aside = report, aside
        self.subscriptions: dict[str, str] = {}
        self._begin()

    def _begin(self) -> None:
        """Begin a batch. Nobody is erased while Stripe is read, so that asking once for each is enough."""
        self.waiting, self.any_erased = Waiting(), bool(self.lake.erased)

    def take(self, thing: Object, at: int) -> None:
        """One object as it was at `at`. What cannot be understood is kept aside."""
        kind = str(thing.get("object"))
        owner, waiting = (kind, str(thing.get("id"))), self.waiting
        waiting.objects += 1
        if self.any_erased:
            if kind == "customer" and self.lake.erased.account(str(thing.get("id"))):
                waiting.outcome((kind, self.lake.erased.renamed(thing["id"])), "duplicate")
                return
            thing = self.lake.erased.renamed(thing)
            owner = (kind, str(thing.get("id")))
        try:
            TAKERS[kind](waiting, self.mirror, thing, at, owner)
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            self.reject(kind, thing, f"unknown shape: {error!r}" if isinstance(error, KeyError) else str(error))
            return
        waiting.outcomes.setdefault(owner, "duplicate")

    def take_event(self, event: Object) -> None:
        """The state of a subscription that an event tells of, and the one before, where it tells that too."""
        event = self.lake.erased.renamed(event) if self.any_erased else event
        thing = event["data"]["object"]
        is_first = event["type"] == "customer.subscription.created"
        earlier = None if is_first else before(event)
        told = Told(int(event["created"]), state_of(thing), None if earlier is None else state_of(earlier), is_first)
        self.waiting.objects += 1
        mention_discounts(self.waiting, thing)
        self.waiting.told.append((thing["id"], str(event["id"]), told))

    def later(self, action: Callable[..., object], *arguments: Any) -> None:
        """Do something in the mirror when everything else that waits is stored."""
        self.waiting.later.append(partial(action, *arguments))

    def reject(self, kind: str, thing: Object, reason: str) -> None:
        name, thing_id = KINDS.get(kind, kind), str(thing.get("id"))
        self.report.count(name, "rejected")
        self.report.rejects.append((thing_id, reason))
        self.aside.add("rejected", Aside(f"stripe {name}", 0, reason, {"id": thing_id}))

    # storing

    def flush(self, note: Callable[[], None] | None = None) -> None:
        """Store what waits; `note` writes how far reading came, in the same transaction of the mirror."""
        waiting = self.waiting
        if note is None and not waiting:
            return
        self._complete_customers()
        for table, several in waiting.rows.items():
            self._record(table, list(several.values()))
        with self.mirror.transaction():
            waiting.into(self.mirror)
            if note is not None:
                note()
        self._count(waiting.outcomes)
        self._begin()

    def _count(self, outcomes: dict[Owner, str]) -> None:
        for (kind, thing_id), outcome in outcomes.items():
            if kind == "subscription":
                self.subscriptions[thing_id] = stronger(self.subscriptions.get(thing_id, "duplicate"), outcome)
        counted = Counter((kind, outcome) for (kind, _), outcome in outcomes.items() if kind != "subscription")
        for (kind, outcome), times in counted.items():
            self.report.count(KINDS[kind], "changed" if outcome == "replaced" else outcome, times)

    def count_subscriptions(self) -> None:
        """Count the subscriptions of this run, whose outcome is known only when their spans are stored."""
        for outcome, times in Counter(self.subscriptions.values()).items():
            self.report.count(KINDS["subscription"], "changed" if outcome == "replaced" else outcome, times)
        self.subscriptions = {}

    def _record(self, table: str, rows: list[tuple[Row, Owner]]) -> None:
        if not rows:
            return
        part = part_of(table, [row for row, _ in rows], self.zone)
        statuses = self.lake.record(table, part.rows.drop_columns([POSITION]), self.known_at).to_pylist()
        primary = PRIMARY.get(table, ())
        for (_, owner), status in zip(rows, statuses, strict=True):
            if status != "duplicate":
                self.waiting.outcome(owner, status if owner[0] in primary else "replaced")
                self.report.touched.add(table)

    def _complete_customers(self) -> None:
        """An attribute that a customer no longer has is cleared."""
        accounts = [(row["account_id"], owner) for row, owner in self.waiting.rows.get("accounts", {}).values()]
        now: dict[str, list[str]] = {}
        for account, name in self.waiting.rows.get("account_attributes", {}):
            now.setdefault(account, []).append(name)
        earlier = self.mirror.get_all("customer", [account for account, _ in accounts])
        for account, owner in accounts:
            names = sorted(now.get(account, []))
            self.waiting.kept["customer", account] = (names, None)
            gone = sorted(set(earlier.get(account) or []).difference(names))
            cleared: list[Row] = [{"account_id": account, "name": one, "text": None, "number": None} for one in gone]
            self.waiting.add("account_attributes", cleared, owner)


__all__ = ["KINDS", "SOURCE", "Intake"]
