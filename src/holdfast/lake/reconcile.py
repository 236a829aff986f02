"""What a batch of facts changes, given what is already known of the same keys.

Each key has versions with a life `[recorded_at, superseded_at)`. A batch known at T meets, for each of its
keys, the version alive at T (*before*) and the earliest version recorded after T (*later*):

- equal to either: a duplicate, nothing is written;
- otherwise the new version lives from T until the later one begins, and the one before ends at T.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc

from holdfast.facts.schema import Table

IMPLIED = "implied"
"""Source of a fact that another fact implied: the same content from a real source is a change."""

INSTANT = pa.timestamp("us", tz="UTC")


@dataclass(frozen=True)
class Change:
    """`status` of each incoming row, the rows to add, and the versions to end (`ends_at` of key and `recorded_at`)."""

    status: pa.Array
    added: pa.Table
    ended: pa.Table


def reconcile(table: Table, incoming: pa.Table, known: pa.Table, known_at: datetime) -> Change:
    """Compare `incoming` (one row a key) with the `known` versions of its keys."""
    moment = pa.scalar(known_at, INSTANT)
    before = known.filter(alive_at(known, moment))
    later = _earliest(known.filter(pc.greater(known["recorded_at"], moment)))
    at_before, at_later = (_positions(incoming, versions) for versions in (before, later))
    has_before, has_later = pc.is_valid(at_before), pc.is_valid(at_later)
    old, next_one = before.take(at_before), later.take(at_later)
    duplicate = pc.or_(
        pc.and_(has_before, _same(table, incoming, old)), pc.and_(has_later, _same(table, incoming, next_one))
    )
    fresh = pc.invert(duplicate)
    status = pc.if_else(duplicate, "duplicate", pc.if_else(pc.or_(has_before, has_later), "replaced", "new"))
    added = _with_life(table, incoming, moment, next_one["recorded_at"]).filter(fresh)
    ended = old.select(["row_key", "recorded_at"]).filter(pc.and_(fresh, has_before))
    return Change(_one_chunk(status), added, ended.append_column("ends_at", pa.repeat(moment, ended.num_rows)))


def all_new(table: Table, incoming: pa.Table, known_at: datetime) -> Change:
    """The change where none of the keys is known yet."""
    moment = pa.scalar(known_at, INSTANT)
    added = _with_life(table, incoming, moment, pa.nulls(incoming.num_rows, INSTANT))
    nothing = pa.schema([("row_key", pa.string()), ("recorded_at", INSTANT), ("ends_at", INSTANT)]).empty_table()
    return Change(pa.repeat(pa.scalar("new"), incoming.num_rows), added, nothing)


def ending(table: Table, known: pa.Table, known_at: datetime) -> Change:
    """The change that ends the versions alive at a moment, and puts nothing in their place."""
    moment = pa.scalar(known_at, INSTANT)
    ended = known.filter(alive_at(known, moment)).select(["row_key", "recorded_at"])
    ended = ended.append_column("ends_at", pa.repeat(moment, ended.num_rows))
    return Change(pa.array([], pa.string()), table.schema.empty_table(), ended)


def alive_at(known: pa.Table, moment: pa.Scalar | datetime) -> pa.ChunkedArray:
    """Which versions were the known ones at a moment."""
    moment = pa.scalar(moment, INSTANT) if isinstance(moment, datetime) else moment
    begun = pc.less_equal(known["recorded_at"], moment)
    ended = pc.fill_null(pc.less_equal(known["superseded_at"], moment), False)
    return pc.and_not(begun, ended)


def _earliest(versions: pa.Table) -> pa.Table:
    """The first recorded version of each key; of several recorded at once, the one that outlived the others."""
    ordered = versions.sort_by([("recorded_at", "ascending"), ("superseded_at", "descending")])
    unended = pc.is_null(ordered["superseded_at"])
    ordered = pa.concat_tables([ordered.filter(unended), ordered.filter(pc.invert(unended))])
    numbered = ordered.append_column("position", pa.array(range(ordered.num_rows), pa.int64()))
    earliest = numbered.group_by("row_key").aggregate([("recorded_at", "min")])
    at_earliest = pc.equal(
        numbered["recorded_at"],
        earliest["recorded_at_min"].take(pc.index_in(numbered["row_key"], earliest["row_key"])),
    )
    first = numbered.filter(at_earliest).group_by("row_key").aggregate([("position", "min")])
    return ordered.take(first["position_min"])


def _positions(incoming: pa.Table, versions: pa.Table) -> pa.ChunkedArray:
    return pc.index_in(incoming["row_key"], versions["row_key"].combine_chunks())


def _same(table: Table, ours: pa.Table, theirs: pa.Table) -> pa.ChunkedArray:
    """Whether each row has the same content as its counterpart; nulls are equal."""
    result = pc.equal(pc.equal(ours["source"], IMPLIED), pc.fill_null(pc.equal(theirs["source"], IMPLIED), False))
    for name in table.content:
        a, b = ours[name], theirs[name]
        equal = pc.or_(pc.fill_null(pc.equal(a, b), False), pc.and_(pc.is_null(a), pc.is_null(b)))
        result = pc.and_(result, equal)
    return result


def _with_life(table: Table, rows: pa.Table, begin: pa.Scalar, end: pa.Array | pa.ChunkedArray) -> pa.Table:
    rows = rows.append_column("recorded_at", pa.repeat(begin, rows.num_rows)).append_column("superseded_at", end)
    return rows.select(table.schema.names).cast(table.schema)


def _one_chunk(values: pa.Array | pa.ChunkedArray) -> pa.Array:
    return values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
