"""Usage retention against matrices that others worked out, and by hand."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from holdfast.workspace import Workspace
from tests.usage import event, recorded

# Inputs and expected counts of two cases of PostHog's retention query tests (MIT), commit 026462be: days from
# 2020-06-10 with their hour, months of 2020 on their tenth.
BY_DAY = {
    "person1": [(0, 5), (1, 5), (2, 5), (5, 5), (6, 5)],
    "alias1": [(5, 9)],
    "person2": [(1, 5), (2, 5), (3, 5), (6, 5)],
}
DAYS_EXPECTED = [
    [1, 1, 1, 0, 0, 1, 1, 0, 0, 0, 0], [2, 2, 1, 0, 1, 2, 0, 0, 0, 0], [2, 1, 0, 1, 2, 0, 0, 0, 0],
    [1, 0, 0, 1, 0, 0, 0, 0], [0] * 7, [1, 1, 0, 0, 0, 0], [2, 0, 0, 0, 0], [0] * 4, [0] * 3, [0] * 2, [0],
]  # fmt: skip
BY_MONTH = {"person1": [1, 2, 3, 5, 6, 9], "person2": [1, 2, 3, 6, 7, 11]}
MONTHS_EXPECTED = [
    [2, 2, 2, 0, 1, 2, 1, 0, 1, 0, 1], [2, 2, 0, 1, 2, 1, 0, 1, 0, 1], [2, 0, 1, 2, 1, 0, 1, 0, 1],
    [0] * 8, [1, 1, 0, 0, 1, 0, 0], [2, 1, 0, 1, 0, 1], [1, 0, 0, 0, 1], [0] * 4, [1, 0, 0], [0, 0], [1],
]  # fmt: skip


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    start = datetime(2020, 6, 10, tzinfo=UTC)
    days = [
        event(number, "view", start + timedelta(days=day, hours=hour), user_id=None, anonymous_id=who)
        for number, (who, day, hour) in enumerate((who, *at) for who, times in BY_DAY.items() for at in times)
    ]
    months = [
        event(100 + number, "report", datetime(2020, month, 10, 5, tzinfo=UTC), user_id=who)
        for number, (who, month) in enumerate((who, month) for who, months in BY_MONTH.items() for month in months)
    ]
    folder = recorded(
        tmp_path_factory.mktemp("retention"),
        events=[*days, *months],
        identities=[{"anonymous_id": "alias1", "user_id": "person1"}],
    )
    with Workspace(folder) as workspace:
        yield workspace


def triangle(workspace: Workspace, column: str = "retained", **question: Any) -> list[list[int]]:
    rows = workspace.query("usage-retention", **question).to_dicts()
    cohorts: dict[str, list[int]] = {}
    for row in rows:
        cohorts.setdefault(row["cohort"], []).append(row[column])
    return list(cohorts.values())


def test_by_day(company: Workspace) -> None:
    found = triangle(
        company, start="2020-06-10", end="2020-06-20", grain="day", entry="recurring", start_event="view",
        return_event="view",
    )  # fmt: skip
    assert found == DAYS_EXPECTED
    assert triangle(
        company, "people", start="2020-06-10", end="2020-06-20", grain="day", entry="recurring", start_event="view"
    ) == [[row[0]] * len(row) for row in DAYS_EXPECTED]


def test_by_month(company: Workspace) -> None:
    found = triangle(
        company, start="2020-01-01", end="2020-11-30", grain="month", entry="recurring", start_event="report",
        return_event="report",
    )  # fmt: skip
    assert found == MONTHS_EXPECTED


def test_those_who_first_began(company: Workspace) -> None:
    question = {"start": "2020-01-01", "end": "2020-04-30", "grain": "month", "start_event": "report"}
    assert triangle(company, **question)[:2] == [[2, 2, 2, 0], [0, 0, 0]]
    assert triangle(company, **{**question, "end": "2020-05-31"}, **{"return": "on-or-after"})[0] == [2, 2, 2, 1, 1]


def test_a_least_number_of_events(company: Workspace) -> None:
    found = triangle(
        company, start="2020-06-10", end="2020-06-20", grain="day", entry="recurring", start_event="view", min_events=2
    )
    assert found[0] == [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0]


def test_split_by_an_attribute_there_is_none_of(company: Workspace) -> None:
    found = company.query(
        "usage-retention", start="2020-01-01", end="2020-03-31", grain="month", by="account", start_event="report"
    ).to_dicts()
    assert [(row["account"], row["people"], row["retained"]) for row in found][:2] == [(None, 2, 2), (None, 2, 2)]


def test_windows_of_24_hours(company: Workspace) -> None:
    question = {
        "start": "2020-06-10",
        "end": "2020-06-20",
        "grain": "day",
        "start_event": "view",
        "return_event": "view",
    }
    found = triangle(company, mode="rolling", **question)
    assert found[0][:7] == [1, 1, 1, 0, 0, 1, 1]
    assert triangle(company, mode="rolling", entry="recurring", **question)[5][:2] == [1, 1]
