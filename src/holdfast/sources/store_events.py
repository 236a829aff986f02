"""Events of a file held against those in the lake, and put behind them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc

from holdfast.facts import TABLES
from holdfast.lake import Lake
from holdfast.lake.expiry import not_expired
from holdfast.sources.parts import POSITION, Part

EVENTS = "events"
SAID = ("type", "event", "user_id", "anonymous_id", "account_id", "occurred_at", "occurred_day", "properties")
"""What an event says; the rest is how it came in."""
ELSEWHERE = "an event of the same id is stored, with other content"


@dataclass(frozen=True)
class Held:
    """The events that the lake does not hold, and the positions of those that it holds with other content."""

    fresh: Part
    conflicts: list[int]


def held_against(lake: Lake, part: Part) -> Held:
    """Look each event up in the lake by its id."""
    known = lake.known(EVENTS, part.rows["row_key"])
    if not known.num_rows:
        return Held(part, [])
    at = pc.index_in(part.rows["row_key"], known["row_key"].combine_chunks())
    stored = known.take(at)
    same = pa.chunked_array([pa.repeat(pa.scalar(True), part.rows.num_rows)])
    for name in SAID:
        ours, theirs = part.rows[name], stored[name]
        both = pc.and_(pc.is_null(ours), pc.is_null(theirs))
        same = pc.and_(same, pc.or_(pc.fill_null(pc.equal(ours, theirs), False), both))
    conflicts = part.rows[POSITION].filter(pc.and_(pc.is_valid(at), pc.invert(same)))
    return Held(Part(part.table, part.rows.filter(pc.is_null(at))), conflicts.to_pylist())


def append_events(lake: Lake, rows: pa.Table, known_at: datetime) -> None:
    """Put events behind those in the lake, known from a moment on."""
    rows = rows.filter(not_expired(lake, rows))
    if not rows.num_rows:
        return
    schema = TABLES[EVENTS].schema
    moment = pa.repeat(pa.scalar(known_at, schema.field("recorded_at").type), rows.num_rows)
    rows = rows.append_column("recorded_at", moment)
    rows = rows.append_column("superseded_at", pa.nulls(rows.num_rows, schema.field("superseded_at").type))
    lake.append(EVENTS, rows.select(schema.names))


def left_out(lake: Lake, part: Part) -> pa.ChunkedArray:
    """The positions of the rows that are not stored: of erased people and accounts, and events of expired days."""
    found = pa.chunked_array([lake.erased.kept(part.table, part.rows).erased]) if lake.erased else None
    if part.table == EVENTS:
        expired = pc.invert(not_expired(lake, part.rows))
        found = expired if found is None else pc.or_(found, expired)
    return part.rows[POSITION].filter(found) if found is not None else pa.chunked_array([], pa.int64())
