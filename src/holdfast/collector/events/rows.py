"""Accepted events as rows of the table `events`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from holdfast.collector.events.event import Event
from holdfast.facts import TABLES
from holdfast.lake.days import days_of
from holdfast.sources.parts import row_keys

_TABLE = TABLES["events"]
_TEXTS = {
    "message_id": "message_id", "type": "type", "event": "name", "user_id": "user_id", "anonymous_id": "anonymous_id",
    "account_id": "account_id", "time_note": "note", "time_text": "time_text", "source": "source",
}  # fmt: skip
_INSTANTS = {
    "occurred_at": "occurred", "original_at": "original", "sent_at": "sent", "received_at": "received",
    "recorded_at": "received",
}  # fmt: skip


def rows_of(events: Sequence[Event], zone_name: str) -> pa.Table:
    """One row for each event; it is known from the moment it was received."""
    columns: dict[str, pa.Array] = {}
    for column, field in _TEXTS.items():
        columns[column] = pa.array([getattr(event, field) for event in events], pa.string())
    for column, field in _INSTANTS.items():
        columns[column] = pa.array([getattr(event, field) for event in events], pa.int64()).cast(_type(column))
    columns["occurred_day"] = days_of(columns["occurred_at"], zone_name)
    columns["properties"] = pa.array([_text(one.properties or one.traits) for one in events], pa.string())
    columns["context"] = pa.array([_text(one.context) for one in events], pa.string())
    columns["row_key"] = keys_of(columns["source"], columns["message_id"])
    columns["superseded_at"] = pa.nulls(len(events), _type("superseded_at"))
    return pa.table([columns[name] for name in _TABLE.schema.names], schema=_TABLE.schema)


def keys_of(sources: pa.Array, message_ids: pa.Array) -> pa.Array:
    """The stable key of each event.

    >>> keys_of(pa.array(["web", "ios"]), pa.array(["m1", "m1"])).to_pylist()
    ['web|m1', 'ios|m1']
    """
    return row_keys("events", {"source": sources, "message_id": message_ids}, "", len(sources))


def _type(column: str) -> Any:
    return _TABLE.column(column).arrow.type


def _text(written: bytes) -> str | None:
    return written.decode() if written else None
