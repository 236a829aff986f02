"""Amounts as Stripe writes them: whole numbers of a currency's smallest unit, as Stripe defines it."""

from __future__ import annotations

from decimal import Decimal

from holdfast.sources import amounts

MINOR_DIGITS = {**amounts.MINOR_DIGITS, "MGA": 0, "ISK": 2, "UGX": 2}
"""Not what ISO 4217 says: Stripe has no smaller unit of the ariary, and still counts krónur and Uganda shillings in
hundredths, which both gave up (docs.stripe.com/currencies, special cases).
"""


def from_minor(value: Decimal, currency: str) -> Decimal:
    """An amount of Stripe's in major units.

    >>> from_minor(Decimal(500), "ISK"), from_minor(Decimal(500), "JPY"), from_minor(Decimal(500), "KWD")
    (Decimal('5.00'), Decimal('500'), Decimal('0.500'))
    """
    return value.scaleb(-MINOR_DIGITS.get(currency, 2))


def to_minor(value: Decimal, currency: str) -> Decimal:
    """An amount in major units as Stripe would write it.

    >>> to_minor(Decimal("99.5"), "usd"), to_minor(Decimal(5), "ISK")
    (Decimal('9950.0'), Decimal('500'))
    """
    return value * (Decimal(10) ** MINOR_DIGITS.get(currency.upper(), 2))
