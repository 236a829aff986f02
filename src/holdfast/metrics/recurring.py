"""MRR, ARR and what they come to per account."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from holdfast.metrics.balances import accounts_at_close, balances
from holdfast.metrics.columns import PERIOD, count, money
from holdfast.metrics.frame import Frame
from holdfast.metrics.policy import heeds
from holdfast.metrics.registry import ChartSpec, register
from holdfast.metrics.spans import times_fraction
from holdfast.metrics.tables import fill

TERMS = ("subscription_terms", "plans")


def mrr_and_accounts(frame: Frame) -> ir.Table:
    """idx, period, money keys, mrr_micros and accounts at each period's close."""
    accounts = accounts_at_close(frame)
    closing = balances(frame, accounts).rename(mrr_micros="closing_micros").drop("opening_micros")
    return fill(closing, accounts, [*frame.money_keys, "idx"], ["accounts"])


@register(
    name="mrr",
    unit="money",
    title="Monthly recurring revenue",
    definition="What all running subscriptions are worth a month at the close of the period's last day, "
    "less discounts, without tax and one-off charges.",
    formula="sum over running items of amount per billing period x months' worth of the interval",
    columns=(PERIOD, money("mrr", "MRR at the period's end"), count("accounts", "customers at the period's end")),
    sources=TERMS,
    heeds=heeds("fx"),
    chart=ChartSpec("line", "Monthly recurring revenue at the end of each period", ("mrr",)),
    example={"question": "How much recurring revenue do we have?"},
)
def mrr(frame: Frame) -> ir.Table:
    return mrr_and_accounts(frame)


@register(
    name="arr",
    unit="money",
    title="Annual recurring revenue",
    definition="MRR at the period's end times twelve.",
    formula="12 x MRR",
    columns=(PERIOD, money("arr", "ARR at the period's end"), count("accounts", "customers at the period's end")),
    sources=TERMS,
    worked=("arr = 12 * mrr",),
    heeds=heeds("fx"),
    chart=ChartSpec("line", "Annual recurring revenue at the end of each period", ("arr",)),
)
def arr(frame: Frame) -> ir.Table:
    table = mrr_and_accounts(frame)
    return table.mutate(arr_micros=table.mrr_micros * 12)


@register(
    name="arpa",
    unit="money",
    title="Average revenue per account",
    definition="MRR divided by the number of customers, both at the period's end.",
    formula="MRR / accounts",
    columns=(
        PERIOD,
        money("mrr", "MRR at the period's end"),
        count("accounts", "customers at the period's end"),
        money("arpa", "MRR per account; null where there is none"),
    ),
    sources=TERMS,
    worked=("arpa = mrr / accounts",),
    heeds=heeds("fx"),
    chart=ChartSpec("line", "Average MRR per account at the end of each period", ("arpa",)),
)
def arpa(frame: Frame) -> ir.Table:
    table = mrr_and_accounts(frame)
    return table.mutate(arpa_micros=per_account(table.mrr_micros, table.accounts))


def per_account(micros: ir.IntegerColumn, accounts: ir.IntegerColumn) -> ir.IntegerColumn:
    """Money per account in micros, rounded half away from zero, exactly; null over 0."""
    # engines disagree on what a null inside a cast is, so the division never sees one
    divisor = ibis.ifelse(accounts > 0, accounts, 1).cast("int64")
    magnitude = times_fraction(micros.abs(), ibis.literal(1, "int64"), divisor)
    share = ibis.ifelse(micros < 0, -magnitude, magnitude)
    return ibis.ifelse(accounts > 0, share, ibis.null("int64"))
