"""A subscription that another source has brought in is not stored twice."""

from __future__ import annotations

import pytest

from holdfast.errors import InputError
from holdfast.lake import Lake
from holdfast.settings import Settings
from holdfast.sources.plain_rows import part_of
from holdfast.sources.stripe.columns import SOURCE
from tests.fakes.stripe_server import FakeStripe, at
from tests.sources.stripe.conftest import Books
from tests.sources.stripe.test_changes import subscribed, with_quantity


def exported(lake: Lake, *subscriptions: str) -> None:
    """As an export of the dashboard's would have brought them in."""
    rows = [
        {
            "subscription_id": name, "item_id": name, "account_id": "cus_a", "valid_from_at": at("2026-06-01"),
            "status": "active", "currency": "USD", "billing_interval": "month", "interval_count": 1, "metered": False,
        }
        for name in subscriptions
    ]  # fmt: skip
    lake.prepare("UTC")
    part = part_of("subscription_terms", rows, range(len(rows)), "stripe-export", Settings().zone)
    lake.record("subscription_terms", part.rows.drop_columns(["position"]), lake.next_instant("subscription_terms"))


def test_a_sync_over_an_export_is_refused_before_anything_is_stored(books: Books, stripe: FakeStripe) -> None:
    subscribed(stripe)
    exported(books.lake, "sub_a")
    with pytest.raises(InputError, match="already there from stripe-export"):
        books.sync("2026-06-10")
    assert {row["source"] for row in books.rows("subscription_terms")} == {"stripe-export"}
    assert not books.rows("accounts")


def test_one_among_many_is_found_in_its_page(books: Books, stripe: FakeStripe) -> None:
    for name in "ab":
        subscribed(stripe, name)
    exported(books.lake, "sub_a", "sub_that_is_not_there")
    with pytest.raises(InputError, match="1 of these subscriptions"):
        books.sync("2026-06-10")
    assert SOURCE not in {row["source"] for row in books.rows("subscription_terms")}


def test_an_export_of_another_account_is_no_hindrance(books: Books, stripe: FakeStripe) -> None:
    subscribed(stripe)
    exported(books.lake, "sub_other")
    assert books.sync("2026-06-10").kinds["subscriptions"].new == 1


def test_one_that_came_in_later_by_another_way_is_left_out(books: Books, stripe: FakeStripe) -> None:
    made = subscribed(stripe)
    books.sync("2026-06-10")
    subscribed(stripe, "b")
    exported(books.lake, "sub_b")
    stripe.change("sub_a", at("2026-06-12"), "customer.subscription.updated", items=with_quantity(made, 2))
    stripe.tell("customer.subscription.created", stripe.get("sub_b"), at("2026-06-12"))
    report = books.sync("2026-06-13")
    assert report.rejects == [("sub_b", "another source has brought it in: it would count twice")]
    assert {row["source"] for row in books.rows("subscription_terms", subscription_id="sub_b")} == {"stripe-export"}
    assert books.spans("sub_a")[-1][2] == "2"
