"""The page about the simulated company says what the model says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

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


def test_what_does_nothing_is_on_the_page(company: Company) -> None:
    sentence = PAGE[PAGE.index("What does nothing") :].split(". ")[0]
    assert set(re.findall(r"`(\w+)`", sentence)) == set(company.truth.nothing)


def test_every_field_of_the_truth_is_on_the_page(company: Company) -> None:
    section = PAGE[PAGE.index("## truth.json") :]
    assert set(vars(company.truth)) <= set(re.findall(r"`(\w+)`", section))
