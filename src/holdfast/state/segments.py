"""Segments: a name for accounts that fulfil some conditions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, insert, select, update

from holdfast.errors import InputError, UnknownName
from holdfast.state.audit import noted
from holdfast.state.people import checked_name
from holdfast.state.secret import new_id
from holdfast.state.tables import SEGMENTS

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from holdfast.state.database import State


@dataclass(frozen=True)
class Segment:
    """Accounts that fulfil all of some conditions, each a text as `--where` takes it."""

    id: str
    name: str
    conditions: tuple[str, ...]
    made_by: str
    created_at: datetime
    changed_at: datetime


class Segments:
    """The segments of a state. Whether a condition can be asked is decided by whoever asks it."""

    def __init__(self, state: State) -> None:
        self.state = state

    def all(self) -> list[Segment]:
        with self.state.read() as connection:
            rows = connection.execute(select(SEGMENTS).order_by(SEGMENTS.c.name)).mappings()
            return [_segment(row) for row in rows]

    def names(self) -> list[str]:
        return [one.name for one in self.all()]

    def conditions(self, name: str) -> list[str]:
        """Raises `UnknownName`."""
        return list(self.get(name).conditions)

    def get(self, id_or_name: str) -> Segment:
        """Raises `UnknownName` that lists those that are there."""
        query = select(SEGMENTS).where((SEGMENTS.c.id == id_or_name) | (SEGMENTS.c.name == id_or_name))
        with self.state.read() as connection:
            row = connection.execute(query).mappings().first()
        if row is None:
            known = ", ".join(self.names())
            raise UnknownName(
                f"there is no segment {id_or_name!r}", hint=f"the segments are: {known}" if known else None
            )
        return _segment(row)

    def create(self, name: str, conditions: Sequence[str], by: str) -> Segment:
        """Raises `InputError` where the name is taken, or there is no condition."""
        now = datetime.now(UTC)
        row = {"id": new_id(), "name": checked_name(name), "conditions": _checked(conditions), "made_by": by}
        with self.state.begin() as connection:
            _free(connection, str(row["name"]), str(row["id"]))
            connection.execute(insert(SEGMENTS).values(row | {"created_at": now, "changed_at": now}))
            noted(connection, by, "segment made", str(row["name"]))
        return self.get(str(row["id"]))

    def change(self, segment_id: str, name: str, conditions: Sequence[str], by: str) -> Segment:
        """Raises `UnknownName`, and `InputError` as `create` does."""
        before, wanted = self.get(segment_id), checked_name(name)
        values = {"name": wanted, "conditions": _checked(conditions), "changed_at": datetime.now(UTC)}
        with self.state.begin() as connection:
            _free(connection, wanted, before.id)
            connection.execute(update(SEGMENTS).where(SEGMENTS.c.id == before.id).values(values))
            noted(connection, by, "segment changed", wanted)
        return self.get(before.id)

    def delete(self, segment_id: str, by: str) -> None:
        """Raises `UnknownName`."""
        gone = self.get(segment_id)
        with self.state.begin() as connection:
            connection.execute(delete(SEGMENTS).where(SEGMENTS.c.id == gone.id))
            noted(connection, by, "segment deleted", gone.name)


def _checked(conditions: Sequence[str]) -> list[str]:
    found = [text for text in (one.strip() for one in conditions) if text]
    if not found:
        raise InputError("a segment needs a condition", hint="such as country = 'DE'")
    return found


def _free(connection: Connection, name: str, segment_id: str) -> None:
    taken = select(SEGMENTS.c.id).where(SEGMENTS.c.name == name, SEGMENTS.c.id != segment_id)
    if connection.execute(taken).first() is not None:
        raise InputError(f"there is a segment {name!r} already", hint="choose another name, or change that one")


def _segment(row: Any) -> Segment:
    names = ("id", "name", "made_by", "created_at", "changed_at")
    return Segment(conditions=tuple(row["conditions"]), **{name: row[name] for name in names})
