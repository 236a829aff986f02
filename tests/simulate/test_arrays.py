"""Day and draw arithmetic on arrays agrees with the plain functions."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest

from holdfast.facts import days
from holdfast.simulate import months
from holdfast.simulate.draws import Draws, pick


@pytest.mark.parametrize("start", [date(2023, 1, 31), date(2024, 2, 29), date(2024, 12, 1), date(1999, 8, 30)])
def test_months_agree_with_dates(start: date) -> None:
    steps = np.arange(0, 60)
    found = months.add_months(np.full(60, months.number(start)), steps)
    assert [months.as_date(day) for day in found] == [days.add_months(start, int(step)) for step in steps]


@pytest.mark.parametrize("count", [1, 12])
def test_interval_ends_agree_with_dates(count: int) -> None:
    anchor = date(2024, 1, 31)
    asked = [anchor + timedelta(days=n) for n in range(-5, 900, 3)]
    found = months.interval_end(
        np.full(len(asked), months.number(anchor)),
        np.full(len(asked), count),
        np.array([months.number(day) for day in asked]),
    )
    assert [months.as_date(day) for day in found] == [days.interval_end(anchor, "month", count, day) for day in asked]


def test_choice_follows_its_shares() -> None:
    found = Draws(seed=1, block=0, size=20_000).choice("colour", (0.2, 0.5, 0.3))
    assert np.bincount(found) / 20_000 == pytest.approx([0.2, 0.5, 0.3], abs=0.02)


def test_shares_may_differ_from_account_to_account() -> None:
    assert pick(np.array([0.5, 0.5]), np.array([[0.9, 0.1], [0.1, 0.9]])).tolist() == [0, 1]


def test_streams_do_not_touch_each_other() -> None:
    draws = Draws(seed=1, block=0, size=100)
    assert not np.array_equal(draws.uniform("one"), draws.uniform("two"))
    assert not np.array_equal(draws.uniform("one"), Draws(seed=1, block=1, size=100).uniform("one"))
