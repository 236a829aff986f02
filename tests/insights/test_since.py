from __future__ import annotations

from datetime import date
from decimal import Decimal

from holdfast.insights.since import since

SEPTEMBER, OCTOBER, NOVEMBER = (date(2026, month, 1) for month in (9, 10, 11))


def test_the_last_two_periods_are_compared_whatever_their_order() -> None:
    rows = [{"period": when, "mrr": Decimal(mrr)} for when, mrr in ((NOVEMBER, 90), (SEPTEMBER, 5), (OCTOBER, 100))]
    found = since(rows, "mrr")
    assert found is not None
    assert (found.period, found.before_period) == (NOVEMBER, OCTOBER)
    assert (found.difference, found.change) == (Decimal(-10), -0.1)


def test_what_is_not_known_is_not_a_change() -> None:
    found = since([{"period": OCTOBER, "rate": None}, {"period": NOVEMBER, "rate": 0.9}], "rate")
    assert found is not None
    assert (found.value, found.difference, found.change) == (0.9, None, None)
    from_nothing = since([{"period": OCTOBER, "mrr": 0}, {"period": NOVEMBER, "mrr": 5}], "mrr")
    assert from_nothing is not None
    assert (from_nothing.difference, from_nothing.change) == (5, None)
