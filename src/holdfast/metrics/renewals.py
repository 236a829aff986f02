"""Renewals to come: which items begin their next billing interval when, for how much, and what endangers them."""

from __future__ import annotations

from datetime import date, timedelta

import ibis
import ibis.expr.types as ir

from holdfast.metrics import fx
from holdfast.metrics.calendar import months_until, with_plus_months
from holdfast.metrics.columns import label, money
from holdfast.metrics.frame import ACCOUNT, Frame
from holdfast.metrics.policy import heeds
from holdfast.metrics.registry import ChartSpec, OutColumn, register
from holdfast.metrics.spans import earlier, with_ends

FAILED_DAYS = 90
SEATS_DAYS = 90
TERM = ["subscription_id", "item_id"]
AMOUNTS = {"running": "net_micros", "forever": "forever_micros", "none": "gross_micros"}
FLAGS = ("failed_payment", "past_due", "cancellation_scheduled", "falling_seats")


def flag(name: str, meaning: str) -> OutColumn:
    return OutColumn(name, "flag", meaning)


@register(
    name="renewals",
    unit="money",
    title="Renewals to come",
    definition="Each item that runs today, on the first day in the range on which a new billing interval of it begins, "
    "with what speaks against its renewal. A range that begins in the past shows what stood at the close of its first "
    "day.",
    formula="renewal day = first day of the item at this billing interval + a whole number of intervals",
    columns=(
        OutColumn("renewal_day", "day", "day on which the item's next billing interval begins"),
        OutColumn("account", "dimension", "account"),
        label("plan", "plan that the item is on"),
        money("amount", "amount of one billing interval; null where only an MRR is known"),
        money("mrr", "MRR of the item"),
        flag("failed_payment", "an attempt of the account to pay failed in the 90 days before"),
        flag("past_due", "the item is past due, or an invoice of the account is open after its due day"),
        flag("cancellation_scheduled", "somebody asked to cancel, or the item's end is known"),
        flag("falling_seats", "the quantity is lower than 90 days before"),
        label("subscription", "subscription"),
        label("item", "item of the subscription"),
    ),
    sources=("subscription_terms", "plans", "cancellations", "invoices", "payments"),
    heeds=heeds("fx"),
    chart=ChartSpec("bars", "MRR that comes up for renewal each day", ("mrr",), x="renewal_day"),
    dimensions=FLAGS,
    grain="day",
    grains=("day",),
    periods_ahead=90,
)
def renewals(frame: Frame) -> ir.Table:
    first = frame.query.start
    seen = min(first, frame.query.today)
    items = _due(frame, _running(frame, seen), first)
    items = _worth(frame, _with_term(frame, items, seen))
    items = _with_account_flags(frame, items, seen)
    tagged = frame.keep(frame.tag(frame.dimensions.tag_items(items)))
    named = tagged.rename(account=ACCOUNT, subscription="subscription_id", item="item_id")
    shown = ["renewal_day", "account", "plan", "amount_micros", "mrr_micros", *FLAGS, "subscription", "item"]
    return named.select(*dict.fromkeys([*shown, *frame.money_keys]))


def renewing(frame: Frame) -> ir.Table:
    """Items that pay now, with renewal_day: the first day in the range on which a new billing interval of it begins."""
    first = frame.query.start
    return _due(frame, _running(frame, min(first, frame.query.today)), first)


def _running(frame: Frame, seen: date) -> ir.Table:
    """Items that pay at the close of the day."""
    paying = _with_first_day(frame.spans.filter(lambda t: t.mrr_micros > 0))
    return paying.filter(Frame.covers(paying, ibis.literal(seen)))


def _with_first_day(spans: ir.Table) -> ir.Table:
    """Spans with billed_from: the anchor of the first of those that follow each other at the same billing interval.

    A change of price, plan or quantity does not move the day of renewal; a gap or another interval does.
    """
    item = [ACCOUNT, *TERM]
    in_order = ibis.window(group_by=item, order_by=["from_day", "anchor_day"])
    spans = spans.mutate(place=ibis.row_number().over(in_order).cast("int64"))
    by_place = ibis.window(group_by=item, order_by="place")
    before = {
        "last_to": spans.to_day,
        "last_interval": spans.billing_interval,
        "last_count": spans.interval_count,
    }
    spans = spans.mutate(**{name: column.lag().over(by_place) for name, column in before.items()})
    same = (spans.last_interval == spans.billing_interval) & (spans.last_count == spans.interval_count)
    goes_on = (same & (spans.last_to == spans.from_day) & (spans.place > 0)).fill_null(False)
    spans = spans.mutate(starts=ibis.ifelse(goes_on, 0, 1).cast("int64"))
    so_far = ibis.window(group_by=item, order_by="place", preceding=None, following=0)
    spans = spans.mutate(run=spans.starts.sum().over(so_far).cast("int64"))
    whole = ibis.window(group_by=[*item, "run"])
    spans = spans.mutate(billed_from=spans.anchor_day.min().over(whole))
    return spans.drop("place", *before, "starts", "run")


def _left(rows: ir.Table, other: ir.Table, keys: list[str], values: list[str]) -> ir.Table:
    """A left join on keys that are never null."""
    right = other.select(*keys, *values).rename({f"of_{name}": name for name in keys})
    joined = rows.left_join(right, [rows[name] == right[f"of_{name}"] for name in keys])
    return joined.select(*rows.columns, *values)


def _due(frame: Frame, items: ir.Table, first: date) -> ir.Table:
    """Items with renewal_day, the first one from `first` on, where it lies in the range.

    The least number of whole intervals, from one on, that leads from billed_from to `first` or behind it.
    """
    day = ibis.literal(first)
    kept = items.columns
    items = items.mutate(
        by_days=items.billing_interval.isin(["day", "week"]),
        step_days=ibis.ifelse(items.billing_interval == "week", 7, 1).cast("int64") * items.interval_count,
        step_months=ibis.ifelse(items.billing_interval == "year", 12, 1).cast("int64") * items.interval_count,
        days=(day.epoch_days() - items.billed_from.epoch_days()).cast("int64"),
        months=months_until(items.billed_from, day).cast("int64"),
    )
    items = items.mutate(
        whole_days=_at_least_one(items.days, items.step_days) * items.step_days,
        whole_months=_at_least_one(items.months, items.step_months) * items.step_months,
    )
    items = with_plus_months(items, "billed_from", "whole_months", "months_later")
    days_later = items.billed_from + items.whole_days.as_interval("D")
    items = items.mutate(renewal_day=ibis.ifelse(items.by_days, days_later, items.months_later))
    last = ibis.literal(frame.periods[-1].last)
    return items.filter(items.renewal_day <= last).select(*kept, "renewal_day")


def _at_least_one(elapsed: ir.IntegerColumn, step: ir.IntegerColumn) -> ir.IntegerColumn:
    """How many steps reach `elapsed`, at least one."""
    some = ibis.ifelse(elapsed > 0, elapsed, 1)
    return ((some + step - 1) // step).cast("int64")


def _with_term(frame: Frame, items: ir.Table, seen: date) -> ir.Table:
    """Items with what their subscription row says: amount_micros, unpaid, leaving, falling_seats."""
    ended = with_ends(frame.facts.table("subscription_terms"), frame.policy)
    ended = ended.mutate(until=earlier(ended.given_end, ended.next_from))
    ended = ended.filter(ended.until.isnull() | (ended.until > ended.valid_from_day))
    goes_on = (ended.next_from <= ended.given_end).fill_null(False)
    will_end = (ended.given_end > ibis.literal(frame.query.today)).fill_null(False) & ~goes_on
    asked = (ended.cancelled_day <= ibis.literal(seen)).fill_null(False) | will_end
    now = ended.mutate(
        amount_micros=ended[AMOUNTS[frame.policy["discounts"]]],
        unpaid=(ended.status == "past_due").cast("int64"),
        leaving=asked.cast("int64"),
        seats=ended.quantity.cast("float64"),
    )
    now = now.group_by(ACCOUNT, *TERM, anchor_day="valid_from_day").agg(
        amount_micros=now.amount_micros.max(), unpaid=now.unpaid.max(), leaving=now.leaving.max(), seats=now.seats.max()
    )
    items = _left(items, now, [ACCOUNT, *TERM, "anchor_day"], ["amount_micros", "unpaid", "leaving", "seats"])
    before = ibis.literal(seen - timedelta(days=SEATS_DAYS))
    then = ended.filter((ended.valid_from_day <= before) & (ended.until.isnull() | (ended.until > before)))
    then = then.group_by(ACCOUNT, *TERM).agg(seats_before=then.quantity.cast("float64").max())
    items = _left(items, then, [ACCOUNT, *TERM], ["seats_before"])
    return items.mutate(falling_seats=(items.seats < items.seats_before).fill_null(False))


def _with_account_flags(frame: Frame, items: ir.Table, seen: date) -> ir.Table:
    """Items with failed_payment, past_due and cancellation_scheduled."""
    table, day = frame.facts.table, ibis.literal(seen)
    payments, invoices, asked = table("payments"), table("invoices"), table("cancellations")
    since = ibis.literal(seen - timedelta(days=FAILED_DAYS))
    failed = payments.filter((payments.status == "failed") & (payments.paid_day > since) & (payments.paid_day <= day))
    billed = invoices.select(of_source="source", of_invoice="invoice_id", of_account=ACCOUNT)
    failed = failed.left_join(billed, [failed.source == billed.of_source, failed.invoice_id == billed.of_invoice])
    failed = failed.select(account_id=ibis.coalesce(failed[ACCOUNT], failed.of_account))
    overdue = invoices.filter(
        ((invoices.due_day < day) & (invoices.issued_day <= day) & (invoices.amount_micros > 0))
        & (invoices.paid_day.isnull() | (invoices.paid_day > day))
        & ~invoices.status.isin(["draft", "void", "paid"]).fill_null(False)
    )
    leaving = asked.filter(
        (asked.requested_day <= day) & (asked.effective_day.isnull() | (asked.effective_day > day))
    ).select("subscription_id", "requested_day", known_effective=asked.effective_day.notnull())
    items = _marked(items, failed, [ACCOUNT], "failed_payment")
    items = _marked(items, overdue, [ACCOUNT], "overdue")
    items = _with_requests(items, leaving)
    return items.mutate(
        past_due=items.overdue | (items.unpaid == 1).fill_null(False),
        cancellation_scheduled=items.requested | (items.leaving == 1).fill_null(False),
    )


def _with_requests(items: ir.Table, asked: ir.Table) -> ir.Table:
    """Items whose subscription somebody asked to cancel: for a day to come, or since the item runs."""
    renamed = asked.rename(of_subscription="subscription_id")
    joined = items.inner_join(renamed, items.subscription_id == renamed.of_subscription)
    meant = joined.filter(joined.known_effective | (joined.requested_day >= joined.anchor_day))
    return _marked(items, meant, [ACCOUNT, *TERM, "from_day"], "requested")


def _marked(items: ir.Table, other: ir.Table, keys: list[str], name: str) -> ir.Table:
    """Items with a boolean: whether there is such a row for them."""
    some = other.select(*keys).distinct().mutate(there=True)
    joined = _left(items, some, keys, ["there"])
    return joined.mutate(**{name: joined.there.fill_null(False)}).drop("there")


def _worth(frame: Frame, items: ir.Table) -> ir.Table:
    """Items with their amounts in the currency asked for."""
    if not frame.query.currency:
        return items
    day = ibis.literal(min(frame.query.start, frame.query.today))
    items = items.mutate(rate_at=day)
    if frame.policy["fx"] == "service-start":
        items = fx.with_interval_start(items, "rate_at", "rate_day")
    else:
        items = items.mutate(rate_day=items.rate_at)
    items = items.mutate(unpriced=items.amount_micros.isnull(), amount_micros=items.amount_micros.fill_null(0))
    items = frame.at_rate(items, "mrr_micros")
    # a rate that is missing is missing for the MRR, too, which is never 0 here
    items = fx.convert(items, frame.rates, frame.query.currency, "amount_micros")
    return items.mutate(amount_micros=ibis.ifelse(items.unpriced, ibis.null("int64"), items.amount_micros))
