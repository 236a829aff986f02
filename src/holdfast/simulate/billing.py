"""Invoices for the renewals that fell due, the attempts to pay them, and refunds."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Self

import numpy as np

from holdfast.facts.money import MICROS
from holdfast.simulate import months
from holdfast.simulate.accounts import ADD_ON_PRICES, PLAN_PRICES, Accounts, Window
from holdfast.simulate.draws import Draws, Flags, Ints
from holdfast.simulate.history import Charges, Lives
from holdfast.simulate.model import YEARLY_MONTHS, Model

PAID, OPEN, UNCOLLECTIBLE = range(3)
INVOICE_STATUSES = ("paid", "open", "uncollectible")
SUCCEEDED, FAILED, REFUNDED = range(3)
PAYMENT_STATUSES = ("succeeded", "failed", "refunded")
FAILURES = ("insufficient funds", "card expired", "do not honour", "authentication required")
BY_INVOICE = 2
"""Code of the payment method that pays on invoice, within about a month."""
TERMS_DAYS = 30


@dataclass(frozen=True)
class Invoices:
    """One row for each renewal; in the order of `Charges`."""

    account: Ints
    month: Ints
    subscription: Ints
    issued: Ints
    due: Ints
    paid: Ints
    amount_micros: Ints
    status: Ints
    service_to: Ints


@dataclass(frozen=True)
class Payments:
    """One row for each attempt or refund; `invoice` is the row of the invoice."""

    invoice: Ints
    attempt: Ints
    day: Ints
    status: Ints
    failure: Ints

    @classmethod
    def joined(cls, parts: list[Self]) -> Self:
        names = [column.name for column in fields(cls)]
        return cls(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in names})


def make_invoices(model: Model, window: Window, accounts: Accounts, lives: Lives, draws: Draws) -> Invoices:
    """The invoices of a block. Changes within a paid interval are charged from the next renewal on."""
    charges, slot = lives.charges, _slot(lives.charges)
    on_invoice = accounts.codes["payment_method"][charges.account] == BY_INVOICE
    delay = (draws.uniform("payment delay", window.months) * 1.15 * TERMS_DAYS).astype(np.int64)
    paid = np.where(on_invoice, charges.day + delay[charges.account, charges.month], charges.day)
    paid = np.where(charges.failed, charges.retry_day, paid)
    paid = np.where(paid <= window.end, paid, months.NEVER)
    given_up = charges.failed & (paid == months.NEVER) & (charges.day + model.dunning_days <= window.end)
    return Invoices(
        account=charges.account,
        month=charges.month,
        subscription=lives.slots.subscription[slot],
        issued=charges.day,
        due=charges.day + np.where(on_invoice, TERMS_DAYS, 0),
        paid=paid,
        amount_micros=_amounts(accounts, lives),
        status=np.where(paid < months.NEVER, PAID, np.where(given_up, UNCOLLECTIBLE, OPEN)),
        service_to=charges.service_to,
    )


def make_payments(
    model: Model, window: Window, accounts: Accounts, lives: Lives, invoices: Invoices, draws: Draws
) -> Payments:
    """Every attempt to pay the invoices, and the refunds of some monthly ones."""
    failed = _failed_attempts(window, lives.charges, invoices, draws)
    paid = np.flatnonzero(invoices.status == PAID)
    refund = draws.uniform("refund", window.months)[invoices.account, invoices.month] < model.refund_share
    refund_day = np.where(refund & ~accounts.yearly[invoices.account], invoices.paid + 6, months.NEVER)
    refunded = np.flatnonzero(refund_day <= window.end)
    return Payments.joined(
        [*failed, _attempt(paid, 8, invoices.paid, SUCCEEDED), _attempt(refunded, 9, refund_day, REFUNDED)]
    )


def _slot(charges: Charges) -> tuple[Ints, Ints]:
    return charges.account, 1 + 2 * charges.month


def _amounts(accounts: Accounts, lives: Lives) -> Ints:
    slots, slot = lives.slots, _slot(lives.charges)
    interval = np.where(accounts.yearly[lives.charges.account], YEARLY_MONTHS, 1)
    plan = PLAN_PRICES[slots.plan[slot]] * slots.seats[slot] * MICROS * (100 - slots.discount[slot]) // 100
    return np.asarray(interval * (plan + slots.add_ons[slot] @ ADD_ON_PRICES * MICROS))


def _failed_attempts(window: Window, charges: Charges, invoices: Invoices, draws: Draws) -> list[Payments]:
    """The renewal's own attempt, and retries after a week and two weeks where the payment was never recovered."""
    reasons = (draws.uniform("failure", window.months) * len(FAILURES)).astype(np.int64)
    reason = reasons[invoices.account, invoices.month]
    attempts = []
    for attempt, days in enumerate((0, 7, 14)):
        day = charges.day + days
        tried: Flags = charges.failed & (day < np.minimum(invoices.paid, window.end + 1))
        attempts.append(_attempt(np.flatnonzero(tried), attempt + 1, day, FAILED, reason))
    return attempts


def _attempt(rows: Ints, attempt: int, day: Ints, status: int, failure: Ints | None = None) -> Payments:
    reason = np.full(len(rows), -1) if failure is None else failure[rows]
    return Payments(rows, np.full(len(rows), attempt), day[rows], np.full(len(rows), status), reason)
