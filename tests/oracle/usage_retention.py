"""Who comes back: cohorts of people by their start events, and how many of them return at each age."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from .days import Period, next_period, period_of, periods
from .money import ratio
from .usage_view import Act, Rows, Usage

WINDOW_DAYS = {"day": 1, "week": 7, "month": 30}


@dataclass(frozen=True)
class Cell:
    cohort: Period
    age: int
    period: Period


def last_period(usage: Usage) -> Period:
    q = usage.q
    return periods(q.start, q.end, q.grain, q.week_start)[-1]


def cells(usage: Usage) -> Iterator[Cell]:
    """Every cell that neither lies after the range nor begins after the as-of day."""
    q = usage.q
    for cohort in periods(q.start, q.end, q.grain, q.week_start):
        age, period = 0, cohort
        while period.first <= q.today and period <= last_period(usage):
            yield Cell(cohort, age, period)
            age, period = age + 1, next_period(period, q.grain, q.week_start)


def complete(usage: Usage, cell: Cell) -> bool:
    today = usage.q.today
    if usage.q.mode == "calendar" or cell.age == 0:
        return cell.period.last < today
    over = cell.cohort.last + timedelta(days=(cell.age + 1) * WINDOW_DAYS[usage.q.grain])
    return over < today and over <= last_period(usage).last


def matches(wanted: str, act: Act) -> bool:
    return wanted in ("", act.event)


def starts(usage: Usage, acts: list[Act]) -> dict[Period, dict[str, datetime]]:
    """The members of each cohort, each with the instant of its start."""
    q = usage.q
    found: dict[Period, dict[str, datetime]] = defaultdict(dict)
    started: set[str] = set()
    for act in sorted(acts, key=lambda act: (act.day, act.instant)):
        unit = usage.unit(act)
        if unit is None or not matches(q.start_event, act) or (q.entry == "first" and unit in started):
            continue
        started.add(unit)
        found[period_of(act.day, q.grain, q.week_start)].setdefault(unit, act.instant)
    return found


def ages(usage: Usage, cohort: Period, start: datetime, acts: list[Act]) -> Counter[int]:
    """How many return events one member has at each age."""
    q, counts = usage.q, Counter[int]()
    for act in acts:
        if not matches(q.return_event, act) or act.day > last_period(usage).last:
            continue
        if q.mode == "rolling":
            counts[(act.instant - start) // timedelta(days=WINDOW_DAYS[q.grain])] += 1
        else:
            counts[distance(usage, cohort, act.day)] += 1
    return counts


def distance(usage: Usage, cohort: Period, day: date) -> int:
    """How many periods after the cohort a day lies; below 0 for one before it."""
    period, grain = period_of(day, usage.q.grain, usage.q.week_start), usage.q.grain
    if grain == "month":
        return (period.first.year - cohort.first.year) * 12 + period.first.month - cohort.first.month
    return (period.first - cohort.first).days // WINDOW_DAYS[grain]


def is_retained(usage: Usage, counts: Counter[int], age: int) -> bool:
    least = usage.q.min_events
    if age == 0:
        return True
    if usage.q.return_on == "on":
        return counts[age] >= least
    return any(count >= least for later, count in counts.items() if later >= age)


def usage_retention(usage: Usage) -> Rows:
    rows = []
    members: dict[Period, dict[object, list[Counter[int]]]] = {}
    for cell in cells(usage):
        if cell.cohort not in members:
            members[cell.cohort] = {
                key: cohort_of(usage, cell.cohort, acts)
                for key, acts in usage.parts(usage.window_of(cell.cohort).end).items()
            }
        for key in usage.in_order():
            own = members[cell.cohort][key]
            retained = sum(is_retained(usage, counts, cell.age) for counts in own)
            rows.append(
                {
                    "cohort": cell.cohort.first,
                    "age": cell.age,
                    **usage.labels(key),
                    "people": len(own),
                    "retained": retained,
                    "rate": ratio(retained, len(own)),
                    "complete": complete(usage, cell),
                }
            )
    return rows


def cohort_of(usage: Usage, cohort: Period, acts: list[Act]) -> list[Counter[int]]:
    """The return events at each age of every member."""
    own: dict[str, list[Act]] = defaultdict(list)
    for act in acts:
        unit = usage.unit(act)
        if unit is not None:
            own[unit].append(act)
    begun = starts(usage, acts)[cohort]
    return [ages(usage, cohort, start, own[unit]) for unit, start in begun.items()]
