"""Sessions: who signed in with which browser, and until when."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import delete, insert, select, update

from holdfast.state.people import User, user_of
from holdfast.state.secret import hashed, new_secret
from holdfast.state.tables import SESSIONS, USERS

if TYPE_CHECKING:
    from holdfast.state.database import State

LIFE = timedelta(days=14)
"""After so long without a visit one has to sign in again."""
NOTED_EVERY = timedelta(minutes=5)


@dataclass(frozen=True)
class Session:
    user: User
    last_seen_at: datetime

    def is_due(self, now: datetime) -> bool:
        """Whether the visit is to be noted, which makes the session last longer."""
        return now - self.last_seen_at >= NOTED_EVERY


class Sessions:
    """The sessions of a state. Nothing but the hash of a token is kept."""

    def __init__(self, state: State, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.state, self.clock = state, clock

    def start(self, user_id: str) -> str:
        """A new session's token. Sessions that are over are cleared away."""
        token, now = new_secret(), self.clock()
        row = {"hash": hashed(token), "user_id": user_id, "created_at": now, "expires_at": now + LIFE}
        with self.state.begin() as connection:
            connection.execute(delete(SESSIONS).where(SESSIONS.c.expires_at <= now))
            connection.execute(insert(SESSIONS).values(row | {"last_seen_at": now}))
            connection.execute(update(USERS).where(USERS.c.id == user_id).values(last_seen_at=now))
        return token

    def find(self, token: str) -> Session | None:
        """Whose it is, where it has not ended and they may sign in."""
        seen = SESSIONS.c.last_seen_at.label("seen_at")
        query = (
            select(USERS, seen)
            .join(SESSIONS, SESSIONS.c.user_id == USERS.c.id)
            .where(
                SESSIONS.c.hash == hashed(token), SESSIONS.c.expires_at > self.clock(), USERS.c.disabled_at.is_(None)
            )
        )
        with self.state.read() as connection:
            row = connection.execute(query).mappings().first()
        return None if row is None else Session(user_of(row), row["seen_at"])

    def seen(self, token: str, user_id: str) -> None:
        """Make a session last longer."""
        now = self.clock()
        values = {"last_seen_at": now, "expires_at": now + LIFE}
        with self.state.begin() as connection:
            connection.execute(update(SESSIONS).where(SESSIONS.c.hash == hashed(token)).values(values))
            connection.execute(update(USERS).where(USERS.c.id == user_id).values(last_seen_at=now))

    def end(self, token: str) -> None:
        with self.state.begin() as connection:
            connection.execute(delete(SESSIONS).where(SESSIONS.c.hash == hashed(token)))
