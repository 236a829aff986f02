"""A sync says which events webhooks missed."""

from __future__ import annotations

from contextlib import closing

import pytest

from holdfast.sources.stripe.delivered import Delivered
from tests.fakes.stripe_server import FakeStripe, Object, at, customer
from tests.sources.stripe.conftest import Books
from tests.sources.stripe.test_changes import subscribed, with_quantity

pytestmark = pytest.mark.slow

UPDATED = "customer.subscription.updated"


def told(stripe: FakeStripe, made: Object, day: str, quantity: int) -> Object:
    stripe.change(made["id"], None, items=with_quantity(made, quantity))
    return stripe.tell(UPDATED, stripe.get(made["id"]), at(day))


def deliver(books: Books, *events: Object) -> None:
    """As the collector does, when it has applied them."""
    with closing(Delivered(books.folder)) as delivered, delivered.transaction():
        for number, event in enumerate(events):
            delivered.keep_event(event, "applied", number, event["created"])


def test_without_webhooks_nothing_is_said(books: Books, stripe: FakeStripe) -> None:
    made = subscribed(stripe)
    books.sync("2026-06-10")
    told(stripe, made, "2026-06-12", 2)
    assert books.sync("2026-06-13").missed == {}
    assert not (books.folder / "stripe" / "webhooks.sqlite").exists()


def test_what_came_is_not_missed_and_the_rest_is(books: Books, stripe: FakeStripe) -> None:
    made = subscribed(stripe)
    books.sync("2026-06-10")
    deliver(books, told(stripe, made, "2026-06-12", 2))
    assert books.sync("2026-06-13").missed == {}
    told(stripe, made, "2026-06-14", 3)
    deliver(books, told(stripe, made, "2026-06-15", 4))
    stripe.tell("customer.updated", customer("cus_a"), at("2026-06-15"))
    report = books.sync("2026-06-16")
    assert report.missed == {UPDATED: 1, "customer.updated": 1}
    assert report.as_json()["missed_by_webhooks"]["events"] == 2
    assert [span[2] for span in books.spans("sub_a")] == ["1", "2", "3", "4"]


def test_each_is_said_once(books: Books, stripe: FakeStripe) -> None:
    made = subscribed(stripe)
    books.sync("2026-06-10")
    deliver(books, told(stripe, made, "2026-06-12", 2))
    told(stripe, made, "2026-06-12T12:00", 3)
    assert books.sync("2026-06-12T12:06").missed == {UPDATED: 1}
    assert books.sync("2026-06-12T12:07").missed == {}
    assert books.sync("2026-06-12T12:08", full=True).missed == {}


def test_what_may_still_be_on_its_way_is_said_by_the_next_run(books: Books, stripe: FakeStripe) -> None:
    made = subscribed(stripe)
    books.sync("2026-06-10")
    deliver(books, told(stripe, made, "2026-06-12", 2))
    told(stripe, made, "2026-06-12T12:00", 3)
    assert books.sync("2026-06-12T12:04").missed == {}
    assert books.sync("2026-06-12T12:06").missed == {UPDATED: 1}


def test_what_was_before_the_first_webhook_and_types_that_are_not_asked_for(books: Books, stripe: FakeStripe) -> None:
    made = subscribed(stripe)
    books.sync("2026-06-10")
    told(stripe, made, "2026-06-11", 2)
    deliver(books, told(stripe, made, "2026-06-12", 3))
    stripe.tell("customer.tax_id.created", {"id": "txi_1", "object": "tax_id"}, at("2026-06-13"))
    assert books.sync("2026-06-14").missed == {}
