"""Rows of Fivetran's Stripe tables as the objects of Stripe's API that they were made from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from holdfast.sources.stripe.shapes import Object
from holdfast.sources.warehouse.cells import Record


def customer(record: Record) -> Object:
    """A customer that was deleted keeps its id and its day, and loses what is personal."""
    own = {"id": record.need("id"), "created": record.time("created")}
    if record.deleted:
        return own
    return own | {
        "name": record.get("name"), "description": record.get("description"), "email": record.get("email"),
        "address": {"country": record.first("address_country", "shipping_address_country")},
        "metadata": {key: text for key, text in record.json("metadata").items() if not isinstance(text, dict | list)},
    }  # fmt: skip


def price(record: Record, tiers: Sequence[Record]) -> Object:
    """A row of `price`, in the shape of a price."""
    recurring = {
        "interval": record.first("recurring_interval"), "interval_count": record.whole("recurring_interval_count"),
        "usage_type": record.first("recurring_usage_type"),
    }  # fmt: skip
    return _amounts(record, tiers, "transform_quantity") | {
        "unit_amount": record.get("unit_amount"), "unit_amount_decimal": record.get("unit_amount_decimal"),
        "recurring": recurring if recurring["interval"] else None,
    }  # fmt: skip


def plan(record: Record, tiers: Sequence[Record]) -> Object:
    """A row of `plan`, in the shape of a plan."""
    return _amounts(record, tiers, "transform_usage") | {
        "amount": record.get("amount"), "amount_decimal": record.first("amount_decimal", "unit_amount_decimal"),
        "interval": record.get("interval"), "interval_count": record.whole("interval_count"),
        "usage_type": record.get("usage_type"),
    }  # fmt: skip


def _amounts(record: Record, tiers: Sequence[Record], transform: str) -> Object:
    package = record.whole(f"{transform}_divide_by")
    return {
        "id": record.need("id"), "currency": (record.get("currency") or "").lower(), "nickname": record.get("nickname"),
        "product": record.first("product_id", "product"), "billing_scheme": record.get("billing_scheme"),
        "tiers_mode": record.get("tiers_mode"),
        "tiers": sorted((_tier(tier) for tier in tiers), key=lambda tier: tier["up_to"] or float("inf")),
        transform: {"divide_by": package, "round": record.get(f"{transform}_round")} if package else None,
    }  # fmt: skip


def _tier(record: Record) -> Object:
    up_to = record.get("up_to")
    return {
        "up_to": None if up_to in {None, "inf"} else record.whole("up_to"),
        "unit_amount_decimal": record.first("unit_amount_decimal", "unit_amount", "amount"),
        "flat_amount_decimal": record.first("flat_amount_decimal", "flat_amount"),
    }


def coupon(record: Record) -> Object:
    return {
        "id": record.need("id"), "percent_off": record.number("percent_off"), "amount_off": record.number("amount_off"),
        "currency": (record.get("currency") or "").lower() or None, "duration": record.get("duration"),
    }  # fmt: skip


def discount(record: Record) -> Object:
    """A discount; one that was deleted ended at the latest when that was seen."""
    end = record.time("end", "end_at")
    if end is None and record.deleted:
        end = record.time("_fivetran_synced")
    return {
        "id": record.need("id"), "start": record.time("start", "start_at"), "end": end,
        "coupon": record.first("coupon_id", "coupon"),
    }  # fmt: skip


def item(record: Record) -> Object:
    return {
        "id": record.need("id"), "price": record.first("price_id", "plan_id", "price", "plan"),
        "quantity": record.whole("quantity"), "created": record.time("created"),
        "current_period_start": record.time("current_period_start"),
        "current_period_end": record.time("current_period_end"),
    }  # fmt: skip


def subscription(record: Record, items: Sequence[Object], discounts: Sequence[Object], currency: str | None) -> Object:
    """A row of `subscription` or `subscription_history`, with the items that it had."""
    times = (
        "created", "ended_at", "canceled_at", "cancel_at", "trial_start", "trial_end", "current_period_start",
        "current_period_end",
    )  # fmt: skip
    pause = record.get("pause_collection_behavior")
    return {name: record.time(name) for name in times} | {
        "object": "subscription", "id": record.need("id"), "status": record.need("status"),
        "customer": record.need("customer_id", "customer"), "start_date": record.time("start_date", "start", "created"),
        "cancel_at_period_end": record.flag("cancel_at_period_end"), "currency": currency,
        "pause_collection": (
            {"behavior": pause, "resumes_at": record.time("pause_collection_resumes_at")} if pause else None
        ),
        "cancellation_details": {
            name: record.first(f"cancellation_details_{name}", f"cancellation_{name}")
            for name in ("reason", "feedback", "comment")
        },
        "items": {"data": list(items)}, "discounts": list(discounts),
    }  # fmt: skip


def invoice(record: Record, lines: Sequence[Record], discounts: Sequence[Record]) -> Object:
    """An invoice with its lines; a deleted draft is void, as it bills nothing."""
    created = record.need_time("created", "date", "status_transitions_finalized_at", "finalized_at")
    of_lines = {line.get("subscription_id") for line in lines if line.get("subscription_id")}
    own = record.first("subscription_id", "subscription") or (of_lines.pop() if len(of_lines) == 1 else None)
    steps = {
        name: record.time(f"status_transitions_{name}", name)
        for name in ("finalized_at", "paid_at", "voided_at", "marked_uncollectible_at")
    }
    names = ("collection_method", "billing_reason", "currency")
    return {name: record.get(name) for name in names} | {
        "object": "invoice", "id": record.need("id"), "created": created,
        "customer": record.first("customer_id", "customer"),
        "subscription": own, "status": "void" if record.deleted else _status(record),
        "total": record.whole("total", "amount_due"), "due_date": record.time("due_date"), "status_transitions": steps,
        "pre_payment_credit_notes_amount": record.whole("pre_payment_credit_notes_amount"),
        "attempted": record.flag("attempted") or bool(record.whole("attempt_count")),
        "attempt_count": record.whole("attempt_count"),
        "effective_at": record.time("effective_at"),
        "lines": {"data": [_line(line, discounts if len(lines) == 1 else []) for line in lines]},
    }  # fmt: skip


def _status(record: Record) -> str | None:
    return record.get("status") or ("paid" if record.flag("paid") else None)


def _line(record: Record, discounts: Sequence[Record]) -> Object:
    start = record.time("period_start", "period_start_date")
    return {
        "id": record.first("id", "unique_id"), "amount": record.whole("amount"), "quantity": record.whole("quantity"),
        "period": {"start": start, "end": record.time("period_end", "period_end_date")},
        "subscription": record.first("subscription_id", "subscription"),
        "subscription_item": record.first("subscription_item_id", "subscription_item"),
        "price": record.first("price_id", "plan_id", "price", "plan"), "proration": record.flag("proration"),
        "discount_amounts": [{"discount": one.get("id"), "amount": one.whole("amount")} for one in discounts],
    }  # fmt: skip


def charge(record: Record) -> Object:
    return {
        "id": record.need("id"), "amount": record.whole("amount"), "currency": record.need("currency"),
        "customer": record.first("customer_id", "customer"), "invoice": record.first("invoice_id", "invoice"),
        "created": record.need_time("created"), "status": record.get("status"),
        "failure_code": record.get("failure_code"), "outcome": {"reason": record.get("outcome_reason")},
    }  # fmt: skip


def refund(record: Record) -> Object:
    names: Mapping[str, Any] = {"amount": record.whole("amount"), "created": record.need_time("created")}
    return {"id": record.need("id"), "currency": record.need("currency"), "status": record.get("status"), **names}


def credit_note(record: Record) -> Object:
    return {
        "id": record.need("id"), "amount": record.whole("amount", "total"), "currency": record.need("currency"),
        "created": record.need_time("created"), "status": record.get("status"), "type": record.get("type"),
        "invoice": record.first("invoice_id", "invoice"), "customer": record.first("customer_id", "customer"),
        "refund": record.first("refund_id", "refund"), "post_payment_amount": record.whole("post_payment_amount"),
    }  # fmt: skip
