"""What is changed in a what-if: churn, retention and price, as people write changes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from holdfast.calculators.numbers import plain, power, shown
from holdfast.errors import InputError

YEAR = 12
_WRITTEN = re.compile(r"(?P<sign>[+\-−]?)\s*(?P<size>\d*\.?\d+)\s*(?P<unit>pp|%)")


@dataclass(frozen=True)
class Change:
    """A change by percentage points, or relative to what is there.

    >>> Change.read("churn", "-1pp").applied(0.75), Change.read("price", "+3%").applied(100.0)
    (0.74, 103.0)
    """

    size: Fraction
    """Points as a fraction of 1, or the part of what is there."""
    relative: bool

    @classmethod
    def read(cls, name: str, text: Any, *, relative_only: bool = False) -> Change:
        """Raises `InputError` that shows how a change is written."""
        found = _WRITTEN.fullmatch(str(text).strip().lower())
        if not found or (relative_only and found["unit"] == "pp"):
            allowed = (
                "a percentage, such as +3%" if relative_only else "points, such as -1pp, or a part of it, such as -10%"
            )
            raise InputError(f"--{name} {text!r} cannot be read; it takes {allowed}")
        size = Fraction(found["size"]) / 100 * (-1 if found["sign"] in ("-", "−") else 1)
        if size < -1 or size > 10:
            raise InputError(f"--{name} {text!r} is not possible; it lies between -100 and +1000")
        return cls(size, found["unit"] == "%")

    def applied(self, value: float) -> float:
        if not self.size:
            return value
        return value * float(1 + self.size) if self.relative else value + float(self.size)

    def __str__(self) -> str:
        unit = " %" if self.relative else " point" if abs(self.size) == Fraction(1, 100) else " points"
        return f"{'+' if self.size >= 0 else '−'}{plain(abs(self.size) * 100)}{unit}"


@dataclass(frozen=True)
class Changes:
    """All that is changed; null is left alone. Applied in this order: churn, then retention, then price."""

    churn: Change | None = None
    retention: Change | None = None
    price: Change | None = None

    @classmethod
    def read(cls, churn: Any = None, retention: Any = None, price: Any = None) -> Changes:
        """Changes as they are written. Raises `InputError` where nothing is changed."""
        if churn is None and retention is None and price is None:
            raise InputError(
                "nothing is changed: a what-if takes --churn, --retention or --price",
                hint="such as: holdfast what-if --churn -1pp, or --retention +5pp, or --price +3%",
            )
        return cls(
            churn=None if churn is None else Change.read("churn", churn),
            retention=None if retention is None else Change.read("retention", retention),
            price=None if price is None else Change.read("price", price, relative_only=True),
        )

    @property
    def price_factor(self) -> float:
        return 1.0 if self.price is None else self.price.applied(1.0)

    def churn_factor(self, monthly: float) -> float:
        """What every hazard is multiplied by, so that a monthly churn of `monthly` becomes the one that is wanted.

        `retention` moves the share of customers kept over twelve months, (1 - monthly)^12; the monthly rate that
        gives the new share is 1 - share^(1/12). Raises `InputError` where that cannot be.

        >>> Changes.read(churn="-1pp").churn_factor(0.04)
        0.75
        >>> round(Changes.read(retention="+5pp").churn_factor(0.02), 6)
        0.747124
        """
        if self.churn is None and self.retention is None:
            return 1.0
        if not monthly:
            raise InputError(
                "no customer has left so far: there is no churn that could be changed",
                hint="what a churn rate does to a lifetime value: holdfast calc ltv --arpa 100 --churn 5%",
            )
        wanted = monthly
        if self.churn is not None and self.churn.size:
            wanted = _possible("churn", self.churn, wanted, self.churn.applied(wanted), "a month")
        if self.retention is not None and self.retention.size:
            kept = annual_retention(wanted)
            wanted = monthly_churn(_possible("retention", self.retention, kept, self.retention.applied(kept), "a year"))
        return wanted / monthly


def annual_retention(monthly: float) -> float:
    """The share of customers kept over twelve months at a monthly churn.

    >>> annual_retention(0.5) == 0.5**12
    True
    """
    return (1.0 - monthly) ** YEAR


def monthly_churn(retention: float) -> float:
    """The monthly churn that keeps the share `retention` over twelve months.

    >>> round(monthly_churn(annual_retention(0.03)), 12)
    0.03
    """
    return 1.0 - float(power(Fraction(retention), Fraction(1, YEAR)))


def _possible(name: str, change: Change, before: float, after: float, per: str) -> float:
    if 0.0 <= after <= 1.0:
        return after
    raise InputError(
        f"--{name} {change} is not possible: {name} is {_percent(before)} {per}, so it would become {_percent(after)}",
        hint=f"it can fall by up to {_points(before)} points and rise by up to {_points(1 - before)}",
    )


def _percent(rate: float) -> str:
    return shown(Fraction(rate), "rate").replace("-", "−")


def _points(rate: float) -> str:
    """A part of 1 in points that are not more than it.

    >>> _points(0.02219)
    '2.21'
    """
    return f"{int(rate * 10_000) / 100:g}"
