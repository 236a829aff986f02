"""Events of Stripe from the inbox into the lake: each once, in any order, an older state never over a newer one."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from holdfast.collector.applier import NotNow, Verdict
from holdfast.collector.message import Stored
from holdfast.collector.stripe_intake import EventIntake, credited, invoice_refs, slim_payment
from holdfast.collector.stripe_ranks import Rank, rank
from holdfast.lake import Lake
from holdfast.settings import Settings
from holdfast.sources.kept_aside import KeptAside
from holdfast.sources.stripe.apply import apply
from holdfast.sources.stripe.delivered import KEPT_SECONDS, Delivered
from holdfast.sources.stripe.mirror import Mirror
from holdfast.sources.stripe.report import SyncReport
from holdfast.sources.stripe.shapes import Object, listed
from holdfast.sources.stripe.side_file import Busy, stripe_alone

ORDER = (
    "product", "price", "coupon", "discount", "customer", "subscription", "subscription_schedule", "invoice",
    "invoice_payment", "credit_note", "charge", "refund",
)  # fmt: skip
"""Kinds of object in the order in which one needs another."""
PAYMENTS = ORDER[-3:]
NOT_RANKED = {"product", "customer", "subscription_schedule"}
"""Kinds of which two states of one second cannot be told apart: the next sync reads them again."""
PATIENCE_SECONDS = 0.5


@dataclass
class Change:
    """One state of one object, as an event shows it."""

    number: int
    event: Object
    kind: str
    thing: Object
    rank: Rank

    @property
    def key(self) -> tuple[str, str]:
        return self.kind, str(self.thing["id"])


@dataclass
class Batch:
    """Events on their way, and what became of each."""

    events: dict[int, Object] = field(default_factory=dict)
    outcomes: dict[int, str] = field(default_factory=dict)
    refused: dict[int, str] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)

    def refuse(self, number: int, reason: str) -> None:
        self.refused[number] = reason
        self.events.pop(number, None)


class StripeEvents:
    """Applies messages of the kind `stripe-webhook` to the lake in a data folder."""

    def __init__(self, data: Path, settings: Settings, clock: Callable[[], float] = time.time) -> None:
        self.data, self.settings, self.clock = data, settings, clock
        self.lake = Lake(data / "lake")

    def __call__(self, messages: Sequence[Stored]) -> Verdict:
        try:
            with stripe_alone(self.data, PATIENCE_SECONDS):
                return self._apply(messages)
        except Busy:
            raise NotNow("a sync with Stripe is running: events are kept, and applied when it ends") from None

    def _apply(self, messages: Sequence[Stored]) -> Verdict:
        self.lake.prepare(self.settings.timezone)
        with closing(Mirror(self.data)) as mirror, closing(Delivered(self.data)) as delivered:
            return _Run(self, mirror, delivered).apply(messages)


class _Run:
    """One batch."""

    def __init__(self, owner: StripeEvents, mirror: Mirror, delivered: Delivered) -> None:
        self.mirror, self.delivered, self.now = mirror, delivered, int(owner.clock())
        moment = owner.lake.next_instant("subscription_terms", "accounts", "invoices", "payments")
        self.report = SyncReport("events")
        self.aside = KeptAside(owner.data, "stripe-events")
        self.intake = EventIntake(owner.lake, owner.settings.zone, mirror, moment, self.report, self.aside)
        self.batch = Batch()
        self.ranks: dict[tuple[str, str], Rank] = {}
        self.refs: set[str] = set()
        self.kept: dict[tuple[str, str], Object] = {}

    def apply(self, messages: Sequence[Stored]) -> Verdict:
        """The lake first, then the mirror, then that it was done: what is interrupted is found stored, and repeated."""
        self._read(messages)
        self._note_sync()
        try:
            for kind in ORDER:
                self._take_kind(kind)
            if self.mirror.dirty(1) or {"product", "price"} & {change.kind for change in self.batch.changes}:
                apply(self.intake)
        finally:
            self.aside.close()
        self._refuse_rejected()
        self._keep()
        return Verdict(self.batch.refused, self.report.touched)

    # reading

    def _read(self, messages: Sequence[Stored]) -> None:
        read = {one.number: read_event(one.message.body) for one in messages}
        ids = [str(event["id"]) for event in read.values() if isinstance(event, dict)]
        done = self.delivered.known(ids)
        for number, found in read.items():
            event = found if isinstance(found, str) else self._without_erased(found)
            if isinstance(event, str):
                self.batch.refuse(number, event)
            elif event["id"] not in done:
                done.add(event["id"])
                self._sort(number, event)

    def _without_erased(self, event: Object) -> Object:
        """The event with erased accounts under what they are called since; of an erased customer nothing is left."""
        erased = self.intake.lake.erased
        if not erased:
            return event
        thing = (event.get("data") or {}).get("object") or {}
        if thing.get("object") == "customer" and erased.account(thing.get("id")):
            return {**event, "data": {}}
        return dict(erased.renamed(event))

    def _sort(self, number: int, event: Object) -> None:
        if reason := self._foreign(event):
            self.batch.refuse(number, reason)
            return
        self.batch.events[number] = event
        self.batch.outcomes[number] = "ignored"
        try:
            for kind, thing in states(event):
                self.batch.changes.append(Change(number, event, kind, thing, rank(event, kind, thing)))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            self.batch.refuse(number, f"an event of an unknown shape: {error!r}")

    def _foreign(self, event: Object) -> str | None:
        if event.get("account"):
            return f"it belongs to the connected account {event['account']}, not to your own"
        if not isinstance(event.get("livemode"), bool):
            return None
        mode, known = "live" if event["livemode"] else "test", self.mirror.note("mode")
        if known is None:
            with self.mirror.transaction():
                self.mirror.set_note("mode", mode)
        return f"it is of {mode} mode, and this data folder holds {known} mode" if known not in {None, mode} else None

    # taking

    def _note_sync(self) -> None:
        """When the last sync was over, at the latest: it read what is older than that."""
        read_up_to, seen = self.mirror.note("read_up_to"), self.delivered.note("sync") or [None, None]
        if read_up_to != seen[0]:
            seen = [read_up_to, self.now]
            with self.delivered.transaction():
                self.delivered.set_note("sync", seen)
        self.read_up_to, self.synced_at = seen

    def _take_kind(self, kind: str) -> None:
        if kind in PAYMENTS:
            for thing_id, thing in self.delivered.payments(kind, self.refs).items():
                self._take_payment(kind, {**thing, "id": thing_id}, int(thing["created"]))
        changes = sorted(self._of(kind), key=lambda one: one.rank)
        latest = {change.key: change for change in changes}
        for change in changes:
            if kind == "subscription":
                self._tell(change)
            elif latest[change.key] is not change:
                self._outcome(change, "older")
            elif self._is_newest(change) and self._is_news(change):
                self._take(change)
        self.intake.flush()

    def _of(self, kind: str) -> list[Change]:
        return [one for one in self.batch.changes if one.kind == kind and one.number in self.batch.events]

    def _tell(self, change: Change) -> None:
        """Every event about a subscription counts: its history is made of them."""
        if (change.thing.get("items") or {}).get("has_more"):
            self._leave(change)
            return
        self.intake.tell(change.event)
        self._outcome(change, "applied")
        self._take_embedded(change)

    def _take_embedded(self, change: Change) -> None:
        requested = change.thing.get("canceled_at")
        if requested and self._is_newer("cancellation", f"{change.thing['id']}/{requested}", change.rank):
            self.intake.take_cancellation(change.thing)

    def _is_newest(self, change: Change) -> bool:
        """Whether no newer state of the object was applied before."""
        known = self.delivered.newest(*change.key)
        if known is not None and change.rank <= known:
            self._outcome(change, "older")
            return False
        if known is not None and known[:-1] == change.rank[:-1] and change.kind in NOT_RANKED:
            self.intake.leave(*change.key)
        return True

    def _is_news(self, change: Change) -> bool:
        """Whether no sync can have read a later state of the object."""
        at = int(change.event["created"])
        if self.synced_at is None or at > self.synced_at or not self.intake.seen_by_sync(*change.key):
            return True
        if at <= (self.read_up_to or 0):
            self._outcome(change, "known")
        else:
            self._leave(change)
        return False

    def _is_newer(self, kind: str, thing_id: str, one: Rank) -> bool:
        known = self.ranks.get((kind, thing_id)) or self.delivered.newest(kind, thing_id)
        if known is not None and one <= known:
            return False
        self.ranks[kind, thing_id] = one
        return True

    def _take(self, change: Change) -> None:
        kind, thing, at = change.kind, change.thing, int(change.event["created"])
        if (thing.get("lines") or {}).get("has_more"):
            self._leave(change)
            return
        if kind in PAYMENTS:
            self._take_payment(kind, slim_payment(kind, thing), at)
        elif kind == "invoice_payment":
            self.refs |= self.intake.link(thing)
        else:
            self._take_plain(kind, thing, at)
        self.ranks[change.key] = change.rank
        self._outcome(change, "applied")

    def _take_plain(self, kind: str, thing: Object, at: int) -> None:
        if kind == "price":
            self.intake.take_price(thing, at)
        elif kind == "coupon":
            self.intake.take_coupon(thing, at)
        elif kind == "discount":
            self.intake.take_discount(thing)
        else:
            self.intake.take(thing, at)
        if kind == "invoice":
            self.refs |= invoice_refs(thing)

    def _take_payment(self, kind: str, slim: Object, at: int) -> None:
        self.intake.take(slim, at)
        self.kept[kind, str(slim["id"])] = slim
        self.refs |= {str(slim["id"])} | (credited(slim) if kind == "credit_note" else set())

    def _leave(self, change: Change) -> None:
        self.intake.leave(*change.key)
        self._outcome(change, "left")

    def _outcome(self, change: Change, outcome: str) -> None:
        known = self.batch.outcomes[change.number]
        order = ("ignored", "older", "known", "left", "applied")
        self.batch.outcomes[change.number] = max(known, outcome, key=order.index)

    # keeping

    def _refuse_rejected(self) -> None:
        reasons = dict(self.report.rejects)
        for change in self.batch.changes:
            if change.number in self.batch.events and (reason := reasons.get(str(change.thing["id"]))):
                self.batch.refuse(change.number, reason)
                self.ranks.pop(change.key, None)
                self.kept.pop(change.key, None)

    def _keep(self) -> None:
        with self.delivered.transaction():
            for number, event in self.batch.events.items():
                self.delivered.keep_event(event, self.batch.outcomes[number], number, self.now)
            for (kind, thing_id), one in self.ranks.items():
                self.delivered.set_newest(kind, thing_id, one)
            for (kind, _), slim in self.kept.items():
                self.delivered.keep_payment(kind, slim, self.intake.refs(kind, slim), self.now)
            self.delivered.forget(self.now - KEPT_SECONDS)


def read_event(body: bytes) -> Object | str:
    """The event in a body, or why there is none."""
    try:
        event = msgspec.json.decode(body)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        return f"it is not JSON: {error}"
    if not isinstance(event, dict) or not isinstance(event.get("id"), str) or not isinstance(event.get("type"), str):
        return "it is not an event of Stripe's: it has no id or no type"
    if isinstance(event.get("created"), bool) or not isinstance(event.get("created"), int):
        if event.get("object") == "v2.core.event":
            return "it is a thin event, which names what changed and does not show it: choose snapshot events"
        return "it is not an event of Stripe's: it has no time"
    return event


def states(event: Object) -> Iterator[tuple[str, Object]]:
    """The objects whose state an event shows, by kind; none where it is about something that is not kept.

    >>> list(states({"type": "product.updated", "data": {"object": {"object": "product", "id": "prod_1"}}}))
    [('product', {'object': 'product', 'id': 'prod_1'})]
    >>> list(states({"type": "charge.dispute.created", "data": {"object": {"object": "dispute", "id": "dp_1"}}}))
    []
    """
    thing = (event.get("data") or {}).get("object") or {}
    kind, event_type = thing.get("object"), str(event["type"])
    if kind not in ORDER or not thing.get("id"):
        return
    if event_type == "invoice.deleted":
        yield kind, {**thing, "status": "void"}
    elif kind == "subscription":
        if event_type.startswith("customer.subscription."):
            yield from _prices(thing)
            yield kind, thing
    elif not event_type.endswith(".deleted") or kind == "discount":
        yield kind, thing


def _prices(subscription: Object) -> Iterator[tuple[str, Object]]:
    prices: list[Any] = [item.get("price") or item.get("plan") for item in listed(subscription.get("items"))]
    yield from (("price", one) for one in prices if isinstance(one, dict) and one.get("id"))
