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
from .facts import Payment, Refund
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
        for (since, to), (following, _) in zip(spans, [*spans[1:], (FOR_EVER, FOR_EVER)], strict=False):
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


class Ledger:
    """The tallies of one question."""

    def __init__(self, view: View) -> None:
        self.view, self.today = view, view.q.today
        self.tallies: dict[tuple[date, Key], Tally] = defaultdict(Tally)
        self.invoices = {invoice.invoice_id: invoice for invoice in view.facts.invoices}
        self.tried = [p for p in view.facts.payments if p.status in ("succeeded", "failed") and p.at <= self.today]

    def at(self, window: Window, key: Key | None) -> Tally:
        return Tally() if key is None else self.tallies[window.first, key]

    def owner(self, payment: Payment) -> str | None:
        invoice = self.invoices.get(payment.invoice_id or "")
        return payment.account_id or (invoice.account_id if invoice else None)

    def of_payment(self, window: Window, payment: Payment) -> Tally:
        return self.at(window, key_of(self.view, self.owner(payment), payment.currency, window))

    def count_attempts(self, window: Window) -> None:
        for p in self.tried:
            if window.holds(p.at):
                own = self.of_payment(window, p)
                own.attempts += 1
                own.failed += p.status == "failed"

    def first_failures(self) -> dict[str, Payment]:
        found: dict[str, Payment] = {}
        for p in sorted(self.tried, key=lambda p: p.at):
            if p.status == "failed" and p.invoice_id:
                found.setdefault(p.invoice_id, p)
        return found

    def count_failed_invoices(self, window: Window) -> None:
        for invoice, failure in self.first_failures().items():
            if window.holds(failure.at):
                own, until = self.of_payment(window, failure), failure.at + timedelta(days=30)
                paid = [p.at for p in self.tried if p.invoice_id == invoice and p.status == "succeeded"]
                in_time = any(failure.at <= day <= until for day in paid)
                own.failed_invoices += 1
                own.recovered += in_time
                own.open += not in_time and until > self.today

    def count_paid_invoices(self, window: Window) -> None:
        for i in self.view.facts.invoices:
            billed = i.amount > 0 and i.status not in ("draft", "void")
            if billed and i.paid and window.holds(i.paid) and i.paid <= self.today:
                own = self.at(window, key_of(self.view, i.account_id, i.currency, window))
                own.to_pay.append((i.paid - i.issued).days)
                own.past_due += [(i.paid - i.due).days] if i.due else []

    def count_refunds(self, window: Window) -> None:
        for refund in self.view.facts.refunds:
            if window.holds(refund.at) and refund.at <= self.today:
                key = key_of(self.view, refund.account_id, refund.currency, window)
                if key is not None:
                    own = self.at(window, key)
                    own.refunds += 1
                    own.refunded += worth(self.view, refund, window)

    def count_lost(self, window: Window) -> None:
        last = {account: day for account, day in losses(self.view) if window.holds(day)}
        for account, day in last.items():
            self.at(window, lost_key(self.view, account, day)).lost += 1


def payment_trends(view: View) -> Rows:
    ledger, windows = Ledger(view), view.windows()
    for window in windows:
        ledger.count_attempts(window)
        ledger.count_failed_invoices(window)
        ledger.count_paid_invoices(window)
        ledger.count_refunds(window)
        ledger.count_lost(window)
    keys = view.groups([key for _, key in ledger.tallies])
    return [_row(view, window, key, ledger.tallies[window.first, key]) for window in windows for key in keys]


def worth(view: View, refund: Refund, window: Window) -> int:
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
