"""Worked examples of trials, payments and renewals (section 6 of the definitions, and what the reference says)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal as D  # noqa: N817 (tables of numbers)
from fractions import Fraction as F  # noqa: N817
from typing import Any

from tests.oracle import Cancellation, Facts, Invoice, Payment, Refund, Row, Trial
from tests.oracle.cohorts import wilson

from .cases import Case, ask, row

MARCH, APRIL, MAY = date(2024, 3, 1), date(2024, 4, 1), date(2024, 5, 1)


def tried(account: str, start: date, end: date, price: int | None = None, **more: Any) -> list[Row]:
    """A trial in billing, paid from its end on where there is a price."""
    trial = row(f"s-{account}", account, start, 10, valid_to=end, status="trialing", **more)
    paid = [row(f"s-{account}", account, end, price, **more)] if price else []
    return [trial, *paid]


def counts(period: date, trials: int, converted: int, still_open: int = 0, **more: Any) -> dict[str, Any]:
    rate = F(converted, trials) if trials else None
    return {"period": period, "trials": trials, "converted": converted, "open": still_open, "rate": rate, **more}


# the example of the definitions: 100 begin, 30 of them will pay later; 40 end, 20 of those paid

BEGUN = [
    one
    for n in range(100)
    for one in tried(f"b{n}", date(2024, 4, 12), date(2024, 5, 12), 10 if n < 30 else None)
]  # fmt: skip
ENDED = [
    one
    for n in range(40)
    for one in tried(f"e{n}", date(2024, 3, 20), date(2024, 4, 10), 10 if n < 20 else None)
]  # fmt: skip
EXAMPLE = Facts((*BEGUN, *ENDED))

# a: 14 days, card, paid at the end. b: no card, known to a file alone, paid on day 40. c: runs on. d: nobody says.
CARDS = Facts(
    rows=(
        *tried("a", APRIL, date(2024, 4, 15), 10, plan_id="pro"), row("s-b", "b", date(2024, 5, 11), 10),
        *tried("d", date(2024, 4, 3), date(2024, 4, 17)),
    ),
    trials=(
        Trial("a", APRIL, date(2024, 4, 15), card_required=True, plan_id="basic"),
        Trial("b", APRIL, date(2024, 4, 15), card_required=False),
        Trial("c", date(2024, 4, 20), None, card_required=False),
    ),
)  # fmt: skip

# one trial in two systems, touching; a customer's trial of an add-on; a return; a file's own word
ONE = Facts(
    rows=(
        *tried("a", APRIL, date(2024, 4, 15)), row("s-a2", "a", date(2024, 5, 2), 10),
        row("s-b", "b", date(2024, 1, 1), 10), row("t-b", "b", date(2024, 4, 5), 10, status="trialing"),
        row("s-c", "c", date(2024, 1, 1), 10, valid_to=date(2024, 2, 1)),
    ),
    trials=(
        Trial("a", date(2024, 4, 15), date(2024, 4, 29)), Trial("c", date(2024, 4, 1), date(2024, 4, 15)),
        Trial("d", date(2024, 4, 2), date(2024, 4, 16), converted=date(2024, 4, 9)),
    ),
)  # fmt: skip

# a's first invoice is paid ten days late, b's never, c's is not known from the start
BILLED = Facts(
    rows=tuple(one for name in "abc" for one in tried(name, date(2024, 3, 20), APRIL, 10)),
    invoices=(
        Invoice("a1", "a", APRIL, D(10), paid=date(2024, 4, 11)), Invoice("b1", "b", APRIL, D(10), status="open"),
        Invoice("c1", "c", date(2024, 6, 1), D(10), status="open"), Invoice("a0", "a", date(2024, 3, 20), D(0)),
    ),
)  # fmt: skip


def conversion_cases() -> list[Case]:
    april = ask("trial-conversion", APRIL)
    split = replace(april, by=("card_required",), today=MAY)
    return [
        Case("trials that begin, by start", EXAMPLE, april, [counts(APRIL, 100, 30)]),
        Case("trials that end, by end", EXAMPLE, april, [counts(APRIL, 40, 20)], preset="stripe"),
        Case("conversions over trials begun, by new", EXAMPLE, april, [counts(APRIL, 100, 20)], preset="baremetrics"),
        Case("trials still running are open", EXAMPLE, replace(april, today=date(2024, 5, 11)),
             [counts(APRIL, 100, 0, 100)]),
        Case("with a card, without, unknown", CARDS, split,
             [counts(APRIL, 2, 0, 1, card_required="no"), counts(APRIL, 1, 1, card_required="yes"),
              counts(APRIL, 1, 0, card_required=None)]),
        Case("a condition on the card", CARDS, replace(april, where={"card_required": "no"}), [counts(APRIL, 2, 1, 1)]),
        Case("within 30 days", CARDS, replace(april, within=30, today=date(2024, 5, 15)), [counts(APRIL, 4, 1, 1)]),
        Case("the plan that billing knows", CARDS, replace(april, by=("plan",)),
             [counts(APRIL, 1, 1, plan="pro"), counts(APRIL, 3, 1, 1, plan=None)]),
        Case("a trial in two systems is one; customers and those who come back try nothing", ONE, april,
             [counts(APRIL, 2, 2)]),
        Case("a first invoice counts when it is paid", BILLED, replace(april, start=MARCH, today=date(2024, 4, 10)),
             [counts(MARCH, 3, 1), counts(APRIL, 0, 0)]),
        Case("a first invoice that was paid", BILLED, replace(april, start=MARCH),
             [counts(MARCH, 3, 2), counts(APRIL, 0, 0)]),
        Case("a conversion is in the period of its payment", BILLED, replace(april, start=MARCH),
             [counts(MARCH, 3, 0), counts(APRIL, 0, 2)], switches={"trial_conversion": "by-new"}),
    ]  # fmt: skip


def days(period: date, *quantiles: float | None, converted: int = 0, **more: Any) -> dict[str, Any]:
    names = ("p25_days", "median_days", "p75_days", "p90_days")
    return {"period": period, "converted": converted, **dict(zip(names, quantiles, strict=True)), **more}


def stayed(age: int, group: str, accounts: int, retained: int) -> dict[str, Any]:
    low, high = wilson(retained, accounts)
    share = F(retained, accounts)
    shown = {"accounts": accounts, "retained": retained, "rate": share, "low": low, "high": high}
    return {"age": age, "group": group, **shown}


def time_cases() -> list[Case]:
    spread = Facts(tuple(
        one for n, length in enumerate((0, 10, 20, 30, 40), 1)
        for one in tried(f"a{n}", MARCH, date(2024, 3, 1 + length) if length < 31 else date(2024, 4, 10), 10)
        if one.valid_to != one.valid_from
    ))  # fmt: skip
    left = Facts(
        rows=(
            *tried("a", MARCH, APRIL, 10), *tried("b", MARCH, date(2024, 4, 30)),
            row("s-b", "b", date(2024, 4, 30), 10, valid_to=date(2024, 6, 30)),
            row("s-c", "c", MARCH, 10, valid_to=APRIL), row("s-d", "d", date(2024, 4, 2), 10),
        ),
        trials=(Trial("a", MARCH, card_required=True), Trial("b", MARCH, card_required=False)),
    )  # fmt: skip
    return [
        Case("days to convert", spread, ask("trial-time-to-convert", MARCH, APRIL),
             [days(MARCH, 15.0, 20.0, 25.0, 28.0, converted=3), days(APRIL, 40.0, 40.0, 40.0, 40.0, converted=1)]),
        Case("how long each kind stays", left, ask("trial-stay", MARCH, date(2024, 7, 1), date(2024, 7, 5)),
             [stayed(1, "no trial", 2, 1), stayed(1, "with a card", 1, 1), stayed(1, "without a card", 1, 1),
              stayed(3, "no trial", 2, 1), stayed(3, "with a card", 1, 1)]),
    ]  # fmt: skip


# payments

DUNNED = Facts(
    rows=(
        row("s-a", "a", MARCH, 10), row("s-b", "b", MARCH, 20, valid_to=date(2024, 4, 22)),
        row("s-c", "c", MARCH, 30, valid_to=date(2024, 4, 20)),
    ),
    refunds=(Refund("r1", "a", "s-a", date(2024, 4, 9), D("4.5"), "USD"),),
    invoices=(
        Invoice("i1", "a", APRIL, D(10), due=date(2024, 4, 15), paid=date(2024, 4, 11), status="paid"),
        Invoice("i2", "b", APRIL, D(20), due=APRIL, status="uncollectible"),
        Invoice("i3", "c", APRIL, D(30), paid=APRIL),
        Invoice("i4", "a", date(2024, 4, 28), D(10), status="open"),
    ),
    payments=(
        Payment("p1", APRIL, D(10), "failed", account_id="a", invoice_id="i1"),
        Payment("p2", date(2024, 4, 11), D(10), "succeeded", invoice_id="i1"),
        *(Payment(f"p3{n}", date(2024, 4, n), D(20), "failed", account_id="b", invoice_id="i2") for n in (1, 8, 15)),
        Payment("p4", APRIL, D(30), "succeeded", account_id="c", invoice_id="i3"),
        Payment("p5", date(2024, 4, 28), D(10), "failed", account_id="a", invoice_id="i4"),
        Payment("p6", date(2024, 4, 29), D(10), "pending", account_id="a", invoice_id="i4"),
    ),
    cancellations=(
        Cancellation("s-b", date(2024, 4, 22), date(2024, 4, 22), False),
        Cancellation("s-c", date(2024, 4, 5), date(2024, 4, 20), True),
    ),
)  # fmt: skip


def payment_cases() -> list[Case]:
    april = ask("payment-trends", APRIL, today=date(2024, 5, 10))
    shown = {"period": APRIL, "currency": "USD", "attempts": 7, "failed": 5, "failure_rate": F(5, 7),
             "failed_invoices": 3, "recovered": 1, "open": 1, "recovery_rate": F(1, 3),
             "involuntary_churned_accounts": 1, "paid_invoices": 2, "median_days_to_pay": 5.0,
             "median_days_past_due": -4.0, "refunds": 1, "refunded": D("4.5")}  # fmt: skip
    later = {"open": 0, "recovered": 1, "failed_invoices": 3, "period": APRIL, "currency": "USD"}
    return [
        Case("a month of payments", DUNNED, april, [shown]),
        Case("thirty days later nothing is open", DUNNED, replace(april, today=date(2024, 5, 28)), [later]),
    ]


# renewals

YEARLY = Facts(
    rows=(
        row("y", "a", date(2023, 6, 15), 120, interval="year", valid_to=date(2024, 2, 1), quantity=D(3)),
        row("y", "a", date(2024, 2, 1), 120, interval="year", quantity=D(2)),
        row("m", "b", date(2024, 1, 31), 10), row("q", "c", MARCH, 30, interval_count=3, cancelled_at=date(2024, 4, 2)),
        row("w", "d", date(2024, 3, 6), 5, interval="week", status="past_due"),
        row("n", "e", MARCH, 100, interval="year"),
    ),
    invoices=(Invoice("i1", "b", date(2024, 3, 31), D(10), due=date(2024, 4, 7), status="open"),),
    payments=(Payment("p1", date(2024, 3, 31), D(10), "failed", invoice_id="i1"),),
    cancellations=(Cancellation("y", date(2024, 4, 1), None, None),),
)  # fmt: skip


def renewing(account: str, item: str, day: date, amount: int, mrr: str, *flags: str) -> dict[str, Any]:
    names = ("failed_payment", "past_due", "cancellation_scheduled", "falling_seats")
    shown = {"renewal_day": day, "account": account, "subscription": item, "item": item, "plan": None}
    return shown | {"amount": D(amount), "mrr": D(mrr), **{name: name in flags for name in names}, "currency": "USD"}


def renewal_cases() -> list[Case]:
    today = date(2024, 4, 10)
    ahead = ask("renewals", today, date(2024, 7, 9), today, grain="day")
    after = renewing("a", "y", date(2024, 6, 15), 240, "20", "cancellation_scheduled", "falling_seats")
    return [
        Case("what comes up for renewal, and what speaks against it", YEARLY, ahead,
             [renewing("d", "w", today, 5, "21.666667", "past_due"),
              renewing("b", "m", date(2024, 4, 30), 10, "10", "failed_payment", "past_due"),
              renewing("c", "q", date(2024, 6, 1), 30, "10", "cancellation_scheduled"), after]),
        Case("renewals of a condition", YEARLY, replace(ahead, where={"account": "z"}), []),
        Case("a past range shows what stood on its first day", YEARLY,
             replace(ahead, end=date(2024, 4, 30), today=date(2025, 1, 1)),
             [renewing("d", "w", today, 5, "21.666667", "past_due"),
              renewing("b", "m", date(2024, 4, 30), 10, "10", "failed_payment", "past_due")]),
    ]  # fmt: skip


BILLING_CASES: list[Case] = [*conversion_cases(), *time_cases(), *payment_cases(), *renewal_cases()]
