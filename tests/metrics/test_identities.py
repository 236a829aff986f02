"""What must add up does, exactly, over random histories under any policy and grain."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from holdfast.metrics.calendar import period_first, period_number
from holdfast.metrics.policy import Policy
from holdfast.workspace import Workspace
from tests.oracle import Account, Facts, Question
from tests.strategies import TODAY, companies, policies
from tests.system import asked, stored

FLOWS = ("new", "reactivation", "expansion", "contraction", "churn", "fx")
RANGES = {"day": 20, "week": 120, "month": 500, "quarter": 700, "year": 700}
Rows = list[dict[str, Any]]
FEW, MANY = 5, 10
hypothesis = settings(
    deadline=None,
    derandomize=True,
    phases=(Phase.explicit, Phase.generate, Phase.shrink),
    suppress_health_check=list(HealthCheck),
)


@contextmanager
def opened(facts: Facts) -> Any:
    with TemporaryDirectory() as folder, Workspace(stored(Path(folder) / "data", facts)) as workspace:
        yield workspace


@st.composite
def ranges(draw: Any) -> Question:
    """A question over whole periods that ends by today or after it."""
    grain = draw(st.sampled_from(sorted(RANGES)))
    end = draw(st.sampled_from((TODAY, date(2024, 2, 29), date(2024, 9, 30))))
    return Question(
        "mrr-movements", end - timedelta(days=RANGES[grain]), end, draw(st.sampled_from((TODAY, end))), grain=grain
    )


def add_up(rows: Iterable[Mapping[str, Any]]) -> None:
    for row in rows:
        assert row["opening"] + sum(row[flow] for flow in FLOWS) == row["closing"], row
        assert row["expansion"] == row["upsell"] + row["cross_sell"], row
        assert row["new"] >= 0 and row["reactivation"] >= 0 and row["churn"] <= 0, row


def hang_together(rows: Iterable[Mapping[str, Any]], names: Iterable[str], question: Question) -> None:
    """A period opens with what the one before closed with."""
    names = tuple(names)
    closing = {(row["period"], *(row[name] for name in names)): row["closing"] for row in rows}
    for row in rows:
        number = period_number(row["period"], question.grain, question.week_start)  # type: ignore[arg-type]
        before = period_first(number - 1, question.grain, question.week_start)  # type: ignore[arg-type]
        key = (before, *(row[name] for name in names))
        assert closing.get(key, row["opening"]) == row["opening"], row


def totals(
    rows: Iterable[Mapping[str, Any]], columns: Iterable[str], *, by: tuple[str, ...]
) -> dict[Any, list[Decimal]]:
    """Sums of money by period and the columns `by`; sums of nothing are left out."""
    columns, found = tuple(columns), defaultdict(lambda: [Decimal(0)] * len(columns))  # type: ignore[var-annotated]
    for row in rows:
        key = (row["period"], *(row[name] for name in by))
        found[key] = [total + row[name] for total, name in zip(found[key], columns, strict=True)]
    return {key: sums for key, sums in found.items() if any(sums)}


def check_accounts(workspace: Workspace, question: Question, rules: Policy) -> None:
    """Movements of each account and currency, and the MRR that they lead to."""
    split = replace(question, by=("account",))
    rows = asked(workspace, split, rules)
    add_up(rows)
    assert all(row["fx"] == 0 for row in rows) or rules["same_period"] == "neither"
    hang_together(rows, ("account", "currency"), question)
    mrr = asked(workspace, replace(split, metric="mrr"), rules)
    keys = ("account", "currency")
    assert totals(rows, ["closing"], by=keys) == totals(mrr, ["mrr"], by=keys)


def check_converted(workspace: Workspace, question: Question, rules: Policy) -> None:
    """The same in one currency, where what is left over is `fx`."""
    rows = asked(workspace, replace(question, by=("account", "currency"), currency="EUR"), rules)
    add_up(rows)
    if rules["fx"] == "service-start":
        hang_together(rows, ("account", "currency"), question)
    assert all(row["fx"] == 0 for row in rows if row["currency"] == "EUR") or rules["same_period"] == "neither"


def check_split(workspace: Workspace, question: Question, rules: Policy, by: str) -> None:
    """Sums over a dimension are the whole, column by column."""
    whole = asked(workspace, question, rules)
    split = asked(workspace, replace(question, by=(by,)), rules)
    add_up(split)
    columns = ("opening", *FLOWS, "upsell", "cross_sell", "closing")
    assert totals(split, columns, by=("currency",)) == totals(whole, columns, by=("currency",))


def check_retention(workspace: Workspace, question: Question, rules: Policy) -> None:
    """GRR is at most 1 and at most NRR."""
    question = replace(question, grain="month" if question.grain == "day" else question.grain)
    nrr = asked(workspace, replace(question, metric="nrr"), rules)
    grr = asked(workspace, replace(question, metric="grr"), rules)
    for net, gross in zip(nrr, grr, strict=True):
        assert (net["period"], net["currency"]) == (gross["period"], gross["currency"])
        assert gross["rate"] is None or 0 <= gross["rate"] <= 1
        if rules["nrr"] == "snapshot":
            assert net["start_mrr"] == gross["start_mrr"]
            assert gross["end_mrr"] <= min(net["start_mrr"], net["end_mrr"])
            assert gross["rate"] is None or gross["rate"] <= net["rate"] + 1e-15


def check_customers(workspace: Workspace, question: Question, rules: Policy) -> None:
    """Customers at the end of one period are those at the start of the next."""
    retention = asked(workspace, replace(question, metric="customer-retention"), rules)
    churn = asked(workspace, replace(question, metric="customer-churn"), rules)
    for kept, lost in zip(retention, churn, strict=True):
        assert kept["start_accounts"] == lost["start_accounts"]
        if rules["churn_numerator"] in ("gone-at-end", "left"):
            assert lost["churned_accounts"] <= lost["start_accounts"]
    for earlier, later in pairwise(retention):
        assert earlier["end_accounts"] == later["start_accounts"]


def check(facts: Facts, rules: Policy, question: Question, by: str) -> None:
    with opened(replace(facts, accounts=with_a_country(facts))) as workspace:
        check_accounts(workspace, question, rules)
        check_converted(workspace, question, rules)
        check_split(workspace, question, rules, by)
        check_retention(workspace, question, rules)
        check_customers(workspace, question, rules)


def with_a_country(facts: Facts) -> tuple[Account, ...]:
    """The first account has a country, so that the dimension exists."""
    first = facts.rows[0].account_id
    others = tuple(account for account in facts.accounts if account.account_id != first)
    return (Account(first, None, {"country": "DE", "size": None}), *others)


histories = given(
    facts=companies(5), rules=policies(), question=ranges(), by=st.sampled_from(("plan", "product", "country"))
)


@pytest.mark.slow
@settings(hypothesis, max_examples=FEW)
@histories
def test_everything_adds_up(facts: Facts, rules: Policy, question: Question, by: str) -> None:
    check(facts, rules, question, by)


@pytest.mark.slow
@settings(hypothesis, max_examples=MANY)
@histories
def test_everything_adds_up_in_many_histories(facts: Facts, rules: Policy, question: Question, by: str) -> None:
    check(facts, rules, question, by)
