"""The facts as they stand after import, in plain dataclasses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any


@dataclass(frozen=True)
class Row:
    """One row of `subscriptions`: a span of one item."""

    subscription_id: str
    account_id: str
    valid_from: date
    unit_amount: Decimal | None = None
    valid_to: date | None = None
    cancelled_at: date | None = None
    status: str = "active"
    quantity: Decimal = Decimal(1)
    interval: str = "month"
    interval_count: int = 1
    currency: str = "USD"
    item_id: str | None = None
    plan_id: str | None = None
    product: str | None = None
    discount_percent: Decimal | None = None
    discount_amount: Decimal | None = None
    discount_duration: str | None = None
    metered: bool = False
    mrr: Decimal | None = None

    @property
    def item(self) -> tuple[str, str]:
        return (self.subscription_id, self.item_id or self.subscription_id)


@dataclass(frozen=True)
class Account:
    account_id: str
    name: str | None = None
    attributes: Mapping[str, str | None] = field(default_factory=dict)


@dataclass(frozen=True)
class Plan:
    plan_id: str
    name: str | None = None
    product: str | None = None


@dataclass(frozen=True)
class Refund:
    """A payment with status `refunded`."""

    payment_id: str
    account_id: str
    subscription_id: str | None
    at: date
    amount: Decimal
    currency: str
    service_from: date | None = None
    service_to: date | None = None


@dataclass(frozen=True)
class Trial:
    """A row of `trials`."""

    account_id: str
    started: date
    ends: date | None = None
    converted: date | None = None
    card_required: bool | None = None
    plan_id: str | None = None


@dataclass(frozen=True)
class Invoice:
    invoice_id: str
    account_id: str | None
    issued: date
    amount: Decimal
    currency: str = "USD"
    due: date | None = None
    paid: date | None = None
    status: str | None = None


@dataclass(frozen=True)
class Payment:
    """An attempt to pay: succeeded, failed or pending."""

    payment_id: str
    at: date
    amount: Decimal
    status: str
    currency: str = "USD"
    account_id: str | None = None
    invoice_id: str | None = None


@dataclass(frozen=True)
class Cancellation:
    subscription_id: str
    requested: date
    effective: date | None = None
    voluntary: bool | None = None


@dataclass(frozen=True)
class Rate:
    """Units of `to` for one `frm`."""

    day: date
    frm: str
    to: str
    rate: Decimal


@dataclass(frozen=True)
class Spend:
    day: date
    amount: Decimal
    currency: str
    purpose: str = "acquisition"
    channel: str = ""


@dataclass(frozen=True)
class Facts:
    """Everything that the metrics rest on."""

    rows: tuple[Row, ...]
    accounts: tuple[Account, ...] = ()
    plans: tuple[Plan, ...] = ()
    refunds: tuple[Refund, ...] = ()
    rates: tuple[Rate, ...] = ()
    spend: tuple[Spend, ...] = ()
    trials: tuple[Trial, ...] = ()
    invoices: tuple[Invoice, ...] = ()
    payments: tuple[Payment, ...] = ()
    cancellations: tuple[Cancellation, ...] = ()


@dataclass(frozen=True)
class UsageRules:
    """What the company says of its events: those that are no use, its features, and what shows their value."""

    ignored: tuple[str, ...] = ()
    features: tuple[tuple[str, tuple[str, ...]], ...] = ()
    key_event: str = ""
    onboarding: tuple[str, ...] = ()


@dataclass(frozen=True)
class Question:
    """One question; `where` holds the wanted value of each dimension."""

    metric: str
    start: date
    end: date
    today: date
    grain: str = "month"
    by: tuple[str, ...] = ()
    where: Mapping[str, Any] = field(default_factory=dict)
    currency: str | None = None
    week_start: str = "monday"
    margin: float = 1.0
    window: int = 12
    within: int = 0
    usage: UsageRules = field(default_factory=UsageRules)
    as_of: datetime | None = None
    of: str = "users"
    entry: str = "first"
    return_on: str = "on"
    period: str = "week"
    mode: str = "calendar"
    start_event: str = ""
    return_event: str = ""
    min_events: int = 1
    steps: str = ""
    order: str = "sequential"
    key_event: str = ""


for _name in ("return", "returns", "returning"):  # an option may be called what no field can be
    setattr(Question, _name, property(lambda question: question.return_on))
