"""Where today's revenue comes from: which cohorts, and how much from customers that were there before."""

from __future__ import annotations

from datetime import timedelta

import ibis
import ibis.expr.types as ir

from holdfast.facts.days import add_months
from holdfast.metrics.calendar import literal_table, months_before, period_first, period_number
from holdfast.metrics.columns import PERIOD, count, money, rate
from holdfast.metrics.frame import ACCOUNT, Frame
from holdfast.metrics.policy import heeds
from holdfast.metrics.recurring import TERMS, per_account
from holdfast.metrics.registry import ChartSpec, OutColumn, register
from holdfast.metrics.tables import fill, ratio
from holdfast.metrics.value import rounded


@register(
    name="revenue-by-cohort",
    unit="money",
    title="Revenue by cohort",
    definition="MRR at the period's end by the month in which the accounts first paid, its share of all, "
    "and the share a year before.",
    formula="MRR of the cohort / MRR of all",
    columns=(
        PERIOD,
        OutColumn("cohort", "cohort", "month in which the accounts first paid"),
        money("mrr", "MRR of the cohort at the period's end"),
        rate("share", "of all MRR of the group at the period's end; null over 0"),
        rate("share_year_ago", "the cohort's share a year before; null where there was no MRR then"),
        count("accounts", "customers of the cohort with MRR at the period's end"),
        money("arpa", "MRR per account; null where there is none"),
    ),
    sources=TERMS,
    worked=("share = mrr / total_mrr", "arpa = mrr / accounts"),
    heeds=heeds("fx"),
    chart=ChartSpec("stacked-area", "MRR at the end of each period by cohort", ("mrr",)),
)
def revenue_by_cohort(frame: Frame) -> ir.Table:
    keys = ["idx", "cohort", *frame.money_keys]
    now = _by_cohort(frame, frame.points(at=lambda p: p.close))
    before = _by_cohort(frame, frame.points(at=lambda p: months_before(p.close, 12)))
    closes = frame.points(close=lambda p: p.close)
    changes = frame.changes.filter(lambda t: t.delta_micros != 0)
    seen = changes.mutate(cohort=changes.first_day.truncate("M")).select("cohort", *frame.money_keys).distinct()
    grid = seen.cross_join(frame.points())
    grid = grid.inner_join(closes.select("idx", "close"), "idx").filter(lambda t: t.cohort <= t.close)
    table = fill(grid, now, keys, ["mrr_micros", "accounts"])
    table = fill(table, before.rename(before_micros="mrr_micros"), keys, ["before_micros"])
    whole = ibis.window(group_by=["idx", *frame.money_keys])
    table = table.mutate(total_mrr_micros=table.mrr_micros.sum().over(whole).cast("int64"))
    return table.mutate(
        share=ratio(table.mrr_micros, table.total_mrr_micros),
        share_year_ago=ratio(table.before_micros, table.before_micros.sum().over(whole)),
        arpa_micros=per_account(table.mrr_micros, table.accounts),
    )


def _by_cohort(frame: Frame, points: ir.Table) -> ir.Table:
    rows = frame.snapshot(points)
    rows = rows.inner_join(frame.first_days, ACCOUNT)
    rows = rows.mutate(cohort=rows.first_day.truncate("M")).filter(lambda t: t.mrr_micros > 0)
    return rows.group_by("idx", "cohort", *frame.money_keys).agg(
        mrr_micros=rows.mrr_micros.sum().cast("int64"), accounts=rows[ACCOUNT].nunique().cast("int64")
    )


@register(
    name="existing-base-share",
    unit="rate",
    title="Share of revenue from the existing base",
    definition="Of the quarter's month-end MRR, the part of those that were customers when it began. For "
    "the current quarter, "
    "what all of it is expected to come to: today's survivors carried forward, and new business of last year's weight.",
    formula="sum of month-end MRR of customers at the quarter's start / sum of all month-end MRR",
    columns=(
        PERIOD,
        money("existing_mrr", "sum of the month-end MRR of the customers at the quarter's start"),
        money("total_mrr", "sum of the month-end MRR of all"),
        rate("share", "existing / total; null over 0"),
        rate("share_year_ago", "the same quarter's share a year before"),
        money("expected", "expected sum of the whole current quarter; null for others, and without a year to go by"),
    ),
    sources=TERMS,
    worked=("share = existing_mrr / total_mrr", "expected = carried / share_year_ago"),
    heeds=heeds("fx"),
    chart=ChartSpec("bars", "Share of each quarter's revenue from customers it began with", ("share",)),
    grain="quarter",
    grains=("quarter",),
    periods_back=4,
)
def existing_base_share(frame: Frame) -> ir.Table:
    keys = ["idx", *frame.money_keys]
    sums = _month_end_sums(frame)
    table = frame.every_period(frame.money_keys)
    table = fill(table, sums, keys, ["existing_mrr_micros", "total_mrr_micros", "carried_micros"])
    year_ago = sums.mutate(idx=sums.idx + 4).rename(old_existing="existing_mrr_micros", old_total="total_mrr_micros")
    table = fill(table, year_ago, keys, ["old_existing", "old_total"])
    share_year_ago = ratio(table.old_existing, table.old_total)
    current = period_number(frame.query.today, "quarter")
    expected = ibis.ifelse(
        table.idx == current, table.carried_micros.cast("float64") / share_year_ago.nullif(0.0), None
    )
    return table.mutate(
        share=ratio(table.existing_mrr_micros, table.total_mrr_micros),
        share_year_ago=share_year_ago,
        expected_micros=rounded(expected.cast("float64")),
    )


def _month_end_sums(frame: Frame) -> ir.Table:
    """Of each quarter and the same one a year before: existing, total and carried (existing, to come included)."""
    points = _month_ends(frame)
    rows = frame.snapshot_of(points)
    base = frame.customers.cross_join(points.select("idx", "opening").distinct())
    base = base.filter(Frame.covers(base, base.opening)).select("idx", ACCOUNT).distinct()
    marked = rows.left_join(base.mutate(existing=True), ["idx", ACCOUNT]).select(*rows.columns, "existing")
    existing = marked.existing.fill_null(False)
    sums = {
        "existing_mrr_micros": ibis.ifelse(existing & marked.passed, marked.mrr_micros, 0),
        "total_mrr_micros": ibis.ifelse(marked.passed, marked.mrr_micros, 0),
        "carried_micros": ibis.ifelse(existing, marked.mrr_micros, 0),
    }
    return marked.group_by("idx", *frame.money_keys).agg(
        **{name: value.sum().cast("int64") for name, value in sums.items()}
    )


def _month_ends(frame: Frame) -> ir.Table:
    """One row for each month-end of each quarter: idx, opening, at, passed (false for those still to come)."""
    numbers = {p.index for p in frame.periods} | {p.index - 4 for p in frame.periods}
    return literal_table([_month_end(frame, quarter, month) for quarter in sorted(numbers) for month in range(3)])


def _month_end(frame: Frame, quarter: int, month: int) -> dict[str, object]:
    first, today = period_first(quarter, "quarter"), frame.query.today
    begins, ends = add_months(first, month), add_months(first, month + 1) - timedelta(days=1)
    return {
        "idx": quarter,
        "month": month,
        "opening": min(first - timedelta(days=1), today),
        "at": min(ends, today),
        "passed": begins <= today,
    }
