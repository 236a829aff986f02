"""What can be imported: the kinds of file, their fields, and the names that other systems give those fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from holdfast.errors import UnknownName

Reads = Literal[
    "id", "text", "moment", "day", "amount", "number", "percent", "flag", "currency", "interval", "whole", "status", "words"
]  # fmt: skip


@dataclass(frozen=True)
class Field:
    """One field of a kind: what its cells hold, the other names it goes by, and the column it fills."""

    name: str
    reads: Reads
    aliases: tuple[str, ...] = ()
    required: bool = False
    column: str = ""
    """Column of the canonical table, without `_at` and `_day` for a moment and `_micros` for an amount."""
    fallback: str | None = None
    """Text taken where the cell is empty."""
    words: tuple[tuple[str, str], ...] = ()
    """For `words`: every accepted word and the one it stands for."""
    lowest: int | None = None

    @property
    def target(self) -> str:
        if self.column:
            return self.column
        return self.name.removesuffix("_at") if self.reads == "moment" else self.name


@dataclass(frozen=True)
class Kind:
    """One kind of file, and the tables that it fills, the most important one first."""

    name: str
    meaning: str
    tables: tuple[str, ...]
    fields: tuple[Field, ...]
    source: str = "file"
    """Where its facts are from, where nobody names it."""
    utc: bool = False
    """Times without an offset are in UTC, not in the company's zone."""
    minor_units: bool = False
    """Amounts are in cents."""
    whole_subscriptions: bool = False
    """A row describes its subscription whole: what was known of it from the same source and is not in the row is withdrawn."""

    def field(self, name: str) -> Field:
        return next(field for field in self.fields if field.name == name)

    @property
    def names(self) -> list[str]:
        return [field.name for field in self.fields]


def _aliases(text: str) -> tuple[str, ...]:
    return tuple(text.split())


ACCOUNT_NAMES = _aliases(
    "customer_id customer account client_id client company_id organization_id organisation_id org_id tenant_id"
    " workspace_id customer_oid account_oid account_code customer_code"
)
SUBSCRIPTION_NAMES = _aliases("subscription sub_id subscription_oid subscription_uuid subscription_code contract_id")
CREATED_NAMES = _aliases(
    "created created_on created_date date_created signup_date signed_up_at signup_at sign_up_date registered_at customer_since"
)
CURRENCY = Field(
    "currency", "currency", _aliases("currency_code plan_currency price_currency invoice_currency iso_currency")
)


def _account(required: bool = True, more: str = "") -> Field:
    return Field("account_id", "id", (*_aliases(more), *ACCOUNT_NAMES), required)


def _subscription(required: bool = False, more: str = "") -> Field:
    return Field("subscription_id", "id", (*SUBSCRIPTION_NAMES, *_aliases(more)), required)


DURATIONS = (
    ("once", "once"), ("onetime", "once"), ("repeating", "repeating"), ("temporary", "repeating"), ("limited", "repeating"),
    ("forever", "forever"), ("always", "forever"), ("permanent", "forever"), ("unlimited", "forever"),
)  # fmt: skip
INVOICE_STATES = (
    *((word, word) for word in ("draft", "open", "paid", "void", "uncollectible")),
    ("voided", "void"), ("unpaid", "open"), ("due", "open"), ("pastdue", "open"), ("overdue", "open"), ("closed", "paid"),
    ("sent", "open"), ("writtenoff", "uncollectible"), ("pending", "open"), ("posted", "open"), ("notpaid", "open"),
)  # fmt: skip
PAYMENT_STATES = (
    *((word, word) for word in ("succeeded", "failed", "pending", "refunded")),
    ("success", "succeeded"), ("successful", "succeeded"), ("paid", "succeeded"), ("captured", "succeeded"),
    ("completed", "succeeded"), ("failure", "failed"), ("declined", "failed"), ("error", "failed"), ("refund", "refunded"),
    ("processing", "pending"), ("requiresaction", "pending"), ("canceled", "failed"), ("cancelled", "failed"),
)  # fmt: skip
PURPOSES = (
    ("acquisition", "acquisition"), ("marketing", "acquisition"), ("sales", "acquisition"), ("retention", "retention"),
    ("success", "retention"), ("support", "retention"),
)  # fmt: skip
LEAD_STATES = (
    ("open", "open"),
    ("new", "open"),
    ("won", "won"),
    ("converted", "won"),
    ("lost", "lost"),
    ("closedlost", "lost"),
    ("closedwon", "won"),
)

SUBSCRIPTIONS = Kind(
    "subscriptions",
    "one row for each subscription, or for each span of one with its own price, quantity, discount and status",
    ("subscription_terms", "accounts"),
    (
        _subscription(required=True, more="id"),
        _account(),
        Field("valid_from", "moment", _aliases(
            "start_date started_at start started starts_at start_at subscription_started_at subscription_start_date"
            " begin_date period_start current_term_start start_day from_date activated_at effective_date effective_from"
        ), True),
        Field("valid_to", "moment", _aliases(
            "end_date ended_at end ends_at end_at subscription_ended_at subscription_end_date subscription_canceled_at"
            " period_end end_day to_date effective_to valid_until"
        )),
        Field("unit_amount", "amount", _aliases(
            "plan_amount unit_price price_per_unit price amount plan_price unit_cost recurring_amount"
        ), lowest=0),
        Field("mrr", "amount", _aliases("mrr_amount monthly_amount monthly_recurring_revenue monthly_revenue"), lowest=0),
        Field("quantity", "number", _aliases("qty subscription_quantity units licenses licences"), fallback="1", lowest=0),
        Field("interval", "interval", _aliases(
            "billing_interval plan_interval billing_frequency billing_period billing_cycle frequency period_unit interval_unit"
            " plan_interval_unit recurring_interval"
        ), fallback="month"),
        Field("interval_count", "whole", _aliases("plan_interval_count billing_interval_count period_count interval_length plan_interval_length"), fallback="1"),
        CURRENCY,
        Field("status", "status", _aliases("state subscription_status subscription_state"), fallback="active"),
        Field("trial", "flag", _aliases("is_trial trialing in_trial is_trialing on_trial"), fallback="false"),
        Field("item_id", "id", _aliases("subscription_item_id item line_item_id subscription_item")),
        Field("plan_id", "id", _aliases("plan plan_oid plan_code price_id plan_tier tier plan_name sku")),
        Field("product", "text", _aliases("product_name product_id product_code product_line")),
        Field("discount_percent", "percent", _aliases("percent_off discount_pct discount_percentage discount_rate"), lowest=0),
        Field("discount_amount", "amount", _aliases("amount_off"), lowest=0),
        Field("discount_duration", "words", _aliases("coupon_duration"), words=DURATIONS),
        Field("metered", "flag", _aliases("is_metered usage_based usage_type_metered"), fallback="false"),
        Field("cancel_reason", "text", _aliases("cancellation_reason churn_reason cancelation_reason reason")),
        Field("cancelled_at", "moment", _aliases(
            "canceled_at cancellation_date cancel_date cancelled_on canceled_on cancelled_date canceled_date"
            " subscription_cancelled_at cancel_requested_at"
        )),
    ),
)  # fmt: skip

KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind(
            "accounts",
            "billing entities; every other column becomes an attribute",
            ("accounts", "account_attributes"),
            (
                _account(more="id"),
                Field("name", "text", _aliases("account_name customer_name company_name company client_name organization_name organisation_name display_name")),
                Field("created_at", "moment", CREATED_NAMES),
            ),
        ),
        Kind(
            "users",
            "people, and the accounts that they belong to",
            ("users", "memberships"),
            (
                Field("user_id", "id", _aliases("user person_id contact_id member_id id"), True),
                _account(required=False),
                Field("email", "text", _aliases("email_address user_email e_mail mail")),
                Field("name", "text", _aliases("user_name full_name display_name contact_name")),
                Field("role", "text", _aliases("user_role job_role title position")),
                Field("created_at", "moment", CREATED_NAMES),
            ),
        ),
        Kind(
            "plans",
            "plans on offer, with their features and limits",
            ("plans", "plan_features", "plan_limits"),
            (
                Field("plan_id", "id", _aliases("plan id plan_code plan_oid price_id sku"), True),
                Field("name", "text", _aliases("plan_name display_name title nickname")),
                Field("product", "text", _aliases("product_name product_id product_line")),
                Field("features", "text", _aliases("feature plan_features feature_list included_features")),
                Field("limits", "text", _aliases("limit plan_limits quotas quota")),
            ),
        ),
        SUBSCRIPTIONS,
        Kind(
            "cancellations",
            "who asked to leave, when and why",
            ("cancellations",),
            (
                _subscription(required=True),
                Field("requested_at", "moment", _aliases("requested cancelled_at canceled_at cancellation_date cancel_date churn_date cancelled_on date"), True),
                Field("effective_at", "moment", _aliases("effective effective_date effective_on ends_at end_date access_ends_at cancel_at")),
                Field("voluntary", "flag", _aliases("is_voluntary")),
                Field("reason", "text", _aliases("cancel_reason cancellation_reason reason_code churn_reason")),
                Field("comment", "text", _aliases("feedback feedback_text comments note notes")),
            ),
        ),
        Kind(
            "invoices",
            "what was billed",
            ("invoices",),
            (
                Field("invoice_id", "id", _aliases("invoice id invoice_number invoice_no number"), True),
                _account(required=False),
                _subscription(),
                Field("issued_at", "moment", _aliases("issued issue_date invoice_date date created created_at issued_on billed_at"), True),
                Field("due_at", "moment", _aliases("due_date due_on payment_due")),
                Field("paid_at", "moment", _aliases("payment_date paid_on paid_date date_paid")),
                Field("amount", "amount", _aliases("total amount_due invoice_total total_amount invoice_amount"), True),
                CURRENCY,
                Field("status", "words", _aliases("state invoice_status"), words=INVOICE_STATES),
            ),
        ),
        Kind(
            "payments",
            "attempts to pay, and refunds",
            ("payments",),
            (
                Field("payment_id", "id", _aliases("payment id charge_id transaction_id payment_intent_id refund_id"), True),
                Field("invoice_id", "id", _aliases("invoice invoice_number")),
                _account(required=False),
                _subscription(),
                Field("at", "moment", _aliases("paid_at date payment_date created created_at paid_on charged_at transaction_date processed_at"), True, column="paid"),
                Field("amount", "amount", _aliases("total payment_amount amount_paid charge_amount"), True, lowest=0),
                CURRENCY,
                Field("status", "words", _aliases("state payment_status result outcome"), fallback="succeeded", words=PAYMENT_STATES),
                Field("failure", "text", _aliases("failure_code failure_reason failure_message decline_code error")),
                Field("service_from", "day", _aliases("service_start service_period_start"), column="service_from_day"),
                Field("service_to", "day", _aliases("service_end service_period_end"), column="service_to_day"),
            ),
        ),
        Kind(
            "trials",
            "trials without a card, or of accounts that billing does not know",
            ("trials",),
            (
                _account(),
                Field("trial_id", "id", _aliases("trial id trial_oid")),
                Field("user_id", "id", _aliases("user person_id contact_id")),
                Field("started_at", "moment", _aliases("started start_date trial_start trial_started_at trial_started trial_start_date trial_start_at starts_at begin_date valid_from signed_up_at signup_date"), True),
                Field("ends_at", "moment", _aliases("ends ended_at end_date trial_end trial_ends_at trial_ended_at trial_end_date trial_end_at expires_at expired_at valid_to")),
                Field("converted_at", "moment", _aliases("converted converted_on conversion_date paid_at trial_converted_at became_customer_at")),
                Field("card_required", "flag", _aliases("with_card has_card card cc_required credit_card_required requires_card card_on_file payment_method_on_file")),
                Field("plan_id", "id", _aliases("plan plan_code plan_oid plan_name price_id tier")),
            ),
        ),
        Kind(
            "fx-rates",
            "exchange rates: units of `to` for one `from`",
            ("fx_rates",),
            (
                Field("day", "day", _aliases("date rate_date as_of"), True),
                Field("from", "currency", _aliases("from_currency base base_currency source_currency"), True, column="from_currency"),
                Field("to", "currency", _aliases("to_currency quote quote_currency target_currency target"), True, column="to_currency"),
                Field("rate", "number", _aliases("exchange_rate fx_rate value price"), True),
            ),
        ),
        Kind(
            "spend",
            "money spent on winning and keeping customers",
            ("spend",),
            (
                Field("day", "day", _aliases("date spent_on spend_date month period"), True),
                Field("amount", "amount", _aliases("spend cost total spent"), True),
                CURRENCY,
                Field("purpose", "words", _aliases("type category"), fallback="acquisition", words=PURPOSES),
                Field("channel", "text", _aliases("source campaign medium"), fallback=""),
            ),
        ),
        Kind(
            "events",
            "what users do in the product; every other column becomes a property",
            ("events",),
            (
                Field("timestamp", "moment", _aliases("occurred_at time event_time event_timestamp original_timestamp happened_at created_at date event_date usage_date ts at"), True, column="occurred"),
                Field("event", "text", _aliases("event_name event_type action activity feature_name feature name")),
                Field("message_id", "text", _aliases("event_id insert_id uuid usage_id id")),
                Field("user_id", "text", _aliases("user distinct_id person_id member_id")),
                Field("anonymous_id", "text", _aliases("anon_id device_id visitor_id cookie_id")),
                Field("account_id", "text", (*_aliases("group_id"), *ACCOUNT_NAMES)),
                Field("subscription_id", "text", _aliases("subscription")),
                Field("type", "text", fallback="track"),
                Field("properties", "text", _aliases("event_properties")),
            ),
        ),
        Kind(
            "tickets",
            "support tickets and service requests",
            ("tickets",),
            (
                Field("ticket_id", "id", _aliases("ticket id case_id number"), True),
                _account(required=False),
                Field("user_id", "id", _aliases("user requester_id contact_id")),
                Field("opened_at", "moment", _aliases("opened submitted_at created_at created opened_on date"), True),
                Field("closed_at", "moment", _aliases("resolved_at solved_at closed_on")),
                Field("priority", "text", _aliases("severity urgency")),
                Field("subject", "text", _aliases("title summary")),
                Field("satisfaction", "number", _aliases("satisfaction_score csat rating score")),
            ),
        ),
        Kind(
            "referrals",
            "who recommended whom",
            ("referrals",),
            (
                Field("referrer_account_id", "id", _aliases("referrer referrer_id referred_by account_id advocate_id"), True),
                Field("referred_id", "id", _aliases("referred referred_account_id lead_id new_account_id"), True),
                Field("referred_at", "moment", _aliases("date referral_date created_at")),
            ),
        ),
        Kind(
            "leads",
            "prospects that are not accounts yet",
            ("leads",),
            (
                Field("lead_id", "id", _aliases("lead id prospect_id"), True),
                _account(required=False),
                Field("created_at", "moment", CREATED_NAMES, True),
                Field("channel", "text", _aliases("lead_source source medium campaign")),
                Field("status", "words", _aliases("state stage"), words=LEAD_STATES),
            ),
        ),
        Kind(
            "usage-gauges",
            "a measured use of something that a plan limits",
            ("usage_gauges",),
            (
                _account(),
                Field("limit_name", "text", _aliases("limit name metric gauge"), True),
                Field("measured_at", "moment", _aliases("measured date at day timestamp"), True),
                Field("used", "number", _aliases("value usage amount count"), True),
            ),
        ),
    )
}  # fmt: skip


def kind_named(name: str, more: Mapping[str, Kind] | None = None) -> Kind:
    """The kind of that name, of these or of `more`. Raises `UnknownName` that lists them.

    >>> kind_named("fx_rates").tables
    ('fx_rates',)
    """
    normal, known = normal_name(name), {**KINDS, **(more or {})}
    if normal not in known:
        raise UnknownName(
            f"unknown kind {name!r}; there are: {', '.join(known)}",
            hint="folders of tables: fivetran-stripe, fivetran-recurly",
        )
    return known[normal]


def normal_name(name: str) -> str:
    """A kind's name however it is written.

    >>> normal_name("FX rates")
    'fx-rates'
    """
    return name.strip().lower().replace("_", "-").replace(" ", "-")
