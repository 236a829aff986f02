"""The shape of the tables that are derived from facts and kept current as data arrive."""

from __future__ import annotations

from holdfast.facts.schema import Column, Table
from holdfast.facts.tables import ACCOUNT

ITEM = (
    Column("currency", "text", "ISO 4217", required=True),
    Column("plan", "text", "plan of the item"),
    Column("product", "text", "product of the item"),
)
FIRST_DAY = Column("first_day", "day", "day of the account's first positive MRR; its month is the activation cohort")

MRR_SPANS = Table(
    "mrr_spans",
    "MRR of each item over each span in which it counted, under one policy.",
    (),
    (
        ACCOUNT,
        Column("subscription_id", "text", "subscription", required=True),
        Column("item_id", "text", "item of the subscription", required=True),
        *ITEM,
        Column("from_day", "day", "first day of the span", required=True),
        Column("to_day", "day", "day after its last one; null while it runs"),
        Column("mrr_micros", "micros", "MRR of the item", required=True),
        Column("anchor_day", "day", "day that its billing intervals are counted from", required=True),
        Column("billing_interval", "text", "day, week, month or year", required=True),
        Column("interval_count", "int", "number of intervals in a billing period", required=True),
    ),
    derived=True,
)

MRR_CHANGES = Table(
    "mrr_changes",
    "Every change of MRR, by account, day, currency, plan and product, with the movement that the account made that day.",
    (),
    (
        ACCOUNT,
        Column("day", "day", "day of the change", required=True),
        *ITEM,
        Column("delta_micros", "micros", "change of MRR", required=True),
        Column("movement", "text", "new, reactivation, expansion, contraction or churn", required=True),
        Column(
            "moved", "bool", "false where the account's changes of the day cancel out in the currency", required=True
        ),
        Column("new_product", "bool", "true where the account never had the product before", required=True),
        FIRST_DAY,
    ),
    derived=True,
)

CUSTOMER_SPANS = Table(
    "customer_spans",
    "The spans of days in which each account was a customer.",
    (),
    (
        ACCOUNT,
        Column("from_day", "day", "day it became a customer", required=True),
        Column("to_day", "day", "day it stopped being one; null while it is"),
        Column("start_movement", "text", "new or reactivation", required=True),
        Column("ordinal", "int", "0 for the account's first span", required=True),
        FIRST_DAY,
    ),
    derived=True,
)

USAGE_DAILY = Table(
    "usage_daily",
    "How often each person did what on each day: track events alone, under the ids that they came with.",
    (),
    (
        Column("user_id", "text", "person, where the event names one", personal=True),
        Column("anonymous_id", "text", "person before sign-in, where no user is named", personal=True),
        Column("account_id", "text", "billing entity, where the event names one"),
        Column("event", "text", "name of the event", required=True),
        Column("day", "day", "day on which it happened", required=True),
        Column("events", "int", "number of events", required=True),
    ),
    derived=True,
)

EVENTS_A_PAGE = 62
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

USAGE_WEEKLY = Table(
    "usage_weekly",
    "What each person did on each day of a week: track events alone, as sets of bits whose meaning `event_numbers` tells.",
    (),
    (
        *(column for column in USAGE_DAILY.columns if column.name in ("user_id", "anonymous_id", "account_id")),
        Column("week", "day", "its Monday", required=True),
        Column(
            "page",
            "int",
            f"which {EVENTS_A_PAGE} events the bits stand for: those numbered page x {EVENTS_A_PAGE} and on",
            required=True,
        ),
        *(
            Column(day, "int", f"bit n: event page x {EVENTS_A_PAGE} + n happened on {day}", required=True)
            for day in WEEKDAYS
        ),
    ),
    derived=True,
)

EVENT_NUMBERS = Table(
    "event_numbers",
    "The numbers that the events' names have in `usage_weekly`.",
    (),
    (
        Column("event", "text", "name of the event", required=True),
        Column("number", "int", "its number, which it keeps", required=True),
    ),
    derived=True,
)

ROLLUP_TABLES = (MRR_SPANS, MRR_CHANGES, CUSTOMER_SPANS, USAGE_DAILY, USAGE_WEEKLY, EVENT_NUMBERS)
