"""Schedules: the one in force counts, whatever others the subscription had before."""

from __future__ import annotations

import sqlite3
from typing import Any

import pytest

from holdfast.sources.stripe.mirror import Mirror
from holdfast.sources.stripe.notebook import as_text
from holdfast.sources.stripe.schedules import slim_schedule
from tests.fakes.stripe_server import FakeStripe, Object, at
from tests.sources.stripe.conftest import Books
from tests.sources.stripe.test_changes import subscribed


def schedule(id_: str, status: str, created: str, quantity: int, **more: Any) -> Object:
    phases = [
        {
            "start_date": at("2026-06-01"),
            "end_date": at("2026-07-01"),
            "items": [{"price": "price_ten", "quantity": 1}],
        },
        {"start_date": at("2026-07-01"), "end_date": None, "items": [{"price": "price_ten", "quantity": quantity}]},
    ]
    return {
        "id": id_, "object": "subscription_schedule", "created": at(created), "status": status, "phases": phases,
        "end_behavior": "release", "subscription": "sub_a" if status == "active" else None,
        "released_subscription": None if status == "active" else "sub_a", **more,
    }  # fmt: skip


OLD, NEW = schedule("sched_1", "released", "2026-06-02", 9), schedule("sched_2", "active", "2026-06-05", 3)


@pytest.mark.parametrize("order", [(OLD, NEW), (NEW, OLD)], ids=["old first", "new first"])
def test_an_older_one_that_was_released_does_not_hide_the_one_in_force(
    books: Books, stripe: FakeStripe, order: tuple[Object, Object]
) -> None:
    subscribed(stripe)
    stripe.add(*[{**one, "created": at(f"2026-06-0{place + 2}")} for place, one in enumerate(order)])
    report = books.sync("2026-06-10")
    assert report.kinds["schedules"].new == 2
    assert [span[:3] for span in books.spans("sub_a")] == [("2026-06-01", "2026-07-01", "1"), ("2026-07-01", "", "3")]
    assert books.sync("2026-06-11", full=True).total.duplicate == report.total.read


def test_released_the_plan_is_gone(books: Books, stripe: FakeStripe) -> None:
    subscribed(stripe)
    stripe.add(OLD, NEW)
    books.sync("2026-06-10")
    released = {"status": "released", "subscription": None, "released_subscription": "sub_a"}
    stripe.change("sched_2", at("2026-06-12"), "subscription_schedule.released", **released)
    books.sync("2026-06-13")
    assert [span[:3] for span in books.spans("sub_a")] == [("2026-06-01", "", "1")]


def test_a_folder_from_before_is_understood(books: Books, stripe: FakeStripe) -> None:
    """It held one schedule of each subscription."""
    subscribed(stripe)
    books.sync("2026-06-10")
    with sqlite3.connect(books.folder / "stripe" / "mirror.sqlite") as older:
        older.execute("CREATE TABLE schedules (subscription TEXT PRIMARY KEY, content TEXT) WITHOUT ROWID")
        older.execute("INSERT INTO schedules VALUES ('sub_a', ?)", (as_text(slim_schedule(NEW)),))
    older.close()
    for _ in range(2):
        mirror = Mirror(books.folder)
        [evidence] = mirror.evidence(["sub_a"])
        mirror.close()
        assert evidence.schedule is not None
        assert evidence.schedule["id"] == "sched_2"
