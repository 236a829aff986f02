"""Given a figure and a company: compared, or the reason why not."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from holdfast.benchmarks.asking import last_period, value_of
from holdfast.benchmarks.benchmark import Benchmark, Figure, Values
from holdfast.benchmarks.company import Company
from holdfast.benchmarks.matching import between, differs, placed, position

MONTH = date(2025, 10, 1)
USD = {"currencies": ("USD",), "mrr": 8_300.0, "accounts": 100}
NO_REASON = ""


def figure(values: Values | None = None, **more: Any) -> Benchmark:
    told: dict[str, Any] = {
        "id": "a-figure",
        "title": "A figure",
        "metric": "nrr",
        "definition": "as told",
        "period": "trailing-12-months",
        "unit": "rate",
        "values": values or Values(median=0.5),
        "label": "median",
        "segment": {"text": "all"},
        "source": {"title": "A report", "publisher": "Somebody"},
        "primary": True,
    }
    return Benchmark.model_validate(told | more)


def about(**segment: Any) -> Benchmark:
    return figure(segment={"text": "some", **segment})


B2B = ("smb", "mid-market", "enterprise")
CASES: dict[str, tuple[Benchmark, dict[str, Any], str]] = {
    "everybody": (figure(), USD, NO_REASON),
    "unlike": (figure(why_not="usage is not revenue"), USD, "usage is not revenue"),
    "ARPA inside": (about(arpa={"low": 25, "high": 100}), USD, NO_REASON),
    "ARPA above": (about(arpa={"high": 25}), USD, "your ARPA is 83 USD, and it is for under 25 USD"),
    "ARPA at the end": (about(arpa={"high": 83}), USD, "your ARPA is 83 USD, and it is for under 83 USD"),
    "ARPA at the start": (about(arpa={"low": 83}), USD, NO_REASON),
    "contract value": (
        about(acv={"low": 12_000}), USD,
        "your yearly revenue per account is 996 USD, and it is for 12,000 USD and over",
    ),
    "ARR": (about(arr={"high": 50_000}), USD, "your ARR is 99,600 USD, and it is for under 50,000 USD"),
    "two bands": (
        about(arpa={"high": 25}, arr={"high": 50_000}), USD,
        "your ARPA is 83 USD, and it is for under 25 USD; your ARR is 99,600 USD, and it is for under 50,000 USD",
    ),
    "no customer": (
        about(arpa={"high": 25}), USD | {"accounts": 0},
        "your ARPA is not known, as there is no customer in this month",
    ),
    "other currency": (
        about(arpa={"high": 25}), USD | {"currencies": ("EUR",)}, "your revenue is in EUR: needs --currency USD",
    ),
    "other currency, no band": (figure(), USD | {"currencies": ("EUR",)}, NO_REASON),
    "several currencies": (
        figure(), USD | {"currencies": ("EUR", "USD"), "mrr": None},
        "your revenue is in EUR and USD: needs --currency USD",
    ),
    "band in euros": (about(arpa={"high": 90}, currency="EUR"), USD | {"currencies": ("EUR",)}, NO_REASON),
    "customers unknown": (
        about(customers=B2B), USD,
        "it is for business customers, and who yours are is not known (customer_type in holdfast.toml)",
    ),
    "customers match": (about(customers=B2B), USD | {"customer_type": "smb"}, NO_REASON),
    "customers differ": (
        about(customers=("mid-market", "enterprise")), USD | {"customer_type": "smb"},
        "it is for mid-market or enterprise customers, and yours are smb",
    ),
    "trial": (about(trial="card"), USD, "it is about trials with a card"),
    "age by foundation": (about(company_age={"high": 3}), USD | {"founded": 2023}, NO_REASON),
    "too old": (
        about(company_age={"high": 3}), USD | {"founded": 2010},
        "it is for companies of under 3 years, and yours is 15 years old",
    ),
    "young by its data only": (
        about(company_age={"high": 3}), USD | {"first_customer": date(2024, 10, 1)},
        "it is for companies of under 3 years, and the age of yours is not known (founded in holdfast.toml)",
    ),
    "too old by its data": (
        about(company_age={"high": 3}), USD | {"first_customer": date(2015, 10, 1)},
        "it is for companies of under 3 years, and your first customer paid 10 years ago",
    ),
    "old enough by its data": (about(company_age={"low": 10}), USD | {"first_customer": date(2015, 10, 1)}, NO_REASON),
    "not old enough by its data": (
        about(company_age={"low": 10}), USD | {"first_customer": date(2024, 10, 1)},
        "it is for companies of 10 years and over, and the age of yours is not known (founded in holdfast.toml)",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("benchmark", "facts", "reason"), CASES.values(), ids=CASES)
def test_differs(benchmark: Benchmark, facts: dict[str, Any], reason: str) -> None:
    assert differs(benchmark, Company(MONTH, **facts), money=True) == reason


def test_a_count_needs_no_currency() -> None:
    several = Company(MONTH, currencies=("EUR", "USD"), accounts=10)
    assert differs(figure(metric="customer-churn", period="month"), several, money=False) == NO_REASON


QUARTILES = Values(p25=0.82, median=0.91, p75=0.95)
LOWER, MEDIAN, UPPER = "the lower quartile of 82 %", "the median of 91 %", "the upper quartile of 95 %"
PLACES = [
    (QUARTILES, 0.80, "below", "below the lower quartile of 82 %", "below lower quartile"),
    (
        QUARTILES,
        0.82,
        "within",
        f"between {LOWER} and {MEDIAN}",
        "lower quartile to median",
    ),
    (
        QUARTILES,
        0.93,
        "within",
        f"between {MEDIAN} and {UPPER}",
        "median to upper quartile",
    ),
    (QUARTILES, 0.97, "above", "above the upper quartile of 95 %", "above upper quartile"),
    (Values(low=0.05, high=0.07), 0.0501, "within", "within the published 5 – 7 %", "within"),
    (Values(low=0.05, high=0.07), 0.2, "above", "above the published 5 – 7 %", "above"),
    (Values(low=0.35), 0.9, "within", "within the published 35 % and over", "within"),
    (Values(low=0.35), 0.2, "below", "below the published 35 % and over", "below"),
    (Values(high=0.02), 0.03, "above", "above the published under 2 %", "above"),
    (Values(median=0.022), 0.0221, "within", "the same as the published 2.2 %", "the same"),
    (Values(value=0.022), 0.03, "above", "above the published 2.2 %", "above"),
]


@pytest.mark.parametrize(("values", "own", "where", "sentence", "short"), PLACES)
def test_position(values: Values, own: float, where: str, sentence: str, short: str) -> None:
    assert position(values, own) == where
    assert placed(figure(values), own) == sentence
    assert between(figure(values), own) == short


@pytest.mark.parametrize(
    ("how", "row", "value"),
    [
        (Figure(), {"rate": 0.25}, 0.25),
        (Figure(), {"rate": None}, None),
        (Figure(), {}, None),
        (Figure(complement=True), {"rate": 0.25}, 0.75),
        (Figure(over=("start_mrr", "end_mrr"), under=("end_mrr",)), {"start_mrr": 6, "end_mrr": -2}, 4.0),
        (Figure(over=("start_mrr",), under=("end_mrr",)), {"start_mrr": 6, "end_mrr": 0}, None),
    ],
)
def test_own_value_is_rebuilt_from_columns(how: Figure, row: dict[str, Any], value: float | None) -> None:
    assert value_of(figure(figure=how), row) == value


@pytest.mark.parametrize(
    ("month", "months", "first"),
    [
        (date(2025, 11, 1), 12, date(2024, 1, 1)),
        (date(2025, 12, 1), 12, date(2025, 1, 1)),
        (date(2025, 2, 1), 3, date(2024, 10, 1)),
        (date(2025, 3, 1), 3, date(2025, 1, 1)),
        (date(2025, 3, 1), 1, date(2025, 3, 1)),
    ],
)
def test_last_period_that_is_over(month: date, months: int, first: date) -> None:
    assert last_period(month, months) == first
