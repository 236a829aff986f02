"""Usage retention: who came back, period after period. The rules are in decision 0007.

In calendar periods a person is two masks: the periods with a start event, and those with enough return events. A
triangle is then sums of bits, never people times periods times periods.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property

import ibis
import ibis.expr.types as ir

from holdfast.metrics import bits, event_sets
from holdfast.metrics.activity import OF, SOURCES, Activity
from holdfast.metrics.calendar import literal_table
from holdfast.metrics.columns import AGE, count, rate
from holdfast.metrics.frame import ACCOUNT, Frame
from holdfast.metrics.policy import heeds
from holdfast.metrics.registry import ChartSpec, Option, OutColumn, register
from holdfast.metrics.standing import groups_seen
from holdfast.metrics.tables import fill, ratio, whole_numbers
from holdfast.metrics.usage_active import asks_for_accounts, place
from holdfast.metrics.weekly_use import WeeklyUse, counted_units

DAY = 86_400_000_000
"""Microseconds."""
WINDOW_DAYS = {"day": 1, "week": 7, "month": 30}

ENTRY = Option(
    "entry",
    "first",
    "who makes a cohort: at the first start event ever, or in every period with one",
    ("first", "recurring"),
)
RETURN = Option("return", "on", "returned in that very period, or in it or a later one", ("on", "on-or-after"))
MODE = Option(
    "mode", "calendar", "periods of the calendar, or of 24 hours from each person's start", ("calendar", "rolling")
)
START_EVENT = Option("start_event", "", "event that begins it; any counting event where none is named")
RETURN_EVENT = Option("return_event", "", "event that shows a return; any counting event where none is named")
MIN_EVENTS = Option("min_events", 1, "return events in a period from which somebody has returned")


@dataclass
class Triangle:
    """The cells of one question: cohorts and ages are bounded by the range alike, and by the as-of day."""

    frame: Frame

    @property
    def first(self) -> int:
        return self.frame.periods[0].index

    @cached_property
    def positions(self) -> int:
        """Periods of the range that have begun."""
        return max(1, sum(period.first <= self.frame.query.today for period in self.frame.periods))

    def cells(self) -> ir.Table:
        """cohort_position, cohort, age, complete and dims of every cell."""
        cohorts = literal_table([self._cohort(start) for start in range(self.positions)])
        cells = cohorts.cross_join(ages(self.positions))
        cells = cells.filter(cells.cohort_position + cells.age < self.positions)
        cells = cells.mutate(complete=cells.age < cells.complete_ages).drop("complete_ages")
        if not self.frame.dims:
            return cells
        everybody = WeeklyUse(self.frame).ever(counted_units(self.frame))
        return groups_seen(self.frame, everybody).cross_join(cells)

    def _cohort(self, start: int) -> dict[str, object]:
        complete = sum(self._complete(start, age) for age in range(self.positions - start))
        return {"cohort_position": start, "cohort": self.frame.periods[start].first, "complete_ages": complete}

    def _complete(self, start: int, age: int) -> bool:
        periods, today = self.frame.periods, self.frame.query.today
        if age == 0 or self.frame.choice("mode") == "calendar":
            return periods[start + age].last < today
        over = periods[start].last + timedelta(days=(age + 1) * WINDOW_DAYS[self.frame.query.grain])
        return over < today and over <= periods[-1].last


@register(
    name="usage-retention",
    unit="rate",
    title="Usage retention",
    definition="Of those who began in a period (with their first start event ever, or with any), the share that came "
    "back in the periods after it.",
    formula="people of the cohort with enough return events in the period / people of the cohort",
    columns=(
        OutColumn("cohort", "cohort", "first day of the period in which they began"),
        AGE,
        count("people", "people (accounts) of the cohort"),
        count("retained", "those who returned at that age; at age 0 all of them"),
        rate("rate", "retained / people; null over 0"),
        OutColumn("complete", "flag", "false while the cell has not fully passed for all of the cohort"),
    ),
    sources=SOURCES,
    worked=("rate = retained / people",),
    leads="retained",
    heeds=heeds(),
    chart=ChartSpec("heatmap", "Share of each cohort that came back", ("rate",), x="age"),
    pure_count=True,
    grain="week",
    grains=("day", "week", "month"),
    options=(ENTRY, RETURN, MODE, START_EVENT, RETURN_EVENT, MIN_EVENTS, OF),
    reference="https://posthog.com/docs/product-analytics/retention",
)
def usage_retention(frame: Frame) -> ir.Table:
    triangle = Triangle(frame)
    found = _rolling(frame, triangle) if frame.choice("mode") == "rolling" else _calendar(frame, triangle)
    keys = [*frame.dims, "cohort_position", "age"]
    table = fill(triangle.cells(), found, keys, ["people", "retained"])
    return table.mutate(rate=ratio(table.retained, table.people)).drop("cohort_position")


def is_event(rows: ir.Table, name: str) -> ir.BooleanValue:
    """Whether a row is of the event that was named; of any, where none was."""
    return rows.event == name if name else ibis.literal(True)


# calendar periods


def _calendar(frame: Frame, triangle: Triangle) -> ir.Table:
    members = _split_members(frame, triangle) if asks_for_accounts(frame) else _members(frame, triangle)
    people = members.group_by(*frame.dims, "cohort_position").agg(people=members.count().cast("int64"))
    return _with_people(frame, triangle, people, _came_back(frame, triangle, members))


def _with_people(frame: Frame, triangle: Triangle, people: ir.Table, returned: ir.Table) -> ir.Table:
    """The sizes of cohorts and how many of them returned, as cells; at age 0 everybody has."""
    cells = people.cross_join(ages(triangle.positions))
    table = fill(cells, returned, [*frame.dims, "cohort_position", "age"], ["returned"])
    return table.mutate(retained=ibis.ifelse(table.age == 0, table.people, table.returned)).drop("returned")


def _came_back(frame: Frame, triangle: Triangle, members: ir.Table) -> ir.Table:
    """dims, cohort_position, age and how many returned at it, or at it or later."""
    keys = [*frame.dims, "cohort_position"]
    if frame.choice("return") == "on":
        found = bits.counted(members, keys, triangle.positions)
        found = found.filter(found.position >= found.cohort_position)
        return found.select(*keys, age=found.position - found.cohort_position, returned="n")
    lasts = members.group_by(*keys, "last_return").agg(n=members.count().cast("int64"))
    each = lasts.cross_join(ages(triangle.positions))
    each = each.filter(each.cohort_position + each.age <= each.last_return)
    return each.group_by(*keys, "age").agg(returned=each.n.sum().cast("int64"))


def ages(positions: int) -> ir.Table:
    """The numbers from 0 to `positions`, as `age`."""
    return whole_numbers(positions, "age")


def _members(frame: Frame, triangle: Triangle) -> ir.Table:
    """Everybody with the cohort that they are in, and the mask and the last of their returns; in each of them."""
    rows = _numbered(frame, triangle, with_accounts=False)
    people = _masked(frame, triangle, rows, ["unit"])
    if frame.choice("entry") == "first":
        inside = people.filter((people.began >= 0) & (people.began < triangle.positions))
        return inside.mutate(cohort_position=inside.began)
    return bits.each_position(people, triangle.positions, "s").rename(cohort_position="position")


def _split_members(frame: Frame, triangle: Triangle) -> ir.Table:
    """The same, by group: for each cohort those accounts that stand in the group at the close of its period."""
    rows = _numbered(frame, triangle, with_accounts=True)
    rows = rows.group_by("unit", ACCOUNT, "position").agg(
        starts=rows.starts.sum().cast("int64"), returns=rows.returns.sum().cast("int64")
    )
    several = rows.cross_join(_starts(triangle))
    several = several.mutate(idx=several.cohort_position + triangle.first)
    placed = place(frame, several)
    keys = [*frame.dims, "cohort_position", "unit"]
    people = _masked(frame, triangle, placed, keys)
    entered = (
        people.began == people.cohort_position
        if frame.choice("entry") == "first"
        else bits.bit_at(people, people.cohort_position, triangle.positions, "s") == 1
    )
    return people.filter(entered)


def _starts(triangle: Triangle) -> ir.Table:
    return literal_table([{"cohort_position": start} for start in range(triangle.positions)])


def _numbered(frame: Frame, triangle: Triangle, *, with_accounts: bool) -> ir.Table:
    """What units did, with its position in the range, and how many start and return events it stands for: those that
    there were where they are to be counted, else one for all of a week.
    """
    find = _counted if frame.option("min_events") > 1 else _seen
    rows, starts, returns = find(frame, with_accounts)
    rows = rows.mutate(position=rows.idx - triangle.first, starts=starts, returns=returns)
    return rows.filter((rows.starts > 0) | (rows.returns > 0))


def _counted(frame: Frame, with_accounts: bool) -> tuple[ir.Table, ir.IntegerValue, ir.IntegerValue]:
    rows = Activity(frame).units(counted_units(frame), with_accounts=with_accounts)
    rows = rows.mutate(idx=frame.number(rows.day))
    starts, returns = (is_event(rows, frame.choice(name)) for name in ("start_event", "return_event"))
    nothing = ibis.literal(0, "int64")
    return rows, ibis.ifelse(starts, rows.events, nothing), ibis.ifelse(returns, rows.events, nothing)


def _seen(frame: Frame, with_accounts: bool) -> tuple[ir.Table, ir.IntegerValue, ir.IntegerValue]:
    use = WeeklyUse(frame)
    first_ever = frame.choice("entry") == "first"
    rows = use.by_period(counted_units(frame), with_accounts=with_accounts, history=first_ever)
    starts, returns = (
        event_sets.holds(rows, name, use.numbers) if name else ibis.literal(True)
        for name in (frame.choice("start_event"), frame.choice("return_event"))
    )
    return rows, starts.cast("int64"), returns.cast("int64")


def _masked(frame: Frame, triangle: Triangle, rows: ir.Table, keys: list[str]) -> ir.Table:
    """One row for each of the keys: the mask of returns (`m…`) and their last, the position of the first start, and the
    mask of starts (`s…`) where each of them makes a cohort.
    """
    least = frame.option("min_events")
    if least > 1:
        rows = rows.group_by(*keys, "position").agg(
            starts=rows.starts.sum().cast("int64"), returns=rows.returns.sum().cast("int64")
        )
    began, returned, nothing = rows.starts > 0, rows.returns >= least, ibis.null("int64")
    recurring = frame.choice("entry") == "recurring"
    found = bits.masks(rows.position, triangle.positions, when=returned)
    if recurring:
        found |= bits.masks(rows.position, triangle.positions, "s", when=began)
    inside = returned & (rows.position < triangle.positions)
    people = rows.group_by(*keys).agg(
        **found,
        first_start=ibis.ifelse(began, rows.position, nothing).min(),
        last_return=ibis.ifelse(inside, rows.position, nothing).max(),
    )
    began_at = ibis.ifelse(people.first_start < 0, ibis.literal(-1, "int64"), people.first_start)
    return people.filter(people.first_start.notnull()).mutate(began=began_at).drop("first_start")


# windows of 24 hours


def _rolling(frame: Frame, triangle: Triangle) -> ir.Table:
    activity = Activity(frame)
    events = activity.of(activity.instants, frame.choice("of"))
    events = events.filter(events.day <= ibis.literal(frame.bound))
    events = events.mutate(position=frame.number(events.day) - triangle.first)
    split = asks_for_accounts(frame)
    if split:
        events = _in_groups(frame, triangle, events)
    begun = _begun(frame, triangle, events, split=split)
    returned = _returned(frame, triangle, events, begun, split=split)
    people = begun.group_by(*frame.dims, "cohort_position").agg(people=begun.count().cast("int64"))
    return _with_people(frame, triangle, people, returned)


def _in_groups(frame: Frame, triangle: Triangle, events: ir.Table) -> ir.Table:
    """Events once for each cohort, in the group in which their account stands at the close of the cohort's period."""
    several = events.cross_join(_starts(triangle))
    return place(frame, several.mutate(idx=several.cohort_position + triangle.first))


def _begun(frame: Frame, triangle: Triangle, events: ir.Table, *, split: bool) -> ir.Table:
    """dims, cohort_position, unit and the instant at which each of its people began."""
    starts = events.filter(is_event(events, frame.choice("start_event")))
    recurring = frame.choice("entry") == "recurring"
    keys = [*frame.dims, "unit", *(["cohort_position"] if split else []), *(["position"] if recurring else [])]
    begun = starts.group_by(*keys).agg(began_at=starts["at"].min(), began=starts.position.min())
    if split:
        return begun.filter(begun.began == begun.cohort_position).select(
            *frame.dims, "cohort_position", "unit", "began_at"
        )
    inside = begun.filter((begun.began >= 0) & (begun.began < triangle.positions))
    return inside.select("unit", "began_at", cohort_position="began")


def _returned(frame: Frame, triangle: Triangle, events: ir.Table, begun: ir.Table, *, split: bool) -> ir.Table:
    """dims, cohort_position, age and how many returned."""
    matching = [*frame.dims, "cohort_position", "unit"] if split else ["unit"]
    keys = [*frame.dims, "cohort_position", "unit"]
    right = begun.rename({f"of_{name}": name for name in matching})
    returns = events.filter(is_event(events, frame.choice("return_event")))
    joined = returns.inner_join(right, [returns[name].identical_to(right[f"of_{name}"]) for name in matching])
    later = joined.filter(joined["at"] >= joined.began_at)
    window = WINDOW_DAYS[frame.query.grain] * DAY
    later = later.mutate(age=((later["at"] - later.began_at) // window).cast("int64"))
    counted = later.group_by(*keys, "age").agg(events=later.count().cast("int64"))
    enough = counted.filter(counted.events >= frame.option("min_events"))
    if frame.choice("return") == "on-or-after":
        last = enough.group_by(*keys).agg(last=enough.age.max())
        enough = last.cross_join(ages(triangle.positions))
        enough = enough.filter(enough.age <= enough["last"])
    return enough.group_by(*frame.dims, "cohort_position", "age").agg(returned=enough.count().cast("int64"))
