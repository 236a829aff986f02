"""What Stripe no longer has is withdrawn by a full sync, and never by one that did not see the whole list."""

from __future__ import annotations

import pytest

from holdfast.sources.stripe import client, sync
from tests.fakes.stripe_server import FakeStripe, Request, at
from tests.sources.stripe.conftest import Books
from tests.sources.stripe.test_changes import subscribed, with_quantity

pytestmark = pytest.mark.slow


@pytest.fixture
def three(books: Books, stripe: FakeStripe) -> Books:
    """A data folder with three subscriptions, of which Stripe then deletes one."""
    for name in "abc":
        made = subscribed(stripe, name)
        stripe.change(f"sub_{name}", at("2026-06-05"), "customer.subscription.updated", items=with_quantity(made, 2))
    cancelled = {"status": "canceled", "canceled_at": at("2026-06-06"), "ended_at": at("2026-06-08")}
    stripe.change("sub_b", None, **cancelled)
    books.sync("2026-06-10")
    stripe.remove("sub_b")
    return books


def names(books: Books, table: str = "subscription_terms") -> set[str]:
    return {row["subscription_id"] for row in books.rows(table)}


def test_a_full_sync_withdraws_it(three: Books) -> None:
    known = three.lake.next_instant("subscription_terms")
    assert three.sync("2026-06-11").withdrawn == 0
    assert (names(three), names(three, "cancellations")) == ({"sub_a", "sub_b", "sub_c"}, {"sub_b"})
    report = three.sync("2026-06-12", full=True)
    assert (report.withdrawn, report.touched) == (1, {"subscription_terms", "cancellations"})
    assert (names(three), names(three, "cancellations")) == ({"sub_a", "sub_c"}, set())
    assert three.total("2026-06-07") == 40
    then = three.mrr("2026-06-07", "2026-06-07", grain="day", as_of=known)
    assert [row["mrr"] for row in then] == [60]


def test_it_does_not_come_back_from_events_that_are_still_listed(three: Books, stripe: FakeStripe) -> None:
    three.sync("2026-06-12", full=True)
    again = three.sync("2026-06-13", full=True)
    assert (again.withdrawn, again.touched) == (0, set())
    stripe.get("price_ten")["unit_amount_decimal"] = "2000"  # every span is made anew
    three.sync("2026-06-14", full=True)
    assert names(three) == {"sub_a", "sub_c"}


def test_one_that_is_there_again_is_stored_again(three: Books, stripe: FakeStripe) -> None:
    three.sync("2026-06-12", full=True)
    subscribed(stripe, "b", quantity=5)
    assert three.sync("2026-06-13", full=True).withdrawn == 0
    assert names(three) == {"sub_a", "sub_b", "sub_c"}


def test_one_that_no_page_held_is_asked_for_first(three: Books, stripe: FakeStripe) -> None:
    hidden = stripe.objects["subscriptions"].pop("sub_c")

    def put_back(request: Request) -> None:
        if request.path == "/v1/subscriptions/sub_c":
            stripe.add(hidden)

    stripe.before_answer = put_back
    assert three.sync("2026-06-12", full=True).withdrawn == 1
    assert names(three) == {"sub_a", "sub_c"}


def test_another_account_withdraws_nothing(three: Books, stripe: FakeStripe) -> None:
    for name in "ac":
        stripe.remove(f"sub_{name}")
    subscribed(stripe, "z")
    report = three.sync("2026-06-12", full=True)
    assert report.withdrawn == 0
    assert any("another account" in note for note in report.notes)
    assert {"sub_a", "sub_b", "sub_c"} < names(three)


@pytest.mark.parametrize("stop_at", ["subscriptions", "invoices"])
def test_an_interrupted_list_withdraws_nothing(
    three: Books, stripe: FakeStripe, monkeypatch: pytest.MonkeyPatch, stop_at: str
) -> None:
    monkeypatch.setattr(sync, "OBJECTS", 1)
    monkeypatch.setattr(client, "PAGE", 2)
    subscribed(stripe, "d")
    pages = iter(range(100))

    def interrupt(what: str, count: int) -> None:
        if what == stop_at and next(pages) == 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        three.sync("2026-06-12", full=True, progress=interrupt)
    report = three.sync("2026-06-13")
    assert (report.resumed, report.withdrawn) == (True, 0)
    assert any("not read in one go" in note for note in report.notes)
    assert "sub_b" in names(three)
    assert three.sync("2026-06-14", full=True).withdrawn == 1
