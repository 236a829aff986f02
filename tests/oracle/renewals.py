"""Renewals to come: day by day, which items begin another billing interval, and what speaks against it."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from .company import FOR_EVER, Live, Span, billing_start, row_end
from .days import ONE, nth_interval
from .facts import Row
from .money import discounted, half_away, major, micros
from .view import View

Rows = list[dict[str, Any]]


def renewals(view: View) -> Rows:
    seen = min(view.q.start, view.q.today)
    found = []
    for account in view.company.accounts:
        for live in view.company.live(account, seen):
            day = renewal_day(view, account, live, seen)
            key = view.item_key(account, *live.kind)
            if live.mrr > 0 and key is not None and day <= view.q.end:
                found.append(view.labels(key) | row_of(view, account, live, seen, day))
    return sorted(found, key=lambda row: (row["renewal_day"], row["account"], row["subscription"], row["item"]))


def renewal_day(view: View, account: str, live: Live, seen: date) -> date:
    anchor, day, row = live.row.valid_from, seen, live.row
    while True:
        own = [one for one in view.company.live(account, day) if one.item == live.item and one.mrr > 0]
        if not own or (own[0].row.interval, own[0].row.interval_count) != (row.interval, row.interval_count):
            break
        anchor, day = min(anchor, own[0].row.valid_from), day - ONE
    n = 1
    while nth_interval(anchor, row.interval, row.interval_count, n) < view.q.start:
        n += 1
    return nth_interval(anchor, row.interval, row.interval_count, n)


def row_of(view: View, account: str, live: Live, seen: date, day: date) -> dict[str, Any]:
    row = live.row
    amount = interval_amount(view, row)
    return {
        "renewal_day": day,
        "account": account,
        "subscription": row.subscription_id,
        "item": row.item_id or row.subscription_id,
        "plan": row.plan_id,
        "amount": None if amount is None else major(in_currency(view, live, amount, seen)),
        "mrr": major(view.value(live, seen)),
        "failed_payment": failed(view, account, seen),
        "past_due": row.status == "past_due" or overdue(view, account, seen),
        "cancellation_scheduled": leaving(view, account, row, seen),
        "falling_seats": falling(view, account, row, seen),
    }


def interval_amount(view: View, row: Row) -> int | None:
    """What one billing interval costs."""
    if row.unit_amount is None:
        return None
    amount = Fraction(row.unit_amount) * Fraction(row.quantity)
    if discounted(row, view.policy):
        amount -= amount * Fraction(row.discount_percent or 0) / 100
        amount -= Fraction(row.discount_amount or 0)
    return micros(max(amount, Fraction(0)))


def in_currency(view: View, live: Live, amount: int, seen: date) -> int:
    if view.q.currency is None:
        return amount
    day = billing_start(live.row, seen) if view.policy["fx"] == "service-start" else seen
    return half_away(amount * view.rates.rate(live.currency, view.q.currency, day))


def failed(view: View, account: str, seen: date) -> bool:
    owner = {invoice.invoice_id: invoice.account_id for invoice in view.facts.invoices}
    return any(
        p.status == "failed"
        and (p.account_id or owner.get(p.invoice_id or "")) == account
        and 0 <= (seen - p.at).days < 90
        for p in view.facts.payments
    )


def overdue(view: View, account: str, seen: date) -> bool:
    return any(
        i.account_id == account
        and i.due is not None
        and i.due < seen
        and i.issued <= seen
        and i.amount > 0
        and (i.paid is None or i.paid > seen)
        and i.status not in ("draft", "void", "paid")
        for i in view.facts.invoices
    )


def spans_of(view: View, account: str, row: Row) -> list[Span]:
    own = [span for span in view.company.spans[account] if span.row.item == row.item]
    return sorted(own, key=lambda span: span.first)


def leaving(view: View, account: str, row: Row, seen: date) -> bool:
    if row.cancelled_at is not None and row.cancelled_at <= seen:
        return True
    end = row_end(row, view.policy)
    later = [span.first for span in spans_of(view, account, row) if span.first > row.valid_from]
    if view.q.today < end < FOR_EVER and not any(day <= end for day in later):
        return True
    for one in view.facts.cancellations:
        if one.subscription_id == row.subscription_id and one.requested <= seen:
            if one.effective is not None and one.effective > seen:
                return True
            if one.effective is None and one.requested >= row.valid_from:
                return True
    return False


def falling(view: View, account: str, row: Row, seen: date) -> bool:
    before = seen - timedelta(days=90)
    then = [span.row.quantity for span in spans_of(view, account, row) if span.first < span.end and span.holds(before)]
    return bool(then) and row.quantity < then[0]
