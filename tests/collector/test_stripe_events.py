"""Events into facts: each once, in any order, whatever version of the API they are written in."""

from __future__ import annotations

import copy
import functools
import itertools
import random
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from holdfast.sources.stripe.delivered import Delivered
from holdfast.sources.stripe.mirror import Mirror
from holdfast.sources.stripe.terms import Catalogue, term_rows
from tests.collector.conftest import Company, Object, customer_event
from tests.fakes.stripe_server import (
    FakeStripe,
    charge,
    coupon,
    credit_note,
    customer,
    discount,
    invoice,
    item,
    line,
    price,
    product,
    refund,
    render,
    subscription,
)
from tests.fakes.stripe_server import at as moment

JUNE = ("2026-06-01", "2026-07-01")
COLUMNS = {
    "accounts": ("account_id", "name"),
    "account_attributes": ("account_id", "name", "text"),
    "subscription_terms": (
        "subscription_id", "item_id", "account_id", "plan_id", "valid_from_at", "valid_to_at", "status", "quantity",
        "gross_micros", "net_micros", "currency", "known_by",
    ),
    "cancellations": ("subscription_id", "requested_at", "effective_at", "reason"),
    "invoices": ("invoice_id", "account_id", "subscription_id", "amount_micros", "status", "paid_at"),
    "payments": (
        "payment_id", "invoice_id", "account_id", "subscription_id", "amount_micros", "status", "service_from_day",
    ),
    "plans": ("plan_id", "name", "product"),
}  # fmt: skip


def facts(company: Company) -> dict[str, set[tuple[Any, ...]]]:
    return {table: company.rows(table, columns) for table, columns in COLUMNS.items()}


@functools.cache
def story(version: str) -> tuple[Object, ...]:
    """A customer subscribes, pays, adds seats, is paid back, and leaves; told by the events of one API version."""
    with FakeStripe(version) as stripe:
        return tuple(copy.deepcopy(list(told(stripe, version))))


def told(stripe: FakeStripe, version: str) -> Iterator[Object]:
    ten = price("price_ten", 1000)
    one = item("si_1", ten, 1, "2026-06-01", JUNE)
    half = discount("di_1", coupon("HALF", "forever", percent_off=50), "2026-06-01")
    made = subscription("sub_1", "cus_1", [one], "2026-06-01", "incomplete", discounts=[half])
    bill = invoice("in_1", made, "2026-06-01", [line("il_1", made, one, JUNE, 1000)], status="open")
    paid = charge("ch_1", bill, "2026-06-01", 1000)
    back = refund("re_1", paid, "2026-06-20", 1000)
    start = moment("2026-06-01")
    stripe.add(made, bill, paid, customer("cus_1", "2026-06-01", name="Before", metadata={"region": "EU"}))

    def tell(type_: str, thing: Object, at: int, previous: Object | None = None) -> None:
        stripe.tell(type_, copy.deepcopy(thing), at, previous)

    tell("product.created", product("prod_gold", "Gold"), start - 50)
    tell("price.created", ten, start - 40)
    tell("customer.created", stripe.get("cus_1"), start - 30)
    tell("customer.subscription.created", made, start)
    tell("customer.discount.created", {**half, "subscription": "sub_1", "customer": "cus_1"}, start)
    stripe.change("sub_1", start, "customer.subscription.updated", status="active")
    tell("invoice.finalized", bill, start)
    stripe.change("in_1", start, "invoice.paid", status="paid", status_transitions={"paid_at": start + 5})
    tell("charge.succeeded", paid, start)
    if version != "acacia":
        pays = {"object": "invoice_payment", "id": "inpay_1", "invoice": "in_1", "status": "paid"}
        tell("invoice_payment.paid", {**pays, "payment": {"payment_intent": "pi_in_1"}}, start)
    stripe.change("cus_1", start + 86_400, "customer.updated", name="After", metadata={"size": "12"})
    more = {"object": "list", "data": [{**one, "quantity": 3}]}
    stripe.change("sub_1", moment("2026-06-11"), "customer.subscription.updated", items=more)
    stripe.change("ch_1", moment("2026-06-20"), "charge.refunded", amount_refunded=1000)
    tell("refund.created", back, moment("2026-06-20"))
    gone = moment("2026-06-25")
    stripe.change(
        "sub_1", gone, "customer.subscription.deleted", status="canceled", canceled_at=gone, ended_at=gone,
        cancellation_details={"reason": "cancellation_requested", "feedback": "too_expensive", "comment": None},
    )  # fmt: skip
    for event in stripe.objects["events"].values():
        yield {**event, "livemode": False}


def outcomes(company: Company) -> dict[str, int]:
    with closing(Delivered(company.data)) as delivered:
        return delivered.outcomes()


EXPECTED_SPANS = {
    ("1", 5_000_000, "2026-06-01", "2026-06-11"),
    ("3", 15_000_000, "2026-06-11", "2026-06-25"),
}


def spans(company: Company) -> set[tuple[Any, ...]]:
    columns = ["quantity", "net_micros", "valid_from_day", "valid_to_day"]
    return {(*row[:2], str(row[2]), str(row[3])) for row in company.rows("subscription_terms", columns)}


@pytest.mark.parametrize("version", ["acacia", "basil", "clover"])
def test_events_of_every_version_become_the_same_facts(company: Company, version: str) -> None:
    company.apply(*story(version))
    assert spans(company) == EXPECTED_SPANS
    assert company.names() == {"cus_1": "After"}
    found = facts(company)
    assert found["account_attributes"] == {("cus_1", "size", "12")}
    assert {(row[0], row[4]) for row in found["invoices"]} == {("in_1", "paid")}
    payments = {row[0]: row for row in found["payments"]}
    assert (payments["ch_1"][1], payments["re_1"][1], payments["re_1"][5]) == ("in_1", "in_1", "refunded")
    assert str(payments["re_1"][6]) == "2026-06-01"
    assert [row[3] for row in found["cancellations"]] == ["too_expensive"]
    assert company.inbox.refused() == []


@pytest.fixture(scope="module")
def in_order(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, set[tuple[Any, ...]]]]:
    class Found(dict[str, dict[str, set[tuple[Any, ...]]]]):
        def __missing__(self, version: str) -> dict[str, set[tuple[Any, ...]]]:
            company = Company(tmp_path_factory.mktemp("order") / "data")
            company.apply(*story(version))
            self[version] = facts(company)
            company.close()
            return self[version]

    return Found()


def shuffled(company: Company, version: str, seed: int) -> dict[str, set[tuple[Any, ...]]]:
    """The story in another order, in batches of any size, with some events delivered again."""
    chance = random.Random(seed)
    events = list(story(version))
    events += chance.sample(events, 4)
    chance.shuffle(events)
    while events:
        size = chance.choice([1, 2, 5, 20])
        company.apply(*events[:size])
        events = events[size:]
    return facts(company)


@pytest.mark.parametrize(("version", "seed"), [pytest.param("acacia", 0, marks=pytest.mark.slow), ("clover", 1)])
def test_any_order_gives_the_same_facts(company: Company, in_order: Any, version: str, seed: int) -> None:
    assert shuffled(company, version, seed) == in_order[version]


@pytest.mark.slow
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32), version=st.sampled_from(["acacia", "clover"]))
def test_many_orders_give_the_same_facts(
    tmp_path_factory: pytest.TempPathFactory, in_order: Any, seed: int, version: str
) -> None:
    company = Company(tmp_path_factory.mktemp("orders") / "data")
    try:
        assert shuffled(company, version, seed) == in_order[version]
    finally:
        company.close()


@pytest.mark.slow
def test_every_order_of_six_events_of_one_subscription(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its spans are made of nothing but the evidence, so that they need not be stored each of the 720 times."""
    monkeypatch.setattr("holdfast.collector.stripe_events.apply", lambda intake: None)
    events = [one for one in story("clover") if one["type"].startswith("customer.subscription.")]
    events += [one for one in story("clover") if one["type"] in {"customer.discount.created", "price.created"}]
    assert len(events) == 6
    seen = []
    for order in itertools.permutations(events):
        company = Company(tmp_path_factory.mktemp("six") / "data")
        company.apply(*order[:3])
        company.apply(*order[3:])
        with closing(Mirror(company.data)) as mirror:
            catalogue = Catalogue(mirror.all("price"), mirror.all("coupon"))
            found = term_rows(next(mirror.evidence(["sub_1"])), catalogue), mirror.dirty(5)
        company.close()
        if found not in seen:
            seen.append(found)
    assert len(seen) == 1
    assert [row["quantity"] for row in seen[0][0]] == ["1", "3"]


def test_the_same_event_five_times_is_applied_once(company: Company) -> None:
    event = story("clover")[3]
    company.apply(*[event] * 3)
    version = company.lake.version("subscription_terms")
    company.apply(event)
    company.apply(event)
    assert company.lake.version("subscription_terms") == version
    assert len(company.rows("subscription_terms", ["row_key"])) == 1
    assert outcomes(company) == {"applied": 1}


def test_an_older_state_never_replaces_a_newer_one(company: Company) -> None:
    newer = {**customer_event(1, name="Newer"), "id": "evt_b", "created": 200, "type": "customer.updated"}
    older = {**customer_event(1, name="Older"), "id": "evt_a", "created": 100, "type": "customer.updated"}
    company.apply(newer)
    company.apply(older)
    assert company.names() == {"cus_1": "Newer"}
    assert outcomes(company) == {"applied": 1, "older": 1}


def test_what_a_sync_read_later_is_not_taken_back(company: Company) -> None:
    company.apply(customer_event(1, name="First"))
    mirror = Mirror(company.data)
    with mirror.transaction():
        mirror.set_note("read_up_to", 1_779_990_000)
    event = {**customer_event(1, name="Stale"), "type": "customer.updated"}
    company.apply({**event, "id": "evt_old", "created": 1_779_980_000})
    company.apply({**event, "id": "evt_doubtful", "created": 1_779_995_000})
    assert company.names() == {"cus_1": "First"}
    assert mirror.changes() == [("customer", "cus_1")]
    company.apply({**event, "id": "evt_new", "created": 1_780_000_001, "data": customer_event(1, name="New")["data"]})
    assert company.names() == {"cus_1": "New"}
    assert outcomes(company) == {"applied": 2, "known": 1, "left": 1}
    mirror.close()


def test_unknown_types_are_counted_and_change_nothing(company: Company) -> None:
    strange = [
        {"id": "evt_1", "type": "radar.early_fraud_warning.created", "created": 1, "data": {"object": {"id": "x"}}},
        {"id": "evt_2", "type": "something.new", "created": 1, "data": {"object": {"object": "hologram", "id": "h"}}},
        {"id": "evt_3", "type": "invoice.upcoming", "created": 1, "data": {"object": {"object": "invoice"}}},
    ]
    company.apply(*strange)
    assert outcomes(company) == {"ignored": 3}
    assert company.inbox.refused() == []
    assert not company.lake.files("accounts")


POISON: list[Object | bytes] = [
    b"not json", b"[1]", b"\xff", b"{}", b"[" * 100_000,
    {"id": "evt_x", "type": "customer.created", "created": "yesterday"},
    {"id": "evt_y", "type": "customer.created", "created": 5, "data": [1]},
    {"id": "evt_z", "type": "invoice.paid", "created": 5, "data": {"object": {"object": "invoice", "id": "in_x"}}},
    {
        "id": "evt_w", "type": "customer.subscription.updated", "created": 5,
        "data": {"object": {"object": "subscription", "id": "sub_x", "items": 7}},
    },
    {"id": "evt_c", "type": "customer.created", "created": 5, "account": "acct_1", "data": {"object": {}}},
]  # fmt: skip


def test_what_cannot_be_applied_is_kept_with_its_reason_and_stops_nothing(company: Company) -> None:
    mixed = [one for number, bad in enumerate(POISON) for one in (customer_event(number), bad)]
    company.apply(*mixed)
    assert len(company.names()) == len(POISON)
    refused = company.inbox.refused()
    assert [number for number, *_ in refused] == [2 * number + 2 for number in range(len(POISON))]
    assert all(reason for *_, reason in refused)


def test_test_mode_and_live_mode_are_never_mixed(company: Company) -> None:
    company.apply(customer_event(1), {**customer_event(2), "livemode": True})
    assert set(company.names()) == {"cus_1"}
    assert "live mode" in company.inbox.refused()[0][2]


def test_lists_that_an_event_cuts_short_are_left_to_the_next_sync(company: Company) -> None:
    one = item("si_1", price("price_ten", 1000), 1, "2026-06-01", JUNE)
    made = subscription("sub_1", "cus_1", [one], "2026-06-01")
    lines = [line(f"il_{number}", made, one, JUNE, 10) for number in range(30)]
    with FakeStripe() as stripe:
        stripe.tell("invoice.paid", invoice("in_1", made, "2026-06-01", lines), moment("2026-06-01"))
    company.apply(*stripe.objects["events"].values())
    mirror = Mirror(company.data)
    assert mirror.changes() == [("invoice", "in_1")]
    assert company.rows("invoices", ["invoice_id"]) == set()
    mirror.close()


def test_a_credit_note_before_what_it_is_about(company: Company, tmp_path: Path) -> None:
    one = item("si_1", price("price_ten", 1000), 1, "2026-06-01", JUNE)
    made = subscription("sub_1", "cus_1", [one], "2026-06-01")
    bill = invoice("in_1", made, "2026-06-01", [line("il_1", made, one, JUNE, 1000)])
    paid = charge("ch_1", bill, "2026-06-01", 1000)
    back = refund("re_1", paid, "2026-06-20", 400)
    note = credit_note("cn_1", bill, "2026-06-20", 400, lines=["il_1"], refunds=[("re_1", 400)])
    told = [("credit_note.created", note), ("refund.created", back), ("charge.succeeded", paid), ("invoice.paid", bill)]
    for number, (type_, thing) in enumerate(told):
        shown = render(copy.deepcopy(thing), "clover", set())
        company.apply({"id": f"evt_{number}", "type": type_, "created": thing["created"], "data": {"object": shown}})
    rows = company.rows("payments", ["payment_id", "invoice_id", "subscription_id", "service_from_day"])
    by_id = {row[0]: row[1:] for row in rows}
    assert by_id["re_1"][:2] == ("in_1", "sub_1")
    assert str(by_id["re_1"][2]) == "2026-06-01"


def test_while_a_sync_runs_events_wait(company: Company) -> None:
    company.apply(customer_event(1))
    company.receive(customer_event(2))
    with FileLock(company.data / "stripe" / ".sync.lock"), pytest.raises(Exception, match="sync with Stripe"):
        company.applier.step()
    assert company.inbox.pending_count == 1
    company.applier.apply_all()
    assert set(company.names()) == {"cus_1", "cus_2"}


def test_missed_events_can_be_told(company: Company) -> None:
    company.apply(customer_event(1), customer_event(3))
    listed = [customer_event(number) for number in range(6)]
    with closing(Delivered(company.data)) as delivered:
        assert delivered.missed(listed, before=1767225600 + 5) == ["evt_2", "evt_4"]


@pytest.mark.parametrize("step", ["lake", pytest.param("mirror", marks=pytest.mark.slow), "delivered", "inbox"])
def test_an_end_between_any_two_steps_loses_and_doubles_nothing(
    tmp_path: Path, in_order: Any, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """Everything up to a step is done, and then the process is gone."""

    class Gone(BaseException):
        pass

    def gone(*arguments: Any, **named: Any) -> Any:
        raise Gone

    company = Company(tmp_path / "data")
    company.receive(*story("clover"))
    with monkeypatch.context() as patched:
        targets = {
            "lake": "holdfast.sources.stripe.mirror.Mirror.transaction",
            "mirror": "holdfast.collector.stripe_events.apply",
            "delivered": "holdfast.collector.stripe_events._Run._keep",
            "inbox": "holdfast.collector.inbox.Inbox.finish",
        }
        patched.setattr(targets[step], gone)
        with pytest.raises(Gone):
            company.applier.step()
    company.close()
    again = Company(tmp_path / "data")
    again.applier.apply_all()
    assert facts(again) == in_order["clover"]
    assert again.inbox.pending_count == 0
    again.close()
