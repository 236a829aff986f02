"""Sessions: known by a hash, longer with each visit, over after fourteen days without one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from holdfast.state import People, Sessions, State


def test_a_session_lasts_fourteen_days_from_the_last_visit(state: State) -> None:
    now = datetime(2026, 3, 1, tzinfo=UTC)
    sessions = Sessions(state, lambda: now)
    ada = People(state).add("ada@example.com", "Ada", "owner").id
    token = sessions.start(ada)
    now += timedelta(days=13)
    found = sessions.find(token)
    assert found is not None
    assert found.is_due(now)
    sessions.seen(token, ada)
    now += timedelta(days=13, hours=23)
    assert sessions.find(token) is not None
    now += timedelta(hours=1)
    assert sessions.find(token) is None


def test_a_session_is_ended_alone(state: State) -> None:
    sessions, ada = Sessions(state), People(state).add("ada@example.com", "Ada", "owner").id
    one, other = sessions.start(ada), sessions.start(ada)
    sessions.end(one)
    assert [sessions.find(token) is None for token in (one, other, "", "x", one + "x")] == [
        True, False, True, True, True,
    ]  # fmt: skip


def test_the_token_itself_is_kept_nowhere(state: State, kept: Path) -> None:
    token = Sessions(state).start(People(state).add("ada@example.com", "Ada", "owner").id)
    state.close()
    content = b"".join(path.read_bytes() for path in kept.iterdir() if path.is_file())
    assert b"ada@example.com" in content
    assert token.encode() not in content
