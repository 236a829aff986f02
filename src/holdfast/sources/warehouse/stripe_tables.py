"""The tables of Fivetran's Stripe connector that hold customers, subscriptions and what was billed."""

from __future__ import annotations

from holdfast.sources.warehouse.folder import TableKind

CONNECTOR = "stripe"

TABLES = (
    TableKind("customer", "accounts", without="accounts have no names"),
    TableKind("product", "names of plans", looked_up=True, without="plans have the names of their prices"),
    TableKind("plan", "plans"),
    TableKind("price", "plans"),
    TableKind("tier", "tiers of prices", (), ("price_tier", "plan_tier", "tiers"), looked_up=True),
    TableKind("coupon", "what discounts take off", looked_up=True, without="discounts are not taken off"),
    TableKind(
        "subscription_history", "subscriptions, with their past", ("id", "status"),
        without="the past of a subscription is known from its invoices alone",
    ),
    TableKind("subscription", "subscriptions, as they are now", ("id", "status")),
    TableKind("subscription_item", "prices and quantities", ("subscription_id",), without="no price is known"),
    TableKind("discount", "discounts", also=("subscription_discount",)),
    TableKind("invoice", "invoices", without="there are no invoices, and no record of past prices"),
    TableKind(
        "invoice_line_item", "past prices and quantities", ("invoice_id",), ("invoice_line",),
        without="no record of past prices and quantities",
    ),
    TableKind("charge", "payments", without="there are no payments"),
    TableKind("refund", "refunds", without="refunds are not known"),
    TableKind("credit_note", "credit notes"),
    TableKind("payment_intent", "which charge pays which invoice", looked_up=True),
)  # fmt: skip
