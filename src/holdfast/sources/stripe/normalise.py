"""Any object of Stripe, of any version of its API, as rows of the canonical tables."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from holdfast.sources.stripe import objects
from holdfast.sources.stripe.discounts import slim_coupon
from holdfast.sources.stripe.evidence import SEEN, Evidence, Observation, state_of
from holdfast.sources.stripe.prices import slim_price
from holdfast.sources.stripe.shapes import Object, coupon_of, discounts_of, listed
from holdfast.sources.stripe.terms import Catalogue, cancellation_rows, term_rows

Rows = dict[str, list[dict[str, Any]]]


def rows_for(thing: Object, api_version: str | None = None) -> Rows:
    """The rows that one object alone makes, by table; instants are Unix seconds.

    The version is told from the object's own shape, so that the object of an event and the answer to a request
    go the same way; `api_version` is only named in errors. Of a subscription this is its present state: what
    it was before needs more than the object, see `history`.

    >>> rows_for({"object": "charge", "id": "ch_1", "amount": 500, "currency": "jpy", "created": 1767225600,
    ...           "status": "succeeded", "customer": "cus_1"})["payments"][0]["amount_micros"]
    500000000
    """
    kind = str(thing.get("object"))
    if kind not in NORMALISERS:
        return {}
    try:
        return NORMALISERS[kind](thing)
    except (KeyError, TypeError, AttributeError) as error:
        version = f" of API version {api_version}" if api_version else ""
        raise ValueError(f"the {kind} {thing.get('id')}{version} has an unknown shape: {error!r}") from error


def subscription_rows(subscription: Object) -> Rows:
    """The present state of a subscription, and its cancellation."""
    return {
        "subscription_terms": term_rows(alone(subscription), embedded(subscription)),
        "cancellations": cancellation_rows(subscription),
    }


def alone(subscription: Object) -> Evidence:
    """What a subscription says about itself, seen when it was made and so never marked."""
    state = state_of(subscription)
    present = Observation(int(state["start_date"] or state["created"]), SEEN, state)
    return Evidence(str(subscription["id"]), present, [present])


def embedded(subscription: Object) -> Catalogue:
    """The prices and coupons inside a subscription."""
    items = listed(subscription.get("items"))
    prices = [item.get("price") or item.get("plan") for item in items] or [subscription.get("plan")]
    discounts = [*discounts_of(subscription), *(one for item in items for one in discounts_of(item))]
    coupons = [coupon_of(one) for one in discounts if isinstance(one, dict)]
    return Catalogue(
        {one["id"]: slim_price(one) for one in prices if isinstance(one, dict)},
        {one["id"]: slim_coupon(one) for one in coupons if isinstance(one, dict)},
    )


NORMALISERS: dict[str, Callable[[Object], Rows]] = {
    "customer": objects.customer_rows,
    "price": lambda price: objects.plan_rows(price, None),
    "plan": lambda plan: objects.plan_rows(plan, None),
    "subscription": subscription_rows,
    "invoice": objects.invoice_rows,
    "charge": objects.charge_rows,
    "refund": objects.refund_rows,
    "credit_note": objects.credit_note_rows,
}
