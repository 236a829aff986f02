"""Who did what, and when: written in the transaction that does it, and never changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import insert, select

from holdfast.state.tables import AUDIT

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from holdfast.state.database import State

CONSOLE = "console"
"""Who does what is done on the command line: whoever may read the data folder."""


@dataclass(frozen=True)
class Entry:
    id: int
    at: datetime
    who: str
    what: str
    about: str


class Audit:
    """What was done in a state."""

    def __init__(self, state: State) -> None:
        self.state = state

    def note(self, who: str, what: str, about: str = "") -> None:
        with self.state.begin() as connection:
            noted(connection, who, what, about)

    def latest(self, limit: int = 100) -> list[Entry]:
        """The newest first."""
        query = select(AUDIT).order_by(AUDIT.c.id.desc()).limit(limit)
        with self.state.read() as connection:
            return [Entry(**row) for row in connection.execute(query).mappings()]


def noted(connection: Connection, who: str, what: str, about: str = "") -> None:
    """Note it within somebody else's transaction: it stands where what was done stands."""
    row = {"at": datetime.now(UTC), "who": who, "what": what, "about": about}
    connection.execute(insert(AUDIT).values(row))
