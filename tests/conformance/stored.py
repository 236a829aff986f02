"""The facts that stand in a lake, as the oracle takes them."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import Any

from holdfast.facts.money import MICROS
from holdfast.lake import Lake
from tests.oracle import (
    Account,
    Cancellation,
    Facts,
    Invoice,
    Payment,
    Plan,
    Rate,
    Refund,
    Row,
    Spend,
    Trial,
)


def facts_of(lake: Lake) -> Facts:
    """Everything in the lake that a metric of the oracle rests on."""
    return Facts(
        rows=tuple(map(_row, _standing(lake, "subscription_terms"))),
        accounts=tuple(_accounts(lake)),
        plans=tuple(Plan(plan["plan_id"], plan["name"], plan["product"]) for plan in _standing(lake, "plans")),
        refunds=tuple(_refund(one) for one in _standing(lake, "payments") if one["status"] == "refunded"),
        rates=tuple(
            Rate(rate["day"], rate["from_currency"], rate["to_currency"], Decimal(rate["rate"]))
            for rate in _standing(lake, "fx_rates")
        ),
        spend=tuple(
            Spend(one["day"], _major(one["amount_micros"]), one["currency"], one["purpose"], one["channel"])
            for one in _standing(lake, "spend")
        ),
        trials=tuple(map(_trial, _standing(lake, "trials"))),
        invoices=tuple(map(_invoice, _standing(lake, "invoices"))),
        payments=tuple(_payment(one) for one in _standing(lake, "payments") if one["status"] != "refunded"),
        cancellations=tuple(
            Cancellation(one["subscription_id"], one["requested_day"], one["effective_day"], one["voluntary"])
            for one in _standing(lake, "cancellations")
        ),
    )


def _standing(lake: Lake, name: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = lake.read(name).to_pylist()
    return [row for row in rows if row["superseded_at"] is None]


def _accounts(lake: Lake) -> list[Account]:
    attributes: dict[str, dict[str, str | None]] = defaultdict(dict)
    for attribute in _standing(lake, "account_attributes"):
        attributes[attribute["account_id"]][attribute["name"]] = attribute["text"]
    return [
        Account(account["account_id"], account["name"], attributes[account["account_id"]])
        for account in _standing(lake, "accounts")
    ]


def _row(term: dict[str, Any]) -> Row:
    same = ("subscription_id", "account_id", "status", "interval_count", "currency", "item_id", "plan_id", "product")
    exact = ("unit_amount", "discount_percent", "discount_amount")
    return Row(
        **{name: term[name] for name in (*same, "discount_duration", "metered")},
        **{name: None if term[name] is None else Decimal(term[name]) for name in exact},
        valid_from=term["valid_from_day"],
        valid_to=term["valid_to_day"],
        cancelled_at=term["cancelled_day"],
        quantity=Decimal(term["quantity"] or 1),
        interval=term["billing_interval"],
        mrr=None if term["given_mrr_micros"] is None else _major(term["given_mrr_micros"]),
    )


def _refund(payment: dict[str, Any]) -> Refund:
    return Refund(
        payment["payment_id"],
        payment["account_id"],
        payment["subscription_id"],
        payment["paid_day"],
        _major(payment["amount_micros"]),
        payment["currency"],
        payment["service_from_day"],
        payment["service_to_day"],
    )


def _trial(row: dict[str, Any]) -> Trial:
    days = (row["started_day"], row["ends_day"], row["converted_day"])
    return Trial(row["account_id"], *days, row["card_required"], row["plan_id"])


def _invoice(row: dict[str, Any]) -> Invoice:
    amount = (row["issued_day"], _major(row["amount_micros"]), row["currency"])
    return Invoice(row["invoice_id"], row["account_id"], *amount, row["due_day"], row["paid_day"], row["status"])


def _payment(row: dict[str, Any]) -> Payment:
    paid = (row["paid_day"], _major(row["amount_micros"]), row["status"], row["currency"])
    return Payment(row["payment_id"], *paid, row["account_id"], row["invoice_id"])


def _major(micros: int) -> Decimal:
    return Decimal(micros) / MICROS
