"""Trials of accounts: those that billing knows and those of the table `trials`, each once, and which of them paid."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from holdfast.metrics.frame import ACCOUNT, Frame
from holdfast.metrics.spans import with_ends
from holdfast.metrics.tables import union

SOURCES = ("subscription_terms", "plans", "trials", "invoices")
CARD = "card_required"
FIRST_INVOICE_DAYS = 31
"""An invoice issued up to so many days after the first MRR shows that invoices are known from the start."""
NEVER = 4_000_000
"""A day number behind every day."""
ITEM = ("plan", "product", "own_currency")
BILLING, FILE = 0, 1


def trials(frame: Frame) -> ir.Table:
    """Every trial that can lead to a first payment: account_id, start_day, end_day (null while it runs on without a
    known end), paid_day (null where it has not led to one), card_required, plan, product and own_currency.

    Spans of one account that overlap or touch are one trial. A first payment belongs to the latest trial that had
    begun by then, and ends it; what begins after it is no trial any more.
    """
    found = _merged(union(_of_billing(frame), _of_files(frame)))
    paid = first_payments(frame).select(paid_account=ACCOUNT, first_day="first_day", first_paid="paid_day")
    joined = found.left_join(paid, found[ACCOUNT] == paid.paid_account)
    joined = joined.select(*found.columns, "first_day", "first_paid")
    open_to_pay = joined.filter(joined.first_day.isnull() | (joined.start_day <= joined.first_day))
    in_order = ibis.window(group_by=ACCOUNT, order_by="start_day")
    following = open_to_pay.mutate(next_start=open_to_pay.start_day.lead().over(in_order))
    own = (following.start_day <= following.first_paid) & (
        following.next_start.isnull() | (following.next_start > following.first_paid)
    )
    owned = following.mutate(paid_day=ibis.ifelse(own.fill_null(False), following.first_paid, ibis.null("date")))
    sooner = owned.paid_day.notnull() & (owned.end_day.isnull() | (owned.paid_day < owned.end_day))
    ended = owned.mutate(end_day=ibis.ifelse(sooner, owned.paid_day, owned.end_day))
    return ended.select(ACCOUNT, "start_day", "end_day", "paid_day", CARD, *ITEM)


def first_payments(frame: Frame) -> ir.Table:
    """account_id, first_day (of positive MRR) and paid_day, on which the account's first payment is known.

    That is the first day of MRR; where the account's invoices are known from the start, not before one of them is
    paid. Of an account without MRR it is the day that the table `trials` gives.
    """
    billed = _with_invoices(frame, frame.first_days)
    told = frame.facts.table("trials")
    told = told.filter(told.converted_day <= ibis.literal(frame.query.today))
    told = told.anti_join(billed, ACCOUNT).group_by(ACCOUNT).agg(paid_day=told.converted_day.min())
    return union(billed, told.mutate(first_day=told.paid_day))


def _with_invoices(frame: Frame, first: ir.Table) -> ir.Table:
    """account_id and first_day with paid_day; null while the first invoice is not paid."""
    today = ibis.literal(frame.query.today)
    invoices = frame.facts.table("invoices")
    invoices = invoices.filter(
        (invoices.amount_micros > 0)
        & (invoices.issued_day <= today)
        & invoices[ACCOUNT].notnull()
        & ~invoices.status.isin(["draft", "void"]).fill_null(False)
    )
    paid = ibis.coalesce(
        invoices.paid_day, ibis.ifelse(invoices.status == "paid", invoices.issued_day, ibis.null("date"))
    )
    invoices = invoices.mutate(settled=ibis.ifelse(paid <= today, paid, ibis.null("date")))
    known = invoices.group_by(billed_account=ACCOUNT).agg(
        first_issued=invoices.issued_day.min(), first_settled=invoices.settled.min()
    )
    joined = first.left_join(known, first[ACCOUNT] == known.billed_account)
    from_the_start = (joined.first_issued <= joined.first_day + ibis.interval(days=FIRST_INVOICE_DAYS)).fill_null(False)
    settled = ibis.ifelse(joined.first_settled < joined.first_day, joined.first_day, joined.first_settled)
    return joined.select(ACCOUNT, "first_day", paid_day=ibis.ifelse(from_the_start, settled, joined.first_day))


def _of_billing(frame: Frame) -> ir.Table:
    """Subscription rows that are trials."""
    ended = with_ends(frame.facts.table("subscription_terms"), frame.policy)
    rows = ended.filter(
        (ended.status == "trialing")
        & (ended.valid_from_day <= ibis.literal(frame.query.today))
        & (ended.to_day.isnull() | (ended.to_day > ended.valid_from_day))
    )
    rows = _with_product(frame, rows)
    return rows.select(
        ACCOUNT,
        start_day="valid_from_day",
        end_day="to_day",
        card=ibis.null("int64"),
        origin=ibis.literal(BILLING, "int64"),
        plan="plan_id",
        product=ibis.coalesce(rows.product, rows.plan_product),
        own_currency="currency",
    )


def _of_files(frame: Frame) -> ir.Table:
    rows = frame.facts.table("trials")
    rows = _with_product(frame, rows.filter(rows.started_day <= ibis.literal(frame.query.today)))
    return rows.select(
        ACCOUNT,
        start_day="started_day",
        end_day="ends_day",
        card=rows.card_required.cast("int64"),
        origin=ibis.literal(FILE, "int64"),
        plan="plan_id",
        product="plan_product",
        own_currency=ibis.null("string"),
    )


def _with_product(frame: Frame, rows: ir.Table) -> ir.Table:
    plans = frame.facts.table("plans").select(known_plan="plan_id", plan_product="product")
    return rows.left_join(plans, rows.plan_id == plans.known_plan).select(*rows.columns, "plan_product")


def _merged(rows: ir.Table) -> ir.Table:
    """Spans of one account that overlap or touch as one, on the plan of its first row, in billing before a file."""
    end = rows.end_day.epoch_days().cast("int64").fill_null(NEVER)
    start = rows.start_day.epoch_days().cast("int64")
    rows = rows.mutate(start=start, end=end)
    in_order = ibis.window(group_by=ACCOUNT, order_by=["start", "end", "origin", *_last(rows)])
    rows = rows.mutate(place=ibis.row_number().over(in_order).cast("int64"))
    so_far = ibis.window(group_by=ACCOUNT, order_by="place", preceding=None, following=0)
    rows = rows.mutate(reach=rows.end.max().over(so_far))
    by_place = ibis.window(group_by=ACCOUNT, order_by="place")
    rows = rows.mutate(before=rows.reach.lag(1, -1).over(by_place))
    rows = rows.mutate(apart=(rows.start > rows.before).cast("int64"))
    rows = rows.mutate(trial=rows.apart.sum().over(so_far).cast("int64"))
    chosen = ibis.window(group_by=[ACCOUNT, "trial"], order_by=["origin", "place"])
    rows = rows.mutate(choice=ibis.row_number().over(chosen).cast("int64"))
    own = {name: ibis.ifelse(rows.choice == 0, rows[name], ibis.null("string")).max() for name in ITEM}
    merged = rows.group_by(ACCOUNT, "trial").agg(
        start_day=rows.start_day.min(), last_day=rows.end_day.max(), end=rows.end.max(), card=rows.card.max(), **own
    )
    words = ibis.cases((merged.card == 1, "yes"), (merged.card == 0, "no"), else_=ibis.null("string"))
    runs_on = merged.end == NEVER
    return merged.select(
        ACCOUNT,
        "start_day",
        end_day=ibis.ifelse(runs_on, ibis.null("date"), merged.last_day),
        **{CARD: words},
        **{name: merged[name] for name in ITEM},
    )


def _last(rows: ir.Table) -> list[ir.Value]:
    """Names in order, unknown ones last."""
    return [rows[name].asc(nulls_first=False) for name in ITEM]


def split(frame: Frame, rows: ir.Table) -> ir.Table:
    """Trials with their dimensions, less those that the conditions leave out."""
    return frame.keep(frame.tag(frame.dimensions.tag_items(rows)))
