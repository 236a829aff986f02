"""Cohorts: accounts that became customers in the same period, followed over their age.

A cohort's accounts, and what they pay, change only on days on which something moved; so a triangle is a running
sum over ages of few rows, never accounts times periods.
"""

from __future__ import annotations

from collections.abc import Callable

import ibis
import ibis.expr.types as ir

from holdfast.metrics.calendar import (
    MONTHS_IN,
    last_day_of,
    literal_table,
    months_until,
    period_first,
    period_number,
    plus_months,
    shift,
)
from holdfast.metrics.columns import AGE, COHORT, COMPLETE, START_MRR, count, money, rate
from holdfast.metrics.frame import ACCOUNT, Frame
from holdfast.metrics.policy import heeds
from holdfast.metrics.recurring import TERMS
from holdfast.metrics.registry import ChartSpec, register
from holdfast.metrics.tables import fill, ratio, union, whole_numbers


class Cohorts:
    """The cells of one question: which cohorts, which ages, and the age of any day of an account's life."""

    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self.grain = frame.query.grain
        self.by_tenure = frame.policy["cohort_age"] == "tenure"
        self.first, self.last = frame.periods[0].index, frame.periods[-1].index
        self.newest = period_number(frame.bound, self.grain, frame.query.week_start)

    def cells(self) -> ir.Table:
        """cohort_number, cohort, age and complete of every cell of the range."""
        numbers = range(self.first, max(self.first, min(self.last, self.newest)) + 1)
        cohorts = literal_table([self._cohort(number) for number in numbers])
        cells = cohorts.cross_join(whole_numbers(max(0, self.newest - self.first) + 1, "age"))
        looked_at = cells.age <= self.newest - cells.cohort_number
        cells = cells.mutate(complete=(cells.age < cells.complete_ages) & looked_at, looked_at=looked_at)
        if self.frame.query.cohort_by is None:
            cells = cells.filter(cells.looked_at)
        return cells.drop("complete_ages", "looked_at")

    def _cohort(self, number: int) -> dict[str, object]:
        first = period_first(number, self.grain, self.frame.query.week_start)
        return {"cohort_number": number, "cohort": first, "complete_ages": self._complete_ages(number)}

    def _complete_ages(self, number: int) -> int:
        """How many of a cohort's cells have fully passed for all of it."""
        today, week_start = self.frame.query.today, self.frame.query.week_start
        ages = max(0, period_number(today, self.grain, week_start) - number)
        if not self.by_tenure:
            return ages
        youngest = shift(period_first(number + 1, self.grain, week_start), "day", -1)
        return ages - 1 if ages and shift(youngest, self.grain, ages - 1) >= today else ages

    def number(self, first_day: ir.DateColumn) -> ir.IntegerColumn:
        return self.frame.number(first_day)

    def in_range(self, table: ir.Table) -> ir.Table:
        """Rows of accounts whose cohort is in the range and that the cohort counts, with its number."""
        numbered = table.mutate(cohort_number=self.number(table.first_day))
        numbered = numbered.filter((numbered.cohort_number >= self.first) & (numbered.cohort_number <= self.last))
        if self.frame.policy["cohort_month_0"] == "month-end":
            return numbered.semi_join(self._left_at_close(), ACCOUNT)
        return numbered

    def _left_at_close(self) -> ir.Table:
        spans = self.frame.customers
        close = last_day_of(spans.first_day, self.grain, self.frame.query.week_start)
        close = ibis.ifelse(close > ibis.literal(self.frame.bound), ibis.literal(self.frame.bound), close)
        return spans.filter(Frame.covers(spans, close)).select(ACCOUNT).distinct()

    def age(self, first_day: ir.DateColumn, day: ir.DateColumn) -> ir.IntegerColumn:
        """The first age at whose close a change on `day` is seen."""
        if not self.by_tenure:
            return self.frame.number(day) - self.frame.number(first_day)
        if self.grain in MONTHS_IN:
            months = MONTHS_IN[self.grain]
            return ((months_until(first_day, day) + months - 1) // months).cast("int64")
        days = 7 if self.grain == "week" else 1
        elapsed = (day.epoch_days() - first_day.epoch_days()).cast("int64")
        return ((elapsed + days - 1) // days).cast("int64")

    def day_of_age(self, first_day: ir.DateColumn, age: ir.IntegerColumn) -> ir.DateColumn:
        """The day at whose close a cell is measured, for each account; never after the last day looked at."""
        day = self._day_of_age(first_day, age)
        bound = ibis.literal(self.frame.bound)
        return ibis.ifelse(day > bound, bound, day)

    def _day_of_age(self, first_day: ir.DateColumn, age: ir.IntegerColumn) -> ir.DateColumn:
        week_start = self.frame.query.week_start
        if self.grain in MONTHS_IN:
            months = age * MONTHS_IN[self.grain]
            if self.by_tenure:
                return plus_months(first_day, months)
            first = plus_months(first_day.truncate("M"), months)
            return last_day_of(first, self.grain, week_start)
        start = first_day if self.by_tenure else last_day_of(first_day, self.grain, week_start)
        return start + (age * (7 if self.grain == "week" else 1)).as_interval("D")

    @property
    def first_day_counts(self) -> bool:
        """Whether age 0 is all who ever started, rather than those left at the close."""
        return self.frame.policy["cohort_month_0"] == "full"


def retained_cells(frame: Frame) -> ir.Table:
    """cohort, age, dims, accounts, retained and complete of every cell and group."""
    cohorts = Cohorts(frame)
    spans = cohorts.in_range(frame.customers).mutate(idx=ibis.literal(0, "int64"))
    spans = frame.place(spans, at="first_day")
    keys = [*frame.dims, "cohort_number"]
    first = spans.filter(spans.ordinal == 0)
    bases = first.group_by(*keys).agg(accounts=first.count().cast("int64"))
    rises = spans.select(*keys, age=cohorts.age(spans.first_day, spans.from_day), step=ibis.literal(1, "int64"))
    ended = spans.filter(spans.to_day.notnull() & (spans.to_day <= ibis.literal(frame.bound)))
    falls = ended.select(*keys, age=cohorts.age(ended.first_day, ended.to_day), step=ibis.literal(-1, "int64"))
    table = _running(frame, cohorts, union(rises, falls), "step", "retained")
    table = fill(table, bases, keys, ["accounts"])
    if cohorts.first_day_counts and not cohorts.by_tenure:
        table = table.mutate(retained=ibis.ifelse(table.age == 0, table.accounts, table.retained))
    table = pooled(frame, table, "accounts", "retained")
    return table.mutate(rate=ratio(table.retained, table.accounts))


def pooled(frame: Frame, table: ir.Table, base: str, value: str) -> ir.Table:
    """Where a dimension makes the cohorts: the cells of all its months added up.

    Each account keeps its own age. A cell is complete when it is for every month in which somebody started.
    """
    if frame.query.cohort_by is None:
        return table
    table = table.rename(month="cohort").rename(cohort=frame.dims[-1])
    keys = ["cohort", "age", *(name for name in frame.money_keys[:-1] if name in table.columns)]
    passed = table.complete | (table[base] == 0)
    return table.group_by(*keys).agg(
        **{name: table[name].sum().cast("int64") for name in (base, value)}, complete=passed.all()
    )


def _running(frame: Frame, cohorts: Cohorts, steps: ir.Table, step: str, name: str) -> ir.Table:
    """Every cell of every group with the running sum of its steps over the ages."""
    dims = [column for column in steps.columns if column not in ("cohort_number", "age", step)]
    keys = [*dims, "cohort_number"]
    sums = steps.group_by(*keys, "age").agg(steps[step].sum().cast("int64").name(step))
    cells = cohorts.cells()
    grid = frame.groups(dims, steps).cross_join(cells) if dims else cells
    filled = fill(grid, sums, [*keys, "age"], [step])
    so_far = ibis.window(group_by=keys, order_by="age", preceding=None, following=0)
    return filled.mutate(**{name: filled[step].sum().over(so_far).cast("int64")}).drop(step)


@register(
    name="cohort-retention",
    unit="rate",
    title="Cohort retention",
    definition="Of the accounts that became customers in the same month, the share that are customers at "
    "the close of each later month. "
    "Who comes back counts again.",
    formula="customers of the cohort at the close of month cohort + age / accounts of the cohort",
    columns=(
        COHORT,
        AGE,
        count("accounts", "accounts of the cohort"),
        count("retained", "customers among them at the cell's close"),
        rate("rate", "retained / accounts; null over 0"),
        COMPLETE,
    ),
    sources=TERMS,
    worked=("rate = retained / accounts",),
    heeds=heeds("cohort_month_0", "cohort_age"),
    chart=ChartSpec("heatmap", "Share of each cohort still customers, by age", ("rate",), x="age"),
    any_cohort=True,
    pure_count=True,
)
def cohort_retention(frame: Frame) -> ir.Table:
    return retained_cells(frame)


def revenue_cells(frame: Frame) -> ir.Table:
    """cohort, age, money keys, start_mrr_micros, mrr_micros and complete of every cell and group."""
    cohorts = Cohorts(frame)
    table, starts = (_converted_cells if frame.query.currency else _summed_cells)(frame, cohorts)
    keys = [*frame.money_keys, "cohort_number"]
    if cohorts.first_day_counts:
        table = fill(table, starts, keys, ["start_mrr_micros"])
        at_start = ibis.ifelse(table.age == 0, table.start_mrr_micros, table.mrr_micros)
        return table.mutate(mrr_micros=at_start)
    at_start = ibis.ifelse(table.age == 0, table.mrr_micros, 0).sum().over(ibis.window(group_by=keys))
    return table.mutate(start_mrr_micros=at_start.cast("int64"))


def _summed_cells(frame: Frame, cohorts: Cohorts) -> tuple[ir.Table, ir.Table]:
    changes = cohorts.in_range(
        frame.facts.changes.filter(lambda t: (t.day <= ibis.literal(frame.query.today)) & (t.delta_micros != 0))
    )
    changes = frame.place(frame.owned(changes).mutate(idx=ibis.literal(0, "int64")), at="first_day")
    keys = [*frame.money_keys, "cohort_number"]
    steps = changes.select(*keys, "delta_micros", age=cohorts.age(changes.first_day, changes.day))
    table = _running(frame, cohorts, steps, "delta_micros", "mrr_micros")
    starts = changes.filter(changes.day == changes.first_day)
    return table, starts.group_by(*keys).agg(start_mrr_micros=starts.delta_micros.sum().cast("int64"))


def _converted_cells(frame: Frame, cohorts: Cohorts) -> tuple[ir.Table, ir.Table]:
    cells = cohorts.cells()
    members = cohorts.in_range(frame.first_days)
    lives = members.inner_join(cells.select("cohort_number", "age"), "cohort_number")
    lives = lives.mutate(at=cohorts.day_of_age(lives.first_day, lives.age), idx=ibis.literal(0, "int64"))
    keys = [*frame.money_keys, "cohort_number"]
    rows = frame.place(frame.worth_on(lives), at="first_day")
    sums = rows.group_by(*keys, "age").agg(mrr_micros=rows.mrr_micros.sum().cast("int64"))
    table = fill(frame.groups(frame.money_keys).cross_join(cells), sums, [*keys, "age"], ["mrr_micros"])
    first = frame.worth_on(members.mutate(at=members.first_day, idx=ibis.literal(0, "int64")))
    first = frame.place(first, at="first_day")
    return table, first.group_by(*keys).agg(start_mrr_micros=first.mrr_micros.sum().cast("int64"))


@register(
    name="cohort-revenue",
    unit="rate",
    title="Cohort revenue",
    definition="What each cohort's accounts pay a month at each age, against what they paid at the start.",
    formula="MRR of the cohort at the close of month cohort + age / its MRR at the start",
    columns=(
        COHORT,
        AGE,
        START_MRR,
        money("mrr", "MRR of the cohort at the cell's close"),
        rate("rate", "mrr / start_mrr; null over 0"),
        COMPLETE,
    ),
    sources=TERMS,
    worked=("rate = mrr / start_mrr",),
    heeds=heeds("cohort_month_0", "cohort_age", "fx"),
    chart=ChartSpec("heatmap", "MRR of each cohort as a share of what it started with, by age", ("rate",), x="age"),
    any_cohort=True,
)
def cohort_revenue(frame: Frame) -> ir.Table:
    table = pooled(frame, revenue_cells(frame), "start_mrr_micros", "mrr_micros")
    return table.mutate(rate=ratio(table.mrr_micros, table.start_mrr_micros))


def _at_age(age: int) -> Callable[[Frame], ir.Table]:
    def cells(frame: Frame) -> ir.Table:
        table = retained_cells(frame)
        return table.filter(table.age == age).drop("age")

    return cells


TREND_COLUMNS = (
    COHORT,
    count("accounts", "accounts of the cohort"),
    count("retained", "customers among them at that age"),
    rate("rate", "retained / accounts; null over 0"),
    COMPLETE,
)

register(
    name="second-month-retention",
    unit="rate",
    title="Second-month retention",
    definition="Share of each monthly cohort that are customers at the close of the month after their first.",
    formula="cohort retention at age 1",
    columns=TREND_COLUMNS,
    sources=TERMS,
    worked=("rate = retained / accounts",),
    heeds=heeds("cohort_month_0", "cohort_age"),
    chart=ChartSpec("line", "Share of each cohort kept into its second month", ("rate",), x="cohort"),
    grains=("month",),
    pure_count=True,
)(_at_age(1))

register(
    name="annual-retention",
    unit="rate",
    title="Annual retention",
    definition="Share of each monthly cohort that are customers twelve months on.",
    formula="cohort retention at age 12",
    columns=TREND_COLUMNS,
    sources=TERMS,
    worked=("rate = retained / accounts",),
    heeds=heeds("cohort_month_0", "cohort_age"),
    chart=ChartSpec("line", "Share of each cohort kept for a year", ("rate",), x="cohort"),
    grains=("month",),
    periods_back=24,
    pure_count=True,
)(_at_age(12))
