"""Rows of Fivetran's Recurly tables as facts, and in the shapes that a past is put together from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from holdfast.facts.money import to_micros
from holdfast.sources.build_people import as_number
from holdfast.sources.stripe.minor import to_minor
from holdfast.sources.stripe.shapes import Object
from holdfast.sources.warehouse.cells import Record
from holdfast.sources.words import fold

Row = dict[str, Any]
INVOICE_STATES = {
    "open": "open", "pending": "open", "processing": "open", "pastdue": "open", "paid": "paid", "closed": "paid",
    "failed": "uncollectible", "voided": "void",
}  # fmt: skip
PAYMENT_STATES = {
    "success": "succeeded", "succeeded": "succeeded", "declined": "failed", "error": "failed", "void": "failed",
    "chargeback": "failed", "pending": "pending", "processing": "pending", "scheduled": "pending",
}  # fmt: skip
STATES = {
    "active": "active", "live": "active", "canceled": "active", "future": "active", "intrial": "trialing",
    "paused": "paused", "expired": "canceled", "failed": "incomplete_expired",
}  # fmt: skip
"""A subscription that Recurly calls canceled runs on until it expires."""
DURATIONS = {"forever": "forever", "singleuse": "once", "temporal": "repeating"}


def account_rows(record: Record) -> dict[str, list[Row]]:
    """The account and its attributes; one that was deleted keeps its id and its day."""
    account = {"account_id": record.need("id"), "created_at": record.time("created_at"), "name": None}
    if record.get("deleted_at"):
        return {"accounts": [account]}
    person = " ".join(filter(None, (record.get("account_first_name"), record.get("account_last_name"))))
    account["name"] = record.get("company") or person or record.first("username", "code")
    attributes = {"country": record.first("account_country", "country"), "code": record.get("code")}
    return {
        "accounts": [account],
        "account_attributes": [
            {"account_id": account["account_id"], "name": name, "text": text, "number": as_number(text)}
            for name, text in attributes.items()
            if text
        ],
    }


def period(record: Record) -> Object:
    """How long a plan's billing period is, in the shape of a price's."""
    unit = (record.first("interval_unit") or "").lower().removesuffix("s")
    if unit not in {"day", "week", "month", "year"}:
        raise ValueError(f"{record.get('interval_unit')!r} is not an interval; there are: days, weeks, months, years")
    return {"interval": unit, "interval_count": record.whole("interval_length") or 1}


def plan_row(record: Record) -> Row:
    return {"plan_id": record.need("id"), "name": record.first("name", "code"), "product": record.first("name", "code")}


def invoice_row(record: Record, subscription: str | None) -> Row:
    status = _word(record, "state", INVOICE_STATES)
    return {
        "invoice_id": record.need("id"), "account_id": record.get("account_id"), "subscription_id": subscription,
        "issued_at": record.need_time("created_at"), "due_at": record.time("due_at", "due_on"),
        "paid_at": record.time("closed_at") if status == "paid" else None,
        "amount_micros": to_micros(record.number("total") or Decimal(0)), "currency": record.need("currency").upper(),
        "status": status,
    }  # fmt: skip


def payment_row(record: Record, subscription: str | None) -> Row:
    refund = record.get("type") == "refund"
    status = _word(record, "status", PAYMENT_STATES)
    return {
        "payment_id": record.need("id"), "invoice_id": record.get("invoice_id"), "account_id": record.get("account_id"),
        "subscription_id": subscription, "paid_at": record.need_time("collected_at", "created_at"),
        "amount_micros": to_micros(abs(record.number("amount") or Decimal(0))),
        "currency": record.need("currency").upper(),
        "status": "refunded" if refund and status == "succeeded" else status,
        "failure": record.first("status_code", "status") if status == "failed" else None,
    }  # fmt: skip


def _word(record: Record, name: str, words: Mapping[str, str]) -> str:
    text = record.need(name)
    if fold(text) not in words:
        raise ValueError(f"{name} {text!r} is not known; there are: {', '.join(words)}")
    return words[fold(text)]


def coupon(rows: Sequence[Record], details: Record | None) -> Object:
    """The rows of `coupon_discount` of one coupon: a percentage, or an amount in each of some currencies."""
    duration = DURATIONS.get(fold((details.get("duration") if details else None) or ""), "forever")
    result: Object = {"id": rows[0].need("coupon_id"), "duration": duration}
    percent = next((row.number("percentage") for row in rows if row.get("percentage")), None)
    if percent is not None:
        return result | {"percent_off": percent}
    amounts = {
        row.need("currency").lower(): {"amount_off": to_minor(row.number("amount") or Decimal(0), row.need("currency"))}
        for row in rows
        if row.get("amount")
    }
    if amounts:
        base = next(iter(amounts))
        result |= {"currency": base, "amount_off": amounts[base]["amount_off"], "currency_options": amounts}
    return result


def redemption(record: Record) -> Object:
    """A coupon that an account redeemed, in the shape of a discount."""
    end = record.time("removed_at")
    if end is None and record.get("state") == "inactive":
        end = record.time("updated_at")
    start, which = record.need_time("created_at"), record.need("coupon_id")
    return {"id": record.need("id"), "start": start, "end": end, "coupon": which}


@dataclass
class Prices:
    """Recurly names a price on each subscription; here each becomes one of a list, under the plan that it is of."""

    prices: dict[str, Object] = field(default_factory=dict)
    plans: dict[str, str | None] = field(default_factory=dict)

    def price(self, plan_id: str | None, unit: Decimal, currency: str, lasts: Object) -> str:
        """The id of the price of a plan in major units."""
        name = f"{plan_id}@{unit.normalize():f} {currency} {lasts['interval_count']} {lasts['interval']}"
        if name not in self.prices:
            self.plans[name] = plan_id
            self.prices[name] = {
                "id": name, "currency": currency.lower(), "recurring": lasts, "product": plan_id,
                "unit_amount_decimal": to_minor(unit, currency),
            }  # fmt: skip
        return name


def subscription(record: Record, items: Sequence[Object], discounts: Sequence[Object], *, overdue: bool) -> Object:
    """A row of `subscription_history` in the shape of Stripe's subscriptions."""
    status, state = _word(record, "state", STATES), fold(record.need("state"))
    leaving = state in {"canceled", "expired"}
    start = record.time("activated_at") or record.time(
        "current_term_started_at", "current_period_started_at", "created_at"
    )
    reason = record.get("expiration_reason")
    why = {"nonpayment": "payment_failed", "canceled": "cancellation_requested"}.get(fold(reason or ""))
    return {
        "object": "subscription", "id": record.need("id"), "customer": record.need("account_id"),
        "status": "past_due" if overdue and status == "active" else status,
        "currency": record.need("currency").lower(), "created": record.time("created_at") or start, "start_date": start,
        "canceled_at": record.time("canceled_at") if leaving else None,
        "cancel_at": record.time("expires_at") if state == "canceled" else None,
        "ended_at": record.time("expires_at", "canceled_at") if state == "expired" else None,
        "trial_start": record.time("trial_started_at"), "trial_end": record.time("trial_ends_at"),
        "current_period_start": record.time("current_period_started_at"),
        "current_period_end": record.time("current_period_ends_at"),
        "cancellation_details": {"reason": why, "feedback": reason},
        "items": {"data": list(items)}, "discounts": list(discounts),
    }  # fmt: skip
