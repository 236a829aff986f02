"""Objects as events show them, on their way into the lake and the mirror: with nothing expanded, in any order."""

from __future__ import annotations

from typing import Any

from holdfast.sources.stripe.discounts import slim_coupon, slim_discount
from holdfast.sources.stripe.intake import Intake
from holdfast.sources.stripe.mentions import keep_discount
from holdfast.sources.stripe.shapes import Object, coupon_of, id_of, invoice_payments, listed
from holdfast.sources.stripe.terms import cancellation_rows

_PAYMENTS = {
    "charge": (
        "id", "object", "created", "amount", "amount_refunded", "currency", "customer", "status", "failure_code",
        "payment_intent", "invoice",
    ),
    "refund": ("id", "object", "created", "amount", "currency", "charge", "payment_intent", "status"),
    "credit_note": (
        "id", "object", "created", "amount", "currency", "customer", "invoice", "status", "type",
        "post_payment_amount", "refund",
    ),
}  # fmt: skip


class EventIntake(Intake):
    """Takes the objects of events."""

    def take_price(self, price: Object, at: int) -> None:
        """Events leave out a price's tiers and its other currencies, which never change: known ones are kept."""
        known = self.mirror.get("price", price["id"]) or {}
        absent = {name: known[name] for name in ("tiers", "currency_options") if name in known and not price.get(name)}
        self.take({**price, **absent, "object": "price"}, at)
        if price.get("billing_scheme") == "tiered" and not price.get("tiers") and not known.get("tiers"):
            self.leave("price", price["id"])

    def take_coupon(self, coupon: Object, at: int) -> None:
        """As with prices: the products that a coupon is for, and its other currencies."""
        known = self.mirror.get("coupon", coupon["id"]) or {}
        slim = {**known, **slim_coupon(coupon)}
        if not known and coupon["id"] in self.mirror.unknown("coupon"):
            self.later(self.mirror.mark_all)
        self.waiting.kept["coupon", coupon["id"]] = (slim, None)

    def take_discount(self, discount: Object) -> None:
        coupon, subscription = coupon_of(discount), id_of(discount.get("subscription"))
        keep_discount(self.waiting, slim_discount(discount))
        if isinstance(coupon, dict):
            self.waiting.mentioned.setdefault(("coupon", coupon["id"]), slim_coupon(coupon))
        if subscription:
            self.later(self.mirror.mark, subscription)

    def tell(self, event: Object) -> None:
        """What an event says of a subscription; its prices and its cancellation are taken by themselves."""
        self.take_event(event)
        self.later(self.mirror.settle, event["data"]["object"]["id"])

    def take_cancellation(self, subscription: Object) -> None:
        self.waiting.add("cancellations", cancellation_rows(subscription), ("subscription", str(subscription["id"])))

    def link(self, payment: Object) -> set[str]:
        """Which invoice a payment pays: since basil in an object of its own. Returns the ids that it ties together."""
        invoice = id_of(payment.get("invoice"))
        paid_by = payment.get("payment") or {}
        payments = {one for name in ("payment_intent", "charge") if (one := id_of(paid_by.get(name)))}
        if invoice is None:
            return set()
        for one in payments:
            self.waiting.links[one] = invoice
        return {invoice, *payments}

    def leave(self, kind: str, thing_id: str) -> None:
        """Let the next sync read it: the event does not show the whole of it."""
        self.later(self.mirror.change, kind, thing_id)

    def seen_by_sync(self, kind: str, thing_id: str) -> bool:
        if kind == "invoice":
            return bool(self.mirror.invoice(thing_id)["customer"])
        return self.mirror.get("refunded" if kind == "charge" else kind, thing_id) is not None

    def refs(self, kind: str, thing: Object) -> set[str]:
        """Ids of what a charge, refund or credit note belongs to: when one of them becomes known, it is looked at."""
        names = ("id", "invoice", "payment_intent", "charge")
        found = {one for name in names if (one := id_of(thing.get(name)))}
        if kind == "charge":
            link = self.mirror.invoice_of(id_of(thing.get("payment_intent")), thing["id"]) or {}
            found |= {link["invoice"]} if link.get("invoice") else set()
        return found


def slim_payment(kind: str, thing: Object) -> Object:
    """The part of a charge, refund or credit note that its rows are made of; nothing about persons."""
    slim: Object = {name: thing[name] for name in _PAYMENTS[kind] if thing.get(name) is not None}
    if kind == "charge" and (thing.get("outcome") or {}).get("reason"):
        slim["outcome"] = {"reason": thing["outcome"]["reason"]}
    if kind == "credit_note":
        slim["lines"] = [{"invoice_line_item": id_of(one.get("invoice_line_item"))} for one in listed(thing["lines"])]
        slim["refunds"] = [
            {"refund": id_of(one.get("refund")), "amount_refunded": one.get("amount_refunded")}
            for one in thing.get("refunds") or []
        ]
    return slim


def credited(note: Object) -> set[str]:
    """Refunds that a credit note is about."""
    found: list[Any] = [one.get("refund") for one in note.get("refunds") or []] + [note.get("refund")]
    return {one for found_one in found if (one := id_of(found_one))}


def invoice_refs(invoice: Object) -> set[str]:
    return {str(invoice["id"]), *invoice_payments(invoice)}
