"""Random companies: every metric under every preset is the oracle's answer, cell by cell.

Grain, split, condition and currency go round, so that each metric meets all of them. `make test` asks each metric under
the default rules; all others are part of `make faults`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from typing import Any

import pytest

from holdfast.errors import MissingRate
from holdfast.metrics import catalog
from holdfast.metrics.policy import PRESETS, SWITCHES, Policy, policy
from holdfast.metrics.registry import Metric
from tests.metrics.conftest import Opener
from tests.oracle import Facts, NoRate, Question, answer, assert_same
from tests.strategies import TODAY, random_company
from tests.system import asked

SEEDS, ACCOUNTS = (1, 2), 9
TURNED = {
    "fx": "period-end",
    "cohort_age": "tenure",
    "metered": "mean-3",
    "churn_date": "cancellation",
    "zero_price": "stay",
    "discounts": "none",
    "same_period": "neither",
}
"""Values that few presets have, or none."""
RULES: dict[str, Policy] = {name: policy(name) for name in PRESETS} | {"turned": policy("holdfast", TURNED)}
STARTS = {
    "day": date(2024, 11, 28),
    "week": date(2024, 10, 3),
    "month": date(2024, 2, 29),
    "quarter": date(2023, 5, 31),
    "year": date(2023, 1, 1),
}
SPLITS: tuple[tuple[str, ...], ...] = ((), ("country",), ("plan",), ("size", "currency"), ("product",))
CURRENCIES = (None, "EUR", None, "USD")
CONDITIONS: tuple[Mapping[str, Any], ...] = (
    {},
    {},
    {"country": "DE"},
    {"plan": "pro"},
    {"size": None},
    {"currency": "USD"},
)


@dataclass(frozen=True)
class Case:
    rules: str
    seed: int
    question: Question

    def __str__(self) -> str:
        q = self.question
        parts = [q.metric, self.rules, q.grain, *q.by, *(f"{name}={value}" for name, value in q.where.items())]
        return " ".join([*parts, q.currency or "", f"seed {self.seed}"])


@cache
def company(seed: int) -> Facts:
    return random_company(seed, ACCOUNTS)


def question(metric: Metric, number: int) -> Question:
    grain = metric.grains[number % len(metric.grains)]
    free = metric.splits is None
    return Question(
        metric.name,
        STARTS[grain],
        TODAY,
        TODAY if number % 3 else date(2024, 11, 30),
        grain=grain,
        by=SPLITS[number % len(SPLITS)] if free else (),
        where=CONDITIONS[number % len(CONDITIONS)] if free else {},
        currency=CURRENCIES[number % len(CURRENCIES)],
        week_start="monday" if number % 2 else "sunday",
        margin=0.8,
        window=(12, 3, 1)[number % 3],
    )


def essential(place: int, metric: Metric, rules: str) -> bool:
    """What `make test` asks: every fifth metric under the default rules, and the movements under another."""
    return (rules == "holdfast" and place % 5 == 0) or (metric.name == "mrr-movements" and rules == "stripe")


def cases() -> Iterator[Any]:
    billing = [metric for metric in catalog.load().values() if not metric.counts_events]
    for place, metric in enumerate(billing):
        for turn, rules in enumerate(RULES):
            number = place * 3 + turn
            case = Case(rules, SEEDS[(place + turn) % len(SEEDS)], question(metric, number))
            marks = () if essential(place, metric, rules) else (pytest.mark.slow,)
            yield pytest.param(case, id=str(case), marks=marks)


@pytest.mark.parametrize("case", list(cases()))
def test_every_metric_under_every_preset(case: Case, opened: Opener) -> None:
    facts, rules = company(case.seed), RULES[case.rules]
    assert_same(asked(opened(facts), case.question, rules), answer(facts, case.question, rules))


@pytest.fixture(scope="module")
def without_some_rates() -> Facts:
    facts = company(1)
    return replace(facts, rates=facts.rates[: len(facts.rates) // 2])


@pytest.mark.parametrize(
    "metric", ["mrr", *(pytest.param(one, marks=pytest.mark.slow) for one in ("mrr-movements", "nrr", "cac"))]
)
@pytest.mark.parametrize("start", [date(2023, 3, 1), date(2024, 10, 1)])
def test_a_rate_is_missing_where_the_oracle_misses_one(
    metric: str, start: date, without_some_rates: Facts, opened: Opener
) -> None:
    asked_for = Question(metric, start, start, TODAY, currency="USD", window=1)
    try:
        expected = answer(without_some_rates, asked_for, policy())
    except NoRate:
        with pytest.raises(MissingRate, match=r"no exchange rate from EUR to USD for 2024-"):
            asked(opened(without_some_rates), asked_for, policy())
    else:
        assert_same(asked(opened(without_some_rates), asked_for, policy()), expected)


def test_every_switch_is_turned_somewhere() -> None:
    turned = {name for rules in RULES.values() for name in rules.differences}
    assert turned == set(SWITCHES)
