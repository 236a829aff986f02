"""For each kind of object: its rows for the lake, and what the mirror keeps of it."""

from __future__ import annotations

from collections.abc import Callable

from holdfast.sources.stripe import objects
from holdfast.sources.stripe.discounts import slim_coupon, slim_discount
from holdfast.sources.stripe.evidence import SEEN, Observation, bill_of, lines_of, state_of
from holdfast.sources.stripe.mentions import keep_discount, mention_discounts, mention_price
from holdfast.sources.stripe.mirror import Billed, Mirror
from holdfast.sources.stripe.payments import take_charge, take_credit_note, take_refund
from holdfast.sources.stripe.prices import slim_price
from holdfast.sources.stripe.schedules import slim_schedule
from holdfast.sources.stripe.shapes import Object, discounts_of, id_of, invoice_payments, invoice_subscription, listed
from holdfast.sources.stripe.terms import cancellation_rows
from holdfast.sources.stripe.waiting import Owner, Waiting

Taker = Callable[[Waiting, Mirror, Object, int, Owner], None]
"""Puts an object, as it was at a Unix time, among what waits."""


def take_product(waiting: Waiting, mirror: Mirror, thing: Object, at: int, owner: Owner) -> None:
    features = [one.get("name") for one in thing.get("marketing_features") or thing.get("features") or []]
    slim = {"name": thing.get("name"), "marketing_features": [{"name": name} for name in features]}
    waiting.kept["product", thing["id"]] = (slim, owner)


def take_price(waiting: Waiting, mirror: Mirror, thing: Object, at: int, owner: Owner) -> None:
    waiting.kept["price", thing["id"]] = (slim_price(thing), owner)


def take_coupon(waiting: Waiting, mirror: Mirror, thing: Object, at: int, owner: Owner) -> None:
    waiting.kept["coupon", thing["id"]] = (slim_coupon(thing), owner)


def take_customer(waiting: Waiting, mirror: Mirror, thing: Object, at: int, owner: Owner) -> None:
    for table, rows in objects.customer_rows(thing).items():
        waiting.add(table, rows, owner)


def take_subscription(waiting: Waiting, mirror: Mirror, thing: Object, at: int, owner: Owner) -> None:
    state, cancellations = state_of(thing), cancellation_rows(thing)
    mention_discounts(waiting, thing)
    for item in listed(thing.get("items")):
        mention_price(waiting, item.get("price") or item.get("plan"))
    waiting.add("cancellations", cancellations, owner)
    waiting.seen.append((thing["id"], Observation(at, SEEN, state)))


def take_schedule(waiting: Waiting, mirror: Mirror, thing: Object, at: int, owner: Owner) -> None:
    subscription = id_of(thing.get("subscription")) or id_of(thing.get("released_subscription"))
    slim = slim_schedule(thing)
    if subscription is None:
        waiting.kept["schedule", thing["id"]] = (slim, owner)
        return
    waiting.later.append(lambda: waiting.outcome(owner, mirror.schedule(subscription, slim)))


def take_invoice(waiting: Waiting, mirror: Mirror, thing: Object, at: int, owner: Owner) -> None:
    rows, found, bill = objects.invoice_rows(thing), lines_of(thing), bill_of(thing)
    for _, discounts, price in found:
        mention_price(waiting, price)
        for slim in discounts:
            waiting.discounts[slim["id"]] = slim
    for discount in discounts_of(thing):
        keep_discount(waiting, slim_discount(discount))
    lines = [line for line, *_ in found]
    waiting.bills[bill.invoice_id] = Billed(invoice_subscription(thing), id_of(thing.get("customer")), bill, lines)
    for payment in invoice_payments(thing):
        waiting.links[payment] = bill.invoice_id
    waiting.add("invoices", rows["invoices"], owner)


TAKERS: dict[str, Taker] = {
    "product": take_product, "price": take_price, "plan": take_price, "coupon": take_coupon, "customer": take_customer,
    "subscription": take_subscription, "subscription_schedule": take_schedule, "invoice": take_invoice,
    "charge": take_charge, "refund": take_refund, "credit_note": take_credit_note,
}  # fmt: skip
