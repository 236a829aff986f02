from __future__ import annotations

from datetime import date

from holdfast.insights.cohort_trend import cohort_trend


def cohort(month: int, accounts: int, retained: int, complete: bool = True) -> dict[str, object]:
    return {"cohort": date(2026, month, 1), "accounts": accounts, "retained": retained, "complete": complete}


def test_shares_are_pooled_over_cohorts_that_are_complete_and_have_anybody() -> None:
    rows = [
        *(cohort(month, 10, 5) for month in (1, 2, 3)),
        *(cohort(4, 100, 100), cohort(5, 0, 0), cohort(6, 50, 25), cohort(7, 50, 25), cohort(8, 9, 9, False)),
    ]
    found = cohort_trend(reversed(rows))
    assert found is not None
    assert (found.now.first.month, found.now.last.month, found.now.rate) == (4, 7, 0.75)
    assert found.before is not None
    assert (found.before.rate, found.difference) == (0.5, 0.25)


def test_the_first_cohorts_have_none_to_be_compared_with() -> None:
    found = cohort_trend([cohort(1, 10, 9)])
    assert found is not None
    assert (found.before, found.difference) == (None, None)
    assert cohort_trend([cohort(1, 10, 9, False)]) is None
