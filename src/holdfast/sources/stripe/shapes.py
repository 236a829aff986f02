"""Where each version of Stripe's API keeps the same thing. `acacia` and before, `basil`, `clover` and after."""

from __future__ import annotations

from typing import Any

Object = dict[str, Any]


def id_of(value: Any) -> str | None:
    """The id of something that is an id, or an object, or nothing.

    >>> id_of("cus_1"), id_of({"id": "cus_1"}), id_of(None)
    ('cus_1', 'cus_1', None)
    """
    if isinstance(value, dict):
        return value.get("id")
    return value or None


def listed(value: Any) -> list[Any]:
    """The members of a list of Stripe's or a plain one.

    >>> listed({"object": "list", "data": [1]}), listed([1]), listed(None)
    ([1], [1], [])
    """
    if not value:
        return []
    return list(value.get("data") or []) if isinstance(value, dict) else list(value)


def discounts_of(owner: Object) -> list[Any]:
    """Discounts of a subscription, an item, an invoice or a line: a list since 2024, a single one before."""
    several, single = owner.get("discounts"), owner.get("discount")
    return (listed(several) if several else []) or ([single] if single else [])


def coupon_of(discount: Object) -> Any:
    """The coupon of a discount: under `source` since clover.

    >>> coupon_of({"source": {"coupon": "TEN"}}), coupon_of({"coupon": {"id": "TEN"}})
    ('TEN', {'id': 'TEN'})
    """
    return (discount.get("source") or {}).get("coupon") or discount.get("coupon")


def period_of(subscription: Object) -> tuple[int | None, int | None]:
    """The current billing period: on the subscription, since basil on its items (the one that ends last)."""
    if subscription.get("current_period_end") is not None:
        return subscription.get("current_period_start"), subscription["current_period_end"]
    items = [item for item in listed(subscription.get("items")) if item.get("current_period_end")]
    if not items:
        return None, None
    latest = items[0] if len(items) == 1 else max(items, key=lambda item: int(item["current_period_end"]))
    return latest.get("current_period_start"), latest["current_period_end"]


def invoice_subscription(invoice: Object) -> str | None:
    """The subscription that an invoice is for: under `parent` since basil."""
    details = (invoice.get("parent") or {}).get("subscription_details") or {}
    return id_of(details.get("subscription")) or id_of(invoice.get("subscription"))


def invoice_payments(invoice: Object) -> list[str]:
    """Ids of the payment intents and charges that pay an invoice: a list of payments since basil."""
    owners = [invoice, *[one.get("payment") or {} for one in listed(invoice.get("payments"))]]
    found = [id_of(owner.get(name)) for owner in owners for name in ("payment_intent", "charge")]
    return [payment for payment in found if payment]


def line_parent(line: Object) -> Object:
    """What a line of an invoice came from: `subscription`, `item` and `proration`, whichever version it is of."""
    parent = line.get("parent") or line
    details = parent.get("subscription_item_details") or parent.get("invoice_item_details") or line
    return {
        "subscription": id_of(details.get("subscription")) or id_of(line.get("subscription")),
        "item": id_of(details.get("subscription_item")) or id_of(line.get("subscription_item")),
        "proration": bool(details.get("proration") or line.get("proration")),
    }


def line_price(line: Object) -> Any:
    """The price of a line, its id or the whole: under `pricing` since basil; a plan before there were prices."""
    details = (line.get("pricing") or {}).get("price_details") or {}
    return details.get("price") or line.get("price") or line.get("plan")


def line_discounts(line: Object) -> list[tuple[str, int, Any]]:
    """Id, amount and, where it was expanded, the object of each discount on a line."""
    whole = {one["id"]: one for one in discounts_of(line) if isinstance(one, dict) and one.get("id")}
    found = []
    for entry in line.get("discount_amounts") or []:
        discount = entry.get("discount")
        name = id_of(discount)
        if name and entry.get("amount"):
            found.append((name, int(entry["amount"]), discount if isinstance(discount, dict) else whole.get(name)))
    return found


def invoice_tax(line: Object) -> int:
    """Tax inside the amount of a line, in minor units: `taxes` since basil, `tax_amounts` before."""
    taxes, amounts = line.get("taxes"), line.get("tax_amounts")
    if not taxes and not amounts:
        return 0
    old = [one for one in amounts or [] if one.get("inclusive")]
    new = [one for one in taxes or [] if one.get("tax_behavior") == "inclusive"]
    return sum(int(one.get("amount") or 0) for one in (new or old))
