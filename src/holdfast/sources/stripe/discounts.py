"""Coupons and the time for which they take something off."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal, localcontext
from typing import Any

from holdfast.facts.money import to_micros
from holdfast.sources.amounts import plain
from holdfast.sources.stripe.minor import from_minor
from holdfast.sources.stripe.prices import DIGITS, exact
from holdfast.sources.stripe.shapes import Object, coupon_of, id_of

NOTHING = Decimal(0)


@dataclass(frozen=True)
class Off:
    """What one discount takes off one item: a percentage, or an amount in major units per billing period."""

    percent: Decimal
    amount: Decimal
    duration: str


@dataclass(frozen=True)
class Amounts:
    """An item's amounts per billing period, and the discounts in the columns' form: percent first, then amount."""

    gross: int
    forever: int
    net: int
    percent: str | None
    off: str | None
    duration: str | None


def slim_discount(discount: Any) -> Object:
    """What is kept of a discount; only its id where that is all that was said."""
    if not isinstance(discount, dict):
        return {"id": discount}
    kept = {name: discount.get(name) for name in ("id", "start", "end")}
    return kept | {"coupon": id_of(coupon_of(discount))}


def slim_coupon(coupon: Object) -> Object:
    names = ("id", "percent_off", "amount_off", "currency", "duration", "currency_options")
    products = (coupon.get("applies_to") or {}).get("products")
    return {name: coupon[name] for name in names if coupon.get(name) is not None} | (
        {"products": products} if products else {}
    )


def off(coupon: Mapping[str, Any], currency: str, share: Decimal) -> Off:
    """What a coupon takes off an item that bears `share` of the subscription's amount.

    >>> off({"percent_off": 25.5, "duration": "once"}, "usd", Decimal(1)).percent
    Decimal('25.5')
    """
    duration = str(coupon.get("duration") or "forever")
    if coupon.get("percent_off") is not None:
        return Off(exact(coupon["percent_off"]), NOTHING, duration)
    amount = coupon.get("amount_off")
    if str(coupon.get("currency") or currency).lower() != currency.lower():
        amount = ((coupon.get("currency_options") or {}).get(currency.lower()) or {}).get("amount_off")
    if amount is None:
        return Off(NOTHING, NOTHING, duration)
    with localcontext() as context:
        context.prec = DIGITS
        return Off(NOTHING, from_minor(exact(amount), currency.upper()) * share, duration)


def applied(gross: Decimal, offs: Iterable[Off]) -> Amounts:
    """An item's amounts with its discounts in their order, never below 0, each rounded once.

    >>> applied(Decimal(100), [Off(Decimal(10), NOTHING, "once"), Off(NOTHING, Decimal(5), "forever")]).net
    85000000
    """
    several = tuple(offs)
    with localcontext() as context:
        context.prec = DIGITS
        net = _less(gross, several)
        forever = _less(gross, [one for one in several if one.duration == "forever"])
        kept = _product(several)
        percent = (1 - kept) * 100
        amount = sum((one.amount * _product(several[place + 1 :]) for place, one in enumerate(several)), NOTHING)
    return Amounts(
        to_micros(gross), to_micros(forever), to_micros(net), plain(percent) if percent else None,
        plain(amount) if amount else None, _duration(several),
    )  # fmt: skip


def _less(gross: Decimal, offs: Iterable[Off]) -> Decimal:
    net = gross
    for one in offs:
        net = max(NOTHING, net - net * one.percent / 100 - one.amount)
    return net


def _product(offs: Iterable[Off]) -> Decimal:
    kept = Decimal(1)
    for one in offs:
        kept *= 1 - one.percent / 100
    return kept


def _duration(offs: tuple[Off, ...]) -> str | None:
    """The duration of the discount that ends first."""
    found = {one.duration for one in offs}
    return next((duration for duration in ("once", "repeating", "forever") if duration in found), None)
