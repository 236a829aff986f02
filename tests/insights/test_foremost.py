"""Of long lists of accounts, the few that matter."""

from __future__ import annotations

from decimal import Decimal

import pyarrow as pa

from holdfast.insights import foremost

MRR = pa.table(
    {
        "account": ["a", "b", "b", "c"],
        "currency": ["EUR", "EUR", "USD", "EUR"],
        "mrr": pa.array([Decimal(10), Decimal(40), Decimal(7), Decimal(0)], pa.decimal128(38, 6)),
    }
)


def test_falls_are_those_of_accounts_that_can_be_lost_and_equals_go_by_pay() -> None:
    table = pa.table(
        {
            "account": ["a", "b", "c", "d", "e"],
            "status": ["paying", "paying", "none", "trial", "paying"],
            "days": [1, 2, 0, 5, 9],
            "trend": [-3.0, -3.0, -20.0, -1.0, None],
        }
    )
    count, rows = foremost.falls(table, MRR, "days", 2)
    assert count == 3
    assert [(row["account"], row["before"]) for row in rows] == [("b", 5.0), ("a", 4.0)]


def test_who_never_came_is_silent_longest() -> None:
    table = pa.table(
        {
            "account": ["a", "b", "c", "d"],
            "status": ["paying", "paying", "paying", "none"],
            "days": [31, None, 29, 400],
        }
    )
    found = foremost.silent(table, MRR, "EUR", 9)
    assert [row["account"] for row in found.longest] == ["b", "a"]
    assert (found.accounts, found.mrr) == (2, {"EUR": Decimal(50), "USD": Decimal(7)})


def test_an_account_counts_once_by_its_fullest_limit() -> None:
    table = pa.table(
        {
            "account": ["a", "a", "b", "c", "d"],
            "status": ["paying"] * 4 + ["none"],
            "rate": [1.0, 0.9, 0.85, 0.2, 1.0],
            "over": [True, False, False, False, True],
        }
    )
    over, near, rows = foremost.near_limits(table, MRR, 9)
    assert (over, near) == (1, 1)
    assert [(row["account"], row["rate"]) for row in rows] == [("a", 1.0), ("a", 0.9), ("b", 0.85)]


def test_what_a_few_accounts_pay_is_by_currency() -> None:
    assert foremost.paid_by(MRR, {"b", "c"}, "EUR") == {"b": {"EUR": Decimal(40), "USD": Decimal(7)}}
    assert foremost.paid_by(MRR.drop_columns(["currency"]), {"a"}, "CHF") == {"a": {"CHF": Decimal(10)}}
