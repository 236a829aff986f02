"""Payments: what failed, what was recovered, who was lost, how long invoices took, what went back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from statistics import median
from typing import Any

from .company import FOR_EVER
from .days import ONE
from .money import half_away, major, micros, ratio
from .view import Key, View, Window, sort_key

Rows = list[dict[str, Any]]


@dataclass
class Tally:
    attempts: int = 0
    failed: int = 0
    failed_invoices: int = 0
    recovered: int = 0
    open: int = 0
    lost: int = 0
    to_pay: list[int] = field(default_factory=list)
    past_due: list[int] = field(default_factory=list)
    refunds: int = 0
    refunded: int = 0


def main_item(view: View, account: str | None, day: date, names: Sequence[str]) -> dict[str, Any] | None:
    """The plan, product, currency with most of the account's MRR at a close; null where nothing runs."""
    amounts: dict[Key, int] = defaultdict(int)
    for live in view.company.live(account, day) if account in view.company.spans else ():
        if live.mrr > 0 or view.policy["zero_price"] == "stay":
            own = {"plan": live.plan, "product": live.product, "currency": live.currency}
            amounts[tuple(own[name] for name in names)] += live.mrr
    if not amounts:
        return None
    best = min(amounts, key=lambda values: (-amounts[values], sort_key(values)))
    return dict(zip(names, best, strict=True))


def attributes(view: View, account: str | None) -> dict[str, Any]:
    found = {}
    for name in view.asked:
        unknown = account is None or (name == "cohort" and account not in view.company.spans)
        found[name] = None if unknown else view.company.attribute(str(account), name)
    return found


def key_of(view: View, account: str | None, currency: str, window: Window) -> Key | None:
    """Under the payment's currency; in the plan with most MRR at the period's start, else at its end."""
    names = [name for name in view.asked if name in ("plan", "product")]
    home = main_item(view, account, window.start, names) or main_item(view, account, window.end, names)
    own = attributes(view, account) | (home or dict.fromkeys(names))
    return view.key(own | {"currency": currency}, view.pot(currency))


def customer_spans(view: View, account: str) -> list[tuple[date, date]]:
    spans, since = [], None
    for day in view.company.change_days(account):
        before, after = view.company.customer(account, day - ONE), view.company.customer(account, day)
        if after and not before:
            since = day
        if before and not after and since is not None:
            spans.append((since, day))
            since = None
    return [*spans, (since, FOR_EVER)] if since else spans


def losses(view: View) -> list[tuple[str, date]]:
    """Accounts that churned after a cancellation that was not their wish, with the day."""
    owner = {row.subscription_id: row.account_id for row in view.facts.rows}
    found = []
    for account in view.company.accounts:
        spans = customer_spans(view, account)
        for (since, to), (following, _) in zip(spans, [*spans[1:], (FOR_EVER, FOR_EVER)], strict=True):
            own = [
                (one.effective or one.requested, one.requested, one.voluntary is False, one)
                for one in view.facts.cancellations
                if owner.get(one.subscription_id) == account and one.requested <= view.q.today
            ]
            own = [one for one in own if since < one[0] <= following]
            if own and to != FOR_EVER and max(own, key=lambda one: one[:3])[3].voluntary is False:
                found.append((account, to))
    return found


def lost_key(view: View, account: str, day: date) -> Key | None:
    names = [name for name in view.q.by if name in ("plan", "product")] + ["currency"]
    names += [name for name in view.q.where if name in ("plan", "product") and name not in names]
    home = main_item(view, account, day - ONE, names) or dict.fromkeys(names)
    return view.key(attributes(view, account) | home, view.pot(home["currency"]))


def payment_trends(view: View) -> Rows:
    windows = view.windows()
    counts: dict[tuple[date, Key], Tally] = defaultdict(Tally)
    invoices = {invoice.invoice_id: invoice for invoice in view.facts.invoices}
    today = view.q.today

    def tally(window: Window, key: Key | None) -> Tally:
        return Tally() if key is None else counts[window.first, key]

    tried = [p for p in view.facts.payments if p.status in ("succeeded", "failed") and p.at <= today]
    owner = {
        p.payment_id: p.account_id or (invoices[p.invoice_id].account_id if p.invoice_id in invoices else None)
        for p in tried
    }
    first_failed: dict[str, Any] = {}
    for p in sorted(tried, key=lambda p: p.at):
        if p.status == "failed" and p.invoice_id:
            first_failed.setdefault(p.invoice_id, p)
    lost: set[tuple[date, str]] = set()
    for window in windows:
        for p in tried:
            if window.holds(p.at):
                own = tally(window, key_of(view, owner[p.payment_id], p.currency, window))
                own.attempts += 1
                own.failed += p.status == "failed"
        for invoice, failure in first_failed.items():
            if window.holds(failure.at):
                own = tally(window, key_of(view, owner[failure.payment_id], failure.currency, window))
                until = failure.at + timedelta(days=30)
                paid = [p for p in tried if p.invoice_id == invoice and p.status == "succeeded"]
                in_time = any(failure.at <= p.at <= until for p in paid)
                own.failed_invoices += 1
                own.recovered += in_time
                own.open += not in_time and until > today
        for i in view.facts.invoices:
            if i.paid and window.holds(i.paid) and i.paid <= today and i.amount > 0 and i.status not in ("draft", "void"):
                own = tally(window, key_of(view, i.account_id, i.currency, window))
                own.to_pay.append((i.paid - i.issued).days)
                own.past_due += [(i.paid - i.due).days] if i.due else []
        for refund in view.facts.refunds:
            if window.holds(refund.at) and refund.at <= today:
                key = key_of(view, refund.account_id, refund.currency, window)
                if key is not None:
                    own = tally(window, key)
                    own.refunds += 1
                    own.refunded += worth(view, refund, window)
        last = {account: day for account, day in losses(view) if window.holds(day)}
        for account, day in last.items():
            if (window.first, account) not in lost:
                lost.add((window.first, account))
                tally(window, lost_key(view, account, day)).lost += 1
    keys = view.groups([key for _, key in counts])
    return [_row(view, window, key, counts[window.first, key]) for window in windows for key in keys]


def worth(view: View, refund: Any, window: Window) -> int:
    amount = micros(refund.amount)
    if view.q.currency is None:
        return amount
    day = refund.at if view.policy["fx"] == "service-start" else window.end
    return half_away(amount * view.rates.rate(refund.currency, view.q.currency, day))


def _row(view: View, window: Window, key: Key, own: Tally) -> dict[str, Any]:
    return {
        "period": window.first,
        **view.labels(key),
        "attempts": own.attempts,
        "failed": own.failed,
        "failure_rate": ratio(own.failed, own.attempts),
        "failed_invoices": own.failed_invoices,
        "recovered": own.recovered,
        "open": own.open,
        "recovery_rate": ratio(own.recovered, own.failed_invoices),
        "involuntary_churned_accounts": own.lost,
        "paid_invoices": len(own.to_pay),
        "median_days_to_pay": float(median(own.to_pay)) if own.to_pay else None,
        "median_days_past_due": float(median(own.past_due)) if own.past_due else None,
        "refunds": own.refunds,
        "refunded": major(own.refunded),
    }
