"""Lifetime value, and what it costs to win a customer."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction

import ibis
import ibis.expr.types as ir

from holdfast.metrics.calendar import MONTHS_IN, Period, last_day_of, literal_table, period_first, period_number
from holdfast.metrics.churn import with_churn
from holdfast.metrics.columns import PERIOD, count, money, number, rate
from holdfast.metrics.frame import ACCOUNT, CURRENCY, Frame
from holdfast.metrics.policy import heeds
from holdfast.metrics.recurring import TERMS, mrr_and_accounts, per_account
from holdfast.metrics.registry import ChartSpec, register
from holdfast.metrics.spans import times_fraction
from holdfast.metrics.tables import fill, ratio

POOLED_MONTHS = 6
DAYS_IN_MONTH = 365 / 12


def rounded(amount: ir.FloatingValue) -> ir.IntegerColumn:
    """A float of micros as whole micros, half away from zero; null stays null."""
    known = amount.fill_null(0.0)
    magnitude = (known.abs() + 0.5).floor().cast("int64")
    signed = ibis.ifelse(known < 0, -magnitude, magnitude)
    return ibis.ifelse(amount.isnull(), ibis.null("int64"), signed)


@register(
    name="ltv",
    unit="money",
    title="Lifetime value",
    definition="What a customer is worth over its life at today's revenue, margin and churn.",
    formula="ARPA x margin / monthly churn rate; churn pooled over the last 6 complete months",
    columns=(
        PERIOD,
        money("arpa", "MRR per account at the period's end; null where there is none"),
        rate("churn_rate", "monthly customer churn, by the policy's ltv_churn"),
        money("ltv", "lifetime value; null without churn or without accounts"),
    ),
    sources=TERMS,
    worked=("ltv = arpa * margin / churn_rate", "churn_rate = churned / base", "arpa = mrr / accounts"),
    leads="churned",
    heeds=heeds("ltv_churn", "ltv_floor", "churn_numerator", "churn_denominator", "same_period", "fx"),
    chart=ChartSpec("line", "Lifetime value of a customer", ("ltv",)),
)
def ltv(frame: Frame) -> ir.Table:
    table = mrr_and_accounts(frame)
    table = table.mutate(arpa_micros=per_account(table.mrr_micros, table.accounts))
    found = ["churned", "base", "churn_rate"]
    accounts = frame.counting()
    theirs = ["idx", *accounts.dims]
    # an account's currency is a dimension, an amount's the column beside its dimensions
    own = ["idx", *frame.dims, CURRENCY][: len(theirs)]
    churn = monthly_churn(accounts).select(*theirs, *found)
    right = churn.rename({f"of_{name}": name for name in theirs})
    matches = [table[name].identical_to(right[f"of_{other}"]) for name, other in zip(own, theirs, strict=True)]
    joined = table.left_join(right, matches).select(*table.columns, *found)
    return joined.mutate(ltv_micros=_lifetime_value(frame, joined), margin=ibis.literal(frame.query.margin))


def _lifetime_value(frame: Frame, rows: ir.Table) -> ir.IntegerColumn:
    """ARPA x margin / churn: in whole numbers where the rate is churned / base, else by the rate."""
    margin = Fraction(str(frame.query.margin))
    by_rate = rounded(rows.arpa_micros.cast("float64") * frame.query.margin / rows.churn_rate.nullif(0.0))
    if frame.policy["ltv_churn"] == "period" and frame.query.grain != "month":
        return by_rate
    counted = (rows.churned > 0) & (rows.churn_rate == ratio(rows.churned, rows.base)) & rows.arpa_micros.notnull()
    numerator = ibis.ifelse(counted, rows.base, 1) * margin.numerator
    denominator = ibis.ifelse(counted, rows.churned, 1) * margin.denominator
    exact = times_fraction(rows.arpa_micros.fill_null(0), numerator.cast("int64"), denominator.cast("int64"))
    return ibis.ifelse(counted, exact, by_rate)


def monthly_churn(frame: Frame) -> ir.Table:
    """idx, dims, churned, base and churn_rate: the monthly rate that LTV divides by, null where there is none."""
    pooled = frame.policy["ltv_churn"] != "period"
    table = _pooled_churn(frame) if pooled else _churn_of_period(frame)
    if frame.policy["ltv_floor"] != "none":
        floor = ibis.literal(float(Fraction(frame.policy["ltv_floor"])))
        table = table.mutate(churn_rate=ibis.ifelse(table.churn_rate < floor, floor, table.churn_rate))
    return table


def _churn_of_period(frame: Frame) -> ir.Table:
    """The period's own churn, re-based to a month by compounding."""
    table = with_churn(frame).rename(churned="churned_accounts")
    grain = frame.query.grain
    if grain == "month":
        return table.mutate(churn_rate=table.rate)
    months = MONTHS_IN.get(grain) or (7 if grain == "week" else 1) / DAYS_IN_MONTH
    kept = 1.0 - ibis.ifelse(table.rate > 1.0, 1.0, table.rate)
    return table.mutate(churn_rate=1.0 - kept ** (1.0 / months))


def _pooled_churn(frame: Frame) -> ir.Table:
    """Sum of churned over sum of start, of six complete months."""
    windows = [(p, *_months_pooled(frame, p)) for p in frame.periods]
    start, end = min(first for _, first, _ in windows), max(last for _, _, last in windows)
    monthly = with_churn(frame.over(period_first(start, "month"), period_first(end, "month"), "month"))
    rows = literal_table([{"of_idx": p.index, "first_month": first, "last_month": last} for p, first, last in windows])
    joined = monthly.cross_join(rows)
    joined = joined.filter((joined.idx >= joined.first_month) & (joined.idx <= joined.last_month))
    sums = joined.group_by(joined.of_idx.name("idx"), *frame.dims).agg(
        churned=joined.churned_accounts.sum().cast("int64"), base=joined.base.sum().cast("int64")
    )
    return sums.mutate(churn_rate=ratio(sums.churned, sums.base))


def _months_pooled(frame: Frame, period: Period) -> tuple[int, int]:
    """Numbers of the first and last month whose churn is pooled for a period."""
    last_day = period.first - timedelta(days=1) if frame.policy["ltv_churn"] == "previous-6" else period.last
    complete = _last_complete_month(min(last_day, frame.query.today - timedelta(days=1)))
    return complete - POOLED_MONTHS + 1, complete


def _last_complete_month(day: date) -> int:
    """The number of the latest month that is over at the close of `day`."""
    return period_number(day + timedelta(days=1), "month") - 1


@register(
    name="cac",
    unit="money",
    title="Customer acquisition cost",
    definition="What was spent on winning customers in the period, per new account.",
    formula="acquisition spend / new accounts",
    columns=(
        PERIOD,
        money("spend", "spend with the purpose acquisition"),
        count("new_accounts", "accounts that became customers for the first time"),
        money("cac", "spend per new account; null where there is none"),
    ),
    sources=("spend", *TERMS),
    worked=("cac = spend / new_accounts",),
    heeds=heeds("same_period", "fx"),
    chart=ChartSpec("line", "Acquisition spend for each new account", ("cac",)),
    splits=("currency",),
)
def cac(frame: Frame) -> ir.Table:
    return with_cac(frame)


def with_cac(frame: Frame) -> ir.Table:
    """idx, period, currency, spend_micros, new_accounts, cac_micros."""
    spend = _acquisition_spend(frame)
    turns = frame.turns()
    new = turns.filter(turns.turn == "new").group_by("idx").agg(new_accounts=turns[ACCOUNT].nunique().cast("int64"))
    grid = frame.every_period([CURRENCY], spend)
    in_range = frame.in_range(spend)
    sums = in_range.group_by("idx", CURRENCY).agg(spend_micros=in_range.amount_micros.sum().cast("int64"))
    table = fill(fill(grid, sums, ["idx", CURRENCY], ["spend_micros"]), new, ["idx"], ["new_accounts"])
    return table.mutate(cac_micros=per_account(table.spend_micros, table.new_accounts))


def _acquisition_spend(frame: Frame) -> ir.Table:
    spend = frame.facts.table("spend")
    first = ibis.literal(frame.periods[0].first)
    inside = (spend.day >= first) & (spend.day <= ibis.literal(frame.bound))
    spend = spend.filter((spend.purpose == "acquisition") & inside)
    spend = spend.select("day", "amount_micros", CURRENCY)
    if not frame.query.currency:
        return spend
    day = spend.day
    if frame.policy["fx"] == "period-end":
        last, today = last_day_of(day, frame.query.grain, frame.query.week_start), ibis.literal(frame.query.today)
        day = ibis.ifelse(last > today, today, last)
    dated = spend.mutate(own_currency=spend[CURRENCY], rate_day=day)
    return frame.at_rate(dated, "amount_micros").select("day", "amount_micros", CURRENCY)


@register(
    name="cac-payback",
    unit="months",
    title="CAC payback",
    definition="Months until a new customer's margin has paid back what it cost to win.",
    formula="CAC / (ARPA x margin)",
    columns=(
        PERIOD,
        money("cac", "acquisition spend per new account; null where there is none"),
        money("arpa", "MRR per account at the period's end; null where there is none"),
        number("margin", "gross margin, from the settings"),
        number("months", "CAC / (ARPA x margin); null over 0"),
    ),
    sources=("spend", *TERMS),
    worked=("months = cac / (arpa * margin)", "cac = spend / new_accounts", "arpa = mrr / accounts"),
    heeds=heeds("same_period", "fx"),
    chart=ChartSpec("line", "Months until a new customer has paid back its cost", ("months",)),
    splits=("currency",),
)
def cac_payback(frame: Frame) -> ir.Table:
    keys = ["idx", CURRENCY]
    table = fill(with_cac(frame), mrr_and_accounts(frame), keys, ["mrr_micros", "accounts"])
    table = table.mutate(
        arpa_micros=per_account(table.mrr_micros, table.accounts), margin=ibis.literal(frame.query.margin)
    )
    months = table.cac_micros.cast("float64") / (table.arpa_micros.cast("float64") * table.margin).nullif(0.0)
    return table.mutate(months=months)
