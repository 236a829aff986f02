"""What is known of one subscription: what Stripe says now, what it said before, and what its invoices show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

import msgspec

from holdfast.sources.stripe.discounts import slim_discount
from holdfast.sources.stripe.shapes import (
    Object,
    discounts_of,
    id_of,
    invoice_payments,
    invoice_subscription,
    invoice_tax,
    line_discounts,
    line_parent,
    line_price,
    listed,
    period_of,
)

SEEN, EVENT = "seen", "event"


class Observation(msgspec.Struct, frozen=True):
    """A subscription as it was at a moment: `how` is `event`, or `seen` where a list or an answer said it."""

    at: int
    how: str
    state: Object


class Line(msgspec.Struct, frozen=True):
    """One line of an invoice of a subscription; amounts in minor units."""

    line_id: str
    invoice_id: str
    item: str | None
    price: str | None
    quantity: int | None
    start: int
    end: int
    amount: int
    tax: int
    proration: bool
    discounts: tuple[tuple[str, int], ...] = ()


class Bill(msgspec.Struct, frozen=True):
    """What an invoice says about its subscription's payment."""

    invoice_id: str
    status: str
    created: int
    reason: str | None
    finalized: int | None
    due: int | None
    closed: int | None
    attempted: bool
    attempts: int


@dataclass
class Evidence:
    """Everything about one subscription, in no particular order."""

    subscription_id: str
    present: Observation
    observations: list[Observation] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    bills: list[Bill] = field(default_factory=list)
    schedule: Object | None = None
    discounts: Mapping[str, Object] = field(default_factory=dict)
    """Discounts that invoices named, by id."""


_NAMES = (
    "status", "start_date", "created", "ended_at", "canceled_at", "cancel_at", "cancel_at_period_end", "trial_start",
    "trial_end", "currency",
)  # fmt: skip


def state_of(subscription: Object) -> Object:
    """The parts of a subscription that its history is made of, alike in every version; nothing personal."""
    begin, end = period_of(subscription)
    state = {name: subscription.get(name) for name in _NAMES}
    if state["status"] in {"trialing", "paused"}:
        state["trial"] = _trial(subscription)
    pause = subscription.get("pause_collection") or {}
    details = subscription.get("cancellation_details") or {}
    return state | {
        "customer": id_of(subscription.get("customer")),
        "period": [begin, end],
        "pause": pause.get("behavior"),
        "resumes_at": pause.get("resumes_at"),
        "reason": details.get("feedback") or details.get("reason"),
        "discounts": [slim_discount(one) for one in discounts_of(subscription)],
        "items": [_item(item) for item in listed(subscription.get("items"))] or _single(subscription),
    }


def _trial(subscription: Object) -> Object:
    """Whether a subscription has a card of its own, and what becomes of its trial where there is none at its end."""
    behavior = (subscription.get("trial_settings") or {}).get("end_behavior") or {}
    card = subscription.get("default_payment_method") or subscription.get("default_source")
    return {"card": card is not None, "missing_card": behavior.get("missing_payment_method")}


def _item(item: Object) -> Object:
    return {
        "id": item.get("id"),
        "price": id_of(item.get("price") or item.get("plan")),
        "quantity": item.get("quantity"),
        "created": item.get("created"),
        "discounts": [slim_discount(one) for one in discounts_of(item)],
    }


def _single(subscription: Object) -> list[Object]:
    plan = id_of(subscription.get("plan"))
    if plan is None:
        return []
    return [{"id": subscription["id"], "price": plan, "quantity": subscription.get("quantity"), "discounts": []}]


def same_terms(one: Object, other: Object) -> bool:
    """Whether two states differ in nothing but the billing period that they were seen in."""
    return {**one, "period": None} == {**other, "period": None}


def before(event: Object) -> Object | None:
    """The object of an event as it was before, where the event says what changed."""
    data = event.get("data") or {}
    previous = data.get("previous_attributes")
    if not previous or not isinstance(data.get("object"), dict):
        return None
    earlier = _overlaid(data["object"], previous)
    items = listed(earlier.get("items"))
    if "items" not in previous and len(items) == 1 and {"quantity", "plan"} & set(previous):
        # events of old versions name the single item's quantity and plan on the subscription
        item = {**items[0], "quantity": earlier.get("quantity", items[0].get("quantity"))}
        if "plan" in previous:
            item |= {"price": None, "plan": previous["plan"]}
        earlier["items"] = {"data": [item]}
    return earlier


def _overlaid(now: Object, previous: Object) -> Object:
    """The changed attributes put back; of nested objects Stripe names only what changed in them."""
    result = dict(now)
    for name, value in previous.items():
        nested = isinstance(value, dict) and isinstance(now.get(name), dict) and value.get("object") != "list"
        result[name] = _overlaid(now[name], value) if nested else value
    return result


@dataclass(frozen=True)
class Told:
    """An event about a subscription: its state from then on, and the one before, where the event says it."""

    at: int
    state: Object
    before: Object | None
    is_first: bool = False


def in_order(events: list[Told]) -> list[Observation]:
    """The states that events tell of, in time.

    Events have a time in whole seconds: of several in one second, the one comes first that tells of the creation,
    and each next one is that which begins where the last one ended.
    """
    result: list[Observation] = []
    for at, group in groupby(sorted(events, key=lambda one: one.at), key=lambda one: one.at):
        rest, last = list(group), None
        while rest:
            chosen = _next(rest, last)
            if last is None and chosen.before is not None:
                result.append(Observation(at - 1, SEEN, chosen.before))
            result.append(Observation(at, EVENT, chosen.state))
            rest.remove(chosen)
            last = chosen.state
    return result


def _next(events: list[Told], last: Object | None) -> Told:
    """Of the events of one second the one that follows a state; of the first ones, one that follows no other."""
    following = [one for one in events if last is not None and one.before is not None and same_terms(one.before, last)]
    ends = [one.state for one in events]
    leading = [one for one in events if one.before and not any(same_terms(one.before, end) for end in ends)]
    return ([one for one in events if one.is_first] or following or leading or events)[0]


def bill_of(invoice: Object) -> Bill:
    steps = invoice.get("status_transitions") or {}
    closed = steps.get("paid_at") or steps.get("voided_at") or steps.get("marked_uncollectible_at")
    by_hand = invoice.get("collection_method") == "send_invoice"
    return Bill(
        str(invoice["id"]), str(invoice.get("status") or "draft"), int(invoice["created"]),
        invoice.get("billing_reason"), steps.get("finalized_at"), invoice.get("due_date") if by_hand else None, closed,
        bool(invoice.get("attempted")), int(invoice.get("attempt_count") or 0),
    )  # fmt: skip


def lines_of(invoice: Object) -> list[tuple[Line, list[Object], Any]]:
    """The lines of an invoice that belong to a subscription, the discounts on each, and its price."""
    own = invoice_subscription(invoice)
    found = []
    for line in listed(invoice.get("lines")):
        parent, period = line_parent(line), line.get("period") or {}
        subscription = parent["subscription"] or (own if parent["item"] else None)
        if subscription is None or subscription != own or period.get("start") is None:
            continue
        discounts = line_discounts(line)
        price = line_price(line)
        one = Line(
            str(line["id"]), str(invoice["id"]), parent["item"], id_of(price), line.get("quantity"),
            int(period["start"]), int(period.get("end") or period["start"]), int(line.get("amount") or 0),
            invoice_tax(line), parent["proration"], tuple((name, amount) for name, amount, _ in discounts),
        )  # fmt: skip
        found.append((one, [slim_discount(whole) for *_, whole in discounts if whole], price))
    return found


__all__ = [
    "EVENT", "SEEN", "Bill", "Evidence", "Line", "Observation", "Told", "before", "bill_of", "in_order",
    "invoice_payments", "invoice_subscription", "lines_of", "same_terms", "state_of",
]  # fmt: skip
