"""From MRR spans to what moved: who became or stopped being a customer when, and every change of MRR
with its movement.
"""

from __future__ import annotations

from typing import Any

import ibis
import ibis.expr.types as ir

from holdfast.metrics.calendar import month_number
from holdfast.metrics.policy import Policy
from holdfast.metrics.tables import union

REACTIVATION_WINDOW_DAYS = 90


def account_days(spans: ir.Table, policy: Policy) -> ir.Table:
    """One row for each day on which something of an account changed: was it a customer before, is it after.

    Columns: account_id, day, was, is_now (booleans).
    """
    days = _events(spans).group_by("account_id", "day").agg(_total("delta_micros"), _total("runs"))
    so_far = ibis.window(group_by="account_id", order_by="day", preceding=None, following=0)
    level = days.mutate(
        after=days.delta_micros.sum().over(so_far).cast("int64"), running=days.runs.sum().over(so_far).cast("int64")
    )
    before = level.after - level.delta_micros
    if policy["zero_price"] == "churn":
        return level.select("account_id", "day", was=before > 0, is_now=level.after > 0)
    # `stay`: one that has paid stays a customer while any item runs, whatever its price
    paid = level.mutate(before=before, peak=level.after.max().over(so_far))
    peak_before = paid.mutate(earlier_peak=paid.peak.lag().over(_by_day()).fill_null(0))
    was = (peak_before.before > 0) | ((peak_before.earlier_peak > 0) & (peak_before.running - peak_before.runs > 0))
    now = (peak_before.after > 0) | ((peak_before.peak > 0) & (peak_before.running > 0))
    return peak_before.select("account_id", "day", was=was, is_now=now)


def _by_day() -> Any:
    return ibis.window(group_by="account_id", order_by="day")


def customer_spans(days: ir.Table, policy: Policy) -> ir.Table:
    """The spans of days in which each account was a customer: shape of the `customer_spans` roll-up.

    `days` comes from `account_days`. A return is a reactivation where the policy's window says so, else new.
    """
    turns = days.filter(days.was != days.is_now)
    order = _by_day()
    turns = turns.mutate(
        next_day=turns.day.lead().over(order),
        last_end=turns.day.lag().over(order),
        place=ibis.row_number().over(order).cast("int64"),
        first_day=turns.day.min().over(ibis.window(group_by="account_id")),
    )
    starts = turns.filter(turns.is_now)
    ordinal = (starts.place // 2).cast("int64")
    returned = (ordinal > 0) & _within_window(starts, policy).fill_null(False)
    return starts.select(
        "account_id",
        from_day="day",
        to_day="next_day",
        start_movement=ibis.ifelse(returned, "reactivation", "new"),
        ordinal=ordinal,
        first_day="first_day",
    )


def _within_window(starts: ir.Table, policy: Policy) -> ir.BooleanValue:
    if policy["reactivation"] == "within-90-days":
        return (starts.day.epoch_days() - starts.last_end.epoch_days()) <= REACTIVATION_WINDOW_DAYS
    if policy["reactivation"] == "after-1-month":
        return _a_month_later(starts.last_end, starts.day)
    return ibis.literal(True)


def _a_month_later(start: ir.DateColumn, day: ir.DateColumn) -> ir.BooleanValue:
    """Whether `day` is at least one calendar month, clamped to the month's end, after `start`."""
    months = month_number(day) - month_number(start)
    last_of_month = (day + ibis.interval(days=1)).day() == 1
    return (months > 1) | ((months == 1) & ((day.day() >= start.day()) | last_of_month))


def mrr_changes(spans: ir.Table, days: ir.Table, customers: ir.Table) -> ir.Table:
    """Every change of MRR with the movement that its account made that day: shape of the `mrr_changes` roll-up.

    The movement is decided on the account (new, reactivation, churn: over all currencies; expansion or
    contraction: by its net change in the currency). `new_product` marks products that the account never had before.
    """
    item = ("account_id", "day", "currency", "plan", "product")
    changes = _events(spans).group_by(*item).agg(_total("delta_micros"), _total("runs"))
    in_currency = ibis.window(group_by=("account_id", "day", "currency"))
    net = changes.mutate(net=changes.delta_micros.sum().over(in_currency).cast("int64"))
    rises = ibis.ifelse(net.delta_micros > 0, net.day, ibis.null("date"))
    first = net.mutate(product_day=rises.min().over(ibis.window(group_by=("account_id", "product"))))
    status = first.inner_join(days, ["account_id", "day"])
    starts = customers.select("account_id", start_day="from_day", start_movement="start_movement")
    joined = status.left_join(starts, [status.account_id == starts.account_id, status.day == starts.start_day])
    joined = joined.select(*status.columns, "start_movement")
    movement = ibis.cases(
        (joined.is_now & ~joined.was, joined.start_movement),
        (joined.was & ~joined.is_now, ibis.literal("churn")),
        (joined.net < 0, ibis.literal("contraction")),
        else_=ibis.literal("expansion"),
    )
    turned = joined.was != joined.is_now
    named = joined.mutate(movement=movement, turned=turned, moved=(joined.net != 0) | turned)
    kept = named.filter((named.delta_micros != 0) | (named.turned & (named.runs != 0)))
    firsts = customers.filter(customers.ordinal == 0).select(first_account="account_id", first_day="first_day")
    dated = kept.inner_join(firsts, kept.account_id == firsts.first_account)
    return dated.select(
        *item,
        "delta_micros",
        "movement",
        "moved",
        new_product=(dated.day == dated.product_day).fill_null(False),
        first_day="first_day",
    )


def _events(spans: ir.Table) -> ir.Table:
    """Each span as a rise on its first day and a fall on the day after its last; `runs` counts items alike."""
    item = ["account_id", "currency", "plan", "product"]
    rises = spans.select(*item, day="from_day", delta_micros="mrr_micros", runs=ibis.literal(1, "int64"))
    ended = spans.filter(spans.to_day.notnull())
    falls = ended.select(*item, day="to_day", delta_micros=-ended.mrr_micros, runs=ibis.literal(-1, "int64"))
    return union(rises, falls)


def _total(column: str) -> ibis.Deferred:
    return ibis._[column].sum().cast("int64").name(column)
