"""From start to value by hand: what a start is, whose events count, what comes too late, steps of a checklist."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from holdfast.errors import InputError
from holdfast.workspace import Workspace
from tests.usage import event, recorded

START = datetime(2024, 1, 1, 12, tzinfo=UTC)
# account, user, days after 1 January, event
EVENTS = [
    ("a1", "u1", 4, "login"), ("a1", "u1", 6, "report"), ("a1", "u2", 9, "Invited, by mail"),
    ("a1", "u1", 30, "report"), ("a2", "u3", 8, "report"), ("a2", "u3", 8, "Invited, by mail"),
    ("a3", "u4", 40, "login"), (None, "u5", 2, "report"),
]  # fmt: skip
RANGE = {"start": "2024-01-01", "end": "2024-02-29"}


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    events = [
        event(number, name, START + timedelta(days=day), user_id=user, account_id=account)
        for number, (account, user, day, name) in enumerate(EVENTS)
    ]
    folder = recorded(
        tmp_path_factory.mktemp("value"),
        events=events,
        accounts=[{"account_id": name, "created_day": date(2024, 1, day)} for name, day in (("a1", 2), ("a4", 10))],
        users=[{"user_id": "u1", "created_day": date(2024, 1, 3)}, {"user_id": "u9", "created_day": date(2024, 1, 9)}],
        trials=[{"account_id": "a3", "trial_key": "t", "started_day": date(2024, 1, 31)}],
    )
    with Workspace(folder) as workspace:
        yield workspace


def asked(workspace: Workspace, metric: str, **question: Any) -> list[dict[str, Any]]:
    return workspace.query(metric, **RANGE | question).to_dicts()


def test_the_start_is_the_first_that_is_known(company: Workspace) -> None:
    january, february = asked(company, "time-to-value", key_event="report")
    # a1 was created on the 2nd, a2 begins with its event, a3 with its trial on the 31st, a4 does nothing
    assert (january["started"], january["reached"], january["rate"]) == (4, 2, 0.5)
    # from the 2nd to the 7th, and none from the 9th to the 9th: a quarter of the way from 0 to 5 is 1.25
    assert [january[name] for name in ("p25_days", "median_days", "p75_days", "p90_days")] == [1.25, 2.5, 3.75, 4.5]
    assert (february["started"], february["rate"], february["median_days"]) == (0, None, None)


def test_what_comes_too_late_is_left_out(company: Workspace) -> None:
    january, _ = asked(company, "time-to-value", key_event="report", within=4)
    assert (january["started"], january["reached"], january["median_days"]) == (4, 1, 0.0)
    assert asked(company, "time-to-value", key_event="report", within=5)[0]["reached"] == 2


def test_without_a_key_event_any_will_do(company: Workspace) -> None:
    january, _ = asked(company, "time-to-value")
    assert (january["reached"], january["median_days"]) == (3, 3.0)


def test_users_start_with_their_creation_or_an_event(company: Workspace) -> None:
    january, february = asked(company, "time-to-value", of="users", key_event="report")
    assert (january["started"], january["reached"], february["started"]) == (5, 3, 1)


def test_users_by_account(company: Workspace) -> None:
    rows = asked(company, "time-to-value", of="users", key_event="report", by="account")
    started = {(row["account"], row["period"]): (row["started"], row["reached"]) for row in rows}
    # u9 has no event and u5 one of no account: both stand in null; a4 has nobody, and no row
    assert {account: started[account, "2024-01-01"] for account, _ in started} == {
        "a1": (2, 1), "a2": (1, 1), "a3": (0, 0), None: (2, 1)}  # fmt: skip
    assert started["a3", "2024-02-01"] == (1, 0)


def test_steps_are_judged_by_themselves_and_together(company: Workspace) -> None:
    steps = 'report, "Invited, by mail", login'
    rows = asked(company, "onboarding", steps=steps, end="2024-01-31")
    assert [(row["step"], row["event"], row["done"], row["median_days"]) for row in rows] == [
        (1, "report", 2, 2.5), (2, "Invited, by mail", 2, 4.0), (3, "login", 2, 6.5), (4, None, 1, 8.0)]  # fmt: skip
    assert {row["started"] for row in rows} == {4}


def test_the_checklist_of_the_settings(company: Workspace) -> None:
    with pytest.raises(InputError, match="onboarding needs the events that are its steps; the most frequent ones are"):
        company.query("onboarding")
    folder = company.folder
    (folder / "holdfast.toml").write_text('onboarding = ["login", "report"]\nkey_event = "login"\n')
    with Workspace(folder) as workspace:
        rows = asked(workspace, "onboarding", end="2024-01-31")
        assert [(row["event"], row["done"]) for row in rows] == [("login", 2), ("report", 2), (None, 1)]
        assert asked(workspace, "time-to-value", end="2024-01-31")[0]["median_days"] == 6.5


def test_merged_accounts_start_with_the_oldest(tmp_path_factory: pytest.TempPathFactory) -> None:
    days = (("a1", date(2024, 2, 2)), ("a0", date(2024, 1, 2)))
    folder = recorded(
        tmp_path_factory.mktemp("merged"),
        events=[event(1, "report", START + timedelta(days=40), user_id="u1", account_id="a0")],
        accounts=[{"account_id": name, "created_day": day} for name, day in days],
        account_merges=[{"account_id": "a0", "into_account_id": "a1"}],
    )
    with Workspace(folder) as workspace:
        rows = asked(workspace, "time-to-value", by="account")
    assert [(row["account"], row["started"], row["median_days"]) for row in rows] == [("a1", 1, 39.0), ("a1", 0, None)]
