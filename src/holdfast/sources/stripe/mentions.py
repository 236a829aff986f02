"""What objects of Stripe hold inside them: prices, coupons and discounts, of which no list may ever tell."""

from __future__ import annotations

from typing import Any

from holdfast.sources.stripe.discounts import slim_coupon, slim_discount
from holdfast.sources.stripe.prices import slim_price
from holdfast.sources.stripe.shapes import Object, coupon_of, discounts_of, listed
from holdfast.sources.stripe.waiting import Waiting


def mention_price(waiting: Waiting, price: Any) -> None:
    if isinstance(price, dict) and price.get("id") and ("price", price["id"]) not in waiting.mentioned:
        waiting.mentioned["price", price["id"]] = slim_price(price)


def mention_discounts(waiting: Waiting, subscription: Object) -> None:
    """The discounts of a subscription and its items, with their coupons."""
    for owner in (subscription, *listed(subscription.get("items"))):
        for discount in discounts_of(owner):
            keep_discount(waiting, slim_discount(discount))
            coupon = coupon_of(discount) if isinstance(discount, dict) else None
            if isinstance(coupon, dict):
                waiting.mentioned.setdefault(("coupon", coupon["id"]), slim_coupon(coupon))


def keep_discount(waiting: Waiting, slim: Object) -> None:
    if slim.get("coupon"):
        waiting.discounts[slim["id"]] = slim
