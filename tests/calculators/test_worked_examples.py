"""The worked examples of the definitions, and the published mistakes that must not come back."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from holdfast.calculators import CALCULATORS, find
from holdfast.calculators.numbers import shown

MONTHLY_30, WEEKLY_4 = "30.437", "4.345"
FOUR_ITEMS = ("10/day", "20/week", "60 / 2 months", "120/year")
THREE_OF_FOUR = ("500:650", "1200:1000", "800:0", "300:300")

EXAMPLES: list[tuple[str, dict[str, Any], str]] = [
    ("churn", {"start": 1000, "lost": 50, "joined": 500, "joined_and_lost": 12}, "5.0 %"),
    ("retention", {"start": 1000, "end": 1438, "joined": 500}, "93.8 %"),
    ("compound", {"rate": "3%", "per": "month", "to": "year"}, "30.62 %"),
    ("nrr", {"account": THREE_OF_FOUR}, "69.64 %"),
    ("grr", {"account": THREE_OF_FOUR}, "64.29 %"),
    ("grr", {"account": ("500:650", "500:350")}, "85.0 %"),
    ("revenue-churn", {"start": 100, "churn": 10, "contraction": 10, "expansion": 10}, "20.0 %"),
    ("ltv", {"arpa": 100, "churn": "5%"}, "2,000.00"),
    ("quick-ratio", {"new": 20, "expansion": 8, "churn": 5, "contraction": 3}, "3.5"),
    ("cac-payback", {"cac": 1200, "arpa": 250, "margin": "80%"}, "6 months"),
    ("payback", {"cac": 1200, "arpa": 250, "margin": "80%", "churn": 0}, "6 months"),
    ("mrr", {"item": "4 x 500/year"}, "166.67"),
    ("mrr", {"item": "90 / 3 months"}, "30.00"),
    ("mrr", {"item": ("100 x 100/month", "50 x 600/year")}, "12,500.00"),
    ("mrr", {"item": "120/year less 10%"}, "9.00"),
    ("mrr", {"item": "20/week"}, "86.67"),
    ("mrr", {"item": "20/week", "week_factor": "4.33"}, "86.60"),
    ("mrr", {"item": FOUR_ITEMS}, "430.83"),
    ("mrr", {"item": FOUR_ITEMS, "day_factor": MONTHLY_30, "week_factor": WEEKLY_4}, "431.27"),
    ("mrr", {"item": "5 x 20/month less 10% less 100"}, "0.00"),
    ("trial-conversion", {"begun": 100, "begun_paying": 30, "ended": 40, "ended_paying": 20}, "30.0 %"),
    ("nps", {"promoters": 10, "passives": 5, "detractors": 5}, "25"),
    ("nps", {"promoters": 10, "passives": 5, "detractors": 5, "dismissals": 20}, "25"),
    ("csat", {"satisfied": 45, "others": 15, "dismissals": 40}, "75.0 %"),
    ("ces", {"score": ("7:1", "1:1")}, "4"),
    ("arpa", {"mrr": 12500, "accounts": 150}, "83.33"),
    ("asp", {"new_mrr": 4200, "new": 30}, "140.00"),
    ("cac", {"spend": 60000, "new": 50}, "1,200.00"),
]

FURTHER: list[tuple[str, dict[str, Any], str, str]] = [
    ("retention", {"start": 1000, "end": 1438, "joined": 500, "joined_and_lost": 12}, "1 - churn", "95.0 %"),
    ("revenue-churn", {"start": 100, "churn": 10, "contraction": 10, "expansion": 10}, "net", "10.0 %"),
    ("nps", {"promoters": 10, "passives": 5, "detractors": 5}, "95 % interval, +/-", "36.34 %"),
    ("churn", {"start": 100, "lost": 3}, "a year", "30.62 %"),
    ("ltv", {"arpa": 100, "churn": "5%"}, "expected lifetime", "2,000.0 %"),
]


@pytest.mark.parametrize(("name", "given", "expected"), EXAMPLES, ids=str)
def test_example(name: str, given: dict[str, Any], expected: str) -> None:
    assert str(find(name).answer(**given)) == expected


@pytest.mark.parametrize(("name", "given", "figure", "expected"), FURTHER)
def test_further_figure(name: str, given: dict[str, Any], figure: str, expected: str) -> None:
    value = find(name).answer(**given)[figure]
    assert value is not None
    assert shown(value if value < 1 else value / 100 if figure.startswith("95") else value, "rate") == expected


def test_every_calculator_has_a_worked_example() -> None:
    assert {name for name, _, _ in EXAMPLES} == set(CALCULATORS)


def test_three_systems_three_churn_rates() -> None:
    answer = find("churn").answer(start=1000, lost=50, joined=500, joined_and_lost=12)
    rates = {system: shown(variant.value, "rate") for variant in answer.variants for system in variant.used_by}
    assert {rates[system] for system in ("holdfast", "chartmogul", "profitwell")} == {"5.0 %"}
    assert (rates["baremetrics"], rates["stripe"]) == ("6.2 %", "4.13 %")


def test_mistake_the_minimum_on_totals() -> None:
    answer = find("grr").answer(account=["500:650", "500:350"])
    assert answer.value == Fraction(85, 100)
    assert "on totals would give 100.0 %" in answer.notes[0]


def test_mistake_four_weeks_to_a_month() -> None:
    answer = find("mrr").answer(item="20/week")
    assert answer.value == Fraction("86.666667")
    assert "With four weeks to a month it would be 80.00" in answer.notes[0]


def test_mistake_dismissals_in_the_denominator() -> None:
    answer = find("nps").answer(promoters=10, passives=5, detractors=5, dismissals=20)
    assert answer.value == 25
    assert answer["answers"] == 20
    assert any("20 dismissals are counted apart: 50.0 %" in note for note in answer.notes)


def test_mistake_rates_added_up() -> None:
    assert "36.0 %" in find("compound").answer(rate="3%").notes[0]


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("churn", {"start": 0, "lost": 0}),
        ("retention", {"start": 0, "end": 3, "joined": 3}),
        ("nrr", {"start": 0}),
        ("ltv", {"arpa": 100, "churn": 0}),
        ("cac", {"spend": 5, "new": 0}),
        ("cac-payback", {"cac": 5, "arpa": 0}),
        ("quick-ratio", {"new": 5, "churn": 0}),
        ("arpa", {"mrr": 0, "accounts": 0}),
        ("nps", {"promoters": 0, "passives": 0, "detractors": 0, "dismissals": 9}),
        ("csat", {"satisfied": 0, "others": 0}),
        ("payback", {"cac": 1000, "arpa": 10, "churn": "5%"}),
    ],
)
def test_a_rate_over_nothing_is_null_and_says_why(name: str, given: dict[str, Any]) -> None:
    answer = find(name).answer(**given)
    assert answer.value is None
    assert str(answer) == "–"
    assert answer.notes
    assert answer.to_json()["value"] is None
    with pytest.raises(ValueError, match=name):
        float(answer)
