"""The facts say what truth.json says, and the stated effects show in a simple count."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date
from fractions import Fraction
from typing import Any

import pyarrow.compute as pc
import pytest

from holdfast.facts.money import divide_rounded
from tests.simulate.conftest import END, Company

DAYS_A_MONTH = 365 / 12


def mrr_micros(row: dict[str, Any]) -> int:
    if row["status"] not in ("active", "past_due"):
        return 0
    return divide_rounded(row["net_micros"], 12 if row["billing_interval"] == "year" else 1)


def lives_on(row: dict[str, Any], day: date) -> bool:
    return row["valid_from_day"] <= day and (row["valid_to_day"] is None or day < row["valid_to_day"])


def test_mrr_and_customers_at_each_month_end(company: Company) -> None:
    terms = company.rows("subscription_terms")
    for index, text in enumerate(company.truth.month_ends):
        living = [row for row in terms if lives_on(row, date.fromisoformat(text)) and mrr_micros(row)]
        money: Counter[str] = Counter()
        for row in living:
            money[row["currency"]] += mrr_micros(row)
        assert {c: values[index] for c, values in company.truth.mrr_micros.items()} == {
            c: money[c] for c in company.truth.mrr_micros
        }
        assert company.truth.customers[index] == len({row["account_id"] for row in living})


def test_leavings_are_counted_by_cause(crowd: Company) -> None:
    truth, leavings = crowd.truth, crowd.rows("cancellations")
    past = [row for row in leavings if row["effective_day"] <= END]
    assert truth.churns["involuntary"] == sum(row["voluntary"] is False for row in past)
    assert truth.churns["voluntary"] + truth.churns["during_pause"] == sum(
        row["voluntary"] is not False for row in past
    )
    assert truth.announced == len(leavings) - len(past)


def test_churn_movements_are_the_leavings_and_the_pauses(crowd: Company) -> None:
    """Under the default policy a pause is churn, and leaving during one is none any more."""
    paid = defaultdict(list)
    for row in crowd.rows("subscription_terms"):
        if mrr_micros(row):
            paid[row["account_id"]].append((row["valid_from_day"], row["valid_to_day"] or date.max))
    churns = sum(_ends_of_cover(spans, END) for spans in paid.values())
    truth = crowd.truth
    assert churns == truth.churns["voluntary"] + truth.churns["involuntary"] + truth.pauses


def _ends_of_cover(spans: list[tuple[date, date]], upto: date) -> int:
    ends, reach = [], None
    for start, end in sorted(spans):
        if reach is not None and start > reach:
            ends.append(reach)
        reach = end if reach is None else max(reach, end)
    return sum(end <= upto for end in [*ends, reach] if end is not None)


def test_trials(crowd: Company) -> None:
    trials = [row for row in crowd.rows("subscription_terms") if row["status"] == "trialing"]
    kinds = attribute(crowd, "trial")
    begun = Counter(kinds[row["account_id"]] for row in trials)
    assert {kind: counts["begun"] for kind, counts in crowd.truth.trials.items()} == begun
    card, no_card = crowd.truth.trials["card"], crowd.truth.trials["no card"]
    assert card["paid"] / card["over"] > 2 * no_card["paid"] / no_card["over"]


def attribute(company: Company, name: str) -> dict[str, str]:
    table = company.table("account_attributes")
    chosen = table.filter(pc.equal(table["name"], name))
    return dict(zip(chosen["account_id"].to_pylist(), chosen["text"].to_pylist(), strict=True))


@pytest.fixture(scope="module")
def exposure(crowd: Company) -> dict[str, tuple[float, int]]:
    """Months as a customer and decisions to leave, for each account."""
    months: dict[str, float] = defaultdict(float)
    left: Counter[str] = Counter()
    for row in crowd.rows("subscription_terms"):
        if row["item_id"] == row["subscription_id"] and mrr_micros(row):
            months[row["account_id"]] += (
                min(row["valid_to_day"] or END, END) - row["valid_from_day"]
            ).days / DAYS_A_MONTH
            left[row["account_id"]] += row["cancelled_day"] is not None and row["cancel_reason"] != "payment failed"
    return {account: (months[account], left[account]) for account in months}


def hazards(company: Company, exposure: dict[str, tuple[float, int]], name: str) -> dict[str, float]:
    months: dict[str, float] = defaultdict(float)
    left: Counter[str] = Counter()
    for account, value in attribute(company, name).items():
        if account in exposure:
            months[value] += exposure[account][0]
            left[value] += exposure[account][1]
    return {value: left[value] / months[value] for value in months}


@pytest.mark.parametrize(
    ("name", "high", "low"),
    [
        ("onboarding", "skipped", "completed"),
        ("channel", "ads", "referral"),
        ("channel", "ads", "search"),
        ("industry", "Agency", "Manufacturing"),
    ],
)
def test_effects_show_in_a_simple_count(
    crowd: Company, exposure: dict[str, tuple[float, int]], name: str, high: str, low: str
) -> None:
    stated = crowd.truth.effects[name]
    found = hazards(crowd, exposure, name)
    assert found[high] / found[low] == pytest.approx(stated[high] / stated[low], rel=0.25)


@pytest.mark.parametrize("name", ["browser", "newsletter", "favourite_colour"])
def test_attributes_that_do_nothing_show_nothing(
    crowd: Company, exposure: dict[str, tuple[float, int]], name: str
) -> None:
    assert name in crowd.truth.nothing
    found = hazards(crowd, exposure, name)
    assert max(found.values()) / min(found.values()) < 1.25


def test_single_sign_on_looks_like_a_cause_and_is_none(crowd: Company, exposure: dict[str, tuple[float, int]]) -> None:
    assert "single_sign_on" in crowd.truth.nothing
    found = hazards(crowd, exposure, "single_sign_on")
    assert found["no"] / found["yes"] > 1.5
    size = attribute(crowd, "company_size")
    middle = {account: counts for account, counts in exposure.items() if size[account] == "51-200"}
    within = hazards(crowd, middle, "single_sign_on")
    assert 0.7 < within["no"] / within["yes"] < 1.45


def test_churn_peaks_in_the_third_month(crowd: Company) -> None:
    rate = [Fraction(d, r) for d, r in zip(crowd.truth.decided[:13], crowd.truth.at_risk[:13], strict=True)]
    assert crowd.truth.baseline.index(max(crowd.truth.baseline)) == 2 == rate.index(max(rate))


def test_small_customers_leave_often_and_large_ones_seldom(
    crowd: Company, exposure: dict[str, tuple[float, int]]
) -> None:
    found = hazards(crowd, exposure, "company_size")
    assert 0.02 < found["1-10"] < 0.04
    assert found["1001+"] < 0.01


def test_stated_cohorts_grow_while_accounts_leave(crowd: Company) -> None:
    first: dict[str, date] = {}
    paid = [row for row in crowd.rows("subscription_terms") if mrr_micros(row)]
    for row in paid:
        first[row["account_id"]] = min(first.get(row["account_id"], END), row["valid_from_day"])
    for cohort in map(date.fromisoformat, crowd.truth.diverging_cohorts):
        members = {account for account, day in first.items() if day.replace(day=1) == cohort}
        start = sum(
            mrr_micros(row)
            for row in paid
            if row["account_id"] in members and row["valid_from_day"] == first[row["account_id"]]
        )
        now = [row for row in paid if row["account_id"] in members and lives_on(row, END)]
        assert len({row["account_id"] for row in now}) < 0.8 * len(members)
        assert sum(map(mrr_micros, now)) > 1.2 * start


def test_mrr_grows(crowd: Company) -> None:
    for values in crowd.truth.mrr_micros.values():
        assert values[-1] > 1.2 * values[-13] > 1.2 * values[-25]
