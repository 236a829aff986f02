"""A company is read from the answers of metrics; too little history and several currencies are refused."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pytest

from holdfast.errors import InputError
from holdfast.facts.days import add_months
from holdfast.insights.hazards import Observed
from holdfast.insights.observed import Observation, observe
from holdfast.insights.what_if import Group

MONTH = date(2026, 10, 1)
FLOW = {"new": 300, "churn": -80, "expansion": 40, "contraction": -10, "new_accounts": 3, "closing": 5000}


@dataclass
class Told:
    """A workspace that knows its answers."""

    currencies: tuple[str, ...] = ("USD",)
    first_cohort: date = date(2026, 5, 1)
    at_risk: int = 100
    closing: int = 5000
    today: date = date(2026, 11, 21)
    settings: Any = field(default_factory=lambda: SimpleNamespace(margin=0.8))
    asked: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def is_empty(self) -> bool:
        return not self.currencies

    def query(self, metric: str, **question: Any) -> Any:
        self.asked.append((metric, question))
        rows = getattr(self, "_" + metric.replace("-", "_"))()
        query = SimpleNamespace(today=self.today, policy=SimpleNamespace(name=question["policy"] or "holdfast"))
        return SimpleNamespace(arrow=pa.Table.from_pylist(rows), query=query)

    def _mrr_movements(self) -> list[dict[str, Any]]:
        flow = FLOW | {"opening": 4080, "closing": self.closing}
        amounts = {name: value if name == "new_accounts" else Decimal(value) for name, value in flow.items()}
        months = [add_months(MONTH, back) for back in range(-5, 1)]
        return [{"period": month, "currency": code, **amounts} for month in months for code in self.currencies]

    def _revenue_by_cohort(self) -> list[dict[str, Any]]:
        cohorts = {self.first_cohort: (0, "0"), date(2026, 8, 1): (4, "1000.50"), MONTH: (6, "300")}
        return [
            {"period": MONTH, "cohort": cohort, "currency": code, "accounts": accounts, "mrr": Decimal(mrr)}
            for cohort, (accounts, mrr) in cohorts.items()
            for code in self.currencies
        ]

    def _churn_by_tenure(self) -> list[dict[str, Any]]:
        return [{"age": 1, "at_risk": self.at_risk, "churned": 10}]

    def _ltv(self) -> list[dict[str, Any]]:
        return [{"period": MONTH, "currency": code, "churn_rate": 0.021} for code in self.currencies]


def seen(told: Told, **question: Any) -> Observation:
    return observe(told, **question)


def test_a_company_is_what_its_metrics_say() -> None:
    told = Told()
    found = seen(told, policy="stripe")
    company = found.company
    assert (found.month, found.currency, found.policy, found.measured_churn) == (MONTH, "USD", "stripe", 0.021)
    assert company.groups == {3: Group(4, 1000.5), 1: Group(6, 300.0)}
    assert company.hazards.months == {1: Observed(100, 10)}
    assert (company.new_customers, company.sale_price, company.margin) == (3, 100, 0.8)
    assert (company.expansion, company.contraction) == (40 / 4000, 10 / 4000)


def test_it_looks_at_complete_months_and_at_every_cohort() -> None:
    told = Told()
    seen(told)
    ranges = {metric: (question["start"], question["end"]) for metric, question in told.asked}
    last = date(2026, 10, 31)
    assert ranges["mrr-movements"] == (date(2026, 5, 1), last)
    assert ranges["churn-by-tenure"] == (date(2026, 5, 1), last)
    assert ranges["revenue-by-cohort"] == ranges["ltv"] == (MONTH, last)


@pytest.mark.parametrize(
    ("today", "last"),
    [
        (date(2026, 10, 31), date(2026, 10, 31)),
        (date(2026, 11, 29), date(2026, 10, 31)),
        (date(2026, 11, 30), date(2026, 11, 30)),
    ],
)
def test_a_month_is_complete_on_its_last_day(today: date, last: date) -> None:
    told = Told(today=today)
    with suppress(InputError):  # what it knows of other months does not matter here
        seen(told)
    assert told.asked[0][1]["end"] == last


@pytest.mark.parametrize(
    ("told", "question", "message"),
    [
        (Told(currencies=()), {}, "no subscription is known yet"),
        (Told(currencies=("USD", "EUR")), {}, "customers pay in EUR, USD, and a projection has one currency"),
        (Told(closing=0), {}, "nobody is a customer at the close of October 2026"),
        (Told(first_cohort=date(2026, 6, 1)), {}, "5 complete months up to October 2026; it takes 6"),
        (Told(at_risk=29), {}, "have lived 29 whole subscription months, and a churn rate rests on 30"),
        (Told(), {"month": date(2026, 11, 1)}, "2026-11 is not over on 2026-11-21; the last complete month is 2026-10"),
    ],
)
def test_what_cannot_be_projected_is_refused_with_what_to_do(
    told: Told, question: dict[str, Any], message: str
) -> None:
    with pytest.raises(InputError, match=message) as refused:
        seen(told, **question)
    assert refused.value.hint


def test_with_a_currency_everything_is_asked_in_it() -> None:
    told = Told(currencies=("EUR",))
    assert seen(told, currency="EUR").currency == "EUR"
    assert {question["currency"] for _, question in told.asked} == {"EUR"}
