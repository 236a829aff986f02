"""What was made different at the source after a sync is found, named, and said with its MRR on both sides."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import holdfast
from holdfast.checks import BillingCheck, Difference, check_billing
from holdfast.checks.compare import FULL, SYNC
from holdfast.checks.tell import blocks
from holdfast.errors import HoldfastError, InputError, LakeError
from holdfast.explain.blocks import as_text
from holdfast.facts.money import MICROS
from holdfast.sources.stripe import present
from holdfast.sources.stripe.side_file import stripe_alone
from tests.checks.conftest import JUNE, TEN, TWENTY, Checked, subscribe
from tests.fakes.stripe_server import FakeStripe, at, coupon, customer, discount, item, subscription
from tests.sources.stripe.conftest import Books
from tests.sources.stripe.scenes import TODAY, build

pytestmark = pytest.mark.slow


def with_item(stripe: FakeStripe, name: str, **attributes: Any) -> None:
    made = stripe.get(name)
    stripe.change(name, None, items={"object": "list", "data": [{**made["items"]["data"][0], **attributes}]})


def cancel(stripe: FakeStripe, name: str, day: str, event: bool = False) -> None:
    ended = {"status": "canceled", "ended_at": at(day), "canceled_at": at(day)}
    stripe.change(name, at(day), "customer.subscription.deleted" if event else None, **ended)


def discounted(stripe: FakeStripe, name: str) -> None:
    half = coupon("HALF", "forever", percent_off=50)
    stripe.add(half)
    stripe.change(name, None, discounts=[discount("di_half", half, "2026-06-12")])


def scheduled(stripe: FakeStripe, name: str) -> None:
    phases = [
        {"start_date": at(begin), "end_date": at(end), "items": [{"price": wanted, "quantity": 1}]}
        for begin, end, wanted in (
            ("2026-06-01", "2026-07-01", "price_ten"),
            ("2026-07-01", "2026-08-01", "price_twenty"),
        )
    ]
    stripe.add(
        {
            "id": "sub_sched_a", "object": "subscription_schedule", "created": at("2026-06-12"), "status": "active",
            "subscription": name, "end_behavior": "release", "phases": phases,
        }
    )  # fmt: skip


ONCE = {**TEN, "id": "price_once", "type": "one_time", "recurring": None}
LEAVING = {"cancel_at_period_end": True, "canceled_at": at("2026-06-12")}
Change = Callable[[FakeStripe, str], object]
NOTHING: Change = lambda stripe, name: None  # noqa: E731

# name, what happens before the last sync, what happens after it, kinds, reasons, MRR in Stripe and in the lake, to do
CASES: tuple[tuple[str, Change, Change, tuple[str, ...], tuple[str, ...], tuple[int | None, int | None], str], ...] = (
    (
        "late", NOTHING, lambda stripe, name: stripe.change(name, None, status="past_due"),
        ("status",), ("past_due in Stripe, active in the lake",), (10, 10), SYNC,
    ),
    (
        "paused", NOTHING, lambda stripe, name: stripe.change(name, None, pause_collection={"behavior": "void"}),
        ("status",), ("paused in Stripe, active in the lake",), (0, 10), SYNC,
    ),
    (
        "more", NOTHING, lambda stripe, name: with_item(stripe, name, quantity=4),
        ("quantity",), ("quantity 4 in Stripe, 1 in the lake",), (40, 10), SYNC,
    ),
    (
        "dearer", NOTHING, lambda stripe, name: with_item(stripe, name, price=TWENTY),
        ("price",), ("price_twenty at 20 a month in Stripe, price_ten at 10 a month in the lake",), (20, 10), SYNC,
    ),
    (
        "dearer-and-more", NOTHING, lambda stripe, name: with_item(stripe, name, price=TWENTY, quantity=2),
        ("price", "quantity"),
        (
            "price_twenty at 20 a month in Stripe, price_ten at 10 a month in the lake",
            "quantity 2 in Stripe, 1 in the lake",
        ),
        (40, 10), SYNC,
    ),
    (
        "moved", NOTHING, lambda stripe, name: stripe.change(name, None, customer="cus_late"),
        ("account",), ("cus_late in Stripe, cus_moved in the lake",), (10, 10), SYNC,
    ),
    (
        "discounted", NOTHING, discounted,
        ("discount",), ("discount 50 % forever in Stripe, none in the lake",), (5, 10), SYNC,
    ),
    (
        "leaving", NOTHING, lambda stripe, name: stripe.change(name, None, **LEAVING),
        ("planned",), ("ends on 2026-07-01 in Stripe, nothing planned in the lake",), (10, 10), SYNC,
    ),
    (
        "scheduled", NOTHING, scheduled, ("planned",),
        ("1 x price_twenty, active, MRR 20.00 from 2026-07-01 in Stripe, nothing planned in the lake",), (10, 10), SYNC,
    ),
    (
        "cancelled", NOTHING, lambda stripe, name: cancel(stripe, name, "2026-06-12"),
        ("cancelled",), ("canceled since 2026-06-12",), (None, 10), SYNC,
    ),
    (
        "cancelled-before", NOTHING, lambda stripe, name: cancel(stripe, name, "2026-06-08"), ("cancelled",),
        ("canceled since 2026-06-08, which the sync of 2026-06-10 00:00 did not see",), (None, 10), FULL,
    ),
    (
        "back", lambda stripe, name: cancel(stripe, name, "2026-06-08"),
        lambda stripe, name: stripe.change(name, None, status="active", ended_at=None, canceled_at=None),
        ("running",), ("over in the lake since 2026-06-08, active in Stripe",), (10, None), SYNC,
    ),
    (
        "stayed", lambda stripe, name: stripe.change(name, None, cancel_at=at("2026-06-15")),
        lambda stripe, name: stripe.change(name, None, cancel_at=None),
        ("running",), ("over in the lake since 2026-06-15, active in Stripe",), (10, None), SYNC,
    ),
    (
        "unusable", NOTHING, lambda stripe, name: with_item(stripe, name, price=ONCE),
        ("unreadable",), ("the price price_once does not recur",), (None, 10), FULL,
    ),
    (
        "gone", NOTHING, lambda stripe, name: stripe.remove(name),
        ("stale",), ("gone from Stripe, and still counted today",), (None, 10), FULL,
    ),
    (
        "gone-and-over", lambda stripe, name: cancel(stripe, name, "2026-06-08"),
        lambda stripe, name: stripe.remove(name),
        ("stale",), ("gone from Stripe; it counts in the past, until 2026-06-08",), (None, None), FULL,
    ),
)  # fmt: skip
NAMES = tuple(case[0] for case in CASES)


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> tuple[BillingCheck, BillingCheck, BillingCheck]:
    """What is found after the sync, after the changes, and after everything was synced again."""
    with FakeStripe() as stripe:
        for name, before, *_ in CASES:
            subscribe(stripe, name)
            before(stripe, f"sub_{name}")
        subscribe(stripe, "swapped")
        books = Checked(tmp_path_factory.mktemp("story") / "data", stripe)
        books.sync("2026-06-10")
        at_first = books.check("2026-06-10")
        for name, _, after, *_ in CASES:
            after(stripe, f"sub_{name}")
        stripe.change("sub_swapped", None, items={"data": [item("si_new", TWENTY, 1, "2026-06-12", JUNE)]})
        subscribe(stripe, "new", "2026-06-15")
        subscribe(stripe, "missed", "2026-06-05")
        changed = books.check("2026-06-20")
        books.sync("2026-06-21", full=True)
        return at_first, changed, books.check("2026-06-22")


def test_after_a_sync_everything_agrees(story: Any) -> None:
    found = story[0]
    assert found.agrees
    assert found.subscriptions == len(CASES) - 1  # two have ended
    assert [(row.currency, row.status, row.source_subscriptions, row.lake_subscriptions) for row in found.summary] == [
        ("USD", "active", found.subscriptions, found.subscriptions)
    ]
    assert found.summary[0].source_micros == found.summary[0].lake_micros == 10 * found.subscriptions * MICROS


def named(found: BillingCheck, name: str) -> list[Difference]:
    return [one for one in found.differences if one.subscription_id == f"sub_{name}"]


@pytest.mark.parametrize(
    ("name", "kinds", "reasons", "mrr", "remedy"), [(case[0], *case[3:]) for case in CASES], ids=NAMES
)
def test_each_change_is_named(
    story: Any, name: str, kinds: tuple[str, ...], reasons: tuple[str, ...], mrr: tuple[int | None, ...], remedy: str
) -> None:
    [one] = named(story[1], name)
    assert (one.kinds, one.reasons, one.remedy) == (kinds, reasons, remedy)
    assert (one.source_micros, one.lake_micros) == tuple(None if two is None else two * MICROS for two in mrr)


def test_nothing_else_is_named(story: Any) -> None:
    known = {f"sub_{name}" for name in (*NAMES, "swapped", "new", "missed")}
    assert {one.subscription_id for one in story[1].differences} == known


def test_an_item_that_was_added_and_one_that_was_taken_off(story: Any) -> None:
    found = {one.item_id: one for one in named(story[1], "swapped")}
    assert found["si_new"].reasons == ("price_twenty, only in Stripe: it was added",)
    assert found["si_swapped"].reasons == ("price_ten, only in the lake: it was taken off",)
    assert (found["si_new"].source_micros, found["si_new"].lake_micros) == (20 * MICROS, None)


def test_made_since_the_last_sync_and_missed_by_it(story: Any) -> None:
    [new], [missed] = named(story[1], "new"), named(story[1], "missed")
    assert (new.item_id, new.kinds, new.remedy) == (None, ("missing",), SYNC)
    assert new.reasons == ("made on 2026-06-15, after the last sync",)
    assert (new.source_micros, new.lake_micros) == (10 * MICROS, None)
    assert (missed.kinds, missed.remedy) == (("missing",), FULL)
    assert missed.reasons == ("made on 2026-06-05; the sync of 2026-06-10 00:00 did not bring it in",)


def test_the_summary_adds_up_to_the_differences(story: Any) -> None:
    found = story[1]
    apart = sum(row.lake_micros - row.source_micros for row in found.summary)
    assert apart == sum(one.difference_micros for one in found.differences)
    assert {row.status for row in found.summary} == {"active", "past_due", "paused"}


def test_what_another_sync_cannot_mend_is_left(story: Any) -> None:
    left = {one.subscription_id: one.kinds[0] for one in story[2].differences}
    assert left == {"sub_unusable": "unreadable"}


@pytest.mark.parametrize("version", [pytest.param("acacia", marks=pytest.mark.slow), "clover"])
def test_every_kind_of_subscription_agrees(version: str, tmp_path: Path) -> None:
    """Tiers, discounts, trials, pauses, schedules, tax, usage: the same rules on both sides."""
    with FakeStripe(version) as stripe:
        build(stripe)
        books = Checked(tmp_path / "data", stripe)
        books.sync(TODAY)
        found = books.check(TODAY)
        assert found.differences == []
        mrr = {row["currency"]: row["mrr"] for row in books.mrr(TODAY, TODAY, grain="day")}
        for currency, total in mrr.items():
            assert sum(row.lake_micros for row in found.summary if row.currency == currency) == total * MICROS
        later = books.check("2026-07-15")
        assert later.differences == []


@pytest.mark.parametrize("policy", ["baremetrics", pytest.param("chartmogul", marks=pytest.mark.slow)])
def test_under_any_policy(books: Checked, stripe: FakeStripe, policy: str) -> None:
    stripe.change("sub_a", None, status="past_due")
    one = books.only(policy=policy)
    assert (one.kinds, one.reasons) == (("status",), ("past_due in Stripe, active in the lake",))


def test_nothing_is_written(books: Checked, stripe: FakeStripe) -> None:
    subscribe(stripe, "new", "2026-06-15")
    with_item(stripe, "sub_a", quantity=5)
    mirror = (books.folder / "stripe" / "mirror.sqlite").read_bytes()
    version = books.lake.version("subscription_terms")
    books.check("2026-06-20")
    assert books.lake.version("subscription_terms") == version
    assert (books.folder / "stripe" / "mirror.sqlite").read_bytes() == mirror
    assert {request.method for request in stripe.requests} == {"GET"}


def test_one_that_no_page_held_is_asked_for(books: Checked, stripe: FakeStripe) -> None:
    """It moved from one page to another while the list was read."""
    gone = stripe.objects["subscriptions"].pop("sub_c")

    def put_back(request: Any) -> None:
        if request.path == "/v1/subscriptions/sub_c":
            stripe.add(gone)

    stripe.before_answer = put_back
    assert books.check("2026-06-20").agrees


HOSTILE = ("sub_../../customers", "sub_[bold red]x", "sub_a?limit=1", "sub_'; DROP TABLE dirty; --", "sub_\x1b[31m|x")


def test_hostile_ids(tmp_path: Path) -> None:
    with FakeStripe() as stripe:
        for name in HOSTILE:
            one = item(f"si_{name}", TEN, 1, "2026-06-01", JUNE)
            stripe.add(TEN, customer("cus_a"), subscription(name, "cus_a", [one], "2026-06-01"))
        books = Checked(tmp_path / "data", stripe)
        books.sync("2026-06-10")
        stripe.objects["subscriptions"].clear()
        before = len(stripe.requests)
        found = books.check("2026-06-20").differences
        assert {(one.subscription_id, one.kinds) for one in found} == {(name, ("stale",)) for name in HOSTILE}
        asked = {request.path for request in stripe.requests[before:]}
        assert asked == {f"/v1/{one}" for one in ("prices", "coupons", "subscription_schedules", "subscriptions")}
        printed = as_text(blocks(books.check("2026-06-20"), 20), 80)
        assert "sub_[bold red]x" in printed


@pytest.mark.slow
def test_an_interrupted_sync_is_told_of(books: Checked, stripe: FakeStripe) -> None:
    subscribe(stripe, "new", "2026-06-15")

    def stop(what: str, count: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        books.sync("2026-06-19", full=True, progress=stop)
    found = books.check("2026-06-20")
    assert found.notes == ["the last sync did not end; run `holdfast sync stripe` to finish it"]


@pytest.mark.slow
def test_a_key_without_a_permission(books: Checked, stripe: FakeStripe) -> None:
    stripe.forbid("coupons", "subscription_schedules")
    found = books.check("2026-06-20")
    assert found.agrees
    assert len(found.notes) == 2
    stripe.forbid("subscriptions")
    with pytest.raises(InputError, match="may not read subscriptions"):
        books.check("2026-06-20")


def test_it_is_not_compared_while_a_sync_runs(books: Checked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(present, "PATIENCE_SECONDS", 0)
    with stripe_alone(books.folder, 0), pytest.raises(LakeError, match="another sync"):
        books.check("2026-06-20")


def test_it_is_not_compared_over_a_sync(books: Checked, stripe: FakeStripe) -> None:
    other = Books(books.folder, stripe)

    def meanwhile(request: Any) -> None:
        if request.path == "/v1/subscriptions":
            stripe.before_answer = lambda request: None
            other.sync("2026-06-20")

    stripe.before_answer = meanwhile
    with pytest.raises(HoldfastError, match="while it was compared"):
        books.check("2026-06-20")


def test_a_folder_that_was_never_synced(tmp_path: Path, stripe: FakeStripe) -> None:
    (tmp_path / "empty").mkdir()
    with holdfast.open(tmp_path / "empty") as workspace, pytest.raises(InputError, match="never synced"):
        check_billing(workspace)
    assert not (tmp_path / "empty" / "stripe").exists()


def test_the_other_mode(books: Checked) -> None:
    books.stripe.key = books.stripe.key.replace("test", "live")
    with pytest.raises(InputError, match="test mode, and the key is one for live mode"):
        books.check("2026-06-20")
