"""Random histories hold what they promise, and go through CSV unchanged in number."""

from __future__ import annotations

import csv
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from holdfast.metrics.policy import policy
from tests.oracle import Facts, Question, answer
from tests.oracle.company import Company
from tests.strategies import TODAY, companies, policies, questions, random_company, write_csv

QUIET = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))


def test_the_same_seed_gives_the_same_company() -> None:
    assert random_company(7, 12) == random_company(7, 12) != random_company(8, 12)


def test_keys_are_unique_and_spans_forward() -> None:
    rows = random_company(3, 200).rows
    assert len({(row.item, row.valid_from) for row in rows}) == len(rows)
    assert all(row.valid_to is None or row.valid_to >= row.valid_from for row in rows)
    assert all(row.status not in ("canceled", "ended") or row.valid_to or row.cancelled_at for row in rows)


def test_what_is_hard_is_there() -> None:
    company = random_company(3, 200)
    rows = company.rows
    assert {"trialing", "past_due", "paused", "canceled", "active"} <= {row.status for row in rows}
    assert {"day", "week", "month", "year"} == {row.interval for row in rows}
    assert any(row.valid_to == row.valid_from for row in rows)
    assert any(row.cancelled_at and row.cancelled_at < row.valid_from for row in rows)
    assert any(row.metered for row in rows) and any(row.mrr is not None for row in rows)
    assert any(row.valid_from == date(2024, 2, 29) for row in rows)
    assert any(row.valid_from > TODAY for row in rows) and company.refunds
    oracle = Company(company, _switches(), TODAY)
    kinds = {event.movement for account in oracle.accounts for event in oracle.events(account)}
    assert kinds == {"new", "reactivation", "expansion", "contraction", "churn"}


def test_csv_holds_every_row(tmp_path: Path) -> None:
    company = random_company(5, 30)
    files = write_csv(tmp_path, company)
    assert list(files) == [
        *("accounts", "plans", "subscriptions", "trials", "cancellations", "invoices", "payments", "fx-rates", "spend")
    ]
    with files["subscriptions"].open(newline="") as file:
        found = list(csv.DictReader(file))
    assert [row["valid_from"] for row in found] == [row.valid_from.isoformat() for row in company.rows]


def _switches() -> dict[str, str]:
    return dict(policy().switches)


@QUIET
@given(companies(), policies())
def test_nothing_changes_between_the_days_that_matter(company: Facts, rules: Any) -> None:
    """The oracle looks only at days on which something can change; every day gives the same."""
    oracle = Company(company, dict(rules.switches), TODAY)
    for account in oracle.accounts:
        days = set(oracle.change_days(account))
        day = min(days, default=TODAY) - timedelta(days=1)
        while day <= TODAY + timedelta(days=3):
            if day not in days:
                before = day - timedelta(days=1)
                assert oracle.live(account, day) == oracle.live(account, before)
                assert oracle.customer(account, day) == oracle.customer(account, before)
            day += timedelta(days=1)


@QUIET
@given(companies(), questions("mrr-movements"), policies(), st.sampled_from(((), ("plan",), ("size", "product"))))
def test_movements_add_up(company: Facts, question: Question, rules: Any, by: tuple[str, ...]) -> None:
    question = Question(**{**vars(question), "by": by})
    for row in answer(company, question, rules):
        moved = sum(row[name] for name in ("new", "reactivation", "expansion", "contraction", "churn"))
        assert row["opening"] + moved == row["closing"]
        assert row["upsell"] + row["cross_sell"] == row["expansion"]
