"""Who is active: users and accounts, on how many days, and who came, came back and fell silent."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from holdfast.metrics import bits
from holdfast.metrics.account_lists import one_period_more
from holdfast.metrics.activity import OF, SOURCES, Of
from holdfast.metrics.calendar import Period, literal_table
from holdfast.metrics.columns import PERIOD, count, number, rate
from holdfast.metrics.frame import ACCOUNT, Frame
from holdfast.metrics.policy import heeds
from holdfast.metrics.registry import ChartSpec, OutColumn, register
from holdfast.metrics.standing import every_row, groups_seen, placed
from holdfast.metrics.tables import fill, ratio
from holdfast.metrics.weekly_use import WeeklyUse, counted_units, day_count

ACTIVE_DEFINITION = "with at least one counting event in the period: of type track, and not on the ignore list."


def place(frame: Frame, rows: ir.Table) -> ir.Table:
    """Rows with idx and account_id, in the groups in which their accounts stand at the close of the period."""
    return placed(frame, rows.inner_join(frame.points(close=lambda p: p.close), "idx").drop("period"))


def asks_for_accounts(frame: Frame) -> bool:
    """Whether the question is split or filtered: only then it matters whose account an event is."""
    return bool(frame.dimensions.all)


def present(frame: Frame, of: Of) -> ir.Table:
    """Who of each group was active when: idx, dims and unit, each once."""
    rows = WeeklyUse(frame).by_period(of, with_accounts=True)
    rows = rows.select("idx", "unit", ACCOUNT).distinct()
    return place(frame, rows).select("idx", *frame.dims, "unit").distinct()


def days_of(frame: Frame, of: Of) -> ir.Table:
    """On how many days each was active: idx, dims, unit and days."""
    split = asks_for_accounts(frame)
    rows = WeeklyUse(frame).by_period(of, with_accounts=split)
    if split:
        rows = place(frame, rows)
    weeks = rows.group_by("idx", *frame.dims, "unit", "week").agg(days=bits.bit_or(rows.days).cast("int64"))
    weeks = weeks.mutate(days=day_count(weeks.days))
    return weeks.group_by("idx", *frame.dims, "unit").agg(days=weeks.days.sum().cast("int64"))


def seen(frame: Frame, of: Of) -> ir.Table:
    """idx, period and dims: every period with each group in which an account that was ever active stands at a close."""
    groups = [groups_seen(frame, WeeklyUse(frame).ever(of))] if frame.dims else []
    return every_row(frame, *groups)


def active(frame: Frame, of: Of) -> ir.Table:
    """idx, period, dims and `active`: how many were active."""
    if asks_for_accounts(frame):
        who = present(frame, of)
        counted = who.group_by("idx", *frame.dims).agg(active=who.count().cast("int64"))
    else:
        counted = _counted_by_bits(frame, of)
    return fill(seen(frame, of), counted, ["idx", *frame.dims], ["active"])


def _counted_by_bits(frame: Frame, of: Of) -> ir.Table:
    """idx and active: one row a person, whose periods are bits."""
    rows = WeeklyUse(frame).by_period(of, with_accounts=False)
    first, positions = frame.periods[0].index, len(frame.periods)
    one = rows.group_by("unit").agg(**bits.masks(rows.idx - first, positions))
    found = bits.counted(one, [], positions)
    return found.select(idx=found.position + first, active=found.n)


@register(
    name="active-users",
    unit="count",
    title="Active users",
    definition=f"People {ACTIVE_DEFINITION}",
    formula="number of distinct people with a counting event",
    columns=(PERIOD, count("active", "people with at least one counting event")),
    sources=SOURCES,
    heeds=heeds(),
    chart=ChartSpec("line", "People who used the product in each period", ("active",)),
    pure_count=True,
)
def active_users(frame: Frame) -> ir.Table:
    return active(frame, "users")


@register(
    name="active-accounts",
    unit="count",
    title="Active accounts",
    definition=f"Accounts {ACTIVE_DEFINITION}",
    formula="number of distinct accounts with a counting event",
    columns=(PERIOD, count("active", "accounts with at least one counting event of anybody in them")),
    sources=SOURCES,
    heeds=heeds(),
    chart=ChartSpec("line", "Accounts that used the product in each period", ("active",)),
    pure_count=True,
)
def active_accounts(frame: Frame) -> ir.Table:
    return active(frame, "accounts")


@register(
    name="stickiness",
    unit="rate",
    title="Stickiness",
    definition="How many of those who are active in a period are active on an average day of it. Of a period that is "
    "not over, the days up to the as-of day.",
    formula="mean over the period's days of those active on the day / active in the period",
    columns=(
        PERIOD,
        number("mean_daily", "mean of the daily actives over all days; null where no day has passed"),
        count("active", "active in the period"),
        rate("rate", "mean daily / active; null over 0"),
    ),
    sources=SOURCES,
    worked=("mean_daily = active_days / days", "rate = mean_daily / active"),
    leads="active_days",
    heeds=heeds(),
    chart=ChartSpec("line", "Share of a period's actives who are active on an average day", ("rate",)),
    pure_count=True,
    grains=("week", "month", "quarter", "year"),
    options=(OF,),
)
def stickiness(frame: Frame) -> ir.Table:
    of = counted_units(frame)
    each = days_of(frame, of)
    sums = each.group_by("idx", *frame.dims).agg(active_days=each.days.sum().cast("int64"))
    table = fill(active(frame, of), sums, ["idx", *frame.dims], ["active_days"])
    days = literal_table([{"idx": period.index, "days": _days(period, frame)} for period in frame.periods])
    table = table.inner_join(days, "idx")
    mean = ratio(table.active_days, table.days)
    return table.mutate(mean_daily=mean, rate=mean / table.active.cast("float64").nullif(0.0))


def _days(period: Period, frame: Frame) -> int:
    """Days of the period that have passed."""
    return max(0, (min(period.last, frame.query.today) - period.first).days + 1)


@register(
    name="active-days",
    unit="count",
    title="Days active",
    definition="How many were active on exactly so many days of the period.",
    formula="number of people by their number of days with a counting event",
    columns=(
        PERIOD,
        OutColumn("days", "dimension", "number of days on which they were active"),
        count("people", "who were active on exactly so many days"),
    ),
    sources=SOURCES,
    heeds=heeds(),
    chart=ChartSpec("bars", "How many were active on so many days", ("people",), x="days"),
    pure_count=True,
    grains=("week", "month"),
    periods_back=1,
    options=(OF,),
)
def active_days(frame: Frame) -> ir.Table:
    of = counted_units(frame)
    each = days_of(frame, of)
    sums = each.group_by("idx", *frame.dims, "days").agg(people=each.count().cast("int64"))
    numbers = literal_table(
        [
            {"number_idx": period.index, "days": day}
            for period in frame.periods
            for day in range(1, (period.last - period.first).days + 2)
        ]
    )
    groups = seen(frame, of)
    grid = groups.inner_join(numbers, groups.idx == numbers.number_idx).drop("number_idx")
    return fill(grid, sums, ["idx", *frame.dims, "days"], ["people"])


LIFECYCLE = ("new", "returning", "resurrected", "dormant")


@register(
    name="lifecycle",
    unit="count",
    title="Lifecycle",
    definition="Those active in a period by what they were before: new (first ever active), returning (active in the "
    "period before, too), resurrected (not in the period before, but ever before that); and those "
    "who were active in the period before and are not in this one.",
    formula="new + returning + resurrected = active",
    columns=(
        PERIOD,
        count("new", "first ever active"),
        count("returning", "active now and in the period before"),
        count("resurrected", "active now, not in the period before, ever before that"),
        count("dormant", "active in the period before and not now; of an open period, not yet"),
    ),
    sources=SOURCES,
    worked=("active = new + returning + resurrected",),
    heeds=heeds(),
    chart=ChartSpec("movements", "Who came, stayed, came back and fell silent", LIFECYCLE),
    pure_count=True,
    options=(OF,),
)
def lifecycle(frame: Frame) -> ir.Table:
    of = counted_units(frame)
    find = _changes_by_account if asks_for_accounts(frame) else _changes
    table = fill(seen(frame, of), find(frame, of), ["idx", *frame.dims], list(LIFECYCLE))
    begun = literal_table([{"begun_idx": p.index} for p in frame.periods if p.first <= frame.query.today])
    joined = table.left_join(begun, table.idx == begun.begun_idx)
    dormant = ibis.ifelse(joined.begun_idx.isnull(), ibis.literal(0, "int64"), joined.dormant)
    table = joined.mutate(dormant=dormant).drop("begun_idx")
    return table.mutate(active=table.new + table.returning + table.resurrected)


def _placed_in_range(frame: Frame, of: Of, *, with_accounts: bool) -> tuple[ir.Table, int, int]:
    """What units did by `position`, that counts from the period before the range; that one's index, and how many."""
    rows = WeeklyUse(one_period_more(frame)).by_period(of, with_accounts=with_accounts, history=True)
    first = frame.periods[0].index - 1
    return rows.mutate(position=rows.idx - first), first, len(frame.periods) + 1


def _changes(frame: Frame, of: Of) -> ir.Table:
    """idx, and how many came, stayed, came back and fell silent in each period."""
    rows, first, positions = _placed_in_range(frame, of, with_accounts=False)
    one = rows.group_by("unit").agg(**bits.masks(rows.position, positions), began=rows.position.min())
    before = bits.later(one, positions)
    both = one.select(**{name: one[name] & before[name] for name in before})
    gone = one.select(**{name: before[name] & ~one[name] for name in before})
    new = one.group_by(position="began").agg(n=one.count().cast("int64"))
    found = frame.points().select("idx")
    for name, counts in (
        ("active", bits.counted(one, [], positions)),
        ("new", new),
        ("returning", bits.counted(both, [], positions)),
        ("dormant", bits.counted(gone, [], positions)),
    ):
        found = fill(found, counts.select(idx=counts.position + first, **{name: counts.n}), ["idx"], [name])
    return found.mutate(resurrected=found.active - found.new - found.returning)


def _changes_by_account(frame: Frame, of: Of) -> ir.Table:
    """The same by group: what everybody was in the accounts that stand in it at the period's close."""
    rows, first, positions = _placed_in_range(frame, of, with_accounts=True)
    one = rows.group_by("unit", ACCOUNT).agg(**bits.masks(rows.position, positions), began=rows.position.min())
    flagged = one.cross_join(frame.points().select("idx"))
    place_of = flagged.idx - first
    flagged = flagged.mutate(
        now=bits.bit_at(flagged, place_of, positions),
        before=bits.bit_at(flagged, place_of - 1, positions),
        ever=(flagged.began < place_of).cast("int64"),
    )
    flagged = place(frame, flagged.filter((flagged.now > 0) | (flagged.before > 0) | (flagged.ever > 0)))
    grouped = flagged.group_by("idx", *frame.dims, "unit").agg(
        **{name: flagged[name].max() for name in ("now", "before", "ever")}
    )
    now, before, ever = grouped.now > 0, grouped.before > 0, grouped.ever > 0
    tests = {
        "new": now & ~ever,
        "returning": now & before,
        "resurrected": now & ever & ~before,
        "dormant": ~now & before,
    }
    counts = {name: test.cast("int64").sum().cast("int64") for name, test in tests.items()}
    return grouped.group_by("idx", *frame.dims).agg(**counts)
