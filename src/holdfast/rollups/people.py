"""Who is who, and who belonged where: tables that questions about usage join, made once for each state of facts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc

from holdfast.facts.days import start_of_day
from holdfast.metrics.people import chained, ends_of, first_links, homes, with_ends
from holdfast.rollups.scratch import Scratch

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from holdfast.lake import Lake
    from holdfast.metrics.query import MetricQuery

Standing = Callable[[str], "ir.Table"]
LINKS, MEMBERS = "identities", "memberships"
MICROSECOND = timedelta(microseconds=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class PeopleTables:
    """The people and homes of each question."""

    def __init__(self, lake: Lake, scratch: Scratch) -> None:
        self.lake, self.scratch = lake, scratch
        self._made: dict[tuple[object, ...], ir.Table] = {}

    def people(self, query: MetricQuery, standing: Standing) -> ir.Table | None:
        """`id` and `person` of every id that leads to another one; null where none does."""
        version = self.lake.version(LINKS)
        if version is None:
            return None
        key = (LINKS, version, query.known(LINKS), query.today)
        return self._once(key, lambda: self._people(first_links(standing(LINKS), query.today)))

    def _people(self, links: ir.Table) -> ir.Table:
        first = self.scratch.stored(links)
        rows = self.scratch.engine.to_arrow(chained(first)).to_pylist()
        ends = ends_of({row["id"]: row["person"] for row in rows})
        if not ends:
            return first
        named = pa.table({"id": list(ends), "person": list(ends.values())})
        return self.scratch.stored(with_ends(first, self.scratch.table(named)))

    def homes(self, query: MetricQuery, standing: Standing, counted: Standing, merges: object) -> ir.Table | None:
        """Which account a person belonged to, merged accounts as one; null where no membership is known."""
        version = self.lake.version(MEMBERS)
        if version is None:
            return None
        ids = (self.lake.version(LINKS), query.known(LINKS), query.today)
        key = (MEMBERS, version, query.known(MEMBERS), ids, merges)
        return self._once(key, lambda: self.scratch.stored(homes(counted(MEMBERS), self.people(query, standing))))

    def day_starts(self, zone: ZoneInfo, events: ir.Table) -> ir.Table:
        """The first instant of each day on which an event without an instant happened."""
        key = ("day_starts", zone.key, self.lake.version("events"))
        return self._once(key, lambda: self.scratch.table(self._day_starts(zone, events)))

    def _day_starts(self, zone: ZoneInfo, events: ir.Table) -> pa.Table:
        days = events.filter(events.occurred_at.isnull()).select(day="occurred_day").distinct()
        found = self.scratch.engine.to_arrow(days)["day"]
        starts = [(start_of_day(day, zone) - EPOCH) // MICROSECOND for day in found.to_pylist()]
        return pa.table({"day": pc.cast(found, pa.date32()), "start": pa.array(starts, pa.int64())})

    def _once(self, key: tuple[object, ...], make: Callable[[], ir.Table]) -> ir.Table:
        if key not in self._made:
            self._made[key] = make()
        return self._made[key]
