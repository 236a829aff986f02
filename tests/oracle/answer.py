"""The answer to any question, as a list of rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from . import churn, cohorts, payments, renewals, revenue, trials
from .facts import Facts, Question
from .usage import USAGE, usage_rows
from .view import View

Rows = list[dict[str, Any]]

COUNTS: dict[str, Callable[[View], Rows]] = {
    "customer-churn": churn.customer_churn,
    "customer-retention": churn.customer_retention,
    "cohort-retention": cohorts.cohort_retention,
    "second-month-retention": cohorts.second_month_retention,
    "annual-retention": cohorts.annual_retention,
    "churn-by-tenure": cohorts.churn_by_tenure,
    "trial-conversion": trials.trial_conversion,
    "trial-time-to-convert": trials.time_to_convert,
    "trial-stay": trials.stay,
}
"""Metrics that count accounts: they have no currency column of their own."""

MONEY: dict[str, Callable[[View], Rows]] = {
    "mrr": revenue.mrr,
    "arr": revenue.arr,
    "mrr-movements": revenue.mrr_movements,
    "revenue-churn": churn.revenue_churn,
    "nrr": churn.nrr,
    "grr": churn.grr,
    "arpa": revenue.arpa,
    "asp": revenue.asp,
    "quick-ratio": revenue.quick_ratio,
    "cac": revenue.cac,
    "cac-payback": revenue.cac_payback,
    "cohort-revenue": cohorts.cohort_revenue,
    "revenue-by-cohort": cohorts.revenue_by_cohort,
    "existing-base-share": cohorts.existing_base_share,
    "cohort-divergence": cohorts.cohort_divergence,
    "churn-quality": cohorts.churn_quality,
    "payment-trends": payments.payment_trends,
    "renewals": renewals.renewals,
}

WITHOUT_PERIODS = ("cohort-revenue", "cohort-divergence", "churn-quality", "renewals")
COMPANY_CURRENCY = "USD"
"""Where nothing was ever paid, each period has a row of zeros in the company's currency."""

METRICS = (*COUNTS, *MONEY, "ltv", *USAGE)


def switches_of(policy: Any) -> Mapping[str, str]:
    """The switches of a `holdfast.metrics.policy.Policy`, or of a plain mapping."""
    return policy if isinstance(policy, Mapping) else dict(policy.switches)


def answer(facts: Facts, question: Question, policy: Any) -> Rows:
    """The rows that the definitions give, by brute force. Money is Decimal, rates are fractions."""
    return sorted(_answer(facts, question, switches_of(policy)), key=_position)


def _answer(facts: Facts, question: Question, switches: Mapping[str, str]) -> Rows:
    if question.metric in USAGE:
        return usage_rows(facts, question, switches)
    counts = View(facts, switches, question, money=False)
    if question.metric in COUNTS:
        return COUNTS[question.metric](counts)
    money = View(facts, switches, question, money=True)
    ask = (lambda view: revenue.ltv(view, counts)) if question.metric == "ltv" else MONEY[question.metric]
    rows = ask(money)
    alone = question.currency is None and set(question.by) <= {"currency"}
    if not rows and alone and question.metric not in WITHOUT_PERIODS:
        money.seen = {(COMPANY_CURRENCY,)}
        rows = ask(money)
    return rows


def _position(row: Mapping[str, Any]) -> list[tuple[bool, Any]]:
    """Rows come by period, cohort and age; the groups inside keep the order they have."""
    given = [row[name] for name in ("period", "cohort", "age") if name in row]
    return [(value is None, 0 if value is None else value) for value in given]
