"""Fivetran's Recurly tables: expected rows and MRR are worked out by hand beside each case."""

from __future__ import annotations

import csv
from decimal import Decimal
from typing import Any

PLAN = {
    "id": "gold",
    "code": "gold",
    "name": "Gold",
    "updated_at": "2024-01-01",
    "interval_unit": "months",
    "interval_length": 1,
}
SUBSCRIPTION = {
    "id": "s1", "account_id": "acme", "plan_id": "gold", "state": "active", "currency": "USD", "unit_amount": "50.0",
    "quantity": 2, "created_at": "2024-01-01 10:00:00", "activated_at": "2024-01-01 10:00:00", "add_ons_total": "0.0",
}  # fmt: skip


def version(updated_at: str, **cells: object) -> dict[str, object]:
    return {**SUBSCRIPTION, "updated_at": updated_at, **cells}


def test_each_update_begins_a_span(books: Any) -> None:
    books.table("plan_history", [PLAN])
    books.table("subscription_history", [
        version("2024-01-01 10:00:00"), version("2024-03-01 09:00:00", quantity=5),
        version("2024-06-01 09:00:00", quantity=5, state="canceled", canceled_at="2024-06-01 09:00:00",
                expires_at="2024-07-01 10:00:00"),
    ])  # fmt: skip
    report = books.load("fivetran-recurly")
    assert (report.rejected, report.unknown_spans) == (0, 0)
    assert [row[:4] for row in books.spans()] == [
        ("2024-01-01", "2024-03-01", "active", "2"),
        ("2024-03-01", "2024-07-01", "active", "5"),
    ]
    assert books.adds_up("2024-02-01", "2024-06-15", "2024-07-01") == [100, 250, 0]
    left = books.rows("cancellations")[0]
    assert (str(left["requested_day"]), str(left["effective_day"])) == ("2024-06-01", "2024-07-01")


def test_the_time_before_the_first_update_is_marked(books: Any) -> None:
    books.table("plan_history", [PLAN])
    books.table("subscription_history", [version("2024-05-01 09:00:00")])
    books.load("fivetran-recurly")
    assert [(row[0], row[1], row[5]) for row in books.spans()] == [
        ("2024-01-01", "2024-05-01", "assumed"),
        ("2024-05-01", "", "event"),
    ]


def test_charges_show_what_was_paid_before(books: Any) -> None:
    books.table("plan_history", [PLAN])
    books.table("subscription_history", [version("2024-03-01 10:00:00")])
    line = {
        "account_id": "acme", "plan_code": "gold", "subscription_id": "s1", "type": "charge", "currency": "USD",
        "unit_amount": "40.0", "quantity": 1, "subtotal": "40.0", "updated_at": "2024-03-01",
    }  # fmt: skip
    books.table("line_item_history", [
        {**line, "id": "l1", "start_date": "2024-01-01 10:00:00", "end_date": "2024-02-01 10:00:00"},
        {**line, "id": "l2", "start_date": "2024-02-01 10:00:00", "end_date": "2024-03-01 10:00:00"},
    ])  # fmt: skip
    books.load("fivetran-recurly")
    assert books.spans() == [
        ("2024-01-01", "2024-03-01", "active", "1", "40", "invoice"),
        ("2024-03-01", "", "active", "2", "50", "event"),
    ]


def test_changes_that_took_place(books: Any) -> None:
    books.table("plan_history", [PLAN, {**PLAN, "id": "year", "code": "year", "interval_length": 12}])
    books.table(
        "subscription_history",
        [version("2024-01-01 10:00:00"), version("2024-09-01", plan_id="year", unit_amount="480")],
    )
    change = {"subscription_id": "s1", "activated": "true"}
    books.table("subscription_change_history", [
        {**change, "id": "c1", "activate_at": "2024-02-01", "quantity": 3, "unit_amount": "50"},
        {**change, "id": "c2", "activate_at": "2024-04-01", "plan_id": "year", "unit_amount": "480"},
        {**change, "id": "c3", "activate_at": "2024-05-01", "quantity": 9, "activated": "false"},
        {**change, "id": "c4", "activate_at": "2024-06-01", "quantity": 9, "deleted_at": "2024-05-20"},
    ])  # fmt: skip
    books.load("fivetran-recurly")
    # 2 x 50, then 3 x 50; then 2 x 480 for twelve months
    assert books.adds_up("2024-01-15", "2024-02-15", "2024-04-15", "2024-12-31") == [100, 150, 80, 80]


def test_add_ons_one_by_one_or_as_their_total(books: Any) -> None:
    books.table("plan_history", [PLAN])
    books.table("subscription_history", [version("2024-01-01 10:00:00", add_ons_total="30.0")])
    books.load("fivetran-recurly")
    assert books.adds_up("2024-02-01") == [130]
    books.table("subscription_add_on_history", [
        {"id": "a1", "updated_at": "2024-01-01 10:00:00", "subscription_id": "s1", "created_at": "2024-01-01 10:00:00",
         "plan_add_on_id": "sso", "quantity": 2, "unit_amount": "10"},
        {"id": "a2", "updated_at": "2024-01-01 10:00:00", "subscription_id": "s1", "created_at": "2024-01-01 10:00:00",
         "plan_add_on_id": "api", "quantity": 1, "unit_amount": "10"},
    ])  # fmt: skip
    report = books.load("fivetran-recurly")
    assert report.rejected == 0
    assert books.adds_up("2024-02-01") == [130]
    items = {(row["item_id"], row["plan_id"]) for row in books.rows("subscription_terms") if row["valid_to_at"] is None}
    assert items == {("s1", "gold"), ("a1", "sso"), ("a2", "api")}


def test_a_deleted_subscription_ends_and_a_paused_one_pauses(books: Any) -> None:
    books.table("plan_history", [PLAN])
    books.table("subscription_history", [
        version("2024-01-01 10:00:00", _fivetran_deleted="true", _fivetran_synced="2024-04-01 00:00:00"),
        version("2024-03-05", id="s2", state="paused", paused_at="2024-03-01"),
    ])  # fmt: skip
    books.load("fivetran-recurly")
    assert [row[:2] for row in books.spans(subscription_id="s1")] == [("2024-01-01", "2024-04-01")]
    assert books.spans(subscription_id="s2")[-1][:3] == ("2024-03-01", "", "paused")


def test_fixed_coupons_and_unknown_plans(books: Any) -> None:
    books.table("plan_history", [PLAN])
    books.table(
        "subscription_history", [version("2024-01-01 10:00:00"), version("2024-01-01", id="s2", plan_id="lost")]
    )
    books.table("coupon_discount", [
        {"coupon_id": "five", "amount": "5", "currency": "EUR"},
        {"coupon_id": "five", "amount": "6", "currency": "USD"},
    ])  # fmt: skip
    redeemed = {"coupon_id": "five", "account_id": "acme", "created_at": "2024-02-01", "updated_at": "2024-05-01"}
    books.table("coupon_redemption_history", [
        {**redeemed, "id": "r1", "removed_at": "2024-05-01", "state": "inactive"},
        {**redeemed, "id": "r2", "account_id": "birch"},
    ])  # fmt: skip
    report = books.load("fivetran-recurly")
    assert books.adds_up("2024-01-15", "2024-02-15", "2024-05-15") == [100, 94, 100]
    assert sorted(row.reason for row in report.rejects) == [
        "its plan lost is not in plan_history: how long a billing period is, is not known",
        "no subscription of its account birch is in the folder",
    ]


# the tables that dbt_recurly tests itself with


def test_mrr_of_the_seeds(books: Any, shared: Any) -> None:
    """99 from 11 February 2015; 2,999 + 2,597 of add-ons from 20 February 2015, after a trial of a week; 10 % off the
    second from 18 March 2019. Two more live for minutes.
    """
    report = books.load("fivetran-recurly", shared("dbt_recurly_seeds"))
    assert (report.received, report.rejected, report.unknown_subscriptions) == (29, 7, 2)
    assert books.mrr("2015-02-10", "2015-02-11", "2015-02-19", "2015-02-20", "2015-03-31") == [0, 99, 99, 5695, 5695]
    assert books.adds_up("2019-03-17", "2019-03-18", "2019-03-31") == [5695, Decimal("5135.4"), Decimal("5135.4")]
    assert books.load("fivetran-recurly", shared("dbt_recurly_seeds")).accepted == 0


def test_what_coupons_of_the_seeds_took_off(books: Any, shared: Any) -> None:
    """The redemption counts what it took off in 41 months; our discount of one month times 41 is the same."""
    folder = shared("dbt_recurly_seeds")
    books.load("fivetran-recurly", folder)
    with (folder / "coupon_redemption_history_data.csv").open() as file:
        taken_off = max(Decimal(row["discounted"]) for row in csv.DictReader(file))
    rows = [row for row in books.rows("subscription_terms") if row["valid_to_at"] is None and row["discount_percent"]]
    a_month = sum(row["gross_micros"] - row["net_micros"] for row in rows)
    assert Decimal(a_month) / 1_000_000 * 41 == taken_off


def test_payments_and_invoices_of_the_seeds(books: Any, shared: Any) -> None:
    books.load("fivetran-recurly", shared("dbt_recurly_seeds"))
    names = ("amount_micros", "status", "failure")
    assert sorted(tuple(row[name] for name in names) for row in books.rows("payments")) == [
        (5_000_000, "succeeded", None),
        (100_000_000, "failed", "void"),
    ]
    invoices = books.rows("invoices")
    assert sum(row["amount_micros"] for row in invoices) == (0 + 5 + 99 + 99 + 99) * 1_000_000
    linked = [row["subscription_id"] for row in invoices if row["subscription_id"]]
    assert linked == ["2900cfb1daef789cc21ea100ff6af6e9"]
