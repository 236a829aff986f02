"""Spans of a subscription that a newer description of it no longer has."""

from __future__ import annotations

from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc

from holdfast.lake import Lake
from holdfast.sources.parts import Part

TERMS = "subscription_terms"


def withdraw_gone(lake: Lake, part: Part, known_at: datetime) -> set[str]:
    """Withdraw all spans that stand of the part's subscriptions, from its source, and are not in it. Returns the
    subscriptions concerned.

    For sources that describe a subscription whole each time.
    """
    standing = lake.standing(TERMS, ["row_key", "subscription_id", "source"])
    ours = pc.and_(
        pc.is_in(standing["subscription_id"], part.rows["subscription_id"].combine_chunks()),
        pc.is_in(standing["source"], part.rows["source"].combine_chunks()),
    )
    gone = pc.and_(ours, pc.invert(pc.is_in(standing["row_key"], part.rows["row_key"].combine_chunks())))
    stale: pa.Table = standing.filter(gone)
    lake.withdraw(TERMS, stale["row_key"], known_at)
    return set(stale["subscription_id"].to_pylist())
