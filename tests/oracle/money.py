"""Exact money: integers of micros, fractions, and one rounding rule."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from .facts import Rate, Row


class NoRate(Exception):
    """No exchange rate of the last 7 days."""


def half_away(value: Fraction | int) -> int:
    """To the nearest whole number, a half away from zero."""
    value = Fraction(value)
    whole, rest = divmod(abs(value), 1)
    rounded = int(whole) + (rest >= Fraction(1, 2))
    return rounded if value >= 0 else -rounded


def micros(amount: Decimal | Fraction | int) -> int:
    return half_away(Fraction(amount) * 1_000_000)


def major(amount: int | Fraction | None) -> Decimal | None:
    """Micros in major units, rounded half away to six decimals."""
    return None if amount is None else Decimal(half_away(Fraction(amount))) / 1_000_000


def ratio(top: int | Fraction, bottom: int | Fraction) -> Fraction | None:
    """A rate over 0 is null."""
    return None if bottom == 0 else Fraction(top) / Fraction(bottom)


def month_factor(row: Row, policy: Mapping[str, str]) -> Fraction:
    """Months' worth of one billing interval of the row."""
    one = {
        "day": Fraction(policy["day_factor"]),
        "week": Fraction(policy["week_factor"]),
        "month": Fraction(1),
        "year": Fraction(1, 12),
    }[row.interval]
    return one / row.interval_count


def discounted(row: Row, policy: Mapping[str, str]) -> bool:
    """Whether the row's discount lowers MRR under the policy."""
    if policy["discounts"] == "forever":
        return row.discount_duration == "forever"
    return policy["discounts"] == "running"


def priced_mrr(row: Row, policy: Mapping[str, str]) -> int:
    """MRR of a row by its price alone: its status is not looked at."""
    if row.mrr is not None:
        return micros(row.mrr)
    assert row.unit_amount is not None
    amount = Fraction(row.unit_amount) * Fraction(row.quantity)
    if discounted(row, policy):
        amount -= amount * Fraction(row.discount_percent or 0) / 100
        amount -= Fraction(row.discount_amount or 0)
    return half_away(micros(max(amount, Fraction(0))) * month_factor(row, policy))


class Rates:
    """Exchange rates: the latest of the last 7 days, direct, else the inverse of the other direction."""

    def __init__(self, rates: Iterable[Rate]) -> None:
        self.known = {(rate.frm, rate.to, rate.day): Fraction(rate.rate) for rate in rates}

    def rate(self, frm: str, to: str, day: date) -> Fraction:
        if frm == to:
            return Fraction(1)
        days = [day - timedelta(days=n) for n in range(8)]
        for known in days:
            if (frm, to, known) in self.known:
                return self.known[frm, to, known]
        for known in days:
            if (to, frm, known) in self.known:
                return 1 / self.known[to, frm, known]
        raise NoRate(f"no rate from {frm} to {to} on {day}")
