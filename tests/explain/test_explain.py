"""Explanations: the formula with its figures, what mattered, and the accounts and rows behind a number."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from holdfast.metrics.exact_json import exact_json
from holdfast.workspace import Workspace
from tests.explain.test_diff import HEAD, bring
from tests.metrics.conftest import Opener, opened
from tests.strategies import random_company

from datetime import UTC, date, datetime  # isort: skip

__all__ = ["opened"]
ROWS = HEAD + (
    "s1,a1,2024-01-05,,10,USD,active\n"
    "s2,a2,2024-01-05,2024-06-20,20,USD,active\n"
    "s3,a3,2024-01-05,,40,USD,active\n"
    "s4,a4,2024-06-05,,5,USD,active\n"
    "s5,a3,2024-01-05,,7,USD,trialing\n"
    "s6,a1,2024-01-05,,9,USD,paused\n"
)
NAMES = "account_id,name\na2,<b>=Evil & Sons</b>\n"


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    folder: Path = tmp_path_factory.mktemp("explained")
    bring(folder, "subscriptions", ROWS, datetime(2024, 7, 1, tzinfo=UTC))
    bring(folder, "accounts", NAMES, datetime(2024, 7, 1, tzinfo=UTC))
    with Workspace(folder) as one:
        yield one


def test_the_formula_has_its_own_figures(workspace: Workspace) -> None:
    told = workspace.query("customer-churn", start="2024-05-01", end="2024-06-30").explain()
    assert [(one.where, one.figures, one.result) for one in told.workings] == [
        ("May 2024", "0 / 3", "0.00%"),
        ("Jun 2024", "1 / 3", "33.33%"),
    ]
    assert told.accounts is None


def test_rows_are_the_accounts_and_facts_behind_a_number(workspace: Workspace) -> None:
    told = workspace.query("customer-churn").explain("2024-06")
    assert told.accounts is not None
    first = told.accounts[0]
    assert (first.account, first.name) == ("a2", "<b>=Evil & Sons</b>")
    assert first.figures == {"start_accounts": 1, "churned_accounts": 1, "base": 1}
    assert [(fact.subscription, str(fact.to_day), fact.mrr) for fact in first.facts] == [
        ("s2", "2024-06-20", Decimal(20))
    ]
    assert told.accounts_in_all == 3


def test_what_mattered_is_found_by_trying(workspace: Workspace) -> None:
    told = workspace.query("customer-churn").explain("2024-06")
    mattered = {one.switch: one.other_values for one in told.switches or () if one.mattered}
    assert mattered == {"churn_denominator": ("start+new",)}
    paused = workspace.query("mrr").explain("2024-06")
    assert {one.switch for one in paused.switches or () if one.mattered} == {"paused"}
    assert {one.why_not for one in paused.switches or () if one.switch == "metered"} == {
        "there are no items billed by use"
    }


def test_rows_left_out_have_reasons_and_examples(workspace: Workspace) -> None:
    told = workspace.query("mrr").explain("2024-06")
    assert [dict(one) for one in told.left_out] == [
        {"reason": "paused (policy paused=zero)", "rows": 1, "examples": ["s6 of 2024-01-05"]},
        {"reason": "trial", "rows": 1, "examples": ["s5 of 2024-01-05"]},
    ]
    facts = {fact.subscription: fact.left_out for one in told.accounts or () for fact in one.facts}
    assert facts == {"s1": None, "s3": None, "s4": None, "s5": "trial", "s6": "paused (policy paused=zero)"}


def test_it_shows_itself_without_running_what_customers_typed(workspace: Workspace) -> None:
    told = workspace.query("customer-churn").explain("2024-06")
    page = told._repr_html_()
    assert "&lt;b&gt;=Evil &amp; Sons&lt;/b&gt;" in page
    assert "<b>" not in page
    assert "<b>=Evil & Sons</b> (a2)" in str(told)


def test_as_json_every_number_has_all_its_digits(workspace: Workspace) -> None:
    told = workspace.query("customer-churn").explain("2024-06")
    plain = json.loads(exact_json(told.to_json()))
    assert plain["working"] == [
        {"row": "Jun 2024", "formula": "rate = churned accounts / base", "figures": "1 / 3", "result": "33.33%"}
    ]
    assert plain["accounts"][0]["facts"][0]["subscription"] == "s2"
    assert plain["evidence"]["left_out"][0]["examples"] == ["s6 of 2024-01-05"]
    assert exact_json({"part": Decimal("0.123456789012345678901")}) == b'{"part":0.123456789012345678901}'


MORE = ("mrr-movements", "revenue-churn", "cohort-revenue", "quick-ratio")


@pytest.mark.parametrize("metric", ["mrr", *(pytest.param(one, marks=pytest.mark.slow) for one in MORE)])
def test_the_accounts_add_up_to_the_number(metric: str, opened: Opener) -> None:
    """Of a random company: every amount of money is the sum of those of its accounts."""
    workspace = opened(random_company(4, 9))
    question = {"start": date(2024, 6, 1), "end": date(2024, 6, 30)}
    whole = workspace.query(metric, **question)  # type: ignore[arg-type]
    split = workspace.query(metric, by="account", **question)  # type: ignore[arg-type]
    money = [column.name for column in whole.metric.columns if column.kind == "money"]
    for name in money:
        assert _sums(whole.arrow.to_pylist(), name) == _sums(split.arrow.to_pylist(), name), name


def _sums(rows: list[dict[str, object]], name: str) -> dict[object, Decimal]:
    found: dict[object, Decimal] = {}
    for row in rows:
        key = (row.get("cohort"), row.get("age"), row["currency"])
        found[key] = found.get(key, Decimal(0)) + row[name]  # type: ignore[operator]
    return {key: value for key, value in found.items() if value}
