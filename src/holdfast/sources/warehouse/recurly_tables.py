"""The tables of Fivetran's Recurly connector that hold accounts, subscriptions and what was billed."""

from __future__ import annotations

from holdfast.sources.warehouse.folder import TableKind

CONNECTOR = "recurly"

TABLES = (
    TableKind("account_history", "accounts", also=("account",), without="accounts have no names"),
    TableKind("plan_history", "plans, and how long a billing period is", also=("plan",)),
    TableKind(
        "subscription_history", "subscriptions, with their past", ("id", "state"), ("subscription",),
        without="there are no subscriptions",
    ),
    TableKind(
        "subscription_change_history", "changes of plan, price and quantity", ("subscription_id",),
        ("subscription_change",),
    ),
    TableKind(
        "subscription_add_on_history", "add-ons of subscriptions", ("subscription_id",), ("subscription_add_on",),
        without="add-ons are taken together, as their total",
    ),
    TableKind(
        "coupon_redemption_history", "discounts", ("account_id",), ("coupon_redemption",),
        without="discounts are not known",
    ),
    TableKind(
        "coupon_discount", "what discounts take off", ("coupon_id",), looked_up=True,
        without="discounts are not taken off",
    ),
    TableKind(
        "coupon_history", "how long discounts last", also=("coupon",), looked_up=True,
        without="a discount lasts until it is removed",
    ),
    TableKind("invoice_history", "invoices", also=("invoice",), without="there are no invoices"),
    TableKind(
        "invoice_subscription_history", "which invoice is for which subscription", ("invoice_id", "subscription_id"),
        ("invoice_subscription",), looked_up=True,
    ),
    TableKind("line_item_history", "past prices and quantities", also=("line_item",), looked_up=True),
    TableKind("transaction", "payments and refunds", without="there are no payments"),
    TableKind(
        "transaction_subscription", "which payment is for which subscription", ("subscription_id", "transaction_id"),
        looked_up=True,
    ),
)  # fmt: skip
