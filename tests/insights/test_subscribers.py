from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from holdfast.insights.subscribers import new_and_old


def row(period: date, cohort: date, mrr: int, accounts: int) -> dict[str, object]:
    return {"period": period, "cohort": cohort, "mrr": Decimal(mrr), "accounts": accounts}


@pytest.mark.parametrize(
    ("grain", "period", "oldest_new"),
    [
        ("month", date(2026, 11, 1), date(2025, 12, 1)),
        ("quarter", date(2026, 10, 1), date(2026, 1, 1)),
        ("year", date(2026, 1, 1), date(2026, 1, 1)),
        ("week", date(2026, 11, 30), date(2026, 1, 1)),
    ],
)
def test_new_are_those_of_the_twelve_months_that_end_with_the_period(
    grain: str, period: date, oldest_new: date
) -> None:
    before = (oldest_new.replace(day=1) - (date(2026, 2, 1) - date(2026, 1, 1))).replace(day=1)
    [found] = new_and_old([row(period, before, 300, 1), row(period, oldest_new, 100, 2)], grain)
    assert (found.old.accounts, found.new.accounts) == (1, 2)
    assert (found.new.share, found.new.arpa, found.old.arpa) == (0.25, Decimal(50), Decimal(300))


def test_nobody_pays_nothing_and_is_no_average() -> None:
    [found] = new_and_old([row(date(2026, 11, 1), date(2026, 1, 1), 0, 0)], "month")
    assert (found.new.share, found.new.arpa, found.old.arpa) == (None, None, None)
    assert new_and_old([], "month") == []
