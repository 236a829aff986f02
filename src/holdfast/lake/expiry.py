"""From which day on single events are there, where older ones have expired."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from holdfast.lake.lake import Lake

EVENTS = "events"
EXPIRED = "expired"
"""Application under which the table of events notes that day, by its ordinal."""


def expired_before(lake: Lake) -> date | None:
    """The first day whose single events are all there; None where none have expired."""
    number = lake.transaction(EVENTS, EXPIRED)
    return None if number is None else date.fromordinal(number)


def not_expired(lake: Lake, rows: pa.Table) -> pa.ChunkedArray:
    """Which events of a file may be stored: of an expired day nobody can tell whether an event was there before."""
    first = expired_before(lake)
    if first is None:
        return pa.chunked_array([pa.repeat(pa.scalar(True), rows.num_rows)])
    return pc.greater_equal(rows["occurred_day"], pa.scalar(first, pa.date32()))
