"""The facts that a question sees: those known at its time, under the accounts that others were merged into."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from holdfast.facts import TABLES
from holdfast.lake.reconcile import alive_at

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from holdfast.engines import Engine
    from holdfast.lake import Lake
    from holdfast.metrics.query import Known

MERGES = "account_merges"
OF_ONE = {"accounts": ("account_id",), "account_attributes": ("account_id", "name")}
"""Tables of which an account has one row, or one of each name: its own goes before those of accounts merged into it."""

CREATED = ("created_at", "created_day")


class StandingFacts:
    """The canonical tables of a lake on an engine, as known at any time."""

    def __init__(self, lake: Lake, engine: Engine) -> None:
        self.lake = lake
        self.engine = engine
        self._merges = lru_cache(maxsize=64)(self._read_merges)

    def table(self, name: str, known: Known) -> ir.Table:
        """The rows of a table that stood, as they were recorded."""
        import ibis

        table = self.engine.parquet(self.lake.files(name), TABLES[name].schema, name=name)
        if TABLES[name].derived:
            return table
        standing = table.filter(table.superseded_at.isnull())
        if known.at is not None:
            moment = ibis.literal(known.at, "timestamp('UTC')")
            ended_later = table.superseded_at.isnull() | (table.superseded_at > moment)
            standing = table.filter((table.recorded_at <= moment) & ended_later)
        if known.of_keys_at is None:
            return standing
        earlier = ibis.literal(known.of_keys_at, "timestamp('UTC')")
        seen = table.filter(table.recorded_at <= earlier).select("row_key").distinct()
        return standing.semi_join(seen, "row_key")

    def news(self, name: str, earlier: datetime | None, later: datetime | None) -> tuple[int, int]:
        """How many rows were corrected or withdrawn between the two times, and how many are new."""
        from holdfast.metrics.query import Known

        if earlier is None or not self.lake.files(name):
            return 0, 0
        import ibis

        moment = ibis.literal(earlier, "timestamp('UTC')")
        later_on = self.table(name, Known(later))
        fresh = later_on.filter(later_on.recorded_at > moment)
        corrected = self.table(name, Known(later, earlier)).filter(lambda t: t.recorded_at > moment)
        gone = self.table(name, Known(earlier)).anti_join(later_on, "row_key")
        new, again, withdrawn = (
            int(self.engine.to_arrow(rows.count().name("rows").as_table())["rows"][0].as_py())
            for rows in (fresh, corrected, gone)
        )
        return again + withdrawn, new - again

    def merges(self, known: Known) -> Mapping[str, str]:
        """Each merged account and the one it is counted as in the end."""
        return self._merges(known, self.lake.version(MERGES))

    def _read_merges(self, known: Known, version: int | None) -> Mapping[str, str]:
        if version is None:
            return {}
        rows = self.lake.read(MERGES)
        alive = rows.filter(pc.is_null(rows["superseded_at"]) if known.at is None else alive_at(rows, known.at))
        if known.of_keys_at is not None:
            seen = rows.filter(pc.less_equal(rows["recorded_at"], pa.scalar(known.of_keys_at)))
            alive = alive.filter(pc.is_in(alive["row_key"], seen["row_key"].combine_chunks()))
        pairs = zip(alive["account_id"].to_pylist(), alive["into_account_id"].to_pylist(), strict=True)
        return in_the_end({one: other for one, other in pairs if other is not None})

    def counted(self, name: str, known: Known, named: ir.Table | None) -> ir.Table:
        """The same rows under the accounts that they are counted as; `named` holds merged_id and into_id."""
        return self.under_merged(name, self.table(name, known), named)

    def under_merged(self, name: str, table: ir.Table, named: ir.Table | None) -> ir.Table:
        """Rows of a table under the accounts that theirs were merged into."""
        if named is None or "account_id" not in table.columns or name == MERGES:
            return table
        import ibis

        joined = table.left_join(named, table.account_id == named.merged_id)
        own = joined.into_id.isnull() | (joined.into_id == joined.account_id)
        counted = joined.mutate(counted_id=ibis.coalesce(joined.into_id, joined.account_id), own=own)
        if name == "accounts":
            # what was merged is as old as its oldest part
            of_all = ibis.window(group_by="counted_id")
            counted = counted.mutate(**{column: counted[column].min().over(of_all) for column in CREATED})
        if name in OF_ONE:
            keys = ["counted_id", *OF_ONE[name][1:]]
            order = ibis.window(group_by=keys, order_by=[counted.own.desc(), counted.account_id.asc()])
            counted = counted.mutate(place=ibis.row_number().over(order).cast("int64")).filter(lambda t: t.place == 0)
        columns = {column: counted[column] for column in table.columns} | {"account_id": counted.counted_id}
        return counted.select(**columns)


def in_the_end(merges: Mapping[str, str]) -> dict[str, str]:
    """Each account with the one it is counted as, through any chain of merges.

    >>> in_the_end({"a": "b", "b": "c"})
    {'a': 'c', 'b': 'c'}
    """
    found = {}
    for account in merges:
        last, seen = account, {account}
        while last in merges and merges[last] not in seen:
            last = merges[last]
            seen.add(last)
        found[account] = last
    return found
