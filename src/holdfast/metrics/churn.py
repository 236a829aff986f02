"""Customer churn and customer retention: accounts counted, not money."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from holdfast.metrics.columns import PERIOD, START_ACCOUNTS, count, rate
from holdfast.metrics.frame import ACCOUNT, Frame
from holdfast.metrics.policy import heeds
from holdfast.metrics.recurring import TERMS
from holdfast.metrics.registry import ChartSpec, register
from holdfast.metrics.tables import fill, ratio, union

TALLIES = ["start_accounts", "end_accounts", "gone", "churned_once", "churns", "became", "acquired"]


def account_periods(frame: Frame) -> ir.Table:
    """What each account did in each period: idx, account_id, at_start, at_end, churns, starts (integers), first_turn.

    Accounts that were customers at neither end and did not turn in between are left out.
    """
    present = frame.roster(opening=lambda p: p.opening, close=lambda p: p.close)
    turns = frame.turns()
    nothing = ibis.literal(0, "int64")
    stood = present.select(
        "idx",
        ACCOUNT,
        at_start=present.opening.cast("int64"),
        at_end=present.close.cast("int64"),
        churns=nothing,
        starts=nothing,
        turned=ibis.null("date"),
    )
    churned = turns.turn == "churn"
    moved = turns.select(
        "idx",
        ACCOUNT,
        at_start=nothing,
        at_end=nothing,
        churns=churned.cast("int64"),
        starts=(~churned).cast("int64"),
        turned="day",
    )
    both = union(stood, moved)
    return both.group_by("idx", ACCOUNT).agg(
        at_start=both.at_start.max(),
        at_end=both.at_end.max(),
        churns=both.churns.sum().cast("int64"),
        starts=both.starts.sum().cast("int64"),
        first_turn=both.turned.min(),
    )


def tallies(frame: Frame) -> ir.Table:
    """idx, period, dims and the counts that churn and retention are made of, for every period and group."""
    accounts = account_periods(frame).inner_join(frame.points(opening=lambda p: p.opening), "idx")
    accounts = accounts.mutate(home=ibis.ifelse(accounts.at_start > 0, accounts.opening, accounts.first_turn))
    placed = frame.place(accounts, at="home")
    counts = {
        "start_accounts": placed.at_start > 0,
        "end_accounts": placed.at_end > 0,
        "gone": (placed.at_start > 0) & (placed.at_end == 0),
        "churned_once": placed.churns > 0,
        "became": placed.starts > 0,
        "acquired": (placed.at_start == 0) & (placed.starts > 0),
    }
    sums = placed.group_by("idx", *frame.dims).agg(
        **{name: test.cast("int64").sum().cast("int64") for name, test in counts.items()},
        churns=placed.churns.sum().cast("int64"),
    )
    grid = frame.every_period(frame.dims, sums)
    return fill(grid, sums, [*frame.dims, "idx"], TALLIES)


def with_churn(frame: Frame) -> ir.Table:
    """Tallies with churned_accounts, base and rate by the policy's numerator and denominator."""
    table = tallies(frame.showing_all())
    numerator = {
        "gone-at-end": "gone",
        "left": "gone",
        "every-cancellation": "churned_once",
        "every-churn": "churns",
    }[frame.policy["churn_numerator"]]
    base = table.start_accounts
    if frame.policy["churn_denominator"] == "start+new":
        base = base + table.became
    table = table.mutate(churned_accounts=table[numerator], base=base)
    return table.mutate(rate=ratio(table.churned_accounts, table.base))


@register(
    name="customer-churn",
    unit="rate",
    title="Customer churn rate",
    definition="Share of the customers at the period's start that are no customers at its end, under the "
    "default policy; "
    "the policy says whom it counts and by what it divides.",
    formula="churned accounts / customers at the start",
    columns=(
        PERIOD,
        START_ACCOUNTS,
        count("churned_accounts", "accounts counted as lost, by the policy's numerator"),
        rate("rate", "churned / start, by the policy's denominator; null over 0"),
    ),
    sources=TERMS,
    worked=("rate = churned_accounts / base",),
    heeds=heeds("churn_numerator", "churn_denominator"),
    chart=ChartSpec("line", "Share of customers lost in each period", ("rate",)),
    pure_count=True,
)
def customer_churn(frame: Frame) -> ir.Table:
    return with_churn(frame)


@register(
    name="customer-retention",
    unit="rate",
    title="Customer retention rate",
    definition="Customers at the period's end less those acquired in it, over the customers at its start. "
    "It is 1 - churn only when nobody joins and leaves within the period: who does is acquired "
    "but not there at the end.",
    formula="(customers at end - acquired in the period) / customers at start",
    columns=(
        PERIOD,
        START_ACCOUNTS,
        count("acquired_accounts", "not customers at the start, became so in the period, whether or not they stayed"),
        count("end_accounts", "customers at the close of the period's last day"),
        rate("rate", "(end - acquired) / start; null over 0"),
    ),
    sources=TERMS,
    worked=("rate = (end_accounts - acquired_accounts) / start_accounts",),
    leads="start_accounts - end_accounts + acquired_accounts",
    heeds=heeds(),
    chart=ChartSpec("line", "Share of customers kept in each period", ("rate",)),
    pure_count=True,
)
def customer_retention(frame: Frame) -> ir.Table:
    table = tallies(frame.showing_all())
    table = table.mutate(acquired_accounts=table.acquired)
    return table.mutate(rate=ratio(table.end_accounts - table.acquired, table.start_accounts))
