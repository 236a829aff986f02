"""Activity metrics by hand: who counts, links, memberships, merges, ignored events, and what was known when."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from holdfast.settings import Settings
from holdfast.workspace import Workspace
from tests.usage import event, recorded

# ann is known by her e-mail from February on; bob works for two companies from March on; cid is a user of none.
EVENTS = [
    ("2024-01-05", "open", None, "anon-1", None), ("2024-01-05", "open", None, "anon-1", None),
    ("2024-02-01", "open", "ann", None, None), ("2024-02-02", "save", "ann", "anon-1", None),
    ("2024-01-20", "save", "bob", None, "a2"), ("2024-03-03", "open", "bob", None, None),
    ("2024-02-10", "open", "cid", None, None), ("2024-03-31", "open", "ann", None, None),
    ("2024-03-07", "ping", "cid", None, "a3"), ("2024-03-08", "open", None, None, "a3"),
]  # fmt: skip


def company(folder: Path, **settings: Any) -> Path:
    events = [
        event(number, name, datetime.fromisoformat(day).replace(hour=12, tzinfo=UTC), user_id=user, anonymous_id=anon,
              account_id=account)
        for number, (day, name, user, anon, account) in enumerate(EVENTS)
    ]  # fmt: skip
    pages = [event(900, "home", datetime(2024, 3, 2, tzinfo=UTC), user_id="dan", type="page")]
    members = [("a1", "ann", None), ("a2", "bob", None), ("a1", "bob", date(2024, 3, 1))]
    return recorded(
        folder,
        events=[*events, *pages],
        identities=[{"anonymous_id": "anon-1", "user_id": "ann", "linked_day": date(2024, 2, 2)}],
        memberships=[{"account_id": a, "user_id": u, "valid_from_day": day} for a, u, day in members],
        account_attributes=[{"account_id": a, "name": "country", "text": c} for a, c in (("a1", "DE"), ("a2", "US"))],
    )


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    with Workspace(company(tmp_path_factory.mktemp("active"))) as opened:
        yield opened


def asked(workspace: Workspace, metric: str, *columns: str, **question: Any) -> list[tuple[Any, ...]]:
    rows = workspace.query(metric, **{"start": "2024-01-01", "end": "2024-03-31", **question}).to_dicts()
    return [tuple(row[column] for column in columns) for row in rows]


def test_active_users(workspace: Workspace) -> None:
    assert asked(workspace, "active-users", "period", "active") == [
        ("2024-01-01", 2), ("2024-02-01", 2), ("2024-03-01", 3),
    ]  # fmt: skip


def test_active_accounts(workspace: Workspace) -> None:
    """In March bob is in two accounts: what names none of them is nobody's. What nobody did counts for its account."""
    assert asked(workspace, "active-accounts", "active") == [(2,), (1,), (2,)]


def test_split_by_an_attribute(workspace: Workspace) -> None:
    found = asked(workspace, "active-users", "period", "country", "active", by="country")
    assert [row[1:] for row in found] == [
        ("DE", 1), ("US", 1), (None, 0), ("DE", 1), ("US", 0), (None, 1), ("DE", 1), ("US", 0), (None, 2),
    ]  # fmt: skip
    assert asked(workspace, "active-users", "active", where="country = 'DE'") == [(1,), (1,), (1,)]


def test_lifecycle(workspace: Workspace) -> None:
    columns = ("new", "returning", "resurrected", "dormant")
    assert asked(workspace, "lifecycle", *columns) == [(2, 0, 0, 0), (1, 1, 0, 1), (0, 2, 1, 0)]
    assert asked(workspace, "lifecycle", *columns, where="country = 'DE'") == [(1, 0, 0, 0), (0, 1, 0, 0), (0, 1, 0, 0)]
    assert asked(workspace, "lifecycle", *columns, of="accounts") == [(2, 0, 0, 0), (0, 1, 0, 1), (1, 1, 0, 0)]


def test_stickiness(workspace: Workspace) -> None:
    assert asked(workspace, "stickiness", "mean_daily", "active", "rate") == [
        (2 / 31, 2, 2 / 31 / 2), (3 / 29, 2, 3 / 29 / 2), (3 / 31, 3, 3 / 31 / 3),
    ]  # fmt: skip


def test_active_days(workspace: Workspace) -> None:
    found = asked(workspace, "active-days", "days", "people", start="2024-02-01", end="2024-02-29")
    assert len(found) == 29
    assert [row for row in found if row[1]] == [(1, 1), (2, 1)]


def test_ignored_events(tmp_path: Path) -> None:
    folder = company(tmp_path / "ignoring")
    (folder / "holdfast.toml").write_text('ignored_events = ["ping"]\n', encoding="utf-8")
    with Workspace(folder) as workspace:
        assert asked(workspace, "active-users", "active") == [(2,), (2,), (2,)]
    assert Settings.load(folder).ignored_events == ["ping"]


def test_what_was_known_then(tmp_path: Path) -> None:
    folder = company(tmp_path / "late")
    late = event(77, "open", datetime(2024, 1, 9, tzinfo=UTC), user_id="eve")
    recorded(folder, known_at=datetime(2024, 5, 1, tzinfo=UTC), events=[late])
    with Workspace(folder) as workspace:
        assert asked(workspace, "active-users", "active")[0] == (3,)
        assert asked(workspace, "active-users", "active", as_of="2024-04-15")[0] == (2,)
