"""Rows of a history table put in time. Nothing here reads a clock or a store.

A table in history mode has one row for each state that a thing was in: `_fivetran_start` to `_fivetran_end`, and
`_fivetran_active` on the one that holds now. Tables that end in `_history` without those columns have one row for
each `updated_at`. A plain table shows only the present, as it was at `_fivetran_synced`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from holdfast.sources.warehouse.cells import Record


@dataclass(frozen=True)
class Version:
    """One state of a thing. `at` is when it began; where the table does not say it, when it was seen."""

    at: int
    is_start: bool
    record: Record


@dataclass(frozen=True)
class Past:
    """The states of one thing in time, and when it was deleted in the source, where it was."""

    versions: tuple[Version, ...]
    deleted_at: int | None

    @property
    def present(self) -> Version:
        return self.versions[-1]


def grouped(records: Iterable[Record], *names: str) -> dict[str, list[Record]]:
    """The records by an id, in their order. Those without it are left out.

    >>> rows = [Record({"id": "a"}, "t", "f", 1), Record({"id": "b"}, "t", "f", 2), Record({}, "t", "f", 3)]
    >>> sorted(grouped(rows, "id"))
    ['a', 'b']
    """
    found: dict[str, list[Record]] = {}
    for record in records:
        key = record.first(*names)
        if key is not None:
            found.setdefault(key, []).append(record)
    return found


def past_of(records: Sequence[Record]) -> Past:
    """The rows of one thing as its states in time. Raises `ValueError` where a row has no time at all.

    >>> old = Record({"_fivetran_start": "2024-01-01", "_fivetran_active": "false"}, "", "", 1)
    >>> new = Record({"_fivetran_start": "2024-02-01", "_fivetran_active": "true"}, "", "", 2)
    >>> [version.record.line for version in past_of([new, old]).versions]
    [1, 2]
    """
    versions = sorted((_version(record) for record in records), key=_order)
    kept: list[Version] = []
    for version in versions:
        if kept and kept[-1].at == version.at:
            kept.pop()
        kept.append(version)
    return Past(tuple(kept), _deleted_at(kept))


def latest(records: Sequence[Record]) -> Record:
    """The newest row of one thing."""
    return max((_version(record) for record in records), key=_order).record


def _version(record: Record) -> Version:
    began = record.time("_fivetran_start", "updated_at")
    if began is not None:
        return Version(began, True, record)
    return Version(record.time("_fivetran_synced") or 0, False, record)


def _order(version: Version) -> tuple[bool, int, int]:
    """In time; of two that began in one second the active one, then the one that was read last, comes later."""
    return _active(version.record) is True, version.at, version.record.time("_fivetran_synced") or 0


def _active(record: Record) -> bool | None:
    return record.flag("_fivetran_active") if "_fivetran_active" in record else None


def _deleted_at(versions: Sequence[Version]) -> int | None:
    """A thing that was deleted has no active row any more, or a row that is marked."""
    last = versions[-1]
    gone = last.record.flag("_fivetran_deleted") or _active(last.record) is False
    if not gone:
        return None
    return last.record.time("_fivetran_end", "_fivetran_synced") or last.at
