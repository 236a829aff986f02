"""Recurring revenue from prices, and what it comes to per account."""

from __future__ import annotations

import re
from fractions import Fraction

from holdfast.calculators.answer import Answer, Figure, Variant
from holdfast.calculators.customers import ratio
from holdfast.calculators.numbers import exact, plain, shown
from holdfast.calculators.registry import Input, calculator
from holdfast.errors import InputError

MICROS = 1_000_000
DAY, WEEK = Fraction(365, 12), Fraction(52, 12)
PUBLISHED = {"profitwell": (Fraction(30), Fraction("4.33")), "recurly": (Fraction(30), WEEK)}
"""Months' worth of a daily and a weekly price, of the systems that use other ones."""
AS_DEFAULT = ("holdfast", "chartmogul", "stripe", "baremetrics", "maxio")
INTERVALS = ("day", "week", "month", "year")
_NUMBER = r"[\d.,_]+"
_ITEM = re.compile(
    rf"(?:(?P<quantity>{_NUMBER})\s*x\s*)?(?P<price>{_NUMBER})\s*(?:/|per|a)\s*(?:(?P<every>\d+)\s*)?"
    rf"(?P<interval>day|week|month|year)s?(?:\s+less\s+(?P<percent>{_NUMBER})\s*%)?(?:\s+less\s+(?P<amount>{_NUMBER}))?"
)


@calculator(
    name="mrr",
    title="Monthly recurring revenue",
    unit="money",
    says="What subscriptions are worth a month, whatever the interval they are billed in.",
    formula="sum over items of (quantity x price less discounts) x months' worth of the interval",
    counted="Each running item: percent off first, then an amount off the whole item, never below 0.",
    not_counted="Tax, one-off charges, trials; an annual charge is never booked in one month.",
    inputs=(
        Input(
            "item", "texts", "what one item costs, as '100 x 50/month' or '120/year less 10%'; repeat it", required=True
        ),
        Input("day_factor", "number", "what a daily price is multiplied by", default="365/12"),
        Input("week_factor", "number", "what a weekly price is multiplied by", default="52/12"),
    ),
    example={"item": ("100 x 100/month", "50 x 600/year")},
)
def mrr(*, item: tuple[str, ...], day_factor: Fraction, week_factor: Fraction) -> Answer:
    """MRR of items written as people write prices; rounded as in a data folder, to millionths.

    >>> mrr(item=["100 x 100/month", "50 x 600/year"])
    <12,500.00>
    >>> mrr(item="90 / 3 months"), mrr(item="4 x 500/year"), mrr(item="120/year less 10%")
    (<30.00>, <166.67>, <9.00>)
    """
    items = [Item.read(text) for text in item]
    value = _total(items, day_factor, week_factor)
    steps = [one.steps(day_factor, week_factor) for one in items]
    if len(items) > 1:
        steps.append(f"sum = {shown(value, 'money')}")
    arr = Figure("ARR", 12 * value, "money", f"12 x {shown(value, 'money')}")
    return Answer(value, "money", tuple(steps), (arr,), *_by_factors(items, value, (day_factor, week_factor)))


class Item:
    """One item of a subscription: what it costs in an interval of `every` days, weeks, months or years."""

    def __init__(self, text: str, amount: Fraction, every: int, interval: str) -> None:
        self.text, self.amount, self.every, self.interval = text, amount, every, interval

    @classmethod
    def read(cls, text: str) -> Item:
        """Raises `InputError` that shows how an item is written."""
        found = _ITEM.fullmatch(text.strip().lower())
        numbers = {
            name: exact(part)
            for name, part in (found.groupdict() if found else {}).items()
            if part and name != "interval"
        }
        every = numbers.get("every", Fraction(1))
        if not found or None in numbers.values() or not every or not 0 <= (numbers.get("percent") or 0) <= 100:
            raise InputError(
                f"item={text!r} cannot be read; it takes [quantity x] price / [n] interval [less 10%] [less 5]",
                hint=f"such as '100 x 50/month', '90 / 3 months', '120/year less 10%'; by {', '.join(INTERVALS)}",
            )
        return cls(text.strip(), _amount(numbers), int(every), found["interval"])

    def factor(self, day: Fraction, week: Fraction) -> Fraction:
        """Months' worth of the interval: what its amount is multiplied by."""
        return {"day": day, "week": week, "month": Fraction(1), "year": Fraction(1, 12)}[self.interval] / self.every

    def mrr(self, day: Fraction, week: Fraction) -> Fraction:
        return micros(micros(self.amount) * self.factor(day, week))

    def steps(self, day: Fraction, week: Fraction) -> str:
        by = self.factor(day, week)
        written = f"/ {1 / by}" if (1 / by).denominator == 1 else f"x {plain(by)}"
        found = shown(self.mrr(day, week), "money")
        return f"{self.text}: {plain(self.amount)} {written} = {found}" if by != 1 else f"{self.text} = {found}"


def _amount(numbers: dict[str, Fraction | None]) -> Fraction:
    gross = (numbers.get("quantity") or (Fraction(0) if "quantity" in numbers else Fraction(1))) * (
        numbers["price"] or 0
    )
    return max(Fraction(0), gross * (1 - (numbers.get("percent") or Fraction(0)) / 100) - (numbers.get("amount") or 0))


def micros(amount: Fraction) -> Fraction:
    """An amount of 0 or more, rounded to millionths, half up.

    >>> micros(Fraction(500, 3))
    Fraction(166666667, 1000000)
    """
    return Fraction((2 * amount * MICROS + 1) // 2, MICROS)


def _total(items: list[Item], day: Fraction, week: Fraction) -> Fraction:
    return sum((one.mrr(day, week) for one in items), Fraction(0))


def _by_factors(
    items: list[Item], value: Fraction, chosen: tuple[Fraction, Fraction]
) -> tuple[tuple[Variant, ...], tuple[str, ...]]:
    """What other systems' months make of it, where an item is billed by the day or week."""
    if not {"day", "week"} & {one.interval for one in items}:
        return (), ()
    rules = {AS_DEFAULT: (DAY, WEEK)} | {(name,): factors for name, factors in PUBLISHED.items()}
    variants = tuple(
        Variant(names, f"a day x {plain(day)}, a week x {plain(week)}", "", _total(items, day, week))
        for names, (day, week) in rules.items()
    )
    four = _total(items, chosen[0], Fraction(4))
    wrong = f"With four weeks to a month it would be {shown(four, 'money')}: four of the year's weeks would be lost."
    return variants, (wrong,) if four < value else ()


@calculator(
    name="arpa",
    title="Average revenue per account",
    unit="money",
    says="Recurring revenue a month per customer.",
    formula="MRR / accounts",
    counted="MRR and paying accounts, both at the end of the period.",
    not_counted="Trials and accounts that pay nothing.",
    inputs=(
        Input("mrr", "money", "monthly recurring revenue", required=True),
        Input("accounts", "count", "accounts that pay it", required=True),
    ),
    example={"mrr": 12500, "accounts": 150},
)
def arpa(*, mrr: Fraction, accounts: Fraction) -> Answer:
    """MRR per account.

    >>> arpa(mrr=12500, accounts=150)
    <83.33>
    """
    value = ratio(mrr, accounts)
    notes = () if accounts else ("There are no accounts: an average of nothing does not exist.",)
    steps = f"{plain(mrr)} / {plain(accounts)} = {shown(value, 'money')}"
    return Answer(value, "money", (steps,), notes=notes)


@calculator(
    name="asp",
    title="Average sale price",
    unit="money",
    says="The MRR that a new customer brings.",
    formula="new MRR / new accounts",
    counted="MRR of accounts that became customers in the period.",
    not_counted="Expansion of those who were there before.",
    inputs=(
        Input("new_mrr", "money", "MRR of the new accounts", required=True),
        Input("new", "count", "accounts that became customers in the period", required=True),
    ),
    example={"new_mrr": 4200, "new": 30},
)
def asp(*, new_mrr: Fraction, new: Fraction) -> Answer:
    """New MRR per new account.

    >>> asp(new_mrr=4200, new=30)
    <140.00>
    """
    value = ratio(new_mrr, new)
    notes = () if new else ("Nobody became a customer: an average of nothing does not exist.",)
    return Answer(value, "money", (f"{plain(new_mrr)} / {plain(new)} = {shown(value, 'money')}",), notes=notes)
