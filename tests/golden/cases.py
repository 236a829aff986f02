"""The worked examples of the definitions. `check(run)` asks any system all of them.

`run(facts, question, policy)` returns the rows of the answer; `policy` is a `holdfast.metrics.policy.Policy`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal as D  # noqa: N817 (tables of numbers)
from fractions import Fraction as F  # noqa: N817
from typing import Any

from holdfast.metrics.policy import PRESETS, Policy, policy
from tests.oracle import Facts, Plan, Question, Rate, Refund, Row, Spend, assert_same

Run = Callable[[Facts, Question, Policy], Iterable[Mapping[str, Any]]]
TODAY = date(2026, 6, 30)


@dataclass(frozen=True)
class Case:
    """Given facts, a question under a policy, and what the answer must hold: `expected` may leave columns out."""

    name: str
    facts: Facts
    question: Question
    expected: Sequence[Mapping[str, Any]]
    preset: str = "holdfast"
    switches: Mapping[str, str] = field(default_factory=dict)

    @property
    def policy(self) -> Policy:
        return policy(self.preset, self.switches)


def check(run: Run, cases: Iterable[Case] | None = None) -> None:
    """Ask `run` every case and compare. Raises `AssertionError` that names the first case that differs."""
    for case in CASES if cases is None else cases:
        assert_same(run(case.facts, case.question, case.policy), case.expected, note=f"in {case.name!r}")


def ask(metric: str, start: date, end: date | None = None, today: date = TODAY, **more: Any) -> Question:
    return Question(metric, start, end or start, today, **more)


def row(subscription: str, account: str, start: date, price: str | int, **more: Any) -> Row:
    return Row(subscription, account, start, D(str(price)), **more)


def rate(day: date, frm: str, to: str, units: str) -> Rate:
    return Rate(day, frm, to, D(units))


def flat(name: str, start: date, price: str | int, *changes: tuple[date, str | int], **more: Any) -> list[Row]:
    """One account with one monthly subscription whose price changes; a price of 0 ends it."""
    days = [start, *[day for day, _ in changes], None]
    prices = [price, *[new for _, new in changes]]
    return [
        row(f"s-{name}", name, day, amount, valid_to=end, **more)
        for day, amount, end in zip(days, prices, days[1:], strict=False)
        if day is not None and amount != 0
    ]


# MRR of items (section 2)

MAY = date(2024, 5, 1)
PRICES: list[tuple[str, list[Row], dict[str, str], str]] = [
    ("4 x Gold yearly billed 2,000", [row("s", "a", MAY, 500, quantity=D(4), interval="year")], {}, "166.666667"),
    ("90 for three months", [row("s", "a", MAY, 90, interval_count=3)], {}, "30"),
    ("100 x 100 a month and 50 x 600 a year",
     [row("s", "a", MAY, 100, quantity=D(100)), row("t", "a", MAY, 600, quantity=D(50), interval="year")], {}, "12500"),
    ("120 a year with 10 % off",
     [row("s", "a", MAY, 120, interval="year", discount_percent=D(10), discount_duration="forever")], {}, "9"),
    ("20 a week with 4.33", [row("s", "a", MAY, 20, interval="week")], {"week_factor": "4.33"}, "86.6"),
    ("20 a week", [row("s", "a", MAY, 20, interval="week")], {}, "86.666667"),
    ("every interval, with factors",
     [row("s", "a", MAY, 10, interval="day"), row("t", "a", MAY, 20, interval="week"),
      row("u", "a", MAY, 60, interval_count=2), row("v", "a", MAY, 120, interval="year")],
     {"day_factor": "30.437", "week_factor": "4.345"}, "431.27"),
    ("every interval",
     [row("s", "a", MAY, 10, interval="day"), row("t", "a", MAY, 20, interval="week"),
      row("u", "a", MAY, 60, interval_count=2), row("v", "a", MAY, 120, interval="year")], {}, "430.833334"),
    ("percent first, then the amount off the whole item",
     [row("s", "a", MAY, 50, quantity=D(2), discount_percent=D(20), discount_amount=D(30), discount_duration="once")],
     {}, "50"),
    ("a discount for once, under forever",
     [row("s", "a", MAY, 50, quantity=D(2), discount_percent=D(20), discount_amount=D(30), discount_duration="once")],
     {"discounts": "forever"}, "100"),
    ("never below 0, beside another item",
     [row("s", "a", MAY, 50, discount_amount=D(80), discount_duration="forever"), row("t", "a", MAY, 5)], {}, "5"),
    ("an MRR that was given", [Row("s", "a", MAY, D(1), mrr=D("12.345678"), quantity=D(9))], {}, "12.345678"),
    ("a trial counts 0", [row("s", "a", MAY, 50, status="trialing"), row("t", "a", MAY, 5)], {}, "5"),
    ("a pause counts 0", [row("s", "a", MAY, 50, status="paused"), row("t", "a", MAY, 5)], {}, "5"),
    ("a pause counts", [row("s", "a", MAY, 50, status="paused"), row("t", "a", MAY, 5)], {"paused": "count"}, "55"),
    ("unpaid in the first 30 days", [row("s", "a", date(2024, 5, 2), 50, status="past_due"), row("t", "a", MAY, 5)],
     {"past_due": "churn-after-30d"}, "55"),
    ("unpaid after 30 days", [row("s", "a", MAY, 50, status="past_due"), row("t", "a", MAY, 5)],
     {"past_due": "churn-after-30d"}, "5"),
    ("an ended row counts until it ends",
     [row("s", "a", MAY, 50, status="canceled", valid_to=date(2024, 6, 1))], {}, "50"),
    ("a later row of the item ends the earlier one",
     [row("s", "a", MAY, 50), row("s", "a", date(2024, 5, 31), 60)], {}, "60"),
    ("an empty span is never live", [row("s", "a", MAY, 50, valid_to=MAY), row("t", "a", MAY, 5)], {}, "5"),
    ("a scheduled end changes nothing before its date", [row("s", "a", MAY, 50, valid_to=date(2024, 6, 1))], {}, "50"),
    ("metered counts as the mean of three months",
     [row("s", "a", date(2024, month, 1), price, metered=True)
      for month, price in ((2, 100), (3, 10), (4, 20), (5, 33))]
     + [row("t", "a", MAY, 5)], {"metered": "mean-3"}, "26"),
    ("metered is left out", [row("s", "a", MAY, 50, metered=True), row("t", "a", MAY, 5)], {}, "5"),
]  # fmt: skip


def price_cases() -> list[Case]:
    question = ask("mrr", MAY)
    return [
        Case(name, Facts(tuple(rows)), question,
             [{"period": MAY, "currency": "USD", "mrr": D(expected), "accounts": 1}], switches=switches)
        for name, rows, switches, expected in PRICES
    ]  # fmt: skip


# movements (section 3)

GOLD_AND_SILVER = Facts(
    rows=(
        row("gold", "a", date(2023, 1, 10), 500, quantity=D(4), interval="year", plan_id="gold", product="suite",
            cancelled_at=date(2023, 9, 1)),
        row("silver", "a", date(2023, 3, 15), 30, quantity=D(2), plan_id="silver", product="suite",
            cancelled_at=date(2023, 6, 20)),
        row("gold-2", "a", date(2024, 4, 2), 50, quantity=D(3), plan_id="gold", product="suite"),
    ),
)  # fmt: skip


def movement(period: date, opening: str, closing: str, currency: str = "USD", **columns: Any) -> dict[str, Any]:
    """A row of `mrr-movements`; money that is not named is 0."""
    money = dict.fromkeys(
        ("new", "reactivation", "expansion", "upsell", "cross_sell", "contraction", "churn", "fx"), D(0)
    )
    counts = dict.fromkeys(
        ("new_accounts", "reactivated_accounts", "expanded_accounts", "contracted_accounts", "churned_accounts"), 0
    )
    given = {name: value if name in counts else D(value) for name, value in columns.items()}
    own = {"period": period, "currency": currency, "opening": D(opening), **money, "closing": D(closing), **counts}
    return own | given


def quiet(months: Iterable[date], amount: str) -> list[dict[str, Any]]:
    return [movement(month, amount, amount) for month in months]


def months(start: date, count: int) -> list[date]:
    numbers = [start.year * 12 + start.month - 1 + n for n in range(count)]
    return [date(number // 12, number % 12 + 1, 1) for number in numbers]


GOLD_AND_SILVER_MOVES = [
    movement(date(2023, 1, 1), "0", "166.666667", new="166.666667", new_accounts=1),
    *quiet([date(2023, 2, 1)], "166.666667"),
    movement(date(2023, 3, 1), "166.666667", "226.666667", expansion=60, upsell=60, expanded_accounts=1),
    *quiet(months(date(2023, 4, 1), 3), "226.666667"),
    movement(date(2023, 7, 1), "226.666667", "166.666667", contraction=-60, contracted_accounts=1),
    *quiet(months(date(2023, 8, 1), 5), "166.666667"),
    movement(date(2024, 1, 1), "166.666667", "0", churn="-166.666667", churned_accounts=1),
    *quiet(months(date(2024, 2, 1), 2), "0"),
    movement(date(2024, 4, 1), "0", "150", reactivation=150, reactivated_accounts=1),
]

FREE_MONTHS = Facts(
    rows=(
        row("s", "a", date(2024, 1, 5), 40),
        row("s", "a", date(2024, 2, 5), 40, discount_percent=D(100), discount_duration="repeating"),
        row("s", "a", date(2024, 3, 5), 50),
        row("s", "a", date(2024, 4, 5), 0, valid_to=date(2024, 5, 5)),
    )
)

LATE_RETURN = Facts(
    rows=(row("s", "a", date(2024, 1, 1), 10, valid_to=date(2024, 2, 10)), row("t", "a", date(2024, 5, 10), 10))
)
"""Gone on 10 February, back 90 days later."""


def movement_cases() -> list[Case]:
    june = date(2024, 6, 1)
    signed_up = Facts((row("s", "a", date(2024, 4, 15), 10, cancelled_at=date(2024, 6, 8)),))
    return [
        Case("Gold and Silver", GOLD_AND_SILVER, ask("mrr-movements", date(2023, 1, 1), date(2024, 4, 30)),
             GOLD_AND_SILVER_MOVES),
        Case("cancelled on 8 June: churn on 15 June", signed_up,
             ask("mrr-movements", date(2024, 6, 14), date(2024, 6, 16), grain="day"),
             [*quiet([date(2024, 6, 14)], "10"),
              movement(date(2024, 6, 15), "10", "0", churn=-10, churned_accounts=1), *quiet([date(2024, 6, 16)], "0")]),
        Case("cancelled on 8 June, by the cancellation", signed_up, ask("mrr-movements", date(2024, 6, 8), grain="day"),
             [movement(date(2024, 6, 8), "10", "0", churn=-10, churned_accounts=1)],
             switches={"churn_date": "cancellation"}),
        Case("an end that today has not reached", signed_up, ask("mrr-movements", june, today=date(2024, 6, 14)),
             quiet([june], "10")),
        Case("a second subscription, and the end of one of two", Facts((
                row("s", "a", date(2024, 1, 1), 10, product="mail"), row("t", "a", date(2024, 2, 1), 5, product="chat"),
                row("u", "a", date(2024, 2, 1), 3, product="mail", valid_to=date(2024, 3, 9)))),
             ask("mrr-movements", date(2024, 2, 1), date(2024, 3, 31)),
             [movement(date(2024, 2, 1), "10", "18", expansion=8, upsell=3, cross_sell=5, expanded_accounts=1),
              movement(date(2024, 3, 1), "18", "15", contraction=-3, contracted_accounts=1)]),
        Case("a pause is churn, its end a reactivation", Facts((
                row("s", "a", date(2024, 1, 1), 10), row("s", "a", date(2024, 2, 10), 10, status="paused"),
                row("s", "a", date(2024, 3, 10), 12))),
             ask("mrr-movements", date(2024, 2, 1), date(2024, 3, 31)),
             [movement(date(2024, 2, 1), "10", "0", churn=-10, churned_accounts=1),
              movement(date(2024, 3, 1), "0", "12", reactivation=12, reactivated_accounts=1)]),
        Case("movements are sums of days, never the period's net", Facts(tuple(
                flat("a", date(2024, 1, 1), 10, (date(2024, 2, 5), 30), (date(2024, 2, 20), 15)))),
             ask("mrr-movements", date(2024, 2, 1)),
             [movement(date(2024, 2, 1), "10", "15", expansion=20, upsell=20, contraction=-15, expanded_accounts=1,
                       contracted_accounts=1)]),
        Case("what happens within one day is one movement", Facts((
                row("s", "a", date(2024, 1, 1), 10, valid_to=date(2024, 2, 5)), row("t", "a", date(2024, 2, 5), 10))),
             ask("mrr-movements", date(2024, 2, 1)), quiet([date(2024, 2, 1)], "10")),
        Case("a switch of currency is contraction in one and expansion in the other", Facts((
                row("s", "a", date(2024, 1, 1), 10, currency="EUR", valid_to=date(2024, 2, 5)),
                row("t", "a", date(2024, 2, 5), 11, currency="USD"))),
             ask("mrr-movements", date(2024, 2, 1)),
             [movement(date(2024, 2, 1), "10", "0", "EUR", contraction=-10, contracted_accounts=1),
              movement(date(2024, 2, 1), "0", "11", "USD", expansion=11, upsell=11, expanded_accounts=1)]),
        Case("a price of 0 is churn", FREE_MONTHS, ask("mrr-movements", date(2024, 2, 1), date(2024, 5, 31)),
             [movement(date(2024, 2, 1), "40", "0", churn=-40, churned_accounts=1),
              movement(date(2024, 3, 1), "0", "50", reactivation=50, reactivated_accounts=1),
              movement(date(2024, 4, 1), "50", "0", churn=-50, churned_accounts=1), *quiet([date(2024, 5, 1)], "0")]),
        Case("a price of 0 stays", FREE_MONTHS, ask("mrr-movements", date(2024, 2, 1), date(2024, 5, 31)),
             [movement(date(2024, 2, 1), "40", "0", contraction=-40, contracted_accounts=1),
              movement(date(2024, 3, 1), "0", "50", expansion=50, upsell=50, expanded_accounts=1),
              movement(date(2024, 4, 1), "50", "0", contraction=-50, contracted_accounts=1),
              movement(date(2024, 5, 1), "0", "0", churned_accounts=1)],
             switches={"zero_price": "stay"}),
        Case("back within 90 days", LATE_RETURN, ask("mrr-movements", date(2024, 5, 1)),
             [movement(date(2024, 5, 1), "0", "10", reactivation=10, reactivated_accounts=1)], preset="maxio"),
        Case("back after more than 90 days", Facts((*LATE_RETURN.rows[:1], row("t", "a", date(2024, 5, 11), 10))),
             ask("mrr-movements", date(2024, 5, 1)), [movement(date(2024, 5, 1), "0", "10", new=10, new_accounts=1)],
             preset="maxio"),
        Case("back within a month", Facts((*LATE_RETURN.rows[:1], row("t", "a", date(2024, 3, 9), 10))),
             ask("mrr-movements", date(2024, 3, 1)), [movement(date(2024, 3, 1), "0", "10", new=10, new_accounts=1)],
             preset="recurly"),
        Case("back after a month", Facts((*LATE_RETURN.rows[:1], row("t", "a", date(2024, 3, 10), 10))),
             ask("mrr-movements", date(2024, 3, 1)),
             [movement(date(2024, 3, 1), "0", "10", reactivation=10, reactivated_accounts=1)], preset="recurly"),
        Case("new and gone in one period shows",
             Facts((row("s", "a", date(2024, 2, 3), 10, valid_to=date(2024, 2, 9)),)),
             ask("mrr-movements", date(2024, 2, 1)),
             [movement(date(2024, 2, 1), "0", "0", new=10, churn=-10, new_accounts=1, churned_accounts=1)]),
        Case("new and gone in one period is left out",
             Facts((row("s", "a", date(2024, 2, 3), 10, valid_to=date(2024, 2, 9)),)),
             ask("mrr-movements", date(2024, 2, 1)), quiet([date(2024, 2, 1)], "0"), preset="profitwell"),
        Case("a refund with a service period", Facts(
                (row("s", "a", date(2024, 1, 1), 30),),
                refunds=(Refund("p", "a", "s", date(2024, 3, 1), D(10), "USD", date(2024, 3, 1), date(2024, 4, 1)),)),
             ask("mrr-movements", date(2024, 3, 1), date(2024, 4, 30)),
             [movement(date(2024, 3, 1), "30", "20", contraction=-10, contracted_accounts=1),
              movement(date(2024, 4, 1), "20", "30", expansion=10, upsell=10, expanded_accounts=1)], preset="recurly"),
        Case("by plan, a movement keeps the account's class", Facts((
                row("s", "a", date(2024, 1, 1), 10, plan_id="basic", product="mail"),
                row("s", "a", date(2024, 2, 5), 30, plan_id="pro", product="mail"))),
             ask("mrr-movements", date(2024, 2, 1), by=("plan",)),
             [{"plan": "basic"} | movement(date(2024, 2, 1), "10", "0", expansion=-10, upsell=-10, expanded_accounts=1),
              {"plan": "pro"} | movement(date(2024, 2, 1), "0", "30", expansion=30, upsell=30)]),
        Case("exchange rates: the difference is fx", Facts(
                (row("s", "a", date(2024, 1, 15), 100, currency="EUR"),
                 row("s", "a", date(2024, 2, 20), 150, currency="EUR")),
                rates=(rate(date(2024, 1, 15), "EUR", "USD", "1.10"), rate(date(2024, 2, 15), "EUR", "USD", "1.20"),
                       rate(date(2024, 2, 14), "USD", "EUR", "0.5"), rate(date(2024, 2, 20), "USD", "EUR", "0.8"))),
             ask("mrr-movements", date(2024, 1, 1), date(2024, 2, 29), currency="USD"),
             [without_currency(movement(date(2024, 1, 1), "0", "110", new=110, new_accounts=1)),
              without_currency(movement(date(2024, 2, 1), "110", "180", expansion=60, upsell=60, fx=10,
                                        expanded_accounts=1))]),
        Case("exchange rates of the period's end", PERIOD_END, ask("mrr-movements", date(2024, 2, 1), currency="USD"),
             [without_currency(movement(date(2024, 2, 1), "110", "187.5", expansion="62.5", upsell="62.5", fx=15,
                                        expanded_accounts=1))], switches={"fx": "period-end"}),
    ]  # fmt: skip


def without_currency(columns: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in columns.items() if name != "currency"}


PERIOD_END = Facts(
    (row("s", "a", date(2024, 1, 15), 100, currency="EUR"), row("s", "a", date(2024, 2, 20), 150, currency="EUR")),
    rates=(rate(date(2024, 1, 30), "EUR", "USD", "1.10"), rate(date(2024, 2, 22), "USD", "EUR", "0.8")),
)


# exchange to the last micro (section 9)


def exchange_cases() -> list[Case]:
    long_rate = "1.0623456789012345"
    large = "123456789.123456"
    facts = Facts(
        (row("s", "a", MAY, "49.99", currency="EUR"), row("t", "b", MAY, large, currency="GBP"),
         row("u", "c", MAY, large, currency="CHF")),
        rates=(rate(MAY, "EUR", "USD", "1.06035"), rate(MAY, "GBP", "USD", long_rate),
               rate(MAY, "USD", "CHF", long_rate)),
    )  # fmt: skip
    may = ask("mrr", MAY, currency="USD", by=("account",))
    nothing = ask("mrr", MAY, currency="USD", where={"plan": "none"})
    return [
        Case("conversion to the last micro: 49.99 at 1.06035 is 53.0068965, and half a micro goes up", facts, may,
             [{"period": MAY, "account": account, "mrr": D(worth), "accounts": 1}
              for account, worth in (("a", "53.006897"), ("b", "131153786.456324"), ("c", "116211504.009830"))]),
        Case("a condition that nothing meets, in one currency", facts, nothing,
             [{"period": MAY, "mrr": D(0), "accounts": 0}]),
        Case("a cohort's cell where nothing was paid, in one currency", facts,
             replace(nothing, metric="cohort-revenue"),
             [{"cohort": MAY, "age": 0, "start_mrr": D(0), "mrr": D(0), "rate": None, "complete": True}]),
    ]  # fmt: skip


# churn and retention (section 4)


def thousand() -> Facts:
    """1,000 at the start of March, 50 of them leave, 500 join, 12 of those leave."""
    rows = []
    for n in range(1500):
        start = date(2024, 1, 5) if n < 1000 else date(2024, 3, 10)
        leaves = n < 50 or 1000 <= n < 1012
        rows.append(row(f"s{n}", f"a{n:04}", start, 10, valid_to=date(2024, 3, 20) if leaves else None))
    return Facts(tuple(rows))


def churn_cases() -> list[Case]:
    march = date(2024, 3, 1)
    facts, question = thousand(), ask("customer-churn", march)
    churned = {
        "holdfast": (50, F(50, 1000)), "chartmogul": (50, F(50, 1000)), "profitwell": (50, F(50, 1000)),
        "baremetrics": (62, F(62, 1000)), "stripe": (62, F(62, 1500)),
    }  # fmt: skip
    presets = [
        Case(f"1,000 customers under {preset}", facts, question,
             [{"period": march, "start_accounts": 1000, "churned_accounts": gone, "rate": share}], preset=preset)
        for preset, (gone, share) in churned.items()
    ]  # fmt: skip
    retention = {"period": march, "start_accounts": 1000, "acquired_accounts": 500, "end_accounts": 1438}
    return [
        *presets,
        Case("the mission's retention formula", facts, ask("customer-retention", march),
             [retention | {"rate": F(938, 1000)}]),
    ]  # fmt: skip


DEC_2023, MID_2024 = date(2023, 12, 31), date(2024, 6, 15)


def pairs(*amounts: tuple[int, int]) -> Facts:
    """Accounts that paid the first amount on 31 December 2023 and the second a year later."""
    return Facts(tuple(
        part for n, (before, after) in enumerate(amounts) for part in flat(f"a{n}", DEC_2023, before, (MID_2024, after))
    ))  # fmt: skip


def year_on_year(metric: str, start: int, end: int) -> list[dict[str, Any]]:
    row = {"period": date(2024, 12, 1), "currency": "USD", "start_mrr": D(start), "end_mrr": D(end)}
    return [row | {"rate": F(end, start)}]


def revenue_cases() -> list[Case]:
    december = date(2024, 12, 1)
    two, four = pairs((500, 650), (500, 350)), pairs((500, 650), (1200, 1000), (800, 0), (300, 300))
    losses = Facts((
        *flat("a", date(2024, 1, 1), 10, (date(2024, 2, 9), 0)),
        *flat("b", date(2024, 1, 1), 40, (date(2024, 2, 9), 30)),
        *flat("c", date(2024, 1, 1), 50, (date(2024, 2, 9), 60)),
    ))  # fmt: skip
    lost = [{"period": date(2024, 2, 1), "currency": "USD", "start_mrr": D(100), "gross_rate": F(20, 100)}]
    return [
        Case("GRR 85 %", two, ask("grr", december), year_on_year("grr", 1000, 850)),
        Case("NRR 100 %", two, ask("nrr", december), year_on_year("nrr", 1000, 1000)),
        Case("NRR 69.6 %", four, ask("nrr", december), year_on_year("nrr", 2800, 1950)),
        Case("GRR 64.3 %", four, ask("grr", december), year_on_year("grr", 2800, 1800)),
        Case("NRR by movements", four, ask("nrr", december), year_on_year("nrr", 2800, 1950), preset="chartmogul"),
        Case("NRR by Baremetrics leaves contraction out", four, ask("nrr", december), year_on_year("nrr", 2800, 2150),
             preset="baremetrics"),
        Case("the month end is compared with the month end",
             Facts(tuple(flat("a", date(2023, 1, 1), 10, (date(2024, 2, 29), 20), (date(2025, 2, 28), 30)))),
             ask("nrr", date(2025, 2, 1)),
             [{"period": date(2025, 2, 1), "currency": "USD", "start_mrr": D(20), "end_mrr": D(30), "rate": F(3, 2)}]),
        *[Case(f"gross 20 %, net 10 % under {preset}", losses, ask("revenue-churn", date(2024, 2, 1)),
               [lost[0] | {"net_rate": net}], preset=preset)
          for preset, net in (("holdfast", F(10, 100)), ("chartmogul", F(10, 100)), ("baremetrics", F(0)))],
    ]  # fmt: skip


def unit_cases() -> list[Case]:
    february = date(2024, 2, 1)
    own = {"period": february, "currency": "USD"}
    twenty = Facts(tuple(
        part for n in range(20) for part in flat(f"a{n}", date(2024, 1, 1), 100, *([(february, 0)] if n == 0 else []))
    ))  # fmt: skip
    ratio = Facts((
        *flat("new", february, 20), *flat("more", date(2024, 1, 1), 10, (february, 18)),
        *flat("gone", date(2024, 1, 1), 5, (february, 0)), *flat("less", date(2024, 1, 1), 10, (february, 7)),
    ))  # fmt: skip
    payback = Facts(
        (*flat("a", february, 200), *flat("b", february, 300)),
        spend=(Spend(date(2024, 2, 3), D(2000), "USD"), Spend(date(2024, 2, 29), D(400), "USD"),
               Spend(date(2024, 2, 3), D(99), "USD", "retention"), Spend(date(2024, 3, 1), D(99), "USD")),
    )  # fmt: skip
    leaver = flat("leaver", date(2024, 1, 1), 100, (date(2024, 5, 5), 0))
    two_currencies = Facts((
        *flat("a", JANUARY, 10, currency="EUR"), *flat("b", JANUARY, 10, (date(2024, 2, 10), 0), currency="EUR"),
        *flat("c", JANUARY, 20), *flat("d", JANUARY, 20),
    ))  # fmt: skip
    floor = Facts(tuple(flat("a", date(2024, 1, 1), 100)))
    return [
        Case("ARPA 100 and churn 5 %: LTV 2,000", twenty, ask("ltv", february),
             [own | {"arpa": D(100), "churn_rate": F(1, 20), "ltv": D(2000)}]),
        Case("no churn: no LTV", floor, ask("ltv", february),
             [own | {"arpa": D(100), "churn_rate": F(0), "ltv": None}]),
        Case("no churn: Stripe's floor", floor, ask("ltv", february),
             [own | {"arpa": D(100), "ltv": D("5988.023952")}], preset="stripe"),
        Case("churn of the six months before, where there is none", twenty, ask("ltv", february),
             [own | {"arpa": D(100), "churn_rate": None, "ltv": None}], preset="chartmogul"),
        Case("churn of the six months before", twenty, ask("ltv", date(2024, 3, 1)),
             [own | {"period": date(2024, 3, 1), "arpa": D(100), "churn_rate": F(1, 20), "ltv": D(2000)}],
             preset="chartmogul"),
        Case("a quarter's churn is re-based to a month", twenty, ask("ltv", february, grain="quarter"),
             [own | {"period": JANUARY, "arpa": D(100), "churn_rate": None, "ltv": None}], preset="baremetrics"),
        Case("a later quarter's churn is re-based to a month", Facts((*twenty.rows, *leaver)),
             ask("ltv", date(2024, 4, 1), grain="quarter"),
             [own | {"period": date(2024, 4, 1), "arpa": D(100), "churn_rate": 1 - 0.95 ** (1 / 3)}],
             preset="baremetrics"),
        Case("LTV by currency: of each its own churn", two_currencies, ask("ltv", february, by=("currency",)),
             [own | {"currency": "EUR", "arpa": D(10), "churn_rate": F(1, 2), "ltv": D(20)},
              own | {"arpa": D(20), "churn_rate": F(0), "ltv": None}]),
        Case("LTV in two currencies: churn of all accounts", two_currencies, ask("ltv", february),
             [own | {"currency": "EUR", "arpa": D(10), "churn_rate": F(1, 4), "ltv": D(40)},
              own | {"arpa": D(20), "churn_rate": F(1, 4), "ltv": D(80)}]),
        Case("ARR is 12 x MRR", twenty, ask("arr", february), [own | {"arr": D(22800), "accounts": 19}]),
        Case("quick ratio 3.5", ratio, ask("quick-ratio", february), [own | {"ratio": F(7, 2)}]),
        Case("CAC 1,200", payback, ask("cac", february), [own | {"cac": D(1200)}]),
        Case("CAC is paid back in 6 months", payback, ask("cac-payback", february, margin=0.8),
             [own | {"months": F(6)}]),
        Case("ARPA 250", payback, ask("arpa", february), [own | {"arpa": D(250)}]),
        Case("ASP 250", payback, ask("asp", february), [own | {"asp": D(250)}]),
    ]  # fmt: skip


# cohorts (section 5): three start in January, one of them leaves in it, one in February and returns in April

JANUARY = date(2024, 1, 1)
TRIANGLE = Facts((
    *flat("a", date(2024, 1, 5), 10, (date(2024, 3, 1), 25)), *flat("b", date(2024, 1, 31), 10, (date(2024, 2, 20), 0)),
    row("s-b2", "b", date(2024, 4, 2), 10), row("s-c", "c", date(2024, 1, 10), 10, valid_to=date(2024, 1, 30)),
))  # fmt: skip


def cohort_rows(cohort: date, *ages: tuple[int, int, bool]) -> list[dict[str, Any]]:
    return [
        {"cohort": cohort, "age": age, "accounts": base, "retained": kept, "rate": F(kept, base), "complete": whole}
        for age, (base, kept, whole) in enumerate(ages)
    ]


def nobody(cohort: date, *whole: bool) -> list[dict[str, Any]]:
    """The rows of a month in which nobody started."""
    own = {"cohort": cohort, "accounts": 0, "retained": 0, "rate": None}
    return [own | {"age": age, "complete": over} for age, over in enumerate(whole)]


FEBRUARY, MARCH, APRIL = date(2024, 2, 1), date(2024, 3, 1), date(2024, 4, 1)
EMPTY_MONTHS = [*nobody(FEBRUARY, True, True, False), *nobody(MARCH, True, False), *nobody(APRIL, False)]


def quality(group: str, mrr: int, tenure: F, ltv: str) -> dict[str, Any]:
    money = {"mean_mrr": D(mrr), "median_mrr": D(mrr), "mean_ltv": D(ltv)}
    return {"group": group, "currency": "USD", "accounts": 1, **money, "mean_tenure_months": tenure}


def cohort_cases() -> list[Case]:
    today = date(2024, 4, 20)
    question = ask("cohort-retention", JANUARY, today, today)
    revenue = ask("cohort-revenue", JANUARY, today, today)
    money = [(30, 30, True), (30, 10, True), (30, 25, True), (30, 35, False)]
    two_currencies = Facts(
        (row("s", "a", JANUARY, 10), row("t", "a", JANUARY, 10, currency="EUR")),
        rates=tuple(rate(day, "EUR", "USD", "2") for day in (date(2024, 2, 1), date(2024, 3, 1), date(2024, 3, 31))),
    )  # fmt: skip
    without = {"accounts": 0, "mean_mrr": None, "median_mrr": None, "mean_tenure_months": None, "mean_ltv": None}
    stayed = quality("stayed", 10, F(1080, 365), "29.917808")
    in_euros = quality("stayed", 20, F(1080, 365), "59.835616") | {"currency": "EUR"}
    return [
        Case("revenue to date of each currency, shown in one", two_currencies,
             ask("churn-quality", date(2024, 3, 1), date(2024, 3, 31), by=("currency",), currency="USD"),
             [*({"group": group, "currency": currency} | without
                for group in ("churned", "contracted") for currency in ("EUR", "USD")), in_euros, stayed]),
        Case("a cohort's triangle", TRIANGLE, question,
             cohort_rows(JANUARY, (3, 3, True), (3, 1, True), (3, 1, True), (3, 2, False)) + EMPTY_MONTHS),
        Case("of those left at the month's end", TRIANGLE, question,
             cohort_rows(JANUARY, (2, 2, True), (2, 1, True), (2, 1, True), (2, 2, False)) + EMPTY_MONTHS,
             preset="stripe"),
        Case("by tenure", TRIANGLE, question,
             cohort_rows(JANUARY, (3, 3, True), (3, 1, True), (3, 1, True), (3, 2, False)) + EMPTY_MONTHS,
             switches={"cohort_age": "tenure"}),
        Case("a cohort's revenue", TRIANGLE, revenue,
             [{"cohort": JANUARY, "age": age, "currency": "USD", "start_mrr": D(start), "mrr": D(mrr),
               "rate": F(mrr, start), "complete": whole} for age, (start, mrr, whole) in enumerate(money)]
             + [{"cohort": row["cohort"], "age": row["age"], "currency": "USD", "start_mrr": D(0), "mrr": D(0),
                 "rate": None, "complete": row["complete"]} for row in EMPTY_MONTHS]),
        Case("nothing after --to is looked at", TRIANGLE, ask("cohort-retention", JANUARY, date(2024, 2, 2), today),
             cohort_rows(JANUARY, (3, 3, True), (3, 1, True)) + nobody(FEBRUARY, True)),
        Case("second month", TRIANGLE, ask("second-month-retention", JANUARY, today, today),
             [{"cohort": JANUARY, "accounts": 3, "retained": 1, "rate": F(1, 3), "complete": True},
              {"cohort": FEBRUARY, "accounts": 0, "retained": 0, "rate": None, "complete": True},
              {"cohort": MARCH, "accounts": 0, "retained": 0, "rate": None, "complete": False}]),
        Case("churn by tenure, first churn only", TRIANGLE, ask("churn-by-tenure", JANUARY, today, today),
             [{"age": 1, "at_risk": 3, "churned": 2, "hazard": F(2, 3), "low": 0.2076596008020433,
               "high": 0.9385080552796092},
              {"age": 2, "at_risk": 1, "churned": 0, "hazard": F(0), "low": 0.0, "high": 0.7934506856227626},
              {"age": 3, "at_risk": 1, "churned": 0, "hazard": F(0), "low": 0.0, "high": 0.7934506856227626}]),
        Case("revenue by cohort", Facts((*flat("a", date(2024, 1, 5), 30), *flat("b", date(2024, 2, 5), 10))),
             ask("revenue-by-cohort", date(2024, 2, 1)),
             [{"period": date(2024, 2, 1), "cohort": JANUARY, "currency": "USD", "mrr": D(30), "share": F(3, 4)},
              {"period": date(2024, 2, 1), "cohort": date(2024, 2, 1), "currency": "USD", "mrr": D(10),
               "share": F(1, 4)}]),
        Case("a cohort grows while accounts leave",
             Facts((*flat("a", JANUARY, 30, (date(2024, 3, 1), 90)), *flat("b", JANUARY, 10, (date(2024, 3, 5), 0)),
                          *flat("c", date(2024, 3, 2), 7))),
             ask("cohort-divergence", date(2024, 2, 1), date(2024, 3, 31)),
             [{"cohort": JANUARY, "currency": "USD", "accounts_start": 2, "accounts_end": 1, "mrr_start": D(40),
               "mrr_end": D(90), "diverges": True, "top_accounts": "a"},
              {"cohort": date(2024, 3, 1), "currency": "USD", "accounts_start": 1, "accounts_end": 1, "mrr_start": D(7),
               "mrr_end": D(7), "diverges": False, "top_accounts": "c"}]),
        Case("annual retention", TRIANGLE, ask("annual-retention", JANUARY, date(2025, 1, 15), date(2025, 1, 20)),
             [{"cohort": JANUARY, "accounts": 3, "retained": 2, "rate": F(2, 3), "complete": False}]),
        Case("what those who leave and contract are worth", Facts((
                *flat("a", JANUARY, 10, (date(2024, 3, 11), 0)), *flat("b", JANUARY, 40, (date(2024, 3, 1), 30)),
                *flat("c", date(2024, 2, 1), 20))),
             ask("churn-quality", date(2024, 3, 1)),
             [quality("churned", 10, F(840, 365), "23.013699"), quality("contracted", 40, F(1080, 365), "109.479452"),
              quality("stayed", 20, F(708, 365), "39.452055")]),
        Case("the existing base's share of a quarter",
             Facts((*flat("a", date(2022, 12, 1), 100), *flat("b", date(2023, 2, 1), 50),
                    *flat("c", date(2024, 1, 20), 30))),
             ask("existing-base-share", JANUARY, date(2024, 2, 10), date(2024, 2, 10), grain="quarter"),
             [{"period": JANUARY, "currency": "USD", "existing_mrr": D(300), "total_mrr": D(360), "share": F(5, 6),
               "share_year_ago": F(300, 400), "expected": D(600)}]),
    ]  # fmt: skip


# splits (section 9)


def split_cases() -> list[Case]:
    march = date(2024, 3, 1)
    facts = Facts(
        rows=(
            row("s", "a", JANUARY, 10, plan_id="p1"), row("t", "a", JANUARY, 10, plan_id="p0"),
            row("u", "b", JANUARY, 5, plan_id="p1", valid_to=date(2024, 3, 9)), row("v", "c", date(2024, 3, 5), 8),
        ),
        plans=(Plan("p0", "Zero", "mail"), Plan("p1", "One", "mail")),
    )  # fmt: skip
    churn = {"period": march, "churned_accounts": 0}
    return [
        Case("money is divided by item, an account lies where most of its MRR is", facts,
             ask("mrr", march, by=("plan",)),
             [{"period": march, "plan": "p0", "currency": "USD", "mrr": D(10), "accounts": 1},
              {"period": march, "plan": "p1", "currency": "USD", "mrr": D(10), "accounts": 0},
              {"period": march, "plan": None, "currency": "USD", "mrr": D(8), "accounts": 1}]),
        Case("counts are placed by the start", facts, ask("customer-churn", march, by=("plan",)),
             [churn | {"plan": "p0", "start_accounts": 1, "rate": F(0)},
              churn | {"plan": "p1", "start_accounts": 1, "churned_accounts": 1, "rate": F(1)},
              churn | {"plan": None, "start_accounts": 0, "rate": None}]),
        Case("a condition that nothing meets", facts, ask("mrr", march, where={"plan": "none"}),
             [{"period": march, "currency": "USD", "mrr": D(0), "accounts": 0}]),
        Case("no cohort has what nothing was paid for", facts,
             ask("revenue-by-cohort", march, where={"plan": "none"}), []),
        Case("an item's product is its plan's", facts, ask("mrr", march, by=("product",)),
             [{"period": march, "product": "mail", "currency": "USD", "mrr": D(20), "accounts": 1},
              {"period": march, "product": None, "currency": "USD", "mrr": D(8), "accounts": 1}]),
        Case("a condition", facts, ask("mrr", march, where={"plan": "p0"}),
             [{"period": march, "currency": "USD", "mrr": D(10), "accounts": 1}]),
        Case("weeks begin on Sunday where so set", Facts((row("s", "a", date(2024, 3, 10), 5),)),
             ask("mrr", date(2024, 3, 9), date(2024, 3, 10), grain="week", week_start="sunday"),
             [{"period": date(2024, 3, 3), "currency": "USD", "mrr": D(0), "accounts": 0},
              {"period": date(2024, 3, 10), "currency": "USD", "mrr": D(5), "accounts": 1}]),
    ]  # fmt: skip


CASES: list[Case] = [
    *price_cases(),
    *movement_cases(),
    *exchange_cases(),
    *churn_cases(),
    *revenue_cases(),
    *unit_cases(),
    *cohort_cases(),
    *split_cases(),
]

assert set(PRESETS) >= {case.preset for case in CASES}
