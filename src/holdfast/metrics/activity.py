"""Who did what when: the counting events of one question, under the people and accounts that they belong to."""

from __future__ import annotations

from functools import cached_property
from typing import Literal

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir

from holdfast.metrics.frame import ACCOUNT, Frame
from holdfast.metrics.people import as_people
from holdfast.metrics.registry import Option

Of = Literal["users", "accounts"]
OF = Option("of", "users", "who is counted: users or accounts", ("users", "accounts"))
OF_ACCOUNTS = Option("of", "accounts", "who is counted: accounts or users", ("accounts", "users"))
SOURCES = ("events", "identities", "memberships")
MICROSECONDS = 1_000_000


@ibis.udf.scalar.builtin(signature=((dt.Timestamp(timezone="UTC"),), dt.int64))
def unix_micros(instant):  # type: ignore[no-untyped-def]
    """An instant as microseconds since 1970. What Ibis itself has for it is slow on DuckDB, and in three parts."""


class Activity:
    """The counting events up to the as-of day. Every method gives an Ibis table; none of them runs anything."""

    def __init__(self, frame: Frame) -> None:
        self.frame = frame

    # what happened

    @cached_property
    def days(self) -> ir.Table:
        """id and account_id (both as they came), event, day and events; a key may stand in several rows."""
        daily = self.frame.facts.table("usage_daily")
        return self._counting(daily.select(ACCOUNT, "event", "day", "events", id=id_of(daily)), "day")

    @cached_property
    def people(self) -> ir.Table:
        """person, account_id (as the event names it), event, day and events, of those that are somebody's."""
        days = self.days.filter(self.days.id.notnull())
        return as_people(days, "id", self.frame.facts.people()).drop("id")

    @cached_property
    def rows(self) -> ir.Table:
        """person (null: nobody's), account_id (null: no account's), event, day and events."""
        named = as_people(self.days, "id", self.frame.facts.people()).drop("id")
        return self._at_home(named, "day")

    @cached_property
    def instants(self) -> ir.Table:
        """One row an event: person, account_id, event, day, and `at` in microseconds since 1970."""
        events = self.frame.facts.table("events")
        track = events.filter((events.type == "track") & events.event.notnull())
        track = track.select(ACCOUNT, "event", "occurred_at", day="occurred_day", id=id_of(track))
        named = as_people(self._counting(track, "day"), "id", self.frame.facts.people()).drop("id")
        return self._with_instant(self._at_home(named, "day"))

    def of(self, rows: ir.Table, of: str) -> ir.Table:
        """Rows with `unit`: the person or the account that is counted; without those that are nobody's."""
        rows = rows.mutate(unit=rows.person if of == "users" else rows[ACCOUNT])
        return rows.filter(rows.unit.notnull())

    def units(self, of: Of, *, with_accounts: bool) -> ir.Table:
        """unit, account_id, event, day and events of who is counted; without accounts where nobody asks for them."""
        if of == "users" and not with_accounts:
            return self.people.rename(unit="person")
        return self.of(self.rows, of)

    # parts

    def _counting(self, rows: ir.Table, day: str) -> ir.Table:
        ignored = self.frame.query.usage.ignored
        rows = rows.filter(rows[day] <= ibis.literal(self.frame.query.today))
        return rows.filter(~rows.event.isin(list(ignored))) if ignored else rows

    def _at_home(self, rows: ir.Table, day: str) -> ir.Table:
        """Rows in the account that they name, else in the one that their person belonged to on the day."""
        homes = self.frame.facts.homes()
        if homes is None:
            return rows
        known = homes.rename(home_person="person")
        joined = rows.left_join(known, rows.person == known.home_person)
        number = joined[day].epoch_days().cast("int64")
        inside = joined.home_person.isnull() | ((joined.from_number <= number) & (number < joined.to_number))
        placed = joined.filter(inside)
        return placed.mutate(**{ACCOUNT: ibis.coalesce(placed[ACCOUNT], placed.home)}).select(*rows.columns)

    def _with_instant(self, rows: ir.Table) -> ir.Table:
        starts = self.frame.facts.day_starts().rename(start_day="day")
        joined = rows.left_join(starts, rows.day == starts.start_day)
        timed = joined.mutate(at=ibis.coalesce(unix_micros(joined.occurred_at), joined.start))
        return timed.select(*[name for name in rows.columns if name != "occurred_at"], "at")


def id_of(events: ir.Table) -> ir.StringColumn:
    """The id that a row came with: the user's, else the anonymous one."""
    return ibis.coalesce(events.user_id, events.anonymous_id)
