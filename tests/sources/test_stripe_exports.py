"""Files that one system exports: Stripe's Dashboard and the sheet of Baremetrics."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import holdfast
from holdfast.errors import InputError, UnusableFile
from holdfast.settings import Settings
from holdfast.sources.export_kinds import EXPORT_KINDS
from holdfast.sources.stripe import rows_for

DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data"
SUBSCRIPTIONS = (
    "id,Customer ID,Customer Description,Customer Email,Plan,Quantity,Currency,Interval,Amount,Status,Created (UTC),"
    "Start (UTC),Start Date (UTC),Current Period Start (UTC),Current Period End (UTC),Trial Start (UTC),"
    "Trial End (UTC),Application Fee Percent,Coupon,Tax Percent,Canceled At (UTC),Ended At (UTC),Cancel At Period End\n"
)
RUNNING = (
    "sub_1,cus_1,,,gold,2,usd,month,50.00,active,2024-01-01 23:30,2024-03-05 10:00,,2024-06-01 23:30,"
    "2024-07-01 23:30,,,,,,,,false\n"
)
TRIED = (
    "sub_2,cus_2,,,year,1,eur,year,\"1,200.00\",canceled,2024-01-10 10:00,2024-01-10 10:00,2024-01-10 10:00,"
    "2024-01-24 10:00,2025-01-24 10:00,2024-01-10 10:00,2024-01-24 10:00,,,,2024-05-02 08:00,2024-05-02 08:00,false\n"
)  # fmt: skip
LEAVING = (
    "sub_3,cus_3,,,yen,3,jpy,month,500,active,2024-02-01 00:00,,,2024-06-01 00:00,2024-07-01 00:00,,,,TENOFF,,"
    "2024-06-05 00:00,,TRUE\n"
)
SPAN = ("valid_from_day", "valid_to_day", "status", "quantity", "unit_amount", "currency", "billing_interval")


def spans(company: Any, subscription: str) -> list[tuple[str, ...]]:
    rows = [
        row for row in company.lake.standing("subscription_terms").to_pylist() if row["subscription_id"] == subscription
    ]
    rows = [row for row in rows if row["valid_from_at"] != row["valid_to_at"]]
    return [tuple(str(row[name]) for name in SPAN) for row in sorted(rows, key=lambda row: row["valid_from_at"])]


def test_subscriptions_as_they_are_now(company: Any) -> None:
    report = company.load("stripe-subscriptions", SUBSCRIPTIONS + RUNNING + TRIED + LEAVING)
    assert (report.accepted, report.rejected) == (3, 0)
    assert spans(company, "sub_1") == [("2024-01-01", "None", "active", "2", "50", "USD", "month")]
    assert spans(company, "sub_2") == [
        ("2024-01-10", "2024-01-24", "trialing", "1", "1200", "EUR", "year"),
        ("2024-01-24", "2024-05-02", "active", "1", "1200", "EUR", "year"),
    ]
    assert spans(company, "sub_3") == [("2024-02-01", "2024-07-01", "active", "3", "500", "JPY", "month")]
    assert company.rows("subscription_terms", "source", "known_by") == [("stripe-export", None)] * 4
    assert {row[0] for row in company.rows("accounts", "account_id")} == {"cus_1", "cus_2", "cus_3"}
    left = company.rows("cancellations", "subscription_id", "requested_day", "effective_day")
    assert [tuple(map(str, row)) for row in left] == [
        ("sub_2", "2024-05-02", "2024-05-02"),
        ("sub_3", "2024-06-05", "2024-07-01"),
    ]


def test_what_the_file_does_not_say_is_said(company: Any) -> None:
    report = company.load("stripe-subscriptions", SUBSCRIPTIONS + LEAVING)
    assert len(report.notes) == 2
    assert "as it is now" in " ".join(report.notes)
    assert "coupons are named" in " ".join(report.notes)


def test_times_are_in_utc_and_days_in_the_companys_zone(company: Any) -> None:
    company.settings = Settings(timezone="Europe/Berlin")
    company.load("stripe-subscriptions", SUBSCRIPTIONS + RUNNING)
    row = company.lake.standing("subscription_terms").to_pylist()[0]
    assert (row["valid_from_at"].isoformat(), str(row["valid_from_day"])) == ("2024-01-01T23:30:00+00:00", "2024-01-02")


def test_a_subscription_is_the_same_as_from_the_api(company: Any) -> None:
    company.load("stripe-subscriptions", SUBSCRIPTIONS + RUNNING)
    price = {
        "id": "gold",
        "object": "price",
        "currency": "usd",
        "unit_amount": 5000,
        "recurring": {"interval": "month"},
    }
    thing = {
        "object": "subscription", "id": "sub_1", "customer": "cus_1", "status": "active", "created": 1704151800,
        "currency": "usd", "items": {"data": [{"id": "si_1", "price": price, "quantity": 2}]},
    }  # fmt: skip
    expected, stored = (
        rows_for(thing)["subscription_terms"][0],
        company.lake.standing("subscription_terms").to_pylist()[0],
    )
    same = (
        "subscription_id",
        "account_id",
        "plan_id",
        "quantity",
        "unit_amount",
        "net_micros",
        "status",
        "valid_to_at",
    )
    assert {name: stored[name] for name in same} == {name: expected[name] for name in same}
    assert int(stored["valid_from_at"].timestamp()) == expected["valid_from_at"]


def test_other_names_decimal_commas_and_own_discounts(company: Any) -> None:
    report = company.load(
        "stripe-subscriptions",
        "Subscription ID;Customer;Price ID;Plan Amount;Billing interval;Interval Count;Status;Start Date;Percent Off\n"
        "sub_1;cus_1;p;1.030,00;month;3;past_due;2024-01-01 00:00;10\n"
        "sub_2;cus_2;p;30,50;month;1;active;2024-01-01 00:00;\n",
    )
    assert report.rejected == 0
    rows = company.rows("subscription_terms", "subscription_id", "net_micros", "interval_count", "status", "currency")
    assert rows == [("sub_1", 927_000_000, 3, "past_due", "USD"), ("sub_2", 30_500_000, 1, "active", "USD")]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("s,c,,,,1,usd,month,,active,2024-01-01,,,,,,,,,,,,\n", "amount is missing"),
        ("s,c,,,p,1,usd,,5,active,2024-01-01,,,,,,,,,,,,\n", "interval is missing"),
        ("s,c,,,p,1,usd,month,5,active,,,,,,,,,,,,,\n", "start_at is missing (and so are created_at and changed_at)"),
        ("s,c,,,p,1.5,usd,month,5,active,2024-01-01,,,,,,,,,,,,\n", "quantity: 1.5 is not a whole number"),
        ("s,c,,,p,1,usd,month,5,canceled,2024-01-01,,,,,,,,,,,,\n",
         "status says that it ended, and there is neither ended_at nor cancelled_at"),
    ],
)  # fmt: skip
def test_rows_that_say_too_little(company: Any, row: str, reason: str) -> None:
    report = company.load("stripe-subscriptions", SUBSCRIPTIONS + row + RUNNING)
    assert [(one.line, one.reason) for one in report.rejects] == [(2, reason)]
    assert report.accepted == 1


def test_a_file_without_an_interval_is_refused(company: Any) -> None:
    with pytest.raises(UnusableFile, match="no column was found for interval"):
        company.load("stripe-subscriptions", "id,Customer ID,Status,Amount,Created (UTC)\ns,c,active,5,2024-01-01\n")


def test_again_is_a_duplicate_and_a_later_export_replaces(company: Any) -> None:
    company.load("stripe-subscriptions", SUBSCRIPTIONS + TRIED)
    again = company.load("stripe-subscriptions", SUBSCRIPTIONS + TRIED)
    assert (again.accepted, again.duplicate, again.touched) == (0, 1, set())
    longer = TRIED.replace("2024-01-24", "2024-02-24").replace("canceled", "active").replace("2024-05-02 08:00", "")
    company.load("stripe-subscriptions", SUBSCRIPTIONS + longer)
    assert [row[:3] for row in spans(company, "sub_2")] == [
        ("2024-01-10", "2024-02-24", "trialing"),
        ("2024-02-24", "None", "active"),
    ]


def test_a_sync_and_an_export_do_not_count_twice(company: Any) -> None:
    company.load("stripe-subscriptions", SUBSCRIPTIONS + RUNNING)
    with pytest.raises(InputError, match="would count twice"):
        company.load("stripe-subscriptions", SUBSCRIPTIONS + RUNNING, source="stripe")
    company.load("stripe-subscriptions", SUBSCRIPTIONS + RUNNING, source="the other shop")


def test_invoices(company: Any) -> None:
    report = company.load(
        "stripe-invoices",
        "id,Number,Customer,Customer Name,Subscription,Currency,Subtotal,Tax,Total,Amount Due,Amount Paid,Date (UTC),"
        "Due Date (UTC),Paid At (UTC),Finalized At (UTC),Status\n"
        "in_1,A-1,cus_1,Acme,sub_1,usd,100.00,19.00,119.00,119.00,119.00,2024-01-01 10:00,,2024-01-01 11:05,"
        "2024-01-01 11:00,paid\n"
        "in_2,A-2,cus_1,Acme,,usd,5.00,,5.00,5.00,0.00,2024-02-01 10:00,,,,draft\n",
    )
    assert report.accepted == 2
    names = ("invoice_id", "account_id", "subscription_id", "amount_micros", "status")
    assert company.rows("invoices", *names) == [
        ("in_1", "cus_1", "sub_1", 119_000_000, "paid"),
        ("in_2", "cus_1", None, 5_000_000, "draft"),
    ]
    moments = {row["invoice_id"]: row["issued_at"].isoformat() for row in company.lake.standing("invoices").to_pylist()}
    assert moments == {"in_1": "2024-01-01T11:00:00+00:00", "in_2": "2024-02-01T10:00:00+00:00"}


def test_invoices_of_old_files_have_flags_for_a_status(company: Any) -> None:
    company.load(
        "stripe-invoices",
        "id,Customer,Amount Due,Currency,Date (UTC),Paid,Closed,Forgiven\n"
        "a,c,1,usd,2016-01-01 00:00,true,true,false\nb,c,1,usd,2016-01-01 00:00,false,true,true\n"
        "c,c,1,usd,2016-01-01 00:00,false,true,false\nd,c,1,usd,2016-01-01 00:00,false,false,false\n",
    )
    assert [row[0] for row in company.rows("invoices", "status", "invoice_id")] == [
        "open",
        "paid",
        "uncollectible",
        "void",
    ]


PAYMENTS = (
    "id,Created date (UTC),Amount,Amount Refunded,Currency,Status,Decline Reason,Refunded date (UTC),Customer ID,"
    "Invoice ID,Converted Amount,Converted Currency,Fee,Mode\n"
)


def test_payments_and_what_was_refunded(company: Any) -> None:
    report = company.load(
        "stripe-payments",
        PAYMENTS
        + "ch_1,2024-01-01 10:00,50.00,20.00,eur,Partially refunded,,2024-01-09 08:00,cus_1,in_1,54.00,usd,1.75,Live\n"
        + "ch_2,2024-01-02 10:00,500,0,jpy,Failed,insufficient_funds,,cus_2,in_2,,,,Live\n"
        + "ch_3,2024-01-03 10:00,9.00,0.00,usd,Paid,,,cus_1,,9.00,usd,0.3,Test\n"
        + "pi_4,2024-01-03 10:00,9.00,0.00,usd,requires_payment_method,,,cus_1,,,,,Live\n"
        + "pi_5,2024-01-03 10:00,9.00,0.00,usd,requires_payment_method,expired_card,,cus_1,,,,,Live\n",
    )
    assert [row.reason for row in report.rejects] == ["a payment in test mode"]
    names = ("payment_id", "amount_micros", "currency", "status", "failure", "invoice_id", "paid_day")
    found = [tuple(str(cell) for cell in row) for row in company.rows("payments", *names)]
    assert found == [
        ("ch_1", "50000000", "EUR", "succeeded", "None", "in_1", "2024-01-01"),
        ("ch_1/refund", "20000000", "EUR", "refunded", "None", "in_1", "2024-01-09"),
        ("ch_2", "500000000", "JPY", "failed", "insufficient_funds", "in_2", "2024-01-02"),
        ("pi_4", "9000000", "USD", "pending", "None", "None", "2024-01-03"),
        ("pi_5", "9000000", "USD", "failed", "expired_card", "None", "2024-01-03"),
    ]


def test_a_refund_without_a_day_is_dated_like_its_payment(company: Any) -> None:
    report = company.load(
        "stripe-payments",
        "id,Created (UTC),Amount,Amount Refunded,Currency,Status\nch_1,2016-01-01 10:00,5,5,usd,Refunded\n",
    )
    assert "dated like its payment" in report.notes[0]
    assert [str(row[1]) for row in company.rows("payments", "payment_id", "paid_day")] == ["2016-01-01"] * 2


def test_customers_with_their_metadata(company: Any) -> None:
    report = company.load(
        "stripe-customers",
        "id,Description,Email,Name,Created (UTC),Card Last4,Address Country,size (metadata)\n"
        "cus_1,,a@x.example,Acme,2024-01-01 10:00,4242,DE,12\ncus_2,Second,b@x.example,,2024-01-02 10:00,,,\n",
    )
    assert report.accepted == 2
    assert company.rows("accounts", "account_id", "name") == [("cus_1", "Acme"), ("cus_2", "Second")]
    assert company.rows("account_attributes", "account_id", "name", "text", "number") == [
        ("cus_1", "country", "DE", None),
        ("cus_1", "size", "12", 12.0),
    ]


SHEET = (
    "plan_oid,plan_name,plan_currency,plan_amount,plan_interval,plan_interval_count,customer_oid,customer_name,"
    "customer_email,subscription_oid,subscription_started_at,subscription_canceled_at,subscription_quantity\n"
)


def test_the_sheet_of_baremetrics_is_in_cents(company: Any) -> None:
    report = company.load(
        "baremetrics",
        SHEET + "p1,SEO,USD,5000,month,1,c1,Acme,a@x.example,s1,2024-01-01,,2\n"
        "p2,Ads,JPY,5000,year,1,c1,Acme Inc,a@x.example,s2,2024-02-01,2024-03-01,\n",
    )
    assert (report.accepted, report.conflict) == (2, 0)
    assert company.rows("subscription_terms", "subscription_id", "net_micros", "source") == [
        ("s1", 100_000_000, "baremetrics"),
        ("s2", 5_000_000_000, "baremetrics"),
    ]
    assert company.rows("accounts", "account_id", "name") == [("c1", "Acme")]
    assert company.rows("plans", "plan_id", "name") == [("p1", "SEO"), ("p2", "Ads")]


def test_the_shared_sheet(company: Any, new_company: Callable[[], Any]) -> None:
    """100 a month from 31 March 2020 to 3 May 2020; both cancelled on one day are one churned customer."""
    sheet = DATA / "baremetrics_import" / "template.csv"
    if not sheet.exists():
        pytest.skip("the shared data (baremetrics_import) is not beside the project")
    company.load("baremetrics", sheet.read_bytes())
    with holdfast.open(company.folder / "data") as workspace:
        rows = workspace.query("mrr", start="2020-03-30", end="2020-05-04", grain="day").arrow.to_pylist()
        moved = workspace.query("mrr-movements", start="2020-03-01", end="2020-05-31").arrow.to_pylist()
    mrr = {str(row["period"]): (row["mrr"], row["accounts"]) for row in rows}
    assert [mrr[day] for day in ("2020-03-30", "2020-03-31", "2020-05-03", "2020-05-04")] == [
        (Decimal(0), 0), (Decimal(100), 1), (Decimal(100), 1), (Decimal(0), 0),
    ]  # fmt: skip
    assert sum(row["churned_accounts"] for row in moved) == 1
    plain = new_company()
    plain.load("subscriptions", sheet.read_bytes(), minor_units=True)
    names = ("subscription_id", "account_id", "net_micros", "valid_from_day", "valid_to_day")
    assert company.rows("subscription_terms", *names) == plain.rows("subscription_terms", *names)


def test_every_kind_says_what_it_is() -> None:
    for name, kind in EXPORT_KINDS.items():
        assert (kind.name, kind.source != "file", bool(kind.meaning)) == (name, True, True)
