"""What the calculators say of other systems is what the policies of the metrics do; identities between calculators."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.calculators import CALCULATORS, find
from holdfast.metrics.policy import PRESETS, policy

COUNTS = st.integers(0, 10_000)
AMOUNTS = st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 5000)), min_size=1, max_size=8)


def by_system(name: str, **given: Any) -> dict[str, Fraction | None]:
    answer = find(name).answer(**given)
    return {system: variant.value for variant in answer.variants for system in variant.used_by}


@pytest.mark.parametrize("preset", PRESETS)
def test_churn_counts_as_the_policy_does(preset: str) -> None:
    rules = policy(preset)
    above = {"gone-at-end": 50, "left": 50, "every-cancellation": 62, "every-churn": 62}[rules["churn_numerator"]]
    below = {"start": 1000, "start+new": 1500}[rules["churn_denominator"]]
    found = by_system("churn", start=1000, lost=50, joined=500, joined_and_lost=12)
    assert found[preset] == Fraction(above, below)


@pytest.mark.parametrize("preset", PRESETS)
def test_nrr_follows_the_policy(preset: str) -> None:
    expected = {"snapshot": "0.95", "movements": "0.97", "baremetrics": "1.05"}[policy(preset)["nrr"]]
    found = by_system("nrr", start=100, expansion=15, contraction=10, churn=10, reactivation=2)
    assert found[preset] == Fraction(expected)


@pytest.mark.parametrize("preset", PRESETS)
def test_trials_follow_the_policy(preset: str) -> None:
    expected = {"by-start": "0.3", "by-end": "0.5", "by-new": "0.2"}[policy(preset)["trial_conversion"]]
    found = by_system("trial-conversion", begun=100, begun_paying=30, ended=40, ended_paying=20)
    assert found[preset] == Fraction(expected)


@pytest.mark.parametrize("preset", PRESETS)
def test_daily_and_weekly_prices_follow_the_policy(preset: str) -> None:
    factors = policy(preset).factors
    found = by_system("mrr", item=("12/day", "24/week"))
    assert found[preset] == pytest.approx(12 * factors["day"] + 24 * factors["week"], abs=2e-6)


@pytest.mark.parametrize("preset", PRESETS)
def test_the_floor_of_churn_follows_the_policy(preset: str) -> None:
    floor = policy(preset)["ltv_floor"]
    expected = None if floor == "none" else 100 / Fraction(floor)
    assert by_system("ltv", arpa=100, churn=0)[preset] == expected


@given(AMOUNTS)
def test_retention_is_one_less_churn_in_money(accounts: list[tuple[int, int]]) -> None:
    nrr, grr, lost = (CALCULATORS[name].answer(account=accounts) for name in ("nrr", "grr", "revenue-churn"))
    if nrr.value is None:
        assert grr.value is None
        return
    assert grr.value is not None and lost.value is not None and lost["net"] is not None
    assert grr.value == 1 - lost.value
    assert nrr.value == 1 - lost["net"]
    assert 0 <= grr.value <= min(1, nrr.value)


@given(COUNTS, COUNTS, COUNTS, COUNTS)
def test_retention_is_one_less_churn_in_customers(stayed: int, lost: int, joined: int, left_again: int) -> None:
    left_again = min(left_again, joined)
    churn = find("churn").answer(start=stayed + lost, lost=lost, joined=joined, joined_and_lost=left_again)
    kept = find("retention").answer(
        start=stayed + lost, end=stayed + joined - left_again, joined=joined, joined_and_lost=left_again
    )
    if churn.value is None:
        assert kept.value is None
        return
    assert kept["1 - churn"] == 1 - churn.value
    assert (kept.value == kept["1 - churn"]) == (left_again == 0)


@given(st.integers(0, 1000).map(lambda n: Fraction(n, 1000)), st.sampled_from(["churn", "retention", "growth"]))
def test_there_and_back_again(rate: Fraction, of: str) -> None:
    year = find("compound").answer(rate=rate, per="month", to="year", of=of).value
    assert year is not None
    back = find("compound").answer(rate=year, per="year", to="month", of=of).value
    assert back is not None
    assert abs(back - rate) < Fraction(1, 10**9)


@given(st.integers(1, 900), st.integers(1, 5000), st.integers(1, 5000))
def test_churn_makes_payback_later_or_never(churn: int, cac: int, arpa: int) -> None:
    answer = find("payback").answer(cac=cac, arpa=arpa, churn=Fraction(churn, 1000))
    assert answer["as if nobody left"] == Fraction(cac, arpa)
    if answer.value is None:
        assert Fraction(cac * churn, 1000) >= arpa
    elif cac > arpa:
        assert answer.value > Fraction(cac, arpa)
