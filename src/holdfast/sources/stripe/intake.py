"""Objects and events of Stripe on their way into the lake and the mirror, from a list, an answer or a webhook."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from holdfast.lake import Lake
from holdfast.sources.kept_aside import KeptAside
from holdfast.sources.parts import POSITION
from holdfast.sources.rows import Aside
from holdfast.sources.stripe import objects
from holdfast.sources.stripe.columns import SOURCE, part_of
from holdfast.sources.stripe.discounts import slim_coupon, slim_discount
from holdfast.sources.stripe.evidence import SEEN, Observation, Told, before, bill_of, lines_of, state_of
from holdfast.sources.stripe.mirror import Billed, Mirror
from holdfast.sources.stripe.prices import slim_price
from holdfast.sources.stripe.report import SyncReport
from holdfast.sources.stripe.schedules import slim_schedule
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
        self.waiting = Waiting()
        self.subscriptions: dict[str, str] = {}

    def take(self, thing: Object, at: int) -> None:
        """One object as it was at `at`. What cannot be understood is kept aside."""
        kind = str(thing.get("object"))
        self.waiting.objects += 1
        if self.lake.erased:
            if kind == "customer" and self.lake.erased.account(str(thing.get("id"))):
                self.waiting.outcome((kind, self.lake.erased.renamed(thing["id"])), "duplicate")
                return
            thing = self.lake.erased.renamed(thing)
        try:
            TAKERS[kind](self, thing, at, (kind, str(thing.get("id"))))
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            self.reject(kind, thing, f"unknown shape: {error!r}" if isinstance(error, KeyError) else str(error))
            return
        self.waiting.outcome((kind, str(thing.get("id"))), "duplicate")

    def take_event(self, event: Object) -> None:
        """The state of a subscription that an event tells of, and the one before, where it tells that too."""
        event = self.lake.erased.renamed(event) if self.lake.erased else event
        thing = event["data"]["object"]
        is_first = event["type"] == "customer.subscription.created"
        earlier = None if is_first else before(event)
        told = Told(int(event["created"]), state_of(thing), None if earlier is None else state_of(earlier), is_first)
        self.waiting.objects += 1
        self._mention_discounts(thing)
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
        self.waiting = Waiting()

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
        if any(status != "duplicate" for status in statuses):
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
            gone = sorted(set(earlier.get(account) or []) - set(names))
            cleared: list[Row] = [{"account_id": account, "name": one, "text": None, "number": None} for one in gone]
            self.waiting.add("account_attributes", cleared, owner)
            self.waiting.kept["customer", account] = (names, None)

    # one method for each kind: its rows for the lake, and what the mirror keeps of it

    def product(self, thing: Object, at: int, owner: Owner) -> None:
        features = [one.get("name") for one in thing.get("marketing_features") or thing.get("features") or []]
        slim = {"name": thing.get("name"), "marketing_features": [{"name": name} for name in features]}
        self.waiting.kept["product", thing["id"]] = (slim, owner)

    def price(self, thing: Object, at: int, owner: Owner) -> None:
        self.waiting.kept["price", thing["id"]] = (slim_price(thing), owner)

    def coupon(self, thing: Object, at: int, owner: Owner) -> None:
        self.waiting.kept["coupon", thing["id"]] = (slim_coupon(thing), owner)

    def customer(self, thing: Object, at: int, owner: Owner) -> None:
        for table, rows in objects.customer_rows(thing).items():
            self.waiting.add(table, rows, owner)

    def subscription(self, thing: Object, at: int, owner: Owner) -> None:
        state, cancellations = state_of(thing), cancellation_rows(thing)
        self._mention_discounts(thing)
        self._mention_prices(item.get("price") or item.get("plan") for item in listed(thing.get("items")))
        self.waiting.add("cancellations", cancellations, owner)
        self.waiting.seen.append((thing["id"], Observation(at, SEEN, state)))

    def subscription_schedule(self, thing: Object, at: int, owner: Owner) -> None:
        subscription = id_of(thing.get("subscription")) or id_of(thing.get("released_subscription"))
        slim = slim_schedule(thing)
        if subscription is None:
            self.waiting.kept["schedule", thing["id"]] = (slim, owner)
            return
        self.later(lambda: self.waiting.outcome(owner, self.mirror.schedule(subscription, slim)))

    def invoice(self, thing: Object, at: int, owner: Owner) -> None:
        rows, found, bill = objects.invoice_rows(thing), lines_of(thing), bill_of(thing)
        self._mention_prices(price for *_, price in found)
        for discount in (one for _, several, _ in found for one in several):
            self.waiting.discounts[discount["id"]] = discount
        for discount in discounts_of(thing):
            self._discount(slim_discount(discount))
        customer = id_of(thing.get("customer"))
        billed = Billed(invoice_subscription(thing), customer, bill, [line for line, *_ in found])
        self.waiting.bills[bill.invoice_id] = billed
        self.waiting.links |= dict.fromkeys(invoice_payments(thing), bill.invoice_id)
        self.waiting.add("invoices", rows["invoices"], owner)

    def charge(self, thing: Object, at: int, owner: Owner) -> None:
        link = self.mirror.invoice_of(id_of(thing.get("payment_intent")), thing["id"]) or {}
        invoice = id_of(thing.get("invoice")) or link.get("invoice")
        customer = id_of(thing.get("customer"))
        self.waiting.add("payments", objects.charge_rows(thing, invoice)["payments"], owner)
        if invoice is None:
            self.waiting.mentioned.setdefault(("refunded", thing["id"]), {"customer": customer})
            return
        content = {"invoice": invoice, "customer": customer, "all": thing.get("amount") == thing.get("amount_refunded")}
        self.waiting.kept["refunded", thing["id"]] = (content, None)

    def refund(self, thing: Object, at: int, owner: Owner) -> None:
        self.waiting.add("payments", objects.refund_rows(thing, self._refunded(thing))["payments"], owner)

    def credit_note(self, thing: Object, at: int, owner: Owner) -> None:
        invoice = self.mirror.invoice(str(id_of(thing.get("invoice"))))
        lines = {id_of(one.get("invoice_line_item")) for one in listed(thing.get("lines"))}
        link = invoice | self._service(invoice, lines)
        refunds = [id_of(one.get("refund")) for one in thing.get("refunds") or []] + [id_of(thing.get("refund"))]
        self.waiting.add("payments", objects.credit_note_rows(thing, link).get("payments", []), owner)
        for refund in filter(None, refunds):
            self.waiting.kept["credited", refund] = (link, None)
        self.waiting.kept["credit_note", thing["id"]] = ([thing.get("status"), thing.get("amount")], owner)

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

    # what objects hold inside them

    def _mention_prices(self, prices: Iterable[Any]) -> None:
        for price in prices:
            if isinstance(price, dict) and price.get("id") and ("price", price["id"]) not in self.waiting.mentioned:
                self.waiting.mentioned["price", price["id"]] = slim_price(price)

    def _mention_discounts(self, subscription: Object) -> None:
        owners = [subscription, *listed(subscription.get("items"))]
        for discount in [one for owner in owners for one in discounts_of(owner)]:
            self._discount(slim_discount(discount))
            coupon = coupon_of(discount) if isinstance(discount, dict) else None
            if isinstance(coupon, dict):
                self.waiting.mentioned.setdefault(("coupon", coupon["id"]), slim_coupon(coupon))

    def _discount(self, slim: Object) -> None:
        if slim.get("coupon"):
            self.waiting.discounts[slim["id"]] = slim


TAKERS: dict[str, Callable[[Intake, Object, int, Owner], None]] = {
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

__all__ = ["KINDS", "SOURCE", "Intake"]
