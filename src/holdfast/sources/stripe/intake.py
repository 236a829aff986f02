"""Objects and events of Stripe on their way into the lake and the mirror, from a list, an answer or a webhook."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from holdfast.facts import TABLES
from holdfast.lake import Lake
from holdfast.sources.kept_aside import KeptAside
from holdfast.sources.parts import POSITION
from holdfast.sources.rows import Aside
from holdfast.sources.stripe import objects
from holdfast.sources.stripe.columns import SOURCE, part_of
from holdfast.sources.stripe.discounts import slim_coupon, slim_discount
from holdfast.sources.stripe.evidence import SEEN, Observation, Told, before, bill_of, lines_of, state_of
from holdfast.sources.stripe.mirror import Mirror
from holdfast.sources.stripe.prices import slim_price
from holdfast.sources.stripe.report import SyncReport
from holdfast.sources.stripe.shapes import (
    Object,
    coupon_of,
    discounts_of,
    id_of,
    invoice_payments,
    invoice_subscription,
    listed,
)
from holdfast.sources.stripe.terms import cancellation_rows

Rows = dict[str, list[dict[str, Any]]]
KINDS = {
    "product": "products", "price": "prices", "plan": "prices", "coupon": "coupons", "customer": "customers",
    "subscription": "subscriptions", "subscription_schedule": "schedules", "invoice": "invoices",
    "credit_note": "credit notes", "charge": "charges", "refund": "refunds",
}  # fmt: skip
"""Kinds of object that are read, as they are called in reports."""


@dataclass
class Waiting:
    """What has been read and is not stored yet."""

    rows: dict[str, dict[tuple[Any, ...], tuple[dict[str, Any], tuple[str, str]]]] = field(default_factory=dict)
    mirror: list[Callable[[], None]] = field(default_factory=list)
    outcomes: dict[tuple[str, str], str] = field(default_factory=dict)
    objects: int = 0


class Intake:
    """Takes objects, and stores them with `flush`: first in the lake, then in the mirror.

    A process that ends in between repeats what it read, and finds it stored.
    """

    def __init__(
        self, lake: Lake, zone: ZoneInfo, mirror: Mirror, known_at: datetime, report: SyncReport, aside: KeptAside
    ) -> None:
        self.lake, self.zone, self.mirror, self.known_at = lake, zone, mirror, known_at
        self.report, self.aside = report, aside
        self.waiting = Waiting()
        self.subscriptions: dict[str, str] = {}

    def take(self, thing: Object, at: int) -> None:
        """One object as it was at `at`. What cannot be understood is kept aside."""
        kind = str(thing.get("object"))
        self.waiting.objects += 1
        owner = (kind, str(thing.get("id")))
        try:
            rows, effect = TAKERS[kind](self, thing, at)
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            self.reject(kind, thing, f"unknown shape: {error!r}" if isinstance(error, KeyError) else str(error))
            return
        for table, several in rows.items():
            self._add(table, several, owner)
        self.waiting.mirror.append(lambda: self._effect(owner, effect))

    def take_event(self, event: Object) -> None:
        """The state of a subscription that an event tells of, and the one before, where it tells that too."""
        thing = event["data"]["object"]
        is_first = event["type"] == "customer.subscription.created"
        earlier = None if is_first else before(event)
        told = Told(int(event["created"]), state_of(thing), None if earlier is None else state_of(earlier), is_first)
        self.waiting.objects += 1
        self._remember_discounts(thing)
        self._later(self.mirror.tell, thing["id"], str(event["id"]), told)

    def reject(self, kind: str, thing: Object, reason: str) -> None:
        name, thing_id = KINDS.get(kind, kind), str(thing.get("id"))
        self.report.count(name, "rejected")
        self.report.rejects.append((thing_id, reason))
        self.aside.add("rejected", Aside(f"stripe {name}", 0, reason, {"id": thing_id}))

    def _add(self, table: str, rows: list[dict[str, Any]], owner: tuple[str, str]) -> None:
        waiting = self.waiting.rows.setdefault(table, {})
        for row in rows:
            waiting[_key(table, row)] = (row, owner)

    def _effect(self, owner: tuple[str, str], effect: Callable[[], str | None]) -> None:
        status = effect()
        if status is not None or owner not in self.waiting.outcomes:
            self.waiting.outcomes[owner] = _stronger(self.waiting.outcomes.get(owner), status or "duplicate")

    def flush(self, note: Callable[[], None] | None = None) -> None:
        """Store what waits; `note` writes how far reading came, in the same transaction of the mirror."""
        if note is None and not self.waiting.mirror:
            return
        self._complete_customers()
        for table, waiting in self.waiting.rows.items():
            self._record(table, list(waiting.values()))
        with self.mirror.transaction():
            for effect in self.waiting.mirror:
                effect()
            if note is not None:
                note()
        for (kind, thing_id), outcome in self.waiting.outcomes.items():
            if kind == "subscription":
                self.subscriptions[thing_id] = _stronger(self.subscriptions.get(thing_id), outcome)
            else:
                self.report.count(KINDS[kind], "changed" if outcome == "replaced" else outcome)
        self.waiting = Waiting()

    def count_subscriptions(self) -> None:
        """Count the subscriptions of this run, whose outcome is known only when their spans are stored."""
        for outcome in self.subscriptions.values():
            self.report.count(KINDS["subscription"], "changed" if outcome == "replaced" else outcome)
        self.subscriptions = {}

    def _record(self, table: str, rows: list[tuple[dict[str, Any], tuple[str, str]]]) -> None:
        if not rows:
            return
        part = part_of(table, [row for row, _ in rows], self.zone)
        statuses = self.lake.record(table, part.rows.drop_columns([POSITION]), self.known_at).to_pylist()
        primary = PRIMARY.get(table, ())
        for (_, owner), status in zip(rows, statuses, strict=True):
            if status != "duplicate":
                self.report.touched.add(table)
                outcome = status if owner[0] in primary else "replaced"
                self.waiting.outcomes[owner] = _stronger(self.waiting.outcomes.get(owner), outcome)

    def _complete_customers(self) -> None:
        """An attribute that a customer no longer has is cleared."""
        known: dict[str, list[str]] = {}
        for account, name in self.waiting.rows.get("account_attributes", {}):
            known.setdefault(account, []).append(name)
        for row, owner in list(self.waiting.rows.get("accounts", {}).values()):
            account = row["account_id"]
            names = sorted(known.get(account, []))
            gone = set(self.mirror.get("customer", account) or []) - set(names)
            cleared: list[dict[str, Any]] = [
                {"account_id": account, "name": name, "text": None, "number": None} for name in sorted(gone)
            ]
            self._add("account_attributes", cleared, owner)
            self.waiting.mirror.append(lambda account=account, names=names: _keep(self.mirror, account, names))  # type: ignore[misc]

    # one method for each kind: the rows for the lake, and what to do in the mirror

    def product(self, thing: Object, at: int) -> tuple[Rows, Callable[[], str | None]]:
        features = [one.get("name") for one in thing.get("marketing_features") or thing.get("features") or []]
        slim = {"name": thing.get("name"), "marketing_features": [{"name": name} for name in features]}
        return {}, lambda: self.mirror.keep("product", thing["id"], slim)

    def price(self, thing: Object, at: int) -> tuple[Rows, Callable[[], str | None]]:
        slim = slim_price(thing)

        def effect() -> str:
            status = self.mirror.keep("price", thing["id"], slim)
            if status == "replaced":
                self.mirror.mark_all()
            return status

        return {}, effect

    def coupon(self, thing: Object, at: int) -> tuple[Rows, Callable[[], str | None]]:
        return {}, lambda: self.mirror.keep("coupon", thing["id"], slim_coupon(thing))

    def customer(self, thing: Object, at: int) -> tuple[Rows, Callable[[], str | None]]:
        return objects.customer_rows(thing), lambda: None

    def subscription(self, thing: Object, at: int) -> tuple[Rows, Callable[[], str | None]]:
        state = state_of(thing)
        self._remember_discounts(thing)
        for item in listed(thing.get("items")):
            self._remember_price(item.get("price") or item.get("plan"))

        def effect() -> None:
            self.mirror.observe(thing["id"], Observation(at, SEEN, state))

        return {"cancellations": cancellation_rows(thing)}, effect

    def subscription_schedule(self, thing: Object, at: int) -> tuple[Rows, Callable[[], str | None]]:
        subscription = id_of(thing.get("subscription")) or id_of(thing.get("released_subscription"))
        slim = slim_schedule(thing)
        if subscription is None:
            return {}, lambda: self.mirror.keep("schedule", thing["id"], slim)
        return {}, lambda: self.mirror.schedule(subscription, slim)

    def invoice(self, thing: Object, at: int) -> tuple[Rows, Callable[[], str | None]]:
        found = lines_of(thing)
        for _, discounts, price in found:
            self._remember_price(price)
            for discount in discounts:
                self._later(self.mirror.discount, discount)
        for discount in discounts_of(thing):
            self._later(self.mirror.discount, slim_discount(discount))
        payments = invoice_payments(thing)
        bill = bill_of(thing)

        def effect() -> None:
            customer = id_of(thing.get("customer"))
            self.mirror.bill(invoice_subscription(thing), customer, bill, [line for line, *_ in found])
            for payment in payments:
                self.mirror.link(payment, bill.invoice_id)

        return objects.invoice_rows(thing), effect

    def charge(self, thing: Object, at: int) -> tuple[Rows, Callable[[], str | None]]:
        link = self.mirror.invoice_of(id_of(thing.get("payment_intent")), thing["id"]) or {}
        invoice = id_of(thing.get("invoice")) or link.get("invoice")
        rows = objects.charge_rows(thing, invoice)
        customer = id_of(thing.get("customer"))
        if invoice is None:
            return rows, lambda: self.mirror.keep_unless_known("refunded", thing["id"], {"customer": customer})
        content = {"invoice": invoice, "customer": customer, "all": thing.get("amount") == thing.get("amount_refunded")}
        return rows, lambda: _nothing(self.mirror.keep("refunded", thing["id"], content))

    def refund(self, thing: Object, at: int) -> tuple[Rows, Callable[[], str | None]]:
        return objects.refund_rows(thing, self._refunded(thing)), lambda: None

    def credit_note(self, thing: Object, at: int) -> tuple[Rows, Callable[[], str | None]]:
        invoice = self.mirror.invoice(str(id_of(thing.get("invoice"))))
        lines = {id_of(one.get("invoice_line_item")) for one in listed(thing.get("lines"))}
        link = invoice | self._service(invoice, lines)
        refunds = [id_of(one.get("refund")) for one in thing.get("refunds") or []] + [id_of(thing.get("refund"))]

        def effect() -> str | None:
            for refund in refunds:
                if refund:
                    self.mirror.keep("credited", refund, link)
            return self.mirror.keep("credit_note", thing["id"], [thing.get("status"), thing.get("amount")])

        return objects.credit_note_rows(thing, link), effect

    def _refunded(self, refund: Object) -> Object:
        """What a refund gives back: as its credit note says, else the service of the whole invoice that it repays."""
        credited = self.mirror.get("credited", refund["id"])
        if credited:
            return dict(credited)
        charge = self.mirror.get("refunded", str(id_of(refund.get("charge")))) or {}
        link = self.mirror.invoice_of(id_of(refund.get("payment_intent")), id_of(refund.get("charge")))
        if link is None and charge.get("invoice"):
            link = self.mirror.invoice(charge["invoice"])
        if link is None:
            return {"customer": charge.get("customer")}
        return link | (self._service(link, None) if charge.get("all") else {})

    def _service(self, invoice: Object, lines: set[str | None] | None) -> Object:
        """The period of an invoice's lines, all or some; nothing where they belong to no subscription."""
        if invoice["subscription"] is None:
            return {}
        every = self.mirror.lines_of_invoice(invoice["subscription"], invoice["invoice"])
        wanted = [line for line in every if line.amount > 0 and (lines is None or line.line_id in lines)]
        if not wanted:
            return {}
        return {"service_from": min(line.start for line in wanted), "service_to": max(line.end for line in wanted)}

    def _remember_price(self, price: Any) -> None:
        if isinstance(price, dict) and price.get("id"):
            self._later(self.mirror.keep_unless_known, "price", price["id"], slim_price(price))

    def _remember_discounts(self, subscription: Object) -> None:
        owners = [subscription, *listed(subscription.get("items"))]
        for discount in (one for owner in owners for one in discounts_of(owner)):
            slim = slim_discount(discount)
            self._later(self.mirror.discount, slim)
            coupon = coupon_of(discount) if isinstance(discount, dict) else None
            if isinstance(coupon, dict):
                self._later(self.mirror.keep_unless_known, "coupon", coupon["id"], slim_coupon(coupon))

    def _later(self, action: Callable[..., object], *arguments: Any) -> None:
        self.waiting.mirror.append(lambda: _nothing(action(*arguments)))


TAKERS: dict[str, Callable[[Intake, Object, int], tuple[Rows, Callable[[], str | None]]]] = {
    "product": Intake.product,
    "price": Intake.price,
    "plan": Intake.price,
    "coupon": Intake.coupon,
    "customer": Intake.customer,
    "subscription": Intake.subscription,
    "subscription_schedule": Intake.subscription_schedule,
    "invoice": Intake.invoice,
    "charge": Intake.charge,
    "refund": Intake.refund,
    "credit_note": Intake.credit_note,
}
PRIMARY = {"accounts": ("customer",), "invoices": ("invoice",), "payments": ("charge", "refund", "credit_note")}
"""Tables whose row is the object itself: its outcome is the object's."""


def _key(table: str, row: dict[str, Any]) -> tuple[Any, ...]:
    names = [name for name in TABLES[table].key if name != "source"]
    return tuple(row[name] if name in row else row[f"{name}_at"] for name in names)


def _stronger(one: str | None, other: str) -> str:
    order = ("duplicate", "replaced", "new")
    return other if one is None or order.index(other) > order.index(one) else one


def slim_schedule(schedule: Object) -> Object:
    """What is kept of a schedule."""
    return {
        "id": schedule["id"],
        "status": schedule.get("status"),
        "end_behavior": schedule.get("end_behavior"),
        "phases": [_phase(one) for one in schedule.get("phases") or []],
    }


def _phase(phase: Object) -> Object:
    items = [
        {"price": id_of(item.get("price") or item.get("plan")), "quantity": item.get("quantity")}
        for item in phase.get("items") or []
    ]
    return {"start": phase["start_date"], "end": phase.get("end_date"), "items": items}


def _keep(mirror: Mirror, account: str, names: list[str]) -> None:
    mirror.keep("customer", account, names)


def _nothing(_: object) -> None:
    return None


__all__ = ["KINDS", "SOURCE", "Intake", "slim_schedule"]
