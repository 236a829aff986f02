"""Payments: attempts that fail, invoices that are recovered, accounts that are lost by it, days to pay, refunds."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from holdfast.metrics.columns import PERIOD, count, money, number, rate
from holdfast.metrics.frame import ACCOUNT, CURRENCY, Frame
from holdfast.metrics.policy import heeds
from holdfast.metrics.registry import ChartSpec, register
from holdfast.metrics.tables import beside, fill, ratio

RECOVERY_DAYS = 30
SOURCES = ("payments", "invoices", "cancellations", "subscription_terms", "plans")
INVOICE = ["source", "invoice_id"]
COUNTS = [
    "attempts", "failed", "failed_invoices", "recovered", "open", "involuntary_churned_accounts", "paid_invoices",
    "refunds", "refunded_micros",
]  # fmt: skip
MEDIANS = ["median_days_to_pay", "median_days_past_due"]


@register(
    name="payment-trends",
    unit="rate",
    title="Payments: failed, recovered, late, refunded",
    definition="Attempts to pay in each period and how many of them failed; invoices whose first failed attempt lies "
    "in it and how many of them were paid within 30 days of it; accounts lost by failed payments; how long "
    "invoices took to be paid; what was given back.",
    formula="failure rate = failed / attempts; recovery rate = failed invoices paid within 30 days / failed invoices",
    columns=(
        PERIOD,
        count("attempts", "attempts to pay that succeeded or failed"),
        count("failed", "attempts that failed, each retry too"),
        rate("failure_rate", "failed / attempts; null over 0"),
        count("failed_invoices", "invoices whose first failed attempt lies in the period"),
        count("recovered", "those that were paid on or within 30 days of the day of that attempt"),
        count("open", "those not paid whose 30 days are not over"),
        rate("recovery_rate", "recovered / failed invoices; null over 0"),
        count("involuntary_churned_accounts", "accounts that churned and whose last cancellation was not their wish"),
        count("paid_invoices", "invoices paid in the period"),
        number("median_days_to_pay", "median of days from issue to payment of those; null where there are none"),
        number("median_days_past_due", "median of days from due to payment; below 0 where paid before; or null"),
        count("refunds", "refunds of the period"),
        money("refunded", "amount given back"),
    ),
    sources=SOURCES,
    worked=("failure_rate = failed / attempts", "recovery_rate = recovered / failed_invoices"),
    leads="failed + refunds",
    heeds=heeds("fx"),
    chart=ChartSpec("line", "Share of attempts to pay that failed in each period", ("failure_rate",)),
)
def payment_trends(frame: Frame) -> ir.Table:
    tried, invoices = _attempts(frame), _paid_invoices(frame)
    keys = [*frame.money_keys, "idx"]
    parts = [
        _sums(frame, _placed(frame, tried), ["attempts", "failed"]),
        _sums(frame, _placed(frame, _failed_invoices(frame, tried)), ["failed_invoices", "recovered", "open"]),
        _sums(frame, _lost(frame), ["involuntary_churned_accounts"]),
        _waits(frame, _placed(frame, invoices)),
        _sums(frame, _refunds(frame), ["refunds", "refunded_micros"]),
    ]
    table = frame.every_period(frame.money_keys, *parts)
    for part in parts:
        table = fill(table, part, keys, [name for name in COUNTS if name in part.columns])
    table = beside(table, parts[3], keys, MEDIANS)
    return table.mutate(
        failure_rate=ratio(table.failed, table.attempts), recovery_rate=ratio(table.recovered, table.failed_invoices)
    )


def _attempts(frame: Frame) -> ir.Table:
    """Attempts that succeeded or failed, with the account of their invoice where they name none."""
    payments = frame.facts.table("payments")
    payments = payments.filter(payments.status.isin(["succeeded", "failed"]))
    payments = _with_account(frame, payments)
    failed = (payments.status == "failed").cast("int64")
    return payments.select(
        ACCOUNT, CURRENCY, *INVOICE, day="paid_day", failed=failed, attempts=ibis.literal(1, "int64")
    )


def _with_account(frame: Frame, payments: ir.Table) -> ir.Table:
    """Payments under their own account, or that of their invoice."""
    invoices = frame.facts.table("invoices").select(
        invoice_source="source", of_invoice="invoice_id", invoice_account=ACCOUNT
    )
    on = [payments.source == invoices.invoice_source, payments.invoice_id == invoices.of_invoice]
    joined = payments.left_join(invoices, on)
    own = ibis.coalesce(joined[ACCOUNT], joined.invoice_account)
    return joined.select(**{name: own if name == ACCOUNT else joined[name] for name in payments.columns})


def _failed_invoices(frame: Frame, tried: ir.Table) -> ir.Table:
    """Each invoice with a failed attempt, on the day of the first one, and whether it was paid in time."""
    known = tried.filter(tried.invoice_id.notnull())
    failed = known.filter(known.failed == 1)
    first = failed.group_by(*INVOICE).agg(
        day=failed.day.min(), account_id=failed[ACCOUNT].min(), currency=failed[CURRENCY].min()
    )
    paid = known.filter(known.failed == 0).select(paid_source="source", paid_invoice="invoice_id", paid="day")
    joined = first.left_join(paid, [first.source == paid.paid_source, first.invoice_id == paid.paid_invoice])
    deadline = joined.day + ibis.interval(days=RECOVERY_DAYS)
    in_time = ((joined.paid >= joined.day) & (joined.paid <= deadline)).fill_null(False)
    judged = joined.mutate(in_time=in_time.cast("int64"))
    invoices = judged.group_by(ACCOUNT, CURRENCY, *INVOICE, "day").agg(recovered=judged.in_time.max())
    waits = invoices.day + ibis.interval(days=RECOVERY_DAYS) > ibis.literal(frame.query.today)
    return invoices.mutate(
        failed_invoices=ibis.literal(1, "int64"), open=(waits & (invoices.recovered == 0)).cast("int64")
    )


def _paid_invoices(frame: Frame) -> ir.Table:
    invoices = frame.facts.table("invoices")
    invoices = invoices.filter(
        invoices.paid_day.notnull()
        & (invoices.amount_micros > 0)
        & ~invoices.status.isin(["draft", "void"]).fill_null(False)
    )
    paid = invoices.paid_day.epoch_days()
    return invoices.select(
        ACCOUNT,
        CURRENCY,
        day="paid_day",
        to_pay=(paid - invoices.issued_day.epoch_days()).cast("float64"),
        past_due=(paid - invoices.due_day.epoch_days()).cast("float64"),
    )


def _waits(frame: Frame, paid: ir.Table) -> ir.Table:
    return paid.group_by("idx", *frame.money_keys).agg(
        paid_invoices=paid.count().cast("int64"),
        median_days_to_pay=paid.to_pay.quantile(0.5),
        median_days_past_due=paid.past_due.quantile(0.5),
    )


def _refunds(frame: Frame) -> ir.Table:
    """Refunds with their dimensions, in the currency asked for."""
    payments = frame.facts.table("payments")
    refunds = _with_account(frame, payments.filter(payments.status == "refunded"))
    refunds = refunds.select(ACCOUNT, CURRENCY, "amount_micros", day="paid_day", refunds=ibis.literal(1, "int64"))
    placed = _placed(frame, refunds)
    rate_day = placed.day if frame.policy["fx"] == "service-start" else placed.close
    worth = frame.at_rate(placed.mutate(rate_day=rate_day), "amount_micros")
    return worth.rename(refunded_micros="amount_micros")


def _lost(frame: Frame) -> ir.Table:
    """Accounts that churned by a failed payment: idx, money keys, each once a period."""
    spans = frame.customers
    next_from = spans.from_day.lead().over(ibis.window(group_by=ACCOUNT, order_by="from_day"))
    ended = spans.mutate(next_from=next_from).filter(spans.to_day.notnull())
    asked = _cancellations(frame)
    joined = ended.inner_join(asked, ended[ACCOUNT] == asked.cancelled_account)
    within = (joined.effective > joined.from_day) & (joined.next_from.isnull() | (joined.effective <= joined.next_from))
    found = joined.filter(within)
    order = [found.effective.desc(), found.requested.desc(), found.wish.asc()]
    latest = ibis.window(group_by=[ACCOUNT, "from_day"], order_by=order)
    last = found.mutate(place=ibis.row_number().over(latest).cast("int64"))
    last = last.filter((last.place == 0) & (last.wish == 0))
    churned = frame.in_range(last.select(ACCOUNT, day=last.to_day), "day")
    once = churned.group_by("idx", ACCOUNT).agg(day=churned.day.max())
    return _in_main_currency(frame, once.mutate(before=once.day - ibis.interval(days=1)))


def _cancellations(frame: Frame) -> ir.Table:
    """cancelled_account, requested, effective and wish: 0 where it was not the customer's, 1 unknown, 2 its own."""
    asked = frame.facts.table("cancellations")
    asked = asked.filter(asked.requested_day <= ibis.literal(frame.query.today))
    terms = frame.facts.table("subscription_terms")
    owners = terms.select(owner_source="source", owned="subscription_id", cancelled_account=ACCOUNT).distinct()
    joined = asked.inner_join(owners, [asked.source == owners.owner_source, asked.subscription_id == owners.owned])
    wish = ibis.ifelse(joined.voluntary.isnull(), 1, ibis.ifelse(joined.voluntary.fill_null(False), 2, 0))
    return joined.select(
        "cancelled_account",
        requested="requested_day",
        effective=ibis.coalesce(joined.effective_day, joined.requested_day),
        wish=wish.cast("int64"),
    )


def _in_main_currency(frame: Frame, rows: ir.Table) -> ir.Table:
    """Accounts with their dimensions, in the currency with most of their MRR at the close of day `before`."""
    target = frame.query.currency
    accounts = Frame(frame.facts, frame.query, frame.dimensions.of_accounts(by_currency=not target))
    placed = accounts.place(rows, at="before")
    own = ibis.literal(target) if target else placed[accounts.dims[-1]]
    counted = placed.mutate(involuntary_churned_accounts=ibis.literal(1, "int64"))
    return counted.mutate(currency=own)


def _placed(frame: Frame, rows: ir.Table) -> ir.Table:
    """Rows (account_id, currency, day) of the range with idx, close and dimensions.

    An account stands in the plan with most of its MRR at the period's start, or where it has none, at its end.
    """
    points = frame.points(opening=lambda p: p.opening, close=lambda p: p.close)
    dated = frame.in_range(frame.owned(rows)).inner_join(points, "idx").drop("period")
    return frame.place(dated, at="opening", otherwise="close")


def _sums(frame: Frame, rows: ir.Table, names: list[str]) -> ir.Table:
    sums = {name: rows[name].sum().cast("int64") for name in names}
    return rows.group_by("idx", *frame.money_keys).agg(**sums)
