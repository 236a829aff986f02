"""Who did what in which week: the weekly roll-up under the people and accounts that its rows belong to.

A row is one of somebody's weeks (or a part of one, where a period or a membership ends within it): `days` has a bit
for each day of the week with a counting event, Monday first, `events` those of the events that happened, and a column
for each weekday those of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from functools import cached_property

import ibis
import ibis.expr.types as ir

from holdfast.facts.rollups import WEEKDAYS
from holdfast.metrics import event_sets
from holdfast.metrics.activity import Of, id_of
from holdfast.metrics.calendar import literal_table
from holdfast.metrics.frame import ACCOUNT, Frame
from holdfast.metrics.people import as_people

SUNDAY = 6


def monday_of(day: date) -> date:
    return day - timedelta(days=day.weekday())


class WeeklyUse:
    """The counting events up to the as-of day, by week. Every method gives an Ibis table; none runs anything."""

    def __init__(self, frame: Frame) -> None:
        self.frame = frame

    @cached_property
    def numbers(self) -> dict[str, int]:
        """The numbers of the events."""
        return dict(self.frame.facts.event_numbers())

    def ever(self, of: Of, *, with_accounts: bool = True) -> ir.Table:
        """unit, account_id, week, page, days and events up to the as-of day; without accounts where nobody asks."""
        today = self.frame.query.today
        last = ibis.ifelse(self._weeks.week == ibis.literal(monday_of(today)), today.weekday(), SUNDAY)
        limited = self._weeks.mutate(low=ibis.literal(0, "int64"), high=last.cast("int64"))
        return self._sets(limited, of, with_accounts)

    def by_period(self, of: Of, *, with_accounts: bool, history: bool = False) -> ir.Table:
        """The same of the range, with `idx`; with `history` also what was before it, as of the period before."""
        parts = literal_table(self._parts())
        weeks = self._weeks.filter(self._weeks.week <= ibis.literal(self.frame.bound))
        if not history:
            return self._sets(weeks.inner_join(parts, "week"), of, with_accounts)
        parts = parts.rename(of_week="week")
        joined = weeks.left_join(parts, weeks.week == parts.of_week)
        whole = {"idx": self.frame.periods[0].index - 1, "low": 0, "high": SUNDAY}
        filled = {name: joined[name].fill_null(value).cast("int64") for name, value in whole.items()}
        return self._sets(joined.mutate(**filled).drop("of_week"), of, with_accounts)

    # parts

    @cached_property
    def _weeks(self) -> ir.Table:
        weekly = self.frame.facts.table("usage_weekly")
        rows = weekly.select(ACCOUNT, "week", "page", *WEEKDAYS, id=id_of(weekly))
        return rows.filter(rows.week <= ibis.literal(self.frame.query.today))

    def _parts(self) -> list[dict[str, object]]:
        """week, idx, and the first and last day of the week in the period; days before the range in the one before."""
        periods, bound = self.frame.periods, self.frame.bound
        start = periods[0].first
        before = [(periods[0].index - 1, monday_of(start), start - timedelta(days=1))] if start.weekday() else []
        spans = [(period.index, period.first, min(period.last, bound)) for period in periods if period.first <= bound]
        found: list[dict[str, object]] = []
        for idx, first, last in [*before, *spans]:
            for week in _weeks_of(first, last):
                low, high = max(0, (first - week).days), min(SUNDAY, (last - week).days)
                found.append({"week": week, "idx": idx, "low": low, "high": high})
        return found or [{"week": monday_of(start), "idx": periods[0].index, "low": 0, "high": -1}]

    def _sets(self, rows: ir.Table, of: Of, with_accounts: bool) -> ir.Table:
        """Rows (id, account_id, week, page, low, high and each day's set) of who is counted, with days and events."""
        rows = as_people(rows, "id", self.frame.facts.people()).drop("id")
        if of == "accounts" or with_accounts:
            rows = self._at_home(rows)
        rows = rows.mutate(unit=rows.person if of == "users" else rows[ACCOUNT])
        rows = rows.filter(rows.unit.notnull())
        rows = rows.mutate(counting=event_sets.without(rows.page, self._ignored))
        rows = rows.mutate(**{day: _inside(rows, place, rows[day]) for place, day in enumerate(WEEKDAYS)})
        keys = [name for name in ("unit", "person", ACCOUNT, "idx", "week", "page") if name in rows.columns]
        happened = rows.select(
            *keys,
            *WEEKDAYS,
            days=_any(*(ibis.ifelse(rows[day] != 0, 1 << place, 0) for place, day in enumerate(WEEKDAYS))),
            events=_any(*(rows[day] for day in WEEKDAYS)),
        )
        return happened.filter(happened.events != 0)

    @cached_property
    def _ignored(self) -> dict[int, int]:
        return event_sets.masks(self.frame.query.usage.ignored, self.numbers)

    def _at_home(self, rows: ir.Table) -> ir.Table:
        """Rows in the account that they name, else in the one that their person belonged to, a row for each stay."""
        homes = self.frame.facts.homes()
        if homes is None:
            return rows
        known = homes.rename(home_person="person")
        joined = rows.left_join(known, rows.person == known.home_person)
        monday = joined.week.epoch_days().cast("int64")
        stay = {
            "low": ibis.greatest(joined.low, ibis.coalesce(joined.from_number - monday, 0)),
            "high": ibis.least(joined.high, ibis.coalesce(joined.to_number - 1 - monday, SUNDAY)),
        }
        placed = joined.mutate(**{ACCOUNT: ibis.coalesce(joined[ACCOUNT], joined.home)}, **stay)
        return placed.filter(placed.low <= placed.high).select(*rows.columns)


def counted_units(frame: Frame) -> Of:
    """Who the question counts."""
    return "accounts" if frame.choice("of") == "accounts" else "users"


def day_count(days: ir.IntegerColumn) -> ir.IntegerValue:
    """How many days a set of weekdays holds."""
    held = [(days >> place) & 1 for place in range(len(WEEKDAYS))]
    return _added(held)


def first_day(rows: ir.Table) -> ir.DateValue:
    """The first day of a row's week with a counting event."""
    return _day_at(rows, ibis.cases(*((rows[day] != 0, place) for place, day in enumerate(WEEKDAYS))))


def last_day(rows: ir.Table) -> ir.DateValue:
    """The last one."""
    return _day_at(rows, ibis.cases(*((rows[day] != 0, place) for place, day in reversed([*enumerate(WEEKDAYS)]))))


def first_day_of(rows: ir.Table, event: str, numbers: Mapping[str, int]) -> ir.DateValue:
    """The first day of a row's week with that event; null where there is none."""
    held = [event_sets.holds(rows, event, numbers, day) for day in WEEKDAYS]
    return _day_at(rows, ibis.cases(*((one, place) for place, one in enumerate(held))))


def _day_at(rows: ir.Table, place: ir.IntegerValue) -> ir.DateValue:
    return rows.week + place.cast("int64").as_interval("D")


def _inside(rows: ir.Table, place: int, day: ir.IntegerColumn) -> ir.IntegerValue:
    """The counting events of a day; none where the day lies outside the row's days."""
    inside = (rows.low <= place) & (rows.high >= place)
    return ibis.ifelse(inside, day & rows.counting, ibis.literal(0, "int64"))


def _any(*sets: ir.IntegerValue) -> ir.IntegerValue:
    found = sets[0]
    for other in sets[1:]:
        found |= other
    return found.cast("int64")


def _added(values: list[ir.IntegerValue]) -> ir.IntegerValue:
    total = values[0]
    for value in values[1:]:
        total += value
    return total.cast("int64")


def _weeks_of(first: date, last: date) -> list[date]:
    """The Mondays of the weeks that the days lie in."""
    start = monday_of(first)
    return [start + timedelta(days=7 * week) for week in range(((last - start).days // 7) + 1)] if first <= last else []
