"""Spans of a subscription that a newer description of it no longer has."""

from __future__ import annotations

from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc

from holdfast.lake import Lake
from holdfast.lake.reconcile import alive_at
from holdfast.sources.parts import POSITION, Part

TERMS = "subscription_terms"


def withdrawn(lake: Lake, part: Part, known_at: datetime) -> Part:
    """The part and, made empty, every span that stands of the same subscriptions from the same source and is not in it.

    For sources that describe a subscription whole each time. The position is that of one of its new spans.
    """
    standing = lake.standing(TERMS, ["row_key", "subscription_id", "source"])
    ours = pc.and_(
        pc.is_in(standing["subscription_id"], part.rows["subscription_id"].combine_chunks()),
        pc.is_in(standing["source"], part.rows["source"].combine_chunks()),
    )
    stale = standing.filter(
        pc.and_(ours, pc.invert(pc.is_in(standing["row_key"], part.rows["row_key"].combine_chunks())))
    )
    known = lake.known(TERMS, stale["row_key"])
    known = known.filter(alive_at(known, known_at))
    known = known.filter(pc.invert(pc.fill_null(pc.equal(known["valid_from_at"], known["valid_to_at"]), False)))
    if not known.num_rows:
        return part
    for end, begin in (("valid_to_at", "valid_from_at"), ("valid_to_day", "valid_from_day")):
        known = known.set_column(known.schema.get_field_index(end), end, known[begin])
    at = pc.index_in(known["subscription_id"], part.rows["subscription_id"].combine_chunks())
    known = known.append_column(POSITION, part.rows[POSITION].take(at))
    emptied = known.select(part.rows.schema.names).cast(part.rows.schema)
    return Part(part.table, pa.concat_tables([part.rows, emptied]))
