"""Kinds of file that one system exports, with the names that it gives its columns.

The names of Stripe's come from public code that reads such files: its Dashboard has renamed some of them over the
years, and lets people choose which ones are in a file.
"""

from __future__ import annotations

from holdfast.sources.kinds import CURRENCY, DURATIONS, INVOICE_STATES, SUBSCRIPTIONS, Field, Kind

STRIPE_SOURCE = "stripe-export"


def _field(name: str, reads: str, names: str = "", required: bool = False, **more: object) -> Field:
    """A field of Stripe's; each of its names goes with and without the `(UTC)` that follows times."""
    listed = [name, *names.split()]
    if reads == "moment":
        listed = [alias for one in listed for alias in (f"{one}_utc", one)]
    return Field(name, reads, tuple(listed), required, **more)  # type: ignore[arg-type]


PAYMENT_STATES = (
    *((word, "succeeded") for word in (
        "succeeded", "paid", "refunded", "partiallyrefunded", "refundpending", "disputed", "disputeneedsresponse",
        "disputeunderreview", "disputewon", "disputelost", "captured", "complete", "completed",
    )),
    *((word, "failed") for word in (
        "failed", "declined", "blocked", "canceled", "cancelled", "requirespaymentmethod", "expired",
    )),
    *((word, "pending") for word in (
        "pending", "processing", "uncaptured", "incomplete", "requiresaction", "requiresconfirmation",
        "requirescapture",
    )),
)  # fmt: skip
"""What Stripe's pages and its API call the state of a payment. Whether it was refunded, its amounts say."""

EXPORT_KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind(
            "stripe-subscriptions",
            "subscriptions as Stripe's Dashboard exports them: each as it is now",
            ("subscription_terms", "cancellations", "accounts"),
            (
                _field("subscription_id", "id", "id subscription", True),
                _field("account_id", "id", "customer_id customer", True),
                _field("status", "status", "state", True),
                _field("plan_id", "id", "plan price price_id plan_nickname plan_name"),
                _field("product", "text", "product_name product_id"),
                _field("amount", "amount", "plan_amount unit_amount price_amount", True, lowest=0),
                _field("quantity", "number", "qty seats", fallback="1", lowest=0),
                CURRENCY,
                _field("interval", "interval", "plan_interval billing_interval price_interval", True),
                _field("interval_count", "whole", "plan_interval_count billing_interval_count", fallback="1"),
                _field("start_at", "moment", "start_date started_at"),
                _field("created_at", "moment", "created created_date creation_date"),
                _field("changed_at", "moment", "start"),
                _field("period_start", "moment", "current_period_start"),
                _field("period_end", "moment", "current_period_end"),
                _field("trial_start", "moment", "trial_started_at"),
                _field("trial_end", "moment", "trial_ends_at"),
                _field("cancelled_at", "moment", "canceled_at canceled_date"),
                _field("cancel_at", "moment", "cancels_at"),
                _field("cancel_at_period_end", "flag", fallback="false"),
                _field("ended_at", "moment", "ended"),
                _field("cancel_reason", "text", "cancellation_reason"),
                _field("cancel_feedback", "text", "cancellation_feedback"),
                _field("comment", "text", "cancellation_comment"),
                _field("coupon", "text", "coupon_id discount coupons"),
                _field("discount_percent", "percent", "coupon_percent_off percent_off", lowest=0),
                _field("discount_amount", "amount", "coupon_amount_off amount_off", lowest=0),
                Field("discount_duration", "words", ("coupon_duration", "duration"), words=DURATIONS),
            ),
            source=STRIPE_SOURCE, utc=True, whole_subscriptions=True,
        ),
        Kind(
            "stripe-invoices",
            "invoices as Stripe's Dashboard exports them",
            ("invoices",),
            (
                _field("invoice_id", "id", "id", True),
                _field("account_id", "id", "customer_id customer"),
                _field("subscription_id", "id", "subscription"),
                _field("created_at", "moment", "date created created_date invoice_date"),
                _field("finalized_at", "moment", "finalized effective_at"),
                _field("due_at", "moment", "due_date due"),
                _field("paid_at", "moment", "paid_date"),
                _field("total", "amount", "amount amount_due", True),
                CURRENCY,
                Field("status", "words", ("state", "invoice_status"), words=INVOICE_STATES),
                _field("paid", "flag", fallback="false"),
                _field("closed", "flag", fallback="false"),
                _field("forgiven", "flag", fallback="false"),
            ),
            source=STRIPE_SOURCE, utc=True,
        ),
        Kind(
            "stripe-payments",
            "payments as Stripe's Dashboard exports them, each with what was refunded of it",
            ("payments",),
            (
                _field("payment_id", "id", "id charge_id paymentintent_id payment_intent_id", True),
                _field("invoice_id", "id", "invoice"),
                _field("account_id", "id", "customer_id customer"),
                _field("created_at", "moment", "created_date created date", True),
                _field("amount", "amount", required=True, lowest=0),
                _field("refunded_amount", "amount", "amount_refunded", lowest=0),
                CURRENCY,
                Field("status", "words", ("payment_status", "state"), required=True, words=PAYMENT_STATES),
                _field("refunded_at", "moment", "refunded_date"),
                _field("failure", "text", "decline_reason failure_code failure_message seller_message"),
                _field("mode", "text", "livemode live_mode"),
            ),
            source=STRIPE_SOURCE, utc=True,
        ),
        Kind(
            "stripe-customers",
            "customers as Stripe's Dashboard exports them; metadata become attributes",
            ("accounts", "account_attributes"),
            (
                _field("account_id", "id", "id customer_id", True),
                _field("name", "text", "customer_name description customer_description email customer_email"),
                _field("description", "text", "customer_description"),
                _field("email", "text", "customer_email"),
                _field("created_at", "moment", "created created_date"),
                _field("country", "text", "address_country customer_address_country card_address_country"),
            ),
            source=STRIPE_SOURCE, utc=True,
        ),
        Kind(
            "baremetrics",
            "the sheet that Baremetrics imports: one row for each subscription, amounts in cents",
            ("subscription_terms", "accounts", "plans"),
            (
                *SUBSCRIPTIONS.fields,
                Field("name", "text", ("customer_name",)),
                Field("plan_name", "text"),
            ),
            source="baremetrics", minor_units=True,
        ),
    )
}  # fmt: skip
