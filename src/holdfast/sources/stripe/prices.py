"""What a price of Stripe's comes to: units, packages of units, and tiers, in exact decimals."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal, localcontext
from typing import Any

from holdfast.sources.amounts import plain
from holdfast.sources.stripe.minor import from_minor
from holdfast.sources.stripe.shapes import Object, id_of

DIGITS = 80


@dataclass(frozen=True)
class Tier:
    """Up to how many units (null: without end), what each costs, and what the tier itself costs, in minor units."""

    up_to: int | None
    unit: Decimal
    flat: Decimal


@dataclass(frozen=True)
class Price:
    """One price in one currency; amounts are in minor units."""

    price_id: str
    product: str | None
    currency: str
    interval: str
    interval_count: int
    metered: bool
    unit: Decimal | None
    tiers: tuple[Tier, ...] = ()
    graduated: bool = False
    divide_by: int = 1
    round_up: bool = True


def slim_price(price: Object) -> Object:
    """What is kept of a price: nothing that is only shown."""
    names = (
        "id", "currency", "billing_scheme", "unit_amount", "unit_amount_decimal", "amount", "amount_decimal",
        "nickname", "recurring", "interval", "interval_count", "usage_type", "tiers", "tiers_mode",
        "transform_quantity", "transform_usage", "currency_options",
    )  # fmt: skip
    kept = {name: price[name] for name in names if price.get(name) is not None}
    return kept | {"product": id_of(price.get("product"))}


def read_price(price: Object, currency: str) -> Price:
    """A price in one of its currencies. Raises `ValueError` that says what is missing."""
    recurring = price.get("recurring") or price
    interval = recurring.get("interval")
    if interval not in {"day", "week", "month", "year"}:
        raise ValueError(f"the price {price.get('id')} does not recur")
    package = price.get("transform_quantity") or price.get("transform_usage") or {}
    own = _in_currency(price, currency)
    metered = recurring.get("usage_type") == "metered"
    tiered = price.get("billing_scheme") == "tiered"
    tiers = tuple(_tier(tier) for tier in own.get("tiers") or [])
    unit = None if tiered else _decimal(own, "unit_amount_decimal", "amount_decimal", "unit_amount", "amount")
    if not metered and ((tiered and not tiers) or (not tiered and unit is None)):
        raise ValueError(f"the price {price.get('id')} says no {'tiers' if tiered else 'amount'} in {currency.upper()}")
    return Price(
        str(price["id"]), id_of(price.get("product")), currency.upper(), interval,
        int(recurring.get("interval_count") or 1), metered, unit, tiers, price.get("tiers_mode") == "graduated",
        int(package.get("divide_by") or 1), package.get("round") != "down",
    )  # fmt: skip


def _in_currency(price: Object, currency: str) -> Object:
    if str(price.get("currency", currency)).lower() == currency.lower():
        return price
    options: Object | None = (price.get("currency_options") or {}).get(currency.lower())
    if options is None:
        raise ValueError(f"the price {price.get('id')} has no amount in {currency.upper()}")
    return options


def _tier(tier: Object) -> Tier:
    nothing = Decimal(0)
    return Tier(
        None if tier.get("up_to") in {None, "inf"} else int(tier["up_to"]),
        _decimal(tier, "unit_amount_decimal", "unit_amount") or nothing,
        _decimal(tier, "flat_amount_decimal", "flat_amount") or nothing,
    )


def _decimal(values: Object, *names: str) -> Decimal | None:
    for name in names:
        if values.get(name) is not None:
            return exact(values[name])
    return None


def exact(value: Any) -> Decimal:
    """A number of Stripe's JSON as it was written.

    >>> exact("0.000000000001"), exact(25.5)
    (Decimal('1E-12'), Decimal('25.5'))
    """
    return value if isinstance(value, Decimal) else Decimal(str(value))


def gross(price: Price, quantity: int) -> Decimal:
    """Amount of a quantity per billing period, in major units, before discounts.

    >>> ten_packs = Price("p", None, "USD", "month", 1, False, Decimal(500), divide_by=10)
    >>> gross(ten_packs, 21)
    Decimal('15.00')
    """
    with localcontext() as context:
        context.prec = DIGITS
        units = _packages(price, quantity)
        minor = _tiered(price, units) if price.tiers else (price.unit or Decimal(0)) * units
        return from_minor(minor, price.currency)


def _packages(price: Price, quantity: int) -> Decimal:
    if price.divide_by == 1:
        return Decimal(quantity)
    rounding = ROUND_CEILING if price.round_up else ROUND_FLOOR
    return (Decimal(quantity) / price.divide_by).to_integral_value(rounding)


def _tiered(price: Price, units: Decimal) -> Decimal:
    """Volume: all units at the price of the tier that they reach. Graduated: each at the price of its own tier.

    The first tier's flat amount is due for 0 units too.
    """
    if not price.graduated:
        reached = next((tier for tier in price.tiers if tier.up_to is None or units <= tier.up_to), price.tiers[-1])
        return reached.unit * units + reached.flat
    total, below = Decimal(0), Decimal(0)
    for place, tier in enumerate(price.tiers):
        if units <= below and place:
            break
        upto = units if tier.up_to is None else min(units, Decimal(tier.up_to))
        total += tier.unit * (upto - below) + tier.flat
        below = upto if tier.up_to is None else Decimal(tier.up_to)
    return total


def unit_text(price: Price) -> str | None:
    """Price of one in major units; null where no single price says it (tiers, packages)."""
    if price.unit is None or price.divide_by != 1:
        return None
    return plain(from_minor(price.unit, price.currency))
