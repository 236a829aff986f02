"""Later runs: what changed, what was missed, what was there already, and runs that ended half-way."""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from holdfast.sources.stripe import apply as applying
from holdfast.sources.stripe import sync
from holdfast.sources.stripe.evidence import EVENT, Evidence, Told, before, in_order, state_of
from holdfast.sources.stripe.terms import Catalogue, term_rows
from tests.fakes.stripe_server import (
    FakeStripe,
    Object,
    Request,
    at,
    charge,
    credit_note,
    customer,
    invoice,
    item,
    line,
    price,
    product,
    refund,
    subscription,
)
from tests.sources.stripe.conftest import Books

JUNE = ("2026-06-01", "2026-07-01")
TEN = price("price_ten", 1000)


def subscribed(stripe: FakeStripe, name: str = "a", quantity: int = 1, start: str = "2026-06-01") -> Object:
    one = item(f"si_{name}", TEN, quantity, start, JUNE)
    made = subscription(f"sub_{name}", f"cus_{name}", [one], start)
    bill = invoice(f"in_{name}", made, start, [line(f"il_{name}", made, one, (start, "2026-07-01"), 1000 * quantity)])
    stripe.add(customer(f"cus_{name}", start, name=f"Company {name}"), made, bill, TEN, product("prod_gold", "Gold"))
    return made


def with_quantity(made: Object, quantity: int) -> Object:
    return {"object": "list", "data": [{**made["items"]["data"][0], "quantity": quantity}]}


def test_the_same_again_changes_nothing(books: Books, stripe: FakeStripe) -> None:
    subscribed(stripe)
    books.sync("2026-06-10")
    before = books.lake.read("subscription_terms")
    again = books.sync("2026-06-11")
    assert (again.mode, again.total.read) == ("changes", 0)
    full = books.sync("2026-06-12", full=True)
    assert (full.mode, full.total.read, full.total.duplicate) == ("everything", 5, 5)
    assert books.lake.read("subscription_terms").equals(before)
    assert not full.touched


@pytest.mark.parametrize("full", [False, True])
def test_where_nothing_changed_no_spans_are_made_anew(
    books: Books, stripe: FakeStripe, monkeypatch: pytest.MonkeyPatch, full: bool
) -> None:
    made = subscribed(stripe)
    subscribed(stripe, "b")
    made_anew: list[str] = []

    def noted(evidence: Evidence, catalogue: Catalogue) -> list[dict[str, Any]]:
        made_anew.append(evidence.subscription_id)
        return term_rows(evidence, catalogue)

    monkeypatch.setattr(applying, "term_rows", noted)
    books.sync("2026-06-10")
    assert sorted(made_anew) == ["sub_a", "sub_b"]
    made_anew.clear()
    books.sync("2026-06-11", full=full)
    assert not made_anew
    stripe.change(made["id"], at("2026-06-11T12:00"), "customer.subscription.updated", items=with_quantity(made, 3))
    books.sync("2026-06-12", full=full)
    assert made_anew == ["sub_a"]


def test_a_change_with_an_event_is_dated_by_it(books: Books, stripe: FakeStripe) -> None:
    made = subscribed(stripe)
    books.sync("2026-06-10")
    stripe.change("sub_a", at("2026-06-12"), "customer.subscription.updated", items=with_quantity(made, 3))
    report = books.sync("2026-06-20")
    assert (report.kinds["subscriptions"].changed, report.kinds["subscriptions"].read) == (1, 1)
    assert books.spans("sub_a") == [
        ("2026-06-01", "2026-06-12", "1", "active", "invoice"),
        ("2026-06-12", "", "3", "active", "event"),
    ]
    days = books.mrr("2026-06-11", "2026-06-12", grain="day")
    assert [row["mrr"] for row in days] == [10, 30]


def test_as_known_before_the_change(books: Books, stripe: FakeStripe) -> None:
    made = subscribed(stripe)
    books.sync("2026-06-10")
    known = books.lake.next_instant("subscription_terms")
    stripe.change("sub_a", at("2026-06-12"), "customer.subscription.updated", items=with_quantity(made, 3))
    books.sync("2026-06-20")
    then = books.mrr("2026-06-15", "2026-06-15", grain="day", as_of=known)
    assert [row["mrr"] for row in then] == [10]


def test_a_change_without_an_event_is_noticed_and_later_dated_by_its_invoice(books: Books, stripe: FakeStripe) -> None:
    made = subscribed(stripe)
    stripe.forbid("events")
    books.sync("2026-06-10")
    stripe.change("sub_a", None, items=with_quantity(made, 3))
    noticed = books.sync("2026-06-20")
    assert noticed.unknown_spans == 1
    assert books.spans("sub_a")[-1] == ("2026-06-20", "", "3", "active", "noticed")
    one = made["items"]["data"][0]
    rest = ("2026-06-12", "2026-07-01")
    lines = [
        line("il_back", made, one, rest, -633, quantity=1, proration=True),
        line("il_more", made, one, rest, 1900, quantity=3, proration=True),
        line("il_july", made, one, ("2026-07-01", "2026-08-01"), 3000, quantity=3),
    ]
    stripe.add(invoice("in_july", made, "2026-07-01", lines))
    dated = books.sync("2026-07-02")
    assert dated.unknown_spans == 0
    assert books.spans("sub_a") == [
        ("2026-06-01", "2026-06-12", "1", "active", "invoice"),
        ("2026-06-12", "", "3", "active", "invoice"),
    ]


def test_a_cancellation_that_is_planned_then_taken_back_then_real(books: Books, stripe: FakeStripe) -> None:
    subscribed(stripe)
    books.sync("2026-06-10")
    planned = {"cancel_at_period_end": True, "canceled_at": at("2026-06-12")}
    stripe.change("sub_a", at("2026-06-12"), "customer.subscription.updated", **planned)
    books.sync("2026-06-13")
    assert books.spans("sub_a")[-1][1] == "2026-07-01"
    stripe.change(
        "sub_a", at("2026-06-14"), "customer.subscription.updated", cancel_at_period_end=False, canceled_at=None
    )
    books.sync("2026-06-15")
    assert books.spans("sub_a")[-1][1] == ""
    ended = {"status": "canceled", "ended_at": at("2026-06-18"), "canceled_at": at("2026-06-18")}
    stripe.change("sub_a", at("2026-06-18"), "customer.subscription.deleted", **ended)
    books.sync("2026-06-20")
    assert books.spans("sub_a") == [("2026-06-01", "2026-06-18", "1", "active", "invoice")]


def test_more_than_a_month_later_everything_is_read(books: Books, stripe: FakeStripe) -> None:
    subscribed(stripe)
    books.sync("2026-06-10")
    subscribed(stripe, "b")
    report = books.sync("2026-07-20")
    assert (report.mode, report.kinds["subscriptions"].new) == ("everything", 1)


def test_customers_prices_and_payments_change_too(books: Books, stripe: FakeStripe) -> None:
    subscribed(stripe)
    stripe.change("cus_a", None, metadata={"tier": "gold", "seats": "12"})
    books.sync("2026-06-10")
    stripe.change("cus_a", at("2026-06-11"), "customer.updated", name="Renamed", metadata={"seats": "13"})
    stripe.change("prod_gold", at("2026-06-11"), "product.updated", name="Gold 2")
    stripe.change("in_a", at("2026-06-11"), "invoice.voided", status="void")
    books.sync("2026-06-12")
    assert books.rows("accounts")[0]["name"] == "Renamed"
    told = {row["name"]: (row["text"], row["number"]) for row in books.rows("account_attributes")}
    assert told == {"tier": (None, None), "seats": ("13", 13.0)}
    assert books.rows("plans")[0]["product"] == "Gold 2"
    assert books.rows("invoices")[0]["status"] == "void"


def test_a_credit_note_says_what_a_refund_gives_back(books: Books, stripe: FakeStripe) -> None:
    made = subscribed(stripe)
    paid = charge("ch_a", stripe.get("in_a"), "2026-06-01", 1000, amount_refunded=400)
    back = refund("re_a", paid, "2026-06-05", 400)
    note = credit_note("cn_a", stripe.get("in_a"), "2026-06-05", 700, lines=["il_a"], refunds=[("re_a", 400)])
    stripe.add(paid, back, note)
    books.sync("2026-06-10")
    rows = {row["payment_id"]: row for row in books.rows("payments", status="refunded")}
    assert {name: row["amount_micros"] for name, row in rows.items()} == {"re_a": 4_000_000, "cn_a": 3_000_000}
    for row in rows.values():
        assert (str(row["service_from_day"]), str(row["service_to_day"])) == ("2026-06-01", "2026-07-01")
        assert row["subscription_id"] == made["id"]


STORY = (
    ("customer.subscription.created", {}, 0),
    ("customer.subscription.updated", {"quantity": 2}, 0),
    ("customer.subscription.updated", {"quantity": 3}, 86_400),
    ("customer.subscription.updated", {"status": "past_due"}, 2 * 86_400),
    ("customer.subscription.updated", {"status": "active"}, 3 * 86_400),
    ("customer.subscription.deleted", {"status": "canceled", "ended_at": at("2026-06-09")}, 4 * 86_400),
)


def story(stripe: FakeStripe) -> list[Object]:
    """Six events of one subscription, two of them in the same second."""
    made = subscribed(stripe, start="2026-06-05")
    for kind, attributes, later in STORY:
        changes: dict[str, Any] = dict(attributes)
        if "quantity" in changes:
            changes = {"items": with_quantity(made, changes.pop("quantity"))}
        stripe.change("sub_a", at("2026-06-05") + later, kind, **changes)
    return list(stripe.objects["events"].values())


@pytest.mark.parametrize("order", list(itertools.permutations(range(6)))[::97], ids=str)
def test_events_in_any_order_make_one_history(order: tuple[int, ...]) -> None:
    with FakeStripe() as stripe:
        events = story(stripe)
    told = []
    for place in order:
        event = events[place]
        earlier = before(event)
        first = event["type"] == "customer.subscription.created"
        state = None if earlier is None or first else state_of(earlier)
        told.append(Told(event["created"], state_of(event["data"]["object"]), state, first))
    states = [one for one in in_order(told) if one.how == EVENT]
    days = [((one.at - at("2026-06-05")) // 86_400, one.state["items"][0]["quantity"]) for one in states]
    assert days == [(0, 1), (0, 2), (1, 3), (2, 3), (3, 3), (4, 3)]
    assert [one.state["status"] for one in states[2:]] == ["active", "past_due", "active", "canceled"]


def test_events_alone_tell_the_whole_life(books: Books, stripe: FakeStripe) -> None:
    story(stripe)
    books.sync("2026-06-10")
    assert [span[:4] for span in books.spans("sub_a")] == [
        ("2026-06-05", "2026-06-06", "2", "active"),
        ("2026-06-06", "2026-06-07", "3", "active"),
        ("2026-06-07", "2026-06-08", "3", "past_due"),
        ("2026-06-08", "2026-06-09", "3", "active"),
    ]


@pytest.mark.slow
def test_step_by_step_is_the_same_as_all_at_once(tmp_path: Path) -> None:
    with FakeStripe() as stripe:
        often, once = Books(tmp_path / "often", stripe), Books(tmp_path / "once", stripe)
        made = subscribed(stripe, start="2026-06-05")
        often.sync("2026-06-05T01:00")
        for place, (kind, attributes, later) in enumerate(STORY[1:]):
            changes: dict[str, Any] = dict(attributes)
            if "quantity" in changes:
                changes = {"items": with_quantity(made, changes.pop("quantity"))}
            stripe.change("sub_a", at("2026-06-05T02:00") + later, kind, **changes)
            often.sync(f"2026-06-{place + 6:02}T01:00")
        once.sync("2026-06-12")
        assert [span[:4] for span in often.spans("sub_a")] == [span[:4] for span in once.spans("sub_a")]


@pytest.mark.slow
def test_an_interrupted_run_goes_on_where_it_stopped(
    books: Books, stripe: FakeStripe, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sync, "OBJECTS", 100)
    for number in range(250):
        subscribed(stripe, f"{number:03}")

    def stopper(stop: tuple[str, int]) -> Callable[[str, int], None]:
        def interrupt(what: str, count: int) -> None:
            if (what, count) == stop:
                raise KeyboardInterrupt

        return interrupt

    for stop in (("customers", 200), ("subscriptions", 250), ("invoices", 100), ("storing subscriptions", 250)):
        with pytest.raises(KeyboardInterrupt):
            books.sync("2026-06-10", progress=stopper(stop))
    report = books.sync("2026-06-11")
    assert (report.resumed, report.mode) == (True, "everything")
    for table in ("subscription_terms", "accounts", "invoices"):
        assert books.lake.read(table).num_rows == len(books.rows(table)) == 250
    # a page that was read but not stored is read again, and nothing more
    pages = [name for name in stripe.paths() if name == "/v1/customers"]
    assert len(pages) == 4


def test_an_interrupted_later_run_goes_on_while_stripe_has_its_events(books: Books, stripe: FakeStripe) -> None:
    made = subscribed(stripe)
    books.sync("2026-06-10")
    stripe.change("sub_a", at("2026-06-12"), "customer.subscription.updated", items=with_quantity(made, 3))

    def interrupt(what: str, count: int) -> None:
        if what == "subscriptions":
            raise KeyboardInterrupt

    for day in ("2026-06-13", "2026-07-20"):
        with pytest.raises(KeyboardInterrupt):
            books.sync(day, progress=interrupt)
    assert not books.lake.known("subscription_terms", ["stripe|sub_a|si_a|2026-06-12T00:00:00Z"]).num_rows
    report = books.sync("2026-07-21")
    assert (report.resumed, report.mode) == (True, "everything")
    assert ("2026-06-12", "3", "event") in [(span[0], span[2], span[4]) for span in books.spans("sub_a")]


def test_lists_inside_objects_are_read_to_their_end(books: Books, stripe: FakeStripe) -> None:
    items = [item(f"si_{number:02}", TEN, 1, "2026-06-01", JUNE) for number in range(25)]
    made = subscription("sub_a", "cus_a", items, "2026-06-01")
    lines = [line(f"il_{one['id']}", made, one, JUNE, 1000) for one in items]
    stripe.add(customer("cus_a"), TEN, made, invoice("in_a", made, "2026-06-01", lines))
    assert books.sync("2026-06-10").unknown_spans == 0
    assert {row["known_by"] for row in books.rows("subscription_terms")} == {"invoice"}
    assert len(books.rows("subscription_terms")) == 25


def test_since_leaves_out_what_is_older(books: Books, stripe: FakeStripe) -> None:
    subscribed(stripe, start="2026-05-01")
    report = books.sync("2026-06-10", since=at("2026-06-01"))
    assert "invoices" not in report.kinds
    assert books.spans("sub_a")[0][-1] == "assumed"


RUN = """
import os, sys
import holdfast.sources.stripe.sync as sync
sync.OBJECTS = 100
from holdfast.cli.main import main
sys.argv = ["holdfast", "--data", sys.argv[1], "sync", "stripe"]
main()
"""


def run(folder: Path, stripe: FakeStripe) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "HOLDFAST_STRIPE_KEY": stripe.key, "HOLDFAST_STRIPE_API_BASE": stripe.url}
    return subprocess.Popen(
        [sys.executable, "-c", RUN, str(folder)], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


def killed_and_finished(folder: Path, stripe: FakeStripe, kill_at: list[int]) -> str:
    """Kill a sync at each of those requests, one after the other; then let it finish, and return what it printed."""
    for request in kill_at:
        process = run(folder, stripe)
        start = len(stripe.requests)

        def kill(_: Request, start: int = start, request: int = request, process: Any = process) -> None:
            if len(stripe.requests) - start >= request:
                process.send_signal(signal.SIGKILL)

        stripe.before_answer = kill
        process.communicate(timeout=60)
        assert process.returncode == -signal.SIGKILL
    stripe.before_answer = lambda request: None
    process = run(folder, stripe)
    out, problems = process.communicate(timeout=60)
    assert process.returncode == 0, problems.decode()
    return out.decode()


@pytest.mark.slow
@pytest.mark.parametrize("kill_at", [[9], [4, 6, 7, 5, 4, 4]], ids=str)
def test_a_killed_run_goes_on_where_it_stopped(tmp_path: Path, kill_at: list[int]) -> None:
    with FakeStripe() as stripe:
        for number in range(250):
            subscribed(stripe, f"{number:03}")
        out = killed_and_finished(tmp_path / "data", stripe, kill_at)
        assert "Went on where the last run stopped" in out
        books = Books(tmp_path / "data", stripe)
        spans = books.lake.read("subscription_terms").to_pylist()
        assert len({row["subscription_id"] for row in spans}) == 250
        assert len({row["row_key"] for row in spans}) == len(spans)
        for table in ("accounts", "invoices"):
            assert books.lake.read(table).num_rows == len(books.rows(table)) == 250
        assert books.total("2026-06-15") == Decimal(2500)
        last = [request.path for request in stripe.requests].count("/v1/products")
        assert last == 1  # what was read was not read again
