"""The currencies in which Stripe counts in other units than ISO 4217 says (docs.stripe.com/currencies)."""

from __future__ import annotations

from decimal import Decimal

import pytest

from holdfast.sources.stripe.minor import from_minor, to_minor
from holdfast.sources.stripe.objects import micros


@pytest.mark.parametrize(
    ("currency", "minor", "major"),
    [
        (
            "UGX",
            500,
            5,
        ),  # on the list without decimals too, but a special case: in hundredths, always of whole shillings
        ("ISK", 500, 5),
        ("MGA", 500, 500),  # on the list without decimals, though an ariary has five iraimbilanja
        ("HUF", 500, 5),  # without decimals in payouts alone
        ("TWD", 500, 5),
        ("JPY", 500, 500),
        ("KWD", 5000, 5),
    ],
)
def test_special_cases(currency: str, minor: int, major: int) -> None:
    assert from_minor(Decimal(minor), currency) == major
    assert to_minor(Decimal(major), currency) == minor
    assert micros(minor, currency.lower()) == major * 1_000_000
