"""Who was found to be whom: the pairs that events linked, and how a wrong one is taken back."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from holdfast.collector.events.book import Book
from holdfast.errors import UnknownName
from holdfast.lake import Lake
from holdfast.sources.parts import row_keys
from holdfast.sources.record import record_facts

IDENTITIES = "identities"
_BARRED = "INSERT OR REPLACE INTO cells VALUES ('identities', ?, ?, 'unlinked', 0, x'', NULL, 0)"
_ALLOWED = "DELETE FROM cells WHERE kind = 'identities' AND a = ? AND b = ? AND field = 'unlinked'"


@dataclass(frozen=True)
class Link:
    """An anonymous id, and the user that it turned out to be."""

    anonymous_id: str
    user_id: str
    linked_at: datetime | None
    linked_day: date | None
    source: str


def links(lake: Lake, *, of: str | None = None, limit: int | None = None) -> list[Link]:
    """The pairs that hold, those of one user or anonymous id where it is named; the latest last."""
    rows = lake.standing(IDENTITIES)
    if of is not None:
        rows = rows.filter(pc.or_(pc.equal(rows["anonymous_id"], of), pc.equal(rows["user_id"], of)))
    rows = rows.sort_by([("linked_day", "ascending"), ("linked_at", "ascending"), ("row_key", "ascending")])
    shown = rows if limit is None else rows.slice(max(0, rows.num_rows - limit))
    names = list(Link.__dataclass_fields__)
    return [Link(**row) for row in shown.select(names).to_pylist()]


def unlink(data: Path, anonymous_id: str, user_id: str) -> None:
    """Take a pair back. Events that name both again do not bring it back; `link` does."""
    lake = Lake(data / "lake")
    columns = {"anonymous_id": pa.array([anonymous_id]), "user_id": pa.array([user_id])}
    key = row_keys(IDENTITIES, columns, "", 1)
    with closing(Book(data)) as book, book.transaction():
        book.db.execute(_BARRED, (anonymous_id, user_id))
        if not lake.withdraw(IDENTITIES, key, lake.next_instant(IDENTITIES)):
            raise UnknownName(
                f"{anonymous_id} and {user_id} are not linked", hint="see which are with: holdfast people links"
            )


def link(data: Path, anonymous_id: str, user_id: str) -> None:
    """Say that two ids are one person: by hand, or again after `unlink`."""
    lake = Lake(data / "lake")
    with closing(Book(data)) as book, book.transaction():
        book.db.execute(_ALLOWED, (anonymous_id, user_id))
        now = datetime.now(UTC)
        row = {"anonymous_id": anonymous_id, "user_id": user_id, "linked_at": now, "linked_day": now.date()}
        record_facts(lake, IDENTITIES, [row], "people")
