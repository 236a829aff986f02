"""The cohort triangle as a table."""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from typing import Any

import pytest

from holdfast.metrics.dimensions import Dimensions
from holdfast.web.heat import MOST_AGES, MOST_COHORTS, condition, heat, step


def cells(cohort: Any, accounts: int, *kept: int, complete: bool = True) -> list[dict[str, Any]]:
    return [
        {"cohort": cohort, "age": age, "accounts": accounts, "retained": left, "complete": complete,
         "rate": left / accounts if accounts else None}
        for age, left in enumerate(kept)
    ]  # fmt: skip


def test_a_cohort_is_a_row_and_an_age_a_column() -> None:
    rows = [
        *cells(date(2026, 2, 1), 20, 20, 19),
        *cells(date(2026, 1, 1), 10, 10, 9, 5),
        *cells(date(2025, 9, 1), 0, 0),
    ]
    found = heat(rows, "month", "accounts", "retained")
    assert found is not None
    assert (found.ages, found.floor, found.hidden, found.grows) == ((0, 1, 2), 0.5, 0, False)
    assert [(row.cohort.month, row.size) for row in found.rows] == [(1, 10), (2, 20)]
    assert [cell and cell.kept for cell in found.rows[1].cells] == [20, 19, None]
    assert found.together is not None
    assert [cell and (cell.rate, cell.kept) for cell in found.together.cells] == [(1, 30), (28 / 30, 28), (0.5, 5)]


def test_what_is_not_complete_is_told_and_kept_out_of_the_average() -> None:
    rows = [*cells(date(2026, 1, 1), 10, 10, 8), *cells(date(2026, 2, 1), 10, 10, 1, complete=False)]
    found = heat(rows, "month", "accounts", "retained")
    assert found is not None
    assert found.has_open
    assert found.together is not None
    assert [cell and cell.rate for cell in found.together.cells] == [1, 0.8]


def test_only_the_newest_cohorts_and_the_first_ages_are_shown() -> None:
    months = [date(2020 + month // 12, month % 12 + 1, 1) for month in range(MOST_COHORTS + 4)]
    found = heat([row for month in months for row in cells(month, 2, *[1] * 50)], "month", "accounts", "retained")
    assert found is not None
    assert (found.hidden, found.rows[0].cohort, found.ages[-1]) == (4, months[4], MOST_AGES)
    assert heat([], "month", "accounts", "retained") is None


def test_cohorts_made_by_an_attribute_are_ordered_by_size() -> None:
    rows = [*cells("DE", 5, 5), *cells(None, 9, 9), *cells("AT", 7, 7)]
    found = heat(rows, "month", "accounts", "retained", "country")
    assert found is not None
    assert [row.cohort for row in found.rows] == [None, "AT", "DE"]
    assert found.rows[1].condition == "\"country\" = 'AT'"


def test_colours_rise_with_the_share_in_steps_that_the_style_knows() -> None:
    from holdfast.web.statics import content

    style = (content("style.css") or b"").decode()
    steps = [step(share / 1000, 0.4) for share in range(3_000)]
    assert all(f".{name} {{ --a" in style for name in set(steps))
    order = {
        name: place for place, name in enumerate([*(f"h{n}" for n in range(21)), *(f"g{n}" for n in range(1, 11))])
    }
    assert all(order[one] <= order[other] for one, other in pairwise(steps))


@pytest.mark.parametrize("grain", ["month", "quarter", "year"])
def test_a_condition_of_months_can_be_asked(grain: str) -> None:
    found = Dimensions((), (condition(date(2026, 10, 1), grain),), ())
    assert [one.name for one in found.all] == ["cohort"]


@pytest.mark.parametrize("value", ["plain", "O'Neil", "x' or plan = 'y", '"', "-- ", "\\", None, "<b>"])
@pytest.mark.parametrize("name", ["country", "account owner", 'a "quoted" one', "x.y"])
def test_a_condition_of_any_name_and_value_says_that_alone(name: str, value: str | None) -> None:
    found = Dimensions((), (condition(value, "month", name),), (name,))
    assert [one.name for one in found.all] == [name]
    [tree] = found.conditions
    assert value is None or tree.expression.this == value
    assert condition(date(2026, 10, 5), "week") == ""
