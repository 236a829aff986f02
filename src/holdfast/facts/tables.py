"""The canonical tables: what every source is translated into and every metric reads."""

from __future__ import annotations

from holdfast.facts.schema import Column, Table

ACCOUNT = Column("account_id", "text", "billing entity: the unit that is counted", required=True)
USER = Column("user_id", "text", "person inside an account", required=True, personal=True)


def _instant(name: str, meaning: str, *, required: bool = False) -> tuple[Column, Column]:
    """The two columns of a point in time: the instant, where the source gave one, and its day."""
    return (
        Column(f"{name}_at", "instant", f"{meaning}; null where the source gave only a date"),
        Column(f"{name}_day", "day", meaning, required=required),
    )


ACCOUNTS = Table(
    "accounts",
    "Billing entities. An account that no file named is created from its first subscription.",
    ("account_id",),
    (
        ACCOUNT,
        Column("name", "text", "display name", personal=True),
        *_instant("created", "when the account was created"),
    ),
)

ACCOUNT_ATTRIBUTES = Table(
    "account_attributes",
    "One row for each attribute of an account: any of them can split any metric.",
    ("account_id", "name"),
    (
        ACCOUNT,
        Column("name", "text", "name of the attribute, such as country", required=True),
        Column("text", "text", "value as written; null where it was cleared", personal=True),
        Column("number", "float", "the value as a number, where it is one", personal=True),
    ),
)

ACCOUNT_MERGES = Table(
    "account_merges",
    "Accounts that turned out to be one: facts keep their account, questions see the one it was merged into.",
    ("account_id",),
    (
        ACCOUNT,
        Column("into_account_id", "text", "account that it is counted as; null where the merge was taken back"),
        Column("reason", "text", "why, in a person's words"),
    ),
)

SETTINGS = Table(
    "settings",
    "What the company decided that changes its numbers, as it was at each time.",
    ("name",),
    (
        Column("name", "text", "name of the setting: policy, margin or week_start", required=True),
        Column("value", "text", "its value; of a policy, every switch", required=True),
    ),
)

USERS = Table(
    "users",
    "People inside accounts.",
    ("user_id",),
    (
        USER,
        Column("email", "text", "e-mail address", personal=True),
        Column("name", "text", "display name", personal=True),
        *_instant("created", "when the user was created"),
    ),
)

MEMBERSHIPS = Table(
    "memberships",
    "Which user belongs to which account, in which role, from when to when.",
    ("account_id", "user_id"),
    (
        ACCOUNT,
        USER,
        Column("role", "text", "champion, admin, billing or any other", personal=True),
        *_instant("valid_from", "when the membership began"),
        *_instant("valid_to", "when it ended; null while it lasts"),
    ),
)

IDENTITIES = Table(
    "identities",
    "Which anonymous id turned out to be which user.",
    ("anonymous_id", "user_id"),
    (
        Column("anonymous_id", "text", "id before sign-in", required=True, personal=True),
        USER,
        *_instant("linked", "when the two were seen together"),
    ),
)

PLANS = Table(
    "plans",
    "Plans on offer and the product that each belongs to.",
    ("plan_id",),
    (
        Column("plan_id", "text", "plan", required=True),
        Column("name", "text", "display name"),
        Column("product", "text", "product that the plan belongs to"),
    ),
)

PLAN_FEATURES = Table(
    "plan_features",
    "Which plan has which feature.",
    ("plan_id", "feature"),
    (
        Column("plan_id", "text", "plan", required=True),
        Column("feature", "text", "feature", required=True),
        Column("included", "bool", "false where a later file took the feature out", required=True),
    ),
)

PLAN_LIMITS = Table(
    "plan_limits",
    "How much of something a plan allows.",
    ("plan_id", "limit_name"),
    (
        Column("plan_id", "text", "plan", required=True),
        Column("limit_name", "text", "what is limited, such as seats", required=True),
        Column("limit_value", "float", "how much is allowed; null without a limit"),
    ),
)

SUBSCRIPTION_TERMS = Table(
    "subscription_terms",
    "One row for each span in which one item of one subscription had one price, quantity, interval, discount and status.",
    ("source", "subscription_id", "item_id", "valid_from"),
    (
        Column("subscription_id", "text", "subscription", required=True),
        Column(
            "item_id",
            "text",
            "item of the subscription; the subscription's own id where there is only one",
            required=True,
        ),
        ACCOUNT,
        Column("plan_id", "text", "plan that the item is on"),
        Column("product", "text", "product, where the source names one"),
        *_instant("valid_from", "when the span begins", required=True),
        *_instant("valid_to", "day access ended: the span does not include it; null while it runs"),
        *_instant("cancelled", "when the cancellation was asked for"),
        Column(
            "access_ends_day",
            "day",
            "end of the billing interval, counted from valid_from, that holds the cancellation",
        ),
        Column(
            "status",
            "text",
            "active, past_due, trialing, paused, incomplete, incomplete_expired or unpaid",
            required=True,
        ),
        Column("quantity", "text", "exact decimal"),
        Column("unit_amount", "text", "price of one, in major units, exact decimal; null where only an MRR was given"),
        Column("currency", "text", "ISO 4217, upper case", required=True),
        Column("billing_interval", "text", "day, week, month or year", required=True),
        Column("interval_count", "int", "number of intervals in a billing period", required=True),
        Column("discount_percent", "text", "exact decimal, taken off first"),
        Column("discount_amount", "text", "exact decimal in major units, off the whole item per billing period"),
        Column("discount_duration", "text", "once, repeating or forever"),
        Column("metered", "bool", "billed by use", required=True),
        Column("cancel_reason", "text", "why it was cancelled, as the source says"),
        Column("gross_micros", "micros", "amount per billing period before discounts"),
        Column("forever_micros", "micros", "amount per billing period less discounts that last forever"),
        Column("net_micros", "micros", "amount per billing period less all discounts of the span"),
        Column("given_mrr_micros", "micros", "MRR as the source gave it: taken as it is, in place of the amounts"),
        Column(
            "known_by",
            "text",
            "record that shows the span: reported, invoice, event or schedule; noticed (began some time before) or assumed where none does; null where a file gave it",
        ),
    ),
)

CANCELLATIONS = Table(
    "cancellations",
    "Who asked to leave, when, when it takes effect, and why.",
    ("source", "subscription_id", "requested"),
    (
        Column("subscription_id", "text", "subscription", required=True),
        *_instant("requested", "when it was asked for", required=True),
        *_instant("effective", "when access ends"),
        Column("voluntary", "bool", "true: the customer's wish; false: failed payment; null: unknown"),
        Column("reason", "text", "why, as the source says"),
        Column("comment", "text", "in the customer's words", personal=True),
    ),
)

INVOICES = Table(
    "invoices",
    "What was billed.",
    ("source", "invoice_id"),
    (
        Column("invoice_id", "text", "invoice", required=True),
        Column("account_id", "text", "billing entity"),
        Column("subscription_id", "text", "subscription"),
        *_instant("issued", "when it was issued", required=True),
        *_instant("due", "when payment is due"),
        *_instant("paid", "when it was paid"),
        Column("amount_micros", "micros", "amount billed", required=True),
        Column("currency", "text", "ISO 4217, upper case", required=True),
        Column("status", "text", "draft, open, paid, void or uncollectible"),
    ),
)

PAYMENTS = Table(
    "payments",
    "Attempts to pay, and refunds.",
    ("source", "payment_id"),
    (
        Column("payment_id", "text", "payment attempt or refund", required=True),
        Column("invoice_id", "text", "invoice that it pays"),
        Column("account_id", "text", "billing entity"),
        Column("subscription_id", "text", "subscription that a refund belongs to"),
        *_instant("paid", "when it was tried", required=True),
        Column("amount_micros", "micros", "amount; of a refund, the amount given back", required=True),
        Column("currency", "text", "ISO 4217, upper case", required=True),
        Column("status", "text", "succeeded, failed, pending or refunded", required=True),
        Column("failure", "text", "why it failed"),
        Column("service_from_day", "day", "first day of the service that a refund gives back"),
        Column("service_to_day", "day", "day after the last one of that service"),
    ),
)

TRIALS = Table(
    "trials",
    "Trials, whether or not billing knows them: a trial that both know, in spans that overlap or touch, is one.",
    ("source", "account_id", "started"),
    (
        ACCOUNT,
        Column("trial_id", "text", "trial, where the source names it"),
        Column("user_id", "text", "person who began it", personal=True),
        *_instant("started", "when it began", required=True),
        *_instant("ends", "when it ended or will end: the trial does not include it; null while that is not known"),
        *_instant("converted", "when it became paid; used only of accounts that billing does not know"),
        Column("card_required", "bool", "true: a card was asked for at its start; false: none; null: unknown"),
        Column("plan_id", "text", "plan that is tried"),
    ),
)

FX_RATES = Table(
    "fx_rates",
    "Exchange rates: units of to_currency for one from_currency.",
    ("day", "from_currency", "to_currency"),
    (
        Column("day", "day", "day that the rate is of", required=True),
        Column("from_currency", "text", "ISO 4217", required=True),
        Column("to_currency", "text", "ISO 4217", required=True),
        Column("rate", "text", "exact decimal", required=True),
    ),
)

EVENTS = Table(
    "events",
    "Product behaviour, as the SDKs send it.",
    ("source", "message_id"),
    (
        Column("message_id", "text", "id that the client gave", required=True),
        Column("type", "text", "track, page, screen, identify, group or alias", required=True),
        Column("event", "text", "name of a track event; of a page or screen, its name"),
        Column("user_id", "text", "person", personal=True),
        Column("anonymous_id", "text", "person before sign-in", personal=True),
        Column("account_id", "text", "billing entity that the call itself names"),
        *_instant("occurred", "when it happened, corrected for the client's clock", required=True),
        Column("original_at", "instant", "time that the client gave"),
        Column("sent_at", "instant", "time that the client sent it"),
        Column("received_at", "instant", "time that it came in"),
        Column(
            "time_note", "text", "what was wrong with the client's time: missing, unreadable, future or too old; null"
        ),
        Column("time_text", "text", "the client's time as written, where it could not be taken as it is"),
        Column("properties", "text", "JSON object: properties, or traits", personal=True),
        Column("context", "text", "JSON object: what the client says of itself", personal=True),
    ),
)

USAGE_GAUGES = Table(
    "usage_gauges",
    "A measured use of something that a plan limits.",
    ("account_id", "limit_name", "measured"),
    (
        ACCOUNT,
        Column("limit_name", "text", "what is limited", required=True),
        *_instant("measured", "when it was measured", required=True),
        Column("used", "float", "how much was used", required=True),
    ),
)

TICKETS = Table(
    "tickets",
    "Support tickets and service requests.",
    ("source", "ticket_id"),
    (
        Column("ticket_id", "text", "ticket", required=True),
        Column("account_id", "text", "billing entity"),
        Column("user_id", "text", "person", personal=True),
        *_instant("opened", "when it was opened", required=True),
        *_instant("closed", "when it was closed"),
        Column("priority", "text", "as the source says"),
        Column("subject", "text", "what it is about", personal=True),
        Column("satisfaction", "float", "score that the customer gave"),
    ),
)

SURVEY_RESPONSES = Table(
    "survey_responses",
    "Answers to surveys.",
    ("source", "response_id"),
    (
        Column("response_id", "text", "response", required=True),
        Column("survey", "text", "which survey", required=True),
        Column("question", "text", "which question", required=True),
        Column("account_id", "text", "billing entity"),
        Column("user_id", "text", "person", personal=True),
        *_instant("answered", "when it was answered", required=True),
        Column("score", "float", "number that was chosen; null where it was dismissed"),
        Column("comment", "text", "in the person's words", personal=True),
        Column("dismissed", "bool", "true where it was closed without an answer", required=True),
    ),
)

REFERRALS = Table(
    "referrals",
    "Who recommended whom.",
    ("referrer_account_id", "referred_id"),
    (
        Column("referrer_account_id", "text", "account that recommended", required=True),
        Column("referred_id", "text", "account or lead that was recommended", required=True),
        *_instant("referred", "when"),
    ),
)

LEADS = Table(
    "leads",
    "Prospects that are not accounts yet.",
    ("source", "lead_id"),
    (
        Column("lead_id", "text", "lead", required=True),
        Column("account_id", "text", "account that it became"),
        *_instant("created", "when it came in", required=True),
        Column("channel", "text", "where it came from"),
        Column("status", "text", "open, won or lost"),
    ),
)

SPEND = Table(
    "spend",
    "Money spent on winning and keeping customers.",
    ("day", "currency", "purpose", "channel"),
    (
        Column("day", "day", "day that the money was spent on", required=True),
        Column("amount_micros", "micros", "amount", required=True),
        Column("currency", "text", "ISO 4217, upper case", required=True),
        Column("purpose", "text", "acquisition or retention", required=True),
        Column("channel", "text", "such as ads; empty where unknown", required=True),
    ),
)

EXPOSURES = Table(
    "exposures",
    "Who saw which variant of which experiment.",
    ("experiment", "unit_id", "exposed"),
    (
        Column("experiment", "text", "experiment", required=True),
        Column("unit_id", "text", "user or account", required=True, personal=True),
        Column("variant", "text", "variant", required=True),
        *_instant("exposed", "when it was first seen", required=True),
    ),
)

FACT_TABLES = (
    ACCOUNTS,
    ACCOUNT_ATTRIBUTES,
    ACCOUNT_MERGES,
    SETTINGS,
    USERS,
    MEMBERSHIPS,
    IDENTITIES,
    PLANS,
    PLAN_FEATURES,
    PLAN_LIMITS,
    SUBSCRIPTION_TERMS,
    CANCELLATIONS,
    INVOICES,
    PAYMENTS,
    TRIALS,
    FX_RATES,
    EVENTS,
    USAGE_GAUGES,
    TICKETS,
    SURVEY_RESPONSES,
    REFERRALS,
    LEADS,
    SPEND,
    EXPOSURES,
)
