"""The chart of two paths: both lines, what lies between them, and the difference at the end."""

from __future__ import annotations

from datetime import date

import altair as alt
import pytest

from holdfast.charts import Canvas
from holdfast.charts.paths import paths
from holdfast.charts.save import svg
from holdfast.facts.days import add_months

MONTHS = [(add_months(date(2026, 10, 1), n), 1000.0 + 10 * n, 1000.0 + 30 * n) for n in range(13)]


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_it_builds_round_trips_and_renders(mode: str) -> None:
    chart = paths(MONTHS, title="MRR with less churn", subtitle="USD", currency="USD", canvas=Canvas(mode=mode))
    spec = chart.to_dict()
    assert alt.Chart.from_dict(spec).to_dict() == spec
    drawn = svg(chart)
    for text in ("MRR with less churn", "changed", "as it is", "$1.1k", "$1.4k, +$240", "2027"):
        assert text in drawn


def test_two_equal_paths_and_a_single_month_can_be_drawn() -> None:
    same = [(month, base, base) for month, base, _ in MONTHS]
    assert "$1.1k, $0" in svg(paths(same, title="No change", subtitle="USD", currency="USD"))
    assert "<svg" in svg(paths([(date(2026, 10, 1), 0.0, 0.0)], title="Nothing", subtitle="USD"))
