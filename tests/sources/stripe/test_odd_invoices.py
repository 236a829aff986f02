"""Odd invoices: what was bought once on them, and currencies that Stripe counts in its own way."""

from __future__ import annotations

import pytest

from holdfast.facts.money import MICROS
from tests.fakes.stripe_server import FakeStripe, customer, invoice, item, line, price, subscription
from tests.sources.stripe.conftest import Books
from tests.sources.stripe.test_changes import subscribed

SETUP = price("price_setup", 50_000)
SETUP["recurring"], SETUP["type"] = None, "one_time"


@pytest.mark.parametrize("version", ["acacia", "basil", "clover"])
def test_a_setup_fee(version: str, books: Books) -> None:
    with FakeStripe(version) as stripe:
        books.stripe = stripe
        made = subscribed(stripe)
        fee = line("il_fee", made, made["items"]["data"][0], ("2026-06-05", "2026-06-05"), 50_000, price=SETUP)
        fee["parent"] = {
            "type": "invoice_item_details",
            "subscription_item_details": None,
            "invoice_item_details": {"subscription": "sub_a", "proration": False, "invoice_item": "ii_1"},
        }
        stripe.get("in_a")["lines"]["data"].append(fee)
        stripe.add(SETUP)
        report = books.sync("2026-06-10")
        assert report.rejects == []
        assert books.spans("sub_a") == [("2026-06-01", "", "1", "active", "invoice")]


@pytest.mark.parametrize(("currency", "amount", "major"), [("isk", 500_000, 5000), ("ugx", 500, 5), ("mga", 500, 500)])
def test_currencies_that_stripe_counts_in_its_own_way(
    books: Books, stripe: FakeStripe, currency: str, amount: int, major: int
) -> None:
    wanted = price(f"price_{currency}", amount, currency=currency)
    one = item("si_a", wanted, 1, "2026-06-01", ("2026-06-01", "2026-07-01"))
    made = subscription("sub_a", "cus_a", [one], "2026-06-01")
    bill = invoice("in_a", made, "2026-06-01", [line("il_a", made, one, ("2026-06-01", "2026-07-01"), amount)])
    stripe.add(customer("cus_a"), wanted, made, bill)
    books.sync("2026-06-10")
    assert books.total("2026-06-10") == major
    assert books.rows("invoices")[0]["amount_micros"] == major * MICROS
