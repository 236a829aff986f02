"""Storing a batch: what the file does not say is kept, what it implies is added, and each row gets its outcome."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from holdfast.facts import TABLES
from holdfast.lake import IMPLIED, Lake
from holdfast.lake.reconcile import alive_at
from holdfast.sources.batch import Reading
from holdfast.sources.parts import POSITION, Part, make_part
from holdfast.sources.store_events import EVENTS, append_events
from holdfast.sources.twice import refuse_twice
from holdfast.sources.withdraw import withdraw_gone

FIELDS_OF_ACCOUNT = {"name": ("name",), "created_at": ("created_at", "created_day")}


def store(lake: Lake, reading: Reading, parts: list[Part], known_at: datetime) -> tuple[pa.Array, set[str]]:
    """Record the parts. Returns the positions of the rows that changed something, and the tables that changed."""
    changed: list[pa.Array] = []
    touched: set[str] = set()
    with lake.writing():
        _refuse_twice(lake, reading, parts)
        for part in completed(lake, reading, parts, known_at):
            if part.table == EVENTS:
                append_events(lake, part.rows.drop_columns([POSITION]), known_at)
                changed.append(part.rows[POSITION].combine_chunks())
                touched |= {EVENTS} if part.rows.num_rows else set()
                continue
            status = lake.record(part.table, part.rows.drop_columns([POSITION]), known_at)
            changes = pc.not_equal(status, "duplicate")
            if part.table == "subscription_terms" and reading.kind.whole_subscriptions:
                gone = withdraw_gone(lake, part, known_at)
                changes = pc.or_(changes, pc.is_in(part.rows["subscription_id"], pa.array(sorted(gone), pa.string())))
            positions = part.rows[POSITION].filter(changes)
            if len(positions):
                touched.add(part.table)
                changed.append(positions.combine_chunks())
        if any(part.table == "subscription_terms" for part in parts):
            touched |= imply_accounts(lake, parts, known_at)
    everything = pa.concat_arrays(changed) if changed else pa.array([], pa.int64())
    return everything.unique(), touched


def completed(lake: Lake, reading: Reading, parts: Iterable[Part], known_at: datetime) -> Iterable[Part]:
    """The parts with what a file of its kind leaves unsaid."""
    for part in parts:
        if part.table == "accounts":
            yield _patched(lake, reading, part, known_at)
        elif part.table == "account_attributes":
            yield _without_unknown_blanks(lake, part, known_at)
        elif part.table == "plan_features":
            yield _with_removed_features(lake, part, parts, known_at)
        else:
            yield part


def _refuse_twice(lake: Lake, reading: Reading, parts: Iterable[Part]) -> None:
    for part in parts:
        if part.table == "subscription_terms":
            refuse_twice(lake, reading.source, part.rows["subscription_id"].unique().to_pylist())


def _alive(lake: Lake, table: str, keys: pa.ChunkedArray, known_at: datetime) -> pa.Table:
    known = lake.known(table, keys)
    return known.filter(alive_at(known, known_at))


def _patched(lake: Lake, reading: Reading, part: Part, known_at: datetime) -> Part:
    """Columns that the file does not have keep what an earlier file said."""
    absent = [columns for field, columns in FIELDS_OF_ACCOUNT.items() if not reading.has(field)]
    if not absent:
        return part
    alive = _alive(lake, part.table, part.rows["row_key"], known_at)
    alive = alive.filter(pc.not_equal(alive["source"], IMPLIED))
    at = pc.index_in(part.rows["row_key"], alive["row_key"].combine_chunks())
    rows = part.rows
    for name in (name for columns in absent for name in columns):
        rows = rows.set_column(rows.schema.get_field_index(name), name, alive[name].take(at))
    return Part(part.table, rows)


def _without_unknown_blanks(lake: Lake, part: Part, known_at: datetime) -> Part:
    """An empty cell clears what is known; where nothing is, it says nothing."""
    blank = pc.is_null(part.rows["text"])
    if not pc.any(blank).as_py():
        return part
    alive = _alive(lake, part.table, part.rows["row_key"].filter(blank), known_at)
    known = pc.is_in(part.rows["row_key"], alive["row_key"].combine_chunks())
    return Part(part.table, part.rows.filter(pc.or_(pc.invert(blank), known)))


def _with_removed_features(lake: Lake, part: Part, parts: Iterable[Part], known_at: datetime) -> Part:
    """A feature that a later list of its plan leaves out is no longer included."""
    listed = next((one.rows["plan_id"] for one in parts if one.table == "plans"), part.rows["plan_id"])
    known = lake.read(part.table)
    alive = known.filter(alive_at(known, known_at))
    gone = pc.and_(
        pc.and_(alive["included"], pc.is_in(alive["plan_id"], listed.combine_chunks())),
        pc.invert(pc.is_in(alive["row_key"], part.rows["row_key"].combine_chunks())),
    )
    removed = alive.filter(gone)
    if not removed.num_rows:
        return part
    position_of = pc.index_in(removed["plan_id"], listed.combine_chunks())
    plans = next(one.rows for one in parts if one.table == "plans")
    rows = make_part(
        part.table,
        {
            "plan_id": removed["plan_id"].combine_chunks(),
            "feature": removed["feature"].combine_chunks(),
            "included": pa.repeat(pa.scalar(False), removed.num_rows),
        },
        plans[POSITION].take(position_of).combine_chunks(),
        "file",
    ).rows
    return Part(part.table, pa.concat_tables([part.rows, rows], promote_options="permissive"))


_EARLIEST = """
SELECT account_id, valid_from_at, valid_from_day FROM terms
QUALIFY row_number() OVER (PARTITION BY account_id ORDER BY valid_from_day, valid_from_at NULLS FIRST) = 1
"""


def imply_accounts(lake: Lake, parts: list[Part], known_at: datetime) -> set[str]:
    """Create the accounts that no accounts file named, from their earliest subscription seen so far."""
    terms = next(part.rows for part in parts if part.table == "subscription_terms")
    with duckdb.connect() as connection:
        connection.register("terms", terms.select(["account_id", "valid_from_at", "valid_from_day"]))
        first = connection.execute(_EARLIEST).to_arrow_table()
    stubs = _stubs(first)
    known = lake.known("accounts", stubs["row_key"])
    changed = _record_stubs(lake, stubs, known.filter(alive_at(known, known_at)), known_at, also_unknown=True)
    later = known.filter(pc.greater(known["recorded_at"], pa.scalar(known_at, known.schema.field("recorded_at").type)))
    for moment in later["recorded_at"].unique().to_pylist():
        versions = later.filter(
            pc.equal(later["recorded_at"], pa.scalar(moment, later.schema.field("recorded_at").type))
        )
        versions = versions.filter(alive_at(versions, moment))
        changed |= _record_stubs(lake, stubs, versions, moment, also_unknown=False)
    return {"accounts"} if changed else set()


def _stubs(first: pa.Table) -> pa.Table:
    instant = TABLES["accounts"].column("created_at").arrow.type
    columns = {
        "account_id": first["account_id"].combine_chunks(),
        "created_at": first["valid_from_at"].combine_chunks().cast(instant),
        "created_day": first["valid_from_day"].combine_chunks(),
    }
    return make_part("accounts", columns, pa.nulls(first.num_rows, pa.int64()), IMPLIED).rows.drop_columns([POSITION])


def _record_stubs(lake: Lake, stubs: pa.Table, alive: pa.Table, moment: datetime, *, also_unknown: bool) -> bool:
    """Record the stubs of unknown accounts, and those that begin before a known stub."""
    at = pc.index_in(stubs["row_key"], alive["row_key"].combine_chunks())
    theirs = alive.take(at)
    wanted = pc.and_(pc.fill_null(pc.equal(theirs["source"], IMPLIED), False), _earlier(stubs, theirs))
    if also_unknown:
        wanted = pc.or_(wanted, pc.is_null(at))
    rows = stubs.filter(wanted)
    return bool(rows.num_rows) and bool(
        pc.any(pc.not_equal(lake.record("accounts", rows, moment), "duplicate")).as_py()
    )


def _earlier(ours: pa.Table, theirs: pa.Table) -> pa.ChunkedArray:
    """Whether a stub begins before the known one; on one day a plain date comes before an instant."""
    same_day = pc.fill_null(pc.equal(ours["created_day"], theirs["created_day"]), False)
    date_first = pc.and_(pc.is_null(ours["created_at"]), pc.is_valid(theirs["created_at"]))
    instant_first = pc.fill_null(pc.less(ours["created_at"], theirs["created_at"]), False)
    sooner = pc.fill_null(pc.less(ours["created_day"], theirs["created_day"]), False)
    return pc.or_(sooner, pc.and_(same_day, pc.or_(date_first, instant_first)))
