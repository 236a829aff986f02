"""The real system agrees with every example that the definitions print.

Most examples share one lake, in which each is a group of accounts of its own: an attribute says which, and a
condition picks it. What belongs to no account (spend, exchange rates, plans of one name) needs a lake of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from holdfast.workspace import Workspace
from tests.golden import CASES, Case, check
from tests.metrics.conftest import Opener
from tests.oracle import Account, Facts, Plan
from tests.system import asked

ATTRIBUTE = "example"
BILLING = ("trials", "invoices", "payments", "cancellations")
IDS = ("account_id", "subscription_id", "invoice_id", "payment_id")
Answers = dict[str, list[dict[str, Any]]]


def name_of(case: Case) -> str:
    return f"c{CASES.index(case):03}"


@cache
def together() -> tuple[Facts, frozenset[str]]:
    """One company of all examples that can stand beside each other, and the names of those in it."""
    plans: dict[str, Plan] = {}
    rows, accounts, refunds, names = [], [], [], set()
    billing: dict[str, list[Any]] = {kind: [] for kind in BILLING}
    for case in CASES:
        facts, prefix = case.facts, name_of(case)
        if facts.spend or facts.rates or facts.accounts or not agree(plans, facts.plans):
            continue
        names.add(prefix)
        plans |= {plan.plan_id: plan for plan in facts.plans}
        for row in facts.rows:
            own = {"subscription_id": f"{prefix}.{row.subscription_id}", "account_id": f"{prefix}.{row.account_id}"}
            rows.append(replace(row, **own))
        for refund in facts.refunds:
            own = {key: f"{prefix}.{getattr(refund, key)}" for key in ("payment_id", "account_id", "subscription_id")}
            refunds.append(replace(refund, **own))
        for kind in BILLING:
            billing[kind] += [prefixed(one, prefix) for one in getattr(facts, kind)]
        ids = dict.fromkeys(one.account_id for one in (*facts.rows, *facts.trials, *facts.invoices))
        accounts += [Account(f"{prefix}.{account}", None, {ATTRIBUTE: prefix}) for account in ids]
    around = {kind: tuple(found) for kind, found in billing.items()}
    return Facts(tuple(rows), tuple(accounts), tuple(plans.values()), tuple(refunds), **around), frozenset(names)


def prefixed(fact: Any, prefix: str) -> Any:
    """A fact under ids of its example's own."""
    own = {name: getattr(fact, name) for name in IDS if getattr(fact, name, None) is not None}
    return replace(fact, **{name: f"{prefix}.{value}" for name, value in own.items()})


def agree(known: dict[str, Plan], plans: Iterable[Plan]) -> bool:
    return all(known.get(plan.plan_id, plan) == plan for plan in plans)


def answer_of(case: Case, workspace: Workspace, answers: Answers) -> list[dict[str, Any]]:
    """The rows of one example in the shared lake. Examples with the same question are asked at once,
    split by example."""
    name, question = name_of(case), case.question
    alike = [other for other in CASES if (other.question, other.policy) == (question, case.policy)]
    if len(alike) == 1:
        condition = {**question.where, ATTRIBUTE: name}
        return asked(workspace, replace(question, where=condition), case.policy)
    key = name_of(alike[0])
    if key not in answers:
        answers[key] = asked(workspace, replace(question, by=(*question.by, ATTRIBUTE)), case.policy)
    return [row for row in answers[key] if row[ATTRIBUTE] == name]


def without_prefix(row: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    return {key: value.replace(f"{prefix}.", "") if isinstance(value, str) else value for key, value in row.items()}


@pytest.fixture(scope="module")
def answers() -> Answers:
    return {}


def cases() -> list[Any]:
    """All of them; `make test` asks every sixth one."""
    marks = [() if place % 6 == 0 else (pytest.mark.slow,) for place in range(len(CASES))]
    return [pytest.param(case, id=case.name, marks=mark) for case, mark in zip(CASES, marks, strict=True)]


@pytest.mark.parametrize("case", cases())
def test_the_system_gives_the_example(case: Case, opened: Opener, answers: Answers) -> None:
    facts, names = together()
    name = name_of(case)
    if name in names:
        rows = answer_of(case, opened(facts), answers)
        check(lambda *_: [without_prefix(row, name) for row in rows], [case])
    else:
        check(lambda own, question, rules: asked(opened(own), question, rules), [case])


def test_nearly_all_examples_stand_together() -> None:
    assert len(together()[1]) > 0.8 * len(CASES)
