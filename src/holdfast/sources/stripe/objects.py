"""Rows of the canonical tables from single objects of Stripe, of any version of its API. Instants are Unix seconds."""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache
from typing import Any

from holdfast.facts.money import to_micros
from holdfast.sources.build_people import as_number
from holdfast.sources.stripe.minor import from_minor
from holdfast.sources.stripe.shapes import Object, id_of, invoice_subscription
from holdfast.sources.words import parse_currency

Row = dict[str, Any]
Rows = dict[str, list[Row]]


def micros(minor: Any, currency: str) -> int:
    """An amount in minor units as micros.

    >>> micros(1050, "usd"), micros(1050, "jpy"), micros(1050, "kwd")
    (10500000, 1050000000, 1050000)
    """
    return int(minor or 0) * _micros_per_minor(currency)


@lru_cache(maxsize=1_000)
def _micros_per_minor(currency: str) -> int:
    return to_micros(from_minor(Decimal(1), currency.upper()))


def currency_of(thing: Object) -> str:
    """The ISO 4217 code of an object. Raises `ValueError` where it has none."""
    return _currency(str(thing["currency"]))


_currency = lru_cache(maxsize=1_000)(parse_currency)


def customer_rows(customer: Object) -> Rows:
    """The account and its attributes: country, and what the company itself wrote into the metadata."""
    if customer.get("deleted"):
        return {}
    name = customer.get("name") or customer.get("description") or customer.get("email")
    account = {"account_id": customer["id"], "name": name, "created_at": customer.get("created")}
    return {"accounts": [account], "account_attributes": list(_attributes(customer))}


def _attributes(customer: Object) -> list[Row]:
    found = {str(key): str(value) for key, value in (customer.get("metadata") or {}).items()}
    country = (customer.get("address") or {}).get("country")
    if country:
        found.setdefault("country", country)
    return [
        {"account_id": customer["id"], "name": name, "text": text or None, "number": as_number(text)}
        for name, text in found.items()
        if name.strip()
    ]


def plan_rows(price: Object, product: Object | None) -> Rows:
    """A recurring price as a plan, with the features that its product is sold with."""
    if not (price.get("recurring") or price.get("interval")):
        return {}
    product_id = id_of(price.get("product"))
    own = product or {}
    label = own.get("name") or product_id
    plan = {"plan_id": price["id"], "name": price.get("nickname") or label, "product": label}
    features = [one.get("name") for one in own.get("marketing_features") or own.get("features") or []]
    return {
        "plans": [plan],
        "plan_features": [
            {"plan_id": price["id"], "feature": name, "included": True} for name in dict.fromkeys(features) if name
        ],
    }


def invoice_rows(invoice: Object) -> Rows:
    """What was billed: the total, less what credit notes took off before it was paid."""
    steps = invoice.get("status_transitions") or {}
    currency = currency_of(invoice)
    billed = int(invoice.get("total") or 0) - int(invoice.get("pre_payment_credit_notes_amount") or 0)
    row = {
        "invoice_id": invoice["id"],
        "account_id": id_of(invoice.get("customer")),
        "subscription_id": invoice_subscription(invoice),
        "issued_at": invoice.get("effective_at") or steps.get("finalized_at") or invoice["created"],
        "due_at": invoice.get("due_date"),
        "paid_at": steps.get("paid_at"),
        "amount_micros": micros(billed, currency),
        "currency": currency,
        "status": invoice.get("status") or "draft",
    }
    return {"invoices": [row]}


def charge_rows(charge: Object, invoice_id: str | None = None) -> Rows:
    """An attempt to pay. Which invoice it pays is on the charge itself only in versions before basil."""
    currency = currency_of(charge)
    outcome = charge.get("outcome") or {}
    row = {
        "payment_id": charge["id"],
        "invoice_id": id_of(charge.get("invoice")) or invoice_id,
        "account_id": id_of(charge.get("customer")),
        "paid_at": charge["created"],
        "amount_micros": micros(charge["amount"], currency),
        "currency": currency,
        "status": charge.get("status") or "pending",
        "failure": charge.get("failure_code") or outcome.get("reason") if charge.get("status") == "failed" else None,
    }
    return {"payments": [row]}


def refund_rows(refund: Object, link: Object | None = None) -> Rows:
    """Money given back; 0 where the refund itself failed. `link` says for which invoice and service."""
    currency = currency_of(refund)
    gone = refund.get("status") in {"failed", "canceled"}
    return {"payments": [_given_back(refund, 0 if gone else micros(refund["amount"], currency), link or {})]}


def credit_note_rows(note: Object, link: Object | None = None) -> Rows:
    """What a credit note gave back without a refund: as balance, or outside Stripe."""
    total = note.get("post_payment_amount")
    if total is None:
        total = note["amount"] if note.get("type") == "post_payment" else 0
    refunded = sum(int(one.get("amount_refunded") or 0) for one in note.get("refunds") or [])
    if not note.get("refunds") and id_of(note.get("refund")):
        refunded = int(total)
    rest = int(total) - refunded
    if rest <= 0:
        return {}
    amount = 0 if note.get("status") == "void" else micros(rest, currency_of(note))
    return {"payments": [_given_back(note, amount, link or {})]}


def _given_back(thing: Object, amount: int, link: Object) -> Row:
    return {
        "payment_id": thing["id"],
        "invoice_id": id_of(thing.get("invoice")) or link.get("invoice"),
        "account_id": id_of(thing.get("customer")) or link.get("customer"),
        "subscription_id": link.get("subscription"),
        "paid_at": thing["created"],
        "amount_micros": amount,
        "currency": currency_of(thing),
        "status": "refunded",
        "service_from_day": link.get("service_from"),
        "service_to_day": link.get("service_to"),
    }
