"""The lists of Stripe's that a sync reads, in the order in which one needs another."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Phase:
    """One list of Stripe's."""

    name: str
    kind: str
    path: str
    parameters: dict[str, Any] = field(default_factory=dict)
    dated: bool = True
    """Whether --since limits it."""


PHASES = (
    Phase("products", "product", "/v1/products", dated=False),
    Phase("prices", "price", "/v1/prices", {"expand": ["data.tiers", "data.currency_options"]}, dated=False),
    Phase("coupons", "coupon", "/v1/coupons", {"expand": ["data.applies_to", "data.currency_options"]}, dated=False),
    Phase("customers", "customer", "/v1/customers", dated=False),
    Phase(
        "subscriptions", "subscription", "/v1/subscriptions",
        {"status": "all", "expand": ["data.discounts", "data.items.data.discounts"]}, dated=False,
    ),
    Phase("schedules", "subscription_schedule", "/v1/subscription_schedules", dated=False),
    Phase("invoices", "invoice", "/v1/invoices", {"expand": ["data.lines.data.discounts", "data.payments"]}),
    Phase("credit notes", "credit_note", "/v1/credit_notes"),
    Phase("charges", "charge", "/v1/charges"),
    Phase("refunds", "refund", "/v1/refunds"),
)  # fmt: skip
NEEDED = {"subscriptions", "prices"}
EVENT_TYPES = (
    "customer.*", "product.*", "price.*", "plan.*", "coupon.*", "subscription_schedule.*", "invoice.*", "credit_note.*",
    "charge.*", "refund.*",
)  # fmt: skip
MISSING = {
    "products": "plans carry the ids of their products in place of names",
    "coupons": "discounts are taken from the subscriptions and invoices that name them",
    "customers": "accounts have no names, and nothing to split by",
    "schedules": "changes that are planned are not seen before they happen",
    "invoices": "the past of each subscription is not known",
    "credit notes": "refunds are not tied to the service that they give back",
    "charges": "attempts to pay are not known",
    "refunds": "refunds are not known",
    "events": "the last 30 days are known from invoices alone",
    "changes": "everything is read in each run",
}
"""What it means where the key may not read a list."""
