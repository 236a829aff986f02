"""Worked equations: exact arithmetic over a row's figures, and they give the figure of every metric."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest

from holdfast.metrics import catalog
from holdfast.metrics.worked import Equation, in_major_units
from tests.metrics.conftest import Opener
from tests.strategies import TODAY, random_company

FACTS = random_company(3, 9)
BILLING = [name for name, metric in catalog.load().items() if not metric.counts_events]
"""Those of usage are worked out over a company that has events, in `test_usage_against_oracle`."""
WITHOUT = {"mrr", "cohort-divergence", "trial-time-to-convert", "renewals"}
"""Sums, comparisons, quantiles and lists, of which there is nothing to work out."""


def test_an_equation_is_exact() -> None:
    equation = Equation.parse("net = (lost - gained) / start * 3")
    row = {"lost": 1, "gained": Decimal("0.1"), "start": 3, "net": 0.9}
    assert equation.value(row) == Fraction(9, 10)
    assert equation.holds(row)
    assert not equation.holds({**row, "net": 0.91})
    assert equation.value({**row, "start": 0}) is None
    assert equation.words() == "net = (lost - gained) / start x 3"


@pytest.mark.parametrize("name", [name for name in BILLING if name not in WITHOUT])
def test_every_metric_can_be_worked_out(name: str, opened: Opener) -> None:
    metric = catalog.find(name)
    result = opened(FACTS).query(name, start=date(2023, 1, 1), end=TODAY)
    rows = [in_major_units(row) for row in result.working.to_pylist()]
    for text in metric.worked:
        equation = Equation.parse(text)
        assert set(equation.names) <= set(rows[0]), f"{text}: {sorted(rows[0])}"
        known = [row for row in rows if equation.value(row) is not None and row[equation.result] is not None]
        assert all(equation.holds(row) for row in known), text


def test_only_sums_and_comparisons_have_no_working() -> None:
    assert {name for name in BILLING if not catalog.find(name).worked} == WITHOUT
