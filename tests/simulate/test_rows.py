"""Every row keeps the importer's rules: what is required is there, amounts are exact, references lead somewhere."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from decimal import Decimal
from itertools import pairwise

import pytest

from holdfast.facts import TABLES
from holdfast.facts.days import interval_end
from holdfast.facts.money import item_amount, to_micros
from tests.simulate.conftest import END, Company
from tests.simulate.test_simulation import FILLED


@pytest.mark.parametrize("name", FILLED)
def test_required_columns_are_filled_and_keys_are_unique(company: Company, name: str) -> None:
    table = company.table(name)
    for column in TABLES[name].columns:
        assert not column.required or table[column.name].null_count == 0, column.name
    assert len(set(table["row_key"].to_pylist())) == table.num_rows


def test_amounts_are_what_the_importer_computes(company: Company) -> None:
    for row in company.rows("subscription_terms"):
        unit, quantity = Decimal(row["unit_amount"]), Decimal(row["quantity"])
        percent = Decimal(row["discount_percent"] or 0)
        net = to_micros(item_amount(unit, quantity, percent))
        assert row["gross_micros"] == to_micros(item_amount(unit, quantity))
        assert row["net_micros"] == net
        assert row["forever_micros"] == (net if row["discount_duration"] == "forever" else row["gross_micros"])


def test_spans_of_an_item_follow_each_other(company: Company) -> None:
    items = defaultdict(list)
    for row in company.rows("subscription_terms"):
        items[row["item_id"]].append(row)
    for rows in items.values():
        rows.sort(key=lambda row: row["valid_from_day"])
        for row, later in pairwise(rows):
            assert row["valid_from_day"] < row["valid_to_day"] <= later["valid_from_day"]
    assert max(map(len, items.values())) > 3


def test_an_end_to_come_is_announced_by_its_cancellation(crowd: Company) -> None:
    terms = crowd.rows("subscription_terms")
    announced = [row for row in terms if row["cancelled_day"] and not row["valid_to_day"]]
    assert announced
    effective = {row["subscription_id"]: row["effective_day"] for row in crowd.rows("cancellations")}
    for row in announced:
        told = interval_end(row["valid_from_day"], row["billing_interval"], 1, row["cancelled_day"])
        assert row["access_ends_day"] == told == effective[row["subscription_id"]] > END
    assert sum(row["access_ends_day"] is not None for row in terms) == len(announced)


def test_nothing_began_after_the_last_day(company: Company) -> None:
    columns = {
        "accounts": ("created_day",),
        "subscription_terms": ("valid_from_day", "cancelled_day"),
        "cancellations": ("requested_day",),
        "invoices": ("issued_day", "paid_day"),
        "payments": ("paid_day",),
        "fx_rates": ("day",),
        "spend": ("day",),
    }
    for name, days in columns.items():
        for day in days:
            values = [value for value in company.table(name)[day].to_pylist() if value is not None]
            assert max(values) <= END, (name, day)


def test_references_lead_somewhere(company: Company) -> None:
    def column(table: str, name: str) -> set[str]:
        return {value for value in company.table(table)[name].to_pylist() if value is not None}

    assert column("subscription_terms", "account_id") <= column("accounts", "account_id")
    assert column("subscription_terms", "plan_id") <= column("plans", "plan_id")
    assert column("cancellations", "subscription_id") <= column("subscription_terms", "subscription_id")
    assert column("invoices", "subscription_id") <= column("subscription_terms", "subscription_id")
    assert column("payments", "invoice_id") <= column("invoices", "invoice_id")
    assert column("memberships", "user_id") == column("users", "user_id")
    assert column("account_attributes", "account_id") == column("accounts", "account_id")


def test_every_status_and_kind_occurs(crowd: Company, company: Company) -> None:
    terms = crowd.table("subscription_terms")
    assert set(terms["status"].to_pylist()) == {"active", "trialing", "past_due", "paused"}
    assert set(terms["currency"].to_pylist()) == {"USD", "EUR", "GBP"}
    assert set(terms["billing_interval"].to_pylist()) == {"month", "year"}
    assert set(terms["discount_duration"].to_pylist()) == {None, "repeating", "forever"}
    assert len(set(terms["product"].to_pylist())) == 3
    assert set(crowd.table("cancellations")["voluntary"].to_pylist()) == {True, False, None}
    assert set(company.table("invoices")["status"].to_pylist()) == {"paid", "open", "uncollectible"}
    assert set(company.table("payments")["status"].to_pylist()) == {"succeeded", "failed", "refunded"}


def test_each_paid_invoice_has_one_payment(company: Company) -> None:
    paid = {row["invoice_id"]: row for row in company.rows("invoices") if row["status"] == "paid"}
    payments = [row for row in company.rows("payments") if row["status"] == "succeeded"]
    assert len(payments) == len(paid)
    for row in payments:
        invoice = paid[row["invoice_id"]]
        assert (row["paid_day"], row["amount_micros"]) == (invoice["paid_day"], invoice["amount_micros"])


def test_there_is_a_rate_for_every_day(company: Company) -> None:
    pairs = defaultdict(set)
    for row in company.rows("fx_rates"):
        pairs[row["from_currency"], row["to_currency"]].add(row["day"])
        assert 0.4 < float(row["rate"]) < 2.5
    needed = {
        date.fromordinal(n) for n in range(date.fromisoformat(company.truth.start).toordinal(), END.toordinal() + 1)
    }
    assert len(pairs) == 6
    assert all(needed <= found for found in pairs.values())
