"""Who began when, in which group, and how long it took them to do something first."""

from __future__ import annotations

from collections.abc import Sequence

import ibis
import ibis.expr.types as ir

from holdfast.metrics.activity import SOURCES as EVENTS
from holdfast.metrics.frame import ACCOUNT, Frame
from holdfast.metrics.people import as_people
from holdfast.metrics.registry import Option
from holdfast.metrics.standing import SOURCES as STANDING
from holdfast.metrics.standing import every_row, groups_seen, placed
from holdfast.metrics.tables import union
from holdfast.metrics.weekly_use import WeeklyUse, counted_units, first_day, first_day_of

SOURCES = (*EVENTS, *STANDING, "accounts", "users")
WITHIN = Option("within", 0, "days from the start; what comes later is left out; 0 for any time")
ANY = ""
"""In place of an event's name: any counting event."""


def began(frame: Frame, events: Sequence[str]) -> ir.Table:
    """Those who began in the range: idx, dims, unit, start (a day), and for each of the events `days_0`, `days_1`, ...
    from start to the first of it; null where there was none, or not within the days that the question allows.
    """
    find = _accounts if frame.choice("of") == "accounts" else _users
    found = find(frame, events)
    waits = {f"days_{place}": _wait(frame, found, f"first_{place}") for place in range(len(events))}
    return found.select("idx", *frame.dims, "unit", "start", **waits)


def grid(frame: Frame, found: ir.Table) -> ir.Table:
    """idx, period and dims: each period with each group that was ever active, or in which somebody began."""
    if not frame.dims:
        return every_row(frame)
    active = WeeklyUse(frame).ever(counted_units(frame))
    return every_row(frame, groups_seen(frame, active), found.select(*frame.dims))


def _wait(frame: Frame, found: ir.Table, first: str) -> ir.IntegerColumn:
    days = found[first].epoch_days().cast("int64") - found.start.epoch_days().cast("int64")
    within = frame.option("within")
    return ibis.ifelse(days <= within, days, ibis.null("int64")) if within else days


def _accounts(frame: Frame, events: Sequence[str]) -> ir.Table:
    starts = frame.in_range(_earliest(_active(frame, events), events, *_known_accounts(frame)), "start")
    if not frame.dimensions.all:
        return starts
    closing = starts.inner_join(frame.points(close=lambda p: p.close), "idx")
    return placed(frame, closing.mutate(**{ACCOUNT: closing.unit}))


def _known_accounts(frame: Frame) -> list[ir.Table]:
    """unit and start: the days on which accounts were created, tried or subscribed."""
    days = {"accounts": "created_day", "trials": "started_day", "subscription_terms": "valid_from_day"}
    return [_days(frame, frame.facts.table(name), ACCOUNT, day) for name, day in days.items()]


def _users(frame: Frame, events: Sequence[str]) -> ir.Table:
    created = _created(frame)
    if not frame.dimensions.all:
        return frame.in_range(_earliest(_active(frame, events), events, created), "start")
    active = _active(frame, events, ACCOUNT)
    in_groups = _in_groups(frame, active, events)
    own = created.rename(of_unit="unit", created="start")
    joined = in_groups.left_join(own, in_groups.unit == own.of_unit)
    starts = joined.mutate(start=_sooner(joined.start, joined.created)).drop("of_unit", "created")
    silent = _nowhere(frame, created.anti_join(active, "unit"), events)
    return union(starts.filter(frame.number(starts.start) == starts.idx), silent)


def _in_groups(frame: Frame, active: ir.Table, events: Sequence[str]) -> ir.Table:
    """idx, dims, unit and the first days of each period's groups, as accounts stand at its close."""
    closes = active.select(ACCOUNT).distinct().cross_join(frame.points(close=lambda p: p.close).drop("period"))
    homes = placed(frame, closes).select("idx", *frame.dims, home=ACCOUNT)
    joined = active.inner_join(homes, active[ACCOUNT].identical_to(homes.home))
    firsts = {name: joined[name].min() for name in ("start", *_firsts(events))}
    return joined.group_by("idx", *frame.dims, "unit").agg(**firsts)


def _nowhere(frame: Frame, silent: ir.Table, events: Sequence[str]) -> ir.Table:
    """Users without any event stand in no account's group."""
    nothing = {name: ibis.null("date") for name in _firsts(events)}
    rows = frame.in_range(silent, "start").mutate(**nothing, **{ACCOUNT: ibis.null("string")})
    rows = rows.mutate(close=rows.start)
    return placed(frame, rows).select("idx", *frame.dims, "unit", "start", *nothing)


def _created(frame: Frame) -> ir.Table:
    """unit and start: the day on which a person was created, of all its ids the earliest."""
    people = as_people(frame.facts.table("users"), "user_id", frame.facts.people())
    days = _days(frame, people, "person", "created_day")
    return days.group_by("unit").agg(start=days.start.min())


def _active(frame: Frame, events: Sequence[str], *finer: str) -> ir.Table:
    """unit (and finer) with `start`, the day of the first counting event, and `first_0`, ... of each of the events."""
    use, of = WeeklyUse(frame), counted_units(frame)
    rows = use.ever(of, with_accounts=of == "accounts" or bool(finer))
    named = {name: event for name, event in zip(_firsts(events), events, strict=True) if event != ANY}
    days = {name: first_day_of(rows, event, use.numbers) for name, event in named.items()}
    rows = rows.mutate(start=first_day(rows), **days)
    firsts = {name: rows[name if name in named else "start"].min() for name in _firsts(events)}
    return rows.group_by("unit", *finer).agg(start=rows.start.min(), **firsts)


def _firsts(events: Sequence[str]) -> list[str]:
    return [f"first_{place}" for place in range(len(events))]


def _days(frame: Frame, rows: ir.Table, unit: str, day: str) -> ir.Table:
    happened = rows.filter(rows[unit].notnull() & (rows[day] <= ibis.literal(frame.query.today)))
    return happened.select(unit=unit, start=day)


def _earliest(active: ir.Table, events: Sequence[str], *known: ir.Table) -> ir.Table:
    """All that is known of each unit, as one row."""
    nothing = {name: ibis.null("date") for name in _firsts(events)}
    rows = union(active, *(table.mutate(**nothing) for table in known))
    return rows.group_by("unit").agg(**{name: rows[name].min() for name in ("start", *nothing)})


def _sooner(first: ir.DateColumn, second: ir.DateColumn) -> ir.DateValue:
    return ibis.ifelse(second < first, second, first)
