"""Refunds with a service period, taken off the MRR of the subscription that they belong to."""

from __future__ import annotations

from collections.abc import Callable

import ibis
import ibis.expr.types as ir

from holdfast.metrics.calendar import month_number, with_plus_months
from holdfast.metrics.policy import Policy
from holdfast.metrics.spans import earlier, times_fraction
from holdfast.metrics.tables import union

Stored = Callable[[ir.Table], ir.Table]
SUBSCRIPTION = ("source", "subscription_id", "currency")


def less_refunds(spans: ir.Table, payments: ir.Table, policy: Policy, stored: Stored) -> ir.Table:
    """Spans cut at the ends of refunds' service periods, each item lowered by the refunds running then.

    A refund is worth amount / months of its service period a month. Items of one subscription bear it in
    the order of their ids, none below 0. Spans of subscriptions without such a refund pass unchanged.
    `stored` keeps a stage and gives it back, so that no query holds all of them.
    """
    refunds = stored(monthly_refunds(payments))
    untouched = spans.anti_join(refunds, SUBSCRIPTION)
    pieces = stored(_cut(spans.semi_join(refunds, SUBSCRIPTION), refunds))
    lowered = stored(_lowered(pieces, refunds))
    if policy["zero_price"] == "churn":
        lowered = lowered.filter(lowered.mrr_micros > 0)
    return union(untouched, lowered)


def monthly_refunds(payments: ir.Table) -> ir.Table:
    """Refunds with a service period: subscription, from_day, to_day and refund_micros a month."""
    refunds = payments.filter(
        (payments.status == "refunded")
        & payments.subscription_id.notnull()
        & (payments.service_to_day > payments.service_from_day)
    )
    start, end = refunds.service_from_day, refunds.service_to_day
    refunds = refunds.mutate(between=month_number(end) - month_number(start))
    refunds = with_plus_months(refunds, "service_from_day", "between", "months_later")
    whole = (refunds.between > 0) & (refunds.months_later == refunds.service_to_day)
    days = (refunds.service_to_day.epoch_days() - refunds.service_from_day.epoch_days()).cast("int64")
    # a month has 365/12 days
    refunds = refunds.mutate(
        numerator=ibis.ifelse(whole, 1, 365).cast("int64"),
        denominator=ibis.ifelse(whole, refunds.between, days * 12).cast("int64"),
    )
    monthly = times_fraction(refunds.amount_micros, refunds.numerator, refunds.denominator)
    return refunds.select(
        *SUBSCRIPTION, refund_from="service_from_day", refund_to="service_to_day", refund_micros=monthly
    )


def _lowered(pieces: ir.Table, refunds: ir.Table) -> ir.Table:
    joined = pieces.left_join(refunds, SUBSCRIPTION)
    covers = (joined.refund_from <= joined.from_day) & (joined.refund_to > joined.from_day)
    owed = joined.group_by(pieces.columns).agg(owed=ibis.ifelse(covers, joined.refund_micros, 0).sum().cast("int64"))
    before = ibis.window(group_by=(*SUBSCRIPTION, "from_day"), order_by="item_id", preceding=None, following=0)
    running = owed.mutate(up_to=owed.mrr_micros.sum().over(before).cast("int64"))
    bearable = running.owed - (running.up_to - running.mrr_micros)
    positive = ibis.ifelse(bearable > 0, bearable, 0)
    borne = ibis.ifelse(positive < running.mrr_micros, positive, running.mrr_micros)
    return running.mutate(mrr_micros=(running.mrr_micros - borne).cast("int64")).select(pieces.columns)


def _cut(spans: ir.Table, refunds: ir.Table) -> ir.Table:
    """Each span in pieces that no refund's, and no other item's, first or last day falls inside."""
    key = [spans[name] for name in SUBSCRIPTION]
    named = [refunds[name] for name in SUBSCRIPTION]
    days = union(
        spans.select(*key, cut="from_day"),
        spans.filter(spans.to_day.notnull()).select(*key, cut="to_day"),
        refunds.select(*named, cut="refund_from"),
        refunds.select(*named, cut="refund_to"),
        distinct=True,
    )
    inside = spans.inner_join(days, SUBSCRIPTION)
    inside = inside.filter((inside.cut >= inside.from_day) & (inside.to_day.isnull() | (inside.cut < inside.to_day)))
    item = ibis.window(group_by=(*SUBSCRIPTION, "item_id", "anchor_day", "from_day"), order_by="cut")
    ends = inside.mutate(next_cut=inside.cut.lead().over(item))
    return ends.mutate(from_day=ends.cut, to_day=earlier(ends.to_day, ends.next_cut)).select(spans.columns)
