"""Spans of a subscription that a newer description of it no longer has."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from holdfast.lake import Lake
from holdfast.lake.reconcile import alive_at
from holdfast.sources.parts import POSITION, Part

TERMS = "subscription_terms"
Row = dict[str, Any]


def withdrawn(lake: Lake, part: Part, known_at: datetime) -> Part:
    """The part and, with nothing of their own left, all spans that stand of its subscriptions and are not in it.

    For sources that describe a subscription whole each time. A row cannot be taken out of the lake, and a later row
    of an item ends the earlier one: so a span that is gone becomes a piece of the new span in which it begins, and
    where there is none an empty one. The position is that of a new span of the same subscription.
    """
    stale = _stale(lake, part, known_at)
    if not stale:
        return part
    concerned = pa.array(sorted({row["subscription_id"] for row in stale}))
    fresh: dict[str, list[Row]] = {}
    for row in part.rows.filter(pc.is_in(part.rows["subscription_id"], concerned)).to_pylist():
        fresh.setdefault(row["subscription_id"], []).append(row)
    rows = [replacement(row, fresh[row["subscription_id"]]) for row in stale]
    return Part(part.table, pa.concat_tables([part.rows, pa.Table.from_pylist(rows, part.rows.schema)]))


def _stale(lake: Lake, part: Part, known_at: datetime) -> list[Row]:
    """The rows that stand of the part's subscriptions, from its source, under keys that it does not have."""
    standing = lake.standing(TERMS, ["row_key", "subscription_id", "source"])
    ours = pc.and_(
        pc.is_in(standing["subscription_id"], part.rows["subscription_id"].combine_chunks()),
        pc.is_in(standing["source"], part.rows["source"].combine_chunks()),
    )
    gone = pc.and_(ours, pc.invert(pc.is_in(standing["row_key"], part.rows["row_key"].combine_chunks())))
    known = lake.known(TERMS, standing.filter(gone)["row_key"])
    rows: list[Row] = known.filter(alive_at(known, known_at)).to_pylist()
    return rows


def replacement(gone: Row, fresh: Iterable[Row]) -> Row:
    """What stands under the key of a span that is gone.

    >>> new = {"item_id": "i", "valid_from_at": 1, "valid_to_at": None, "valid_from_day": 1, "valid_to_day": None,
    ...        "row_key": "new", "position": 0, "quantity": "3"}
    >>> old = {**new, "row_key": "old", "valid_from_at": 5, "valid_from_day": 5, "quantity": "2"}
    >>> found = replacement(old, [new])
    >>> found["row_key"], found["valid_from_at"], found["quantity"]
    ('old', 5, '3')
    >>> ended = {**new, "valid_to_at": 4, "valid_to_day": 4}
    >>> replacement(old, [ended])["valid_to_at"]
    5
    """
    several = list(fresh)
    begin = {name: gone[name] for name in ("valid_from_at", "valid_from_day", "row_key")}
    around = next((row for row in several if row["item_id"] == gone["item_id"] and _holds(row, gone)), None)
    if around is not None:
        return {**around, **begin}
    empty = {"valid_to_at": gone["valid_from_at"], "valid_to_day": gone["valid_from_day"]}
    return {**gone, **empty, POSITION: several[0][POSITION]}


def _holds(row: Row, gone: Row) -> bool:
    """Whether a span is running where another one begins."""
    at = gone["valid_from_at"]
    return bool(row["valid_from_at"] < at and (row["valid_to_at"] is None or at < row["valid_to_at"]))
