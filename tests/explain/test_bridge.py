"""Bridges: parts add up exactly, both ends are the policies' own numbers, and each step is the oracle's."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import permutations
from typing import Any

import pytest

from holdfast.errors import InputError, UnknownName
from holdfast.explain.bridge import Bridge, legs
from holdfast.metrics import catalog
from holdfast.metrics.policy import PRESETS, SWITCHES, policy
from holdfast.metrics.query import MetricQuery
from tests.metrics.conftest import Opener, opened
from tests.oracle import Facts, Question, answer
from tests.strategies import TODAY, random_company

__all__ = ["opened"]

PERIOD = date(2024, 10, 1)
SEEDS = (1, 2)
METRICS = ("mrr", "customer-churn", "nrr", "mrr-movements", "ltv", "cohort-retention")
PAIRS = list(permutations(PRESETS, 2))


def company(seed: int) -> Facts:
    found = COMPANIES.get(seed)
    if found is None:
        found = COMPANIES[seed] = random_company(seed, 9)
    return found


COMPANIES: dict[int, Facts] = {}


def cases() -> Iterator[Any]:
    """Every pair of presets under a metric in turn, every third under two; most are left to the slow run."""
    for number, (one, other) in enumerate(PAIRS):
        for turn in (0, 3) if number % 3 == 0 else (0,):
            metric = METRICS[(number + turn) % len(METRICS)]
            marks = () if number == 0 and not turn else (pytest.mark.slow,)
            yield pytest.param(metric, one, other, SEEDS[number % 2], marks=marks, id=f"{metric} {one} to {other}")


def exact(value: Any) -> Decimal | None:
    return None if value is None else value if isinstance(value, Decimal) else Decimal(repr(value))


def at_period(rows: list[dict[str, Any]], age: bool) -> list[dict[str, Any]]:
    first = "cohort" if age else "period"
    return [row for row in rows if row[first] == PERIOD and (not age or row["age"] == 1)]


@pytest.mark.parametrize(("metric", "one", "other", "seed"), list(cases()))
def test_parts_add_up_and_both_ends_are_the_policies_own(
    metric: str, one: str, other: str, seed: int, opened: Opener
) -> None:
    workspace = opened(company(seed))
    bridge = workspace.bridge(metric, other, one, period=PERIOD)
    last = bridge.query.end
    ends = [workspace.query(metric, start=PERIOD, end=last, policy=name) for name in (one, other)]
    ages = metric.startswith("cohort")
    figures = [
        {key_of(row): exact(row[bridge.column]) for row in at_period(end.arrow.to_pylist(), ages)} for end in ends
    ]
    assert {walk.key for walk in bridge.walks} == {*figures[0], *figures[1]}
    for walk in bridge.walks:
        assert (walk.start, walk.end) == (figures[0][walk.key], figures[1][walk.key])
        parts = [step.part for step in walk.steps]
        if None not in (walk.start, walk.end, *parts):
            assert sum(parts, start=walk.start) == walk.end  # type: ignore[arg-type]
    steps_are_the_oracles(bridge, company(seed))


def key_of(row: dict[str, Any]) -> tuple[tuple[str, Any], ...]:
    return tuple((name, row[name]) for name in ("cohort", "age", "currency") if name in row)


def steps_are_the_oracles(bridge: Bridge, facts: Facts) -> None:
    """The value after each switch is what plain Python gives under the policy on the way."""
    for place, walk_step in enumerate(bridge.walks[0].steps):
        query = walk_step.leg.query
        window = int(query.options.get("window", 12))
        asked = Question(bridge.metric.name, query.start, query.end, query.today, window=window)
        rows = at_period(
            [dict(row) for row in answer(facts, asked, query.policy)], bridge.metric.name.startswith("cohort")
        )
        expected = {key_of(row): row[bridge.column] for row in rows}
        for walk in bridge.walks:
            found = walk.steps[place].value
            wanted = expected[walk.key]
            assert (found is None) == (wanted is None)
            assert found is None or abs(Fraction(found) - Fraction(wanted)) < Fraction(1, 10**6)


@pytest.mark.slow
def test_the_accounts_of_a_step_carry_its_part(opened: Opener) -> None:
    """Money is a sum over accounts, so the accounts' changes add up to each part."""
    bridge = opened(company(1)).bridge("mrr", "recurly", "stripe", period=PERIOD)
    moved = 0
    for walk in bridge.walks:
        for step in walk.steps:
            changes = [one.after.get("mrr", 0) - one.before.get("mrr", 0) for one in step.accounts]
            assert sum(changes, start=Decimal(0)) == step.part
            moved += len(changes)
    assert moved


def test_switches_come_in_the_order_in_which_they_are_listed() -> None:
    query = MetricQuery("customer-churn", PERIOD, PERIOD, "month", TODAY, policy=policy("stripe"))
    names = [leg.name for leg in legs(catalog.find("customer-churn"), query, policy("baremetrics"))]
    assert names == [name for name in SWITCHES if name in names]
    assert names == ["discounts", "past_due", "churn_numerator", "churn_denominator"]


def test_a_policy_bridged_to_itself_has_no_steps(opened: Opener) -> None:
    walks = opened(company(1)).bridge("mrr", "holdfast", "holdfast", period=PERIOD).walks
    assert walks
    assert all(walk.difference == 0 and not walk.steps for walk in walks)


def test_what_cannot_be_bridged_is_said(opened: Opener) -> None:
    workspace = opened(company(1))
    with pytest.raises(UnknownName, match="unknown policy 'strip'"):
        workspace.bridge("mrr", "strip")
    with pytest.raises(InputError, match="mrr has no figure 'rate'; it has: mrr, accounts"):
        workspace.bridge("mrr", "stripe", column="rate")
    with pytest.raises(InputError, match="mrr has no ages"):
        workspace.bridge("mrr", "stripe", age=3)
    with pytest.raises(InputError, match="'2026-13' is not a period"):
        workspace.bridge("mrr", "stripe", period="2026-13")


@pytest.mark.slow
def test_a_bridge_shows_itself(opened: Opener) -> None:
    bridge = opened(company(1)).bridge("mrr", "recurly", "stripe", period=PERIOD)
    said = str(bridge)
    assert "from stripe to recurly" in said
    assert "churn_numerator" in said.split("not heeded")[1]
    assert "<table>" in bridge._repr_html_()
    assert bridge.chart().to_dict()["vconcat" if len(bridge.walks) > 1 else "layer"]
