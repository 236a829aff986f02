"""Renewals to come: totals that add up, and an order that puts first what matters."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pyarrow as pa

from holdfast.insights import due
from holdfast.metrics.renewals import FLAGS


def item(
    account: str, mrr: int, day: int, *flags: str, currency: str = "EUR", amount: int | None = 0
) -> dict[str, Any]:
    return {
        "account": account, "mrr": Decimal(mrr), "renewal_day": date(2026, 12, day), "currency": currency,
        "amount": None if amount is None else Decimal(amount or mrr), **{flag: flag in flags for flag in FLAGS},
    }  # fmt: skip


ITEMS = [
    item("safe", 900, 1),
    item("small", 10, 5, "past_due"),
    item("large", 70, 9, "past_due", "failed_payment", amount=None),
    item("large", 5, 2),
    item("abroad", 3_000, 3, "falling_seats", currency="USD"),
]
TABLE = pa.Table.from_pylist(ITEMS)


def test_an_item_with_two_risks_counts_once_in_any() -> None:
    found = {(one.currency, one.risk): one for one in due.totals(TABLE, "EUR")}
    assert (found["EUR", "any"].items, found["EUR", "any"].mrr) == (2, Decimal(80))
    assert (found["EUR", "past_due"].mrr, found["EUR", "failed_payment"].mrr) == (Decimal(80), Decimal(70))
    assert (found["EUR", ""].items, found["EUR", ""].accounts, found["EUR", ""].mrr) == (4, 3, Decimal(985))


def test_an_amount_that_is_not_known_is_left_out() -> None:
    found = {(one.currency, one.risk): one for one in due.totals(TABLE, "EUR")}
    assert found["EUR", "any"].amount == Decimal(10)


def test_the_largest_currency_comes_first() -> None:
    assert [one.currency for one in due.totals(TABLE, "EUR") if one.risk == due.ALL] == ["USD", "EUR"]


def test_what_matters_comes_first() -> None:
    found = due.in_order(TABLE, "risk", 9)
    assert [row["account"] for row in found] == ["abroad", "large", "small", "safe", "large"]
    assert found[1]["risks"] == ["failed_payment", "past_due"]


def test_other_orders_and_one_risk_alone() -> None:
    assert [row["renewal_day"].day for row in due.in_order(TABLE, "day", 3)] == [1, 2, 3]
    assert [row["mrr"] for row in due.in_order(TABLE, "amount", 2)] == [3_000, 900]
    assert [row["account"] for row in due.in_order(due.at(TABLE, "past_due"), "risk", 9)] == ["large", "small"]


def test_nothing_due_is_no_total() -> None:
    assert due.totals(TABLE.slice(0, 0), "EUR") == []
