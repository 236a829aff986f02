"""Whether a trial began with a card: said where Stripe shows it, and never guessed."""

from __future__ import annotations

from typing import Any

import pytest

import holdfast
from tests.fakes.stripe_server import FakeStripe, Object, at, customer, item, subscription
from tests.sources.stripe.conftest import Books
from tests.sources.stripe.test_changes import TEN

TRIAL = {"trial_start": at("2026-06-01"), "trial_end": at("2026-06-15")}


def settings(behavior: str) -> Object:
    return {"trial_settings": {"end_behavior": {"missing_payment_method": behavior}}}


def tried(stripe: FakeStripe, status: str = "trialing", **more: Any) -> Object:
    one = item("si_a", TEN, 1, "2026-06-01", ("2026-06-01", "2026-06-15"))
    made = subscription("sub_a", "cus_a", [one], "2026-06-01", status=status, **{**TRIAL, **more})
    stripe.add(customer("cus_a", "2026-06-01"), TEN, made)
    return made


def cards(books: Books) -> list[tuple[str, str, bool]]:
    rows = books.rows("trials")
    return [(row["trial_id"], f"{row['started_day']}/{row['ends_day']}", row["card_required"]) for row in rows]


CASES = (
    ("a card of its own", {"default_payment_method": "pm_1", **settings("create_invoice")}, True),
    ("a source of its own", {"default_source": "card_1"}, True),
    ("none, and it would end", settings("cancel"), False),
    ("none, and it would pause", settings("pause"), False),
    ("a card that was not needed", {"default_payment_method": "pm_1", **settings("pause")}, True),
    ("none of its own", settings("create_invoice"), None),
    ("an old version that says nothing", {}, None),
)


@pytest.mark.parametrize(("more", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_seen_in_its_first_day(books: Books, stripe: FakeStripe, more: dict[str, Any], expected: bool | None) -> None:
    tried(stripe, **more)
    books.sync("2026-06-01T12:00")
    wanted = [] if expected is None else [("sub_a", "2026-06-01/2026-06-15", expected)]
    assert cards(books) == wanted


def test_a_card_that_came_later_says_nothing_of_the_start(books: Books, stripe: FakeStripe) -> None:
    tried(stripe, default_payment_method="pm_1")
    books.sync("2026-06-08")
    assert cards(books) == []


def test_the_event_of_its_creation_shows_the_start(books: Books, stripe: FakeStripe) -> None:
    made = tried(stripe, **settings("cancel"))
    stripe.tell("customer.subscription.created", made, at("2026-06-01"))
    later = {"status": "active", "default_payment_method": "pm_1"}
    stripe.change("sub_a", at("2026-06-15"), "customer.subscription.updated", **later)
    books.sync("2026-06-20")
    assert cards(books) == [("sub_a", "2026-06-01/2026-06-15", False)]


def test_paused_for_the_lack_of_a_card(books: Books, stripe: FakeStripe) -> None:
    tried(stripe, status="paused")
    books.sync("2026-06-20")
    assert cards(books) == [("sub_a", "2026-06-01/2026-06-15", False)]


def test_two_trials_of_one_account_that_begin_at_once(books: Books, stripe: FakeStripe) -> None:
    made = tried(stripe, **settings("cancel"))
    stripe.add({**made, "id": "sub_b"})
    books.sync("2026-06-01T12:00")
    assert [card for *_, card in cards(books)] == [False]


def test_conversion_by_card(books: Books, stripe: FakeStripe) -> None:
    tried(stripe, **settings("cancel"))
    books.sync("2026-06-01T12:00")
    with holdfast.open(books.folder) as workspace:
        found = workspace.query("trial-conversion", start="2026-06-01", end="2026-06-30", by="card_required")
    rows = found.arrow.to_pylist()
    assert [(row["card_required"], row["trials"]) for row in rows if row["trials"]] == [("no", 1)]
