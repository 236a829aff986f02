"""Subscriptions of every kind, each of one customer, with the MRR of each month worked out by hand.

Today is 10 June 2026. A scene's customer carries its name in the metadata, so that one question shows them all.
"""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from tests.fakes.stripe_server import (
    FakeStripe,
    Object,
    at,
    charge,
    coupon,
    customer,
    discount,
    invoice,
    item,
    line,
    price,
    product,
    refund,
    subscription,
)

TODAY = "2026-06-10"
MONTHS = ("2026-01", "2026-02", "2026-03", "2026-04", "2026-05", "2026-06")
TIERS = [
    {"up_to": 10, "unit_amount": 500, "unit_amount_decimal": "500", "flat_amount": 100, "flat_amount_decimal": "100"},
    {"up_to": None, "unit_amount": 300, "unit_amount_decimal": "300", "flat_amount": None, "flat_amount_decimal": None},
]


@dataclass(frozen=True)
class Scene:
    """The MRR at the end of January to June, in major units, and the currency."""

    name: str
    mrr: tuple[str, ...]
    currency: str = "USD"

    @property
    def expected(self) -> dict[str, Decimal]:
        return {month: Decimal(amount) for month, amount in zip(MONTHS, self.mrr, strict=True)}


def flat(amount: str) -> tuple[str, ...]:
    return (amount,) * 6


SCENES = (
    Scene("plain", flat("30")),
    Scene("upgrade", ("20", "20", "50", "50", "50", "50")),
    Scene("yearly", flat("100")),
    Scene("weekly", flat("86.666667")),
    Scene("yen", flat("5000"), "JPY"),
    Scene("dinar", flat("12.345"), "KWD"),
    Scene("graduated", flat("66")),
    Scene("volume", flat("45")),
    Scene("packages", flat("15")),
    Scene("tiny", flat("1234.56789")),
    Scene("once", ("90", "100", "100", "100", "100", "100")),
    Scene("repeating", ("80", "80", "80", "100", "100", "100")),
    Scene("forever", flat("85")),
    Scene("both", flat("40")),
    Scene("trial", ("0", "30", "30", "30", "30", "30")),
    Scene("trial-left", flat("0")),
    Scene("trial-paused", flat("0")),
    Scene("pause", ("25", "25", "25", "0", "0", "0")),
    Scene("put-off", flat("25")),
    Scene("gone", ("10", "10", "10", "10", "0", "0")),
    Scene("leaving", flat("10")),
    Scene("late", flat("10")),
    Scene("unpaid", ("10", "10", "10", "10", "0", "0")),
    Scene("incomplete", flat("0")),
    Scene("expired", flat("0")),
    Scene("planned", ("10", "10", "10", "20", "20", "20")),
    Scene("two-items", ("30", "30", "10", "10", "10", "10")),
    Scene("euro", flat("9"), "EUR"),
    Scene("taxed", flat("100")),
    Scene("silent", flat("10")),
    Scene("told", ("10", "10", "10", "10", "40", "40")),
    Scene("metered", flat("0")),
)


def day_after(days: int) -> str:
    """The day that many days after 1 January."""
    return datetime.fromtimestamp(at("2026-01-01") + days * 86_400, UTC).date().isoformat()


def month_of(month: str) -> tuple[str, str]:
    """First day of a month and of the one after."""
    year, number = map(int, month.split("-"))
    length = calendar.monthrange(year, number)[1]
    after = datetime.fromtimestamp(at(f"{month}-01") + length * 86_400, UTC)
    return f"{month}-01", after.date().isoformat()


class Company:
    """Puts the scenes into a Stripe account."""

    def __init__(self, stripe: FakeStripe) -> None:
        self.stripe = stripe
        stripe.add(product("prod_gold", "Gold", ("sso", "export")), product("prod_extra", "Extra"))

    def price(self, name: str, amount: int | None, *arguments: Any, **more: Any) -> Object:
        made = price(f"price_{name}", amount, *arguments, **more)
        self.stripe.add(made)
        return made

    def subscribe(
        self,
        name: str,
        wanted: Object,
        quantity: int | None = 1,
        start: str = "2026-01-01",
        period: tuple[str, str] = ("2026-06-01", "2026-07-01"),
        **more: Any,
    ) -> tuple[Object, Object]:
        owner = customer(f"cus_{name}", start, name=f"Company {name}", metadata={"scene": name})
        one = item(f"si_{name}", wanted, quantity, start, period)
        made = subscription(f"sub_{name}", owner["id"], [one], start, **more)
        self.stripe.add(owner, made)
        return made, one

    def bill(self, made: Object, month: str, lines: list[Object], **more: Any) -> Object:
        name = made["id"].removeprefix("sub_")
        one = invoice(f"in_{name}_{month}", made, f"{month}-01", lines, **more)
        self.stripe.add(one)
        return one

    def months(self, made: Object, one: Object, amount: int, months: tuple[str, ...] = MONTHS, **more: Any) -> None:
        """A bill for each month, with the item as it is."""
        name = made["id"].removeprefix("sub_")
        for month in months:
            self.bill(made, month, [line(f"il_{name}_{month}", made, one, month_of(month), amount, **more)])


def build(stripe: FakeStripe) -> None:
    company = Company(stripe)
    for part in (_prices, _discounts, _statuses, _changes):
        part(company)


def _prices(company: Company) -> None:
    for name, wanted, quantity, amount in (
        ("plain", company.price("plain", 1000), 3, 3000),
        ("yen", company.price("yen", 5000, currency="jpy"), 1, 5000),
        ("dinar", company.price("dinar", 12345, currency="kwd"), 1, 12345),
        ("graduated", company.price("g", None, billing_scheme="tiered", tiers_mode="graduated", tiers=TIERS), 15, 6600),
        ("volume", company.price("v", None, billing_scheme="tiered", tiers_mode="volume", tiers=TIERS), 15, 4500),
        ("packages", company.price("p", 500, transform_quantity={"divide_by": 10, "round": "up"}), 21, 1500),
        ("tiny", company.price("t", None, unit_amount_decimal="0.123456789012"), 1_000_000, 123457),
    ):
        company.months(*company.subscribe(name, wanted, quantity), amount)
    made, one = company.subscribe(
        "yearly", company.price("yearly", 120_000, "year"), period=("2026-01-01", "2027-01-01")
    )
    company.bill(made, "2026-01", [line("il_yearly", made, one, ("2026-01-01", "2027-01-01"), 120_000)])
    made, one = company.subscribe("weekly", company.price("weekly", 2000, "week"), period=("2026-06-04", "2026-06-11"))
    for week in range(23):
        begin, end = (
            datetime.fromtimestamp(at("2026-01-01") + days * 86_400, UTC) for days in (7 * week, 7 * week + 7)
        )
        period = (begin.date().isoformat(), end.date().isoformat())
        weekly = invoice(f"in_w{week:02}", made, period[0], [line(f"il_w{week:02}", made, one, period, 2000)])
        company.stripe.add(weekly)
    options = {"eur": {"unit_amount": 900, "unit_amount_decimal": "900"}}
    made, one = company.subscribe("euro", company.price("euro", 1000, currency_options=options), currency="eur")
    company.months(made, one, 900)
    made, one = company.subscribe("taxed", company.price("taxed", 11_900, tax_behavior="inclusive"))
    company.months(made, one, 11_900)
    for month in MONTHS:
        taxed = company.stripe.get(f"in_taxed_{month}")["lines"]["data"][0]
        taxed["taxes"] = [{"amount": 1900, "tax_behavior": "inclusive", "inclusive": True}]
    made, one = company.subscribe("metered", company.price("metered", 10, usage="metered"), None)
    company.months(made, one, 4200, quantity=420)


def _discounts(company: Company) -> None:
    hundred = company.price("hundred", 10_000)
    once = discount("di_once", coupon("TEN", "once", percent_off=10.0), "2026-01-01")
    made, one = company.subscribe("once", hundred)
    company.bill(made, "2026-01", [line("il_once1", made, one, month_of("2026-01"), 10_000, discounts=[(once, 1000)])])
    company.months(made, one, 10_000, MONTHS[1:])

    repeating = discount("di_rep", coupon("TWENTY", "repeating", percent_off=20), "2026-01-01", "2026-04-01")
    made, one = company.subscribe("repeating", hundred)
    for month in MONTHS:
        taken = [(repeating, 2000)] if month < "2026-04" else []
        company.bill(made, month, [line(f"il_rep{month}", made, one, month_of(month), 10_000, discounts=taken)])

    forever = coupon("FIFTEEN", "forever", amount_off=1500, currency="usd")
    lasting = discount("di_ever", forever, "2026-01-01")
    made, one = company.subscribe("forever", hundred, discounts=[lasting])
    company.months(made, one, 10_000, discounts=[(lasting, 1500)])

    half = discount("di_half", coupon("HALF", "forever", percent_off=50), "2026-01-01")
    less = discount("di_less", coupon("LESS", "forever", amount_off=1000, currency="usd"), "2026-01-01")
    made, one = company.subscribe("both", hundred, discounts=[less])
    one["discounts"] = [half]
    company.months(made, one, 10_000, discounts=[(half, 5000), (less, 1000)])
    company.stripe.add(*(one["source"]["coupon"] for one in (once, repeating, lasting, half, less)))


def _statuses(company: Company) -> None:
    ten, thirty = company.price("ten", 1000), company.price("thirty", 3000)
    trial = {"trial_start": at("2026-01-20"), "trial_end": at("2026-02-03")}
    made, one = company.subscribe("trial", thirty, start="2026-01-20", period=("2026-06-03", "2026-07-03"), **trial)
    company.bill(made, "2026-01", [line("il_t0", made, one, ("2026-01-20", "2026-02-03"), 0)])
    for month, after in (
        ("2026-02", "2026-03"),
        ("2026-03", "2026-04"),
        ("2026-04", "2026-05"),
        ("2026-05", "2026-06"),
    ):
        company.bill(made, month, [line(f"il_t{month}", made, one, (f"{month}-03", f"{after}-03"), 3000)])
    company.bill(made, "2026-06", [line("il_t6", made, one, ("2026-06-03", "2026-07-03"), 3000)])

    left = {"ended_at": at("2026-02-01"), "canceled_at": at("2026-02-01"), **trial}
    made, one = company.subscribe("trial-left", thirty, start="2026-01-20", status="canceled", **left)
    company.bill(made, "2026-01", [line("il_tl", made, one, ("2026-01-20", "2026-02-03"), 0)])
    made, one = company.subscribe("trial-paused", thirty, start="2026-01-20", status="paused", **trial)
    company.bill(made, "2026-01", [line("il_tp", made, one, ("2026-01-20", "2026-02-03"), 0)])

    for name, behavior in (("pause", "void"), ("put-off", "keep_as_draft")):
        pause = {"behavior": behavior, "resumes_at": None}
        made, one = company.subscribe(name, company.price(name, 2500), pause_collection=pause)
        company.months(made, one, 2500, MONTHS[:3])
        for month in MONTHS[3:]:
            status = "void" if behavior == "void" else "draft"
            lines = [line(f"il_{name}{month}", made, one, month_of(month), 2500)]
            company.bill(made, month, lines, status=status, attempted=False)

    why = {"comment": "We <b>stopped</b>", "feedback": "too_expensive", "reason": "cancellation_requested"}
    ended = {"ended_at": at("2026-05-10"), "canceled_at": at("2026-05-10"), "cancellation_details": why}
    made, one = company.subscribe("gone", ten, status="canceled", **ended)
    company.months(made, one, 1000, MONTHS[:5])
    leaving = {"cancel_at_period_end": True, "canceled_at": at("2026-06-05")}
    made, one = company.subscribe("leaving", ten, **leaving)
    company.months(made, one, 1000)

    for name, status, failed in (("late", "past_due", MONTHS[5:]), ("unpaid", "unpaid", MONTHS[3:4])):
        made, one = company.subscribe(name, ten, status=status)
        company.months(made, one, 1000, tuple(month for month in MONTHS[:5] if month < failed[0]))
        for month in failed:
            lines = [line(f"il_{name}{month}", made, one, month_of(month), 1000)]
            company.bill(made, month, lines, status="open", attempt_count=4)
    for month in MONTHS[4:]:
        lines = [line(f"il_unpaid{month}", made, one, month_of(month), 1000)]
        company.bill(made, month, lines, status="draft", attempted=False, attempt_count=0)

    made, one = company.subscribe("incomplete", ten, start="2026-06-10", status="incomplete")
    first = {"status": "open", "billing_reason": "subscription_create"}
    company.bill(made, "2026-06", [line("il_inc", made, one, ("2026-06-10", "2026-07-10"), 1000)], **first)
    made, one = company.subscribe("expired", ten, status="incomplete_expired", ended_at=at("2026-01-02"))
    company.bill(
        made, "2026-01", [line("il_exp", made, one, month_of("2026-01"), 1000)], **(first | {"status": "void"})
    )


def _changes(company: Company) -> None:
    ten, twenty = company.price("ten", 1000), company.price("twenty", 2000)
    made, one = company.subscribe("upgrade", ten, 5)
    company.months(made, one, 2000, MONTHS[:3], quantity=2)
    rest = ("2026-03-15", "2026-04-01")
    prorated = [
        line("il_up_back", made, one, rest, -1097, quantity=2, proration=True),
        line("il_up_more", made, one, rest, 2742, quantity=5, proration=True),
        line("il_up_4", made, one, month_of("2026-04"), 5000),
    ]
    company.bill(made, "2026-04", prorated)
    company.months(made, one, 5000, MONTHS[4:])

    made, one = company.subscribe("planned", twenty, schedule="sub_sched_planned")
    company.months(made, one, 1000, MONTHS[:3], price=ten)
    company.months(made, one, 2000, MONTHS[3:])
    phases = (
        ("2026-01-01", "2026-04-01", ten),
        ("2026-04-01", "2026-08-01", twenty),
        ("2026-08-01", "2026-12-01", ten),
    )
    company.stripe.add(
        {
            "id": "sub_sched_planned", "object": "subscription_schedule", "created": at("2026-01-01"),
            "status": "active", "subscription": made["id"], "end_behavior": "release", "phases": [
                {
                    "start_date": at(begin), "end_date": at(end),
                    "items": [{"price": wanted["id"], "quantity": 1}],
                }
                for begin, end, wanted in phases
            ],
        }
    )  # fmt: skip

    made, one = company.subscribe("two-items", ten)
    extra = item("si_extra", company.price("extra", 2000, product="prod_extra"), 1, "2026-01-01", month_of("2026-03"))
    for month in MONTHS[:3]:
        lines = [
            line(f"il_one{month}", made, one, month_of(month), 1000),
            line(f"il_two{month}", made, extra, month_of(month), 2000),
        ]
        company.bill(made, month, lines)
    back = line("il_two_back", made, extra, ("2026-03-20", "2026-04-01"), -774, proration=True)
    company.bill(made, "2026-04", [back, line("il_one2026-04", made, one, month_of("2026-04"), 1000)])
    company.months(made, one, 1000, MONTHS[4:])
    company.subscribe("silent", ten)

    made, one = company.subscribe("told", ten, 4)
    company.months(made, one, 1000, MONTHS[:5], quantity=1)
    before = {"object": "list", "data": [{**one, "quantity": 1}]}
    company.stripe.tell("customer.subscription.updated", made, at("2026-05-20"), {"items": before})
    company.months(made, one, 4000, MONTHS[5:])

    paid = company.stripe.get("in_plain_2026-05")
    full = charge("ch_plain5", paid, "2026-05-01", 3000, amount_refunded=3000)
    failed = charge(
        "ch_late6",
        company.stripe.get("in_late_2026-06"),
        "2026-06-01",
        1000,
        status="failed",
        failure_code="card_declined",
    )
    company.stripe.add(full, failed, refund("re_plain5", full, "2026-05-04", 3000))
