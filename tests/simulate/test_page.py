"""The page about the simulated company says what the model says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from holdfast.simulate.causes import AFTER_REQUEST, BEFORE_REQUEST, TRIGGERS, Trigger
from holdfast.simulate.model import Model
from holdfast.simulate.truth import effects
from tests.simulate.conftest import Company

PAGE = (Path(__file__).parents[2] / "docs" / "simulated-company.md").read_text(encoding="utf-8")
STATED = {
    name: ratios
    for name, ratios in effects(Model()).items()
    if len(ratios) > 2 or name in ("onboarding", "billing_interval")
}


@pytest.mark.parametrize("name", STATED)
def test_every_ratio_is_on_the_page(name: str) -> None:
    row = next(line for line in PAGE.splitlines() if line.startswith((f"| `{name}`", f"| {name.replace('_', ' ')} |")))
    stated = dict(re.findall(r"([\w+-][\w+ -]*): ([\d.]+)", row))
    assert {value: float(ratio) for value, ratio in stated.items()} == STATED[name]


@pytest.mark.parametrize("trigger", TRIGGERS, ids=lambda trigger: trigger.name)
def test_every_trigger_is_on_the_page(trigger: Trigger) -> None:
    row = next(line for line in PAGE.splitlines() if line.startswith(f"| {trigger.name} |"))
    _, _, ratio, lead, shows, _ = (cell.strip() for cell in row.split("|"))
    assert (float(ratio), lead) == (trigger.ratio, f"{trigger.first} to {trigger.last}")
    if len(trigger.use) > 1:
        assert ", ".join(f"{factor:g}" for factor in trigger.use) in shows


def test_the_other_numbers_of_behaviour_are_on_the_page() -> None:
    model, text = Model(), " ".join(PAGE.split())
    days, before = BEFORE_REQUEST
    for said in (
        f"| narrow use | {model.narrow_ratio:g} |",
        f"({model.narrow_share:.0%}".replace("%", " % of accounts)"),
        f"bought {model.limit_plan_up_ratio:g} times as often",
        f"in {model.successor_share:.0%}".replace("%", " % of cases"),
        f"In the {days} days before a cancellation is asked for, people do {before:g}",
        f"until access ends, {AFTER_REQUEST:g}.",
        f"{model.trial_conversion[1]:.0%}".replace("%", " % of cases and one without a card"),
        f"{model.trial_conversion[2]:.1%}".replace("%", " %, times"),
        *(f"times {step.ratio:g} where" for step in model.trial_steps),
        f"{model.baseline[0]:.1%}".replace("%", " % in the first month"),
        f"peaks at {max(model.baseline):.1%}".replace("%", " % in the third"),
    ):
        assert said in text, said


def test_what_does_nothing_is_on_the_page(company: Company) -> None:
    sentence = PAGE[PAGE.index("What does nothing") :].split(". ")[0]
    assert set(re.findall(r"`(\w+)`", sentence)) == set(company.truth.nothing)


def test_every_field_of_the_truth_is_on_the_page(company: Company) -> None:
    section = PAGE[PAGE.index("## truth.json") :]
    assert set(vars(company.truth)) <= set(re.findall(r"`(\w+)`", section))
