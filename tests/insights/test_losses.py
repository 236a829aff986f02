from __future__ import annotations

from datetime import date

import pytest

from holdfast.insights.losses import Losses, losses


@pytest.mark.parametrize(
    ("customers", "revenue", "who"),
    [(0.1, 0.05, "smaller"), (0.1, 0.2, "larger"), (0.1, 0.105, "alike"), (0.0, 0.0, "alike"), (0.0, 0.01, "larger")],
)
def test_who_left_is_told_by_what_they_paid(customers: float, revenue: float, who: str) -> None:
    assert Losses(date(2026, 10, 1), customers, revenue).who == who


def test_the_last_period_that_is_over_and_known_is_meant() -> None:
    people = [{"period": date(2026, month, 1), "rate": 0.05} for month in (8, 9, 10, 11)]
    money = [{"period": date(2026, 9, 1), "gross_rate": 0.01}, {"period": date(2026, 10, 1), "gross_rate": None}]
    found = losses(people, money, "month", date(2026, 11, 15))
    assert found == Losses(date(2026, 9, 1), 0.05, 0.01)
    assert losses(people, [], "month", date(2026, 11, 15)) is None
