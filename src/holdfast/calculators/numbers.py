"""Numbers as people write and read them: exact fractions inside, words outside."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction
from typing import Any, Literal

from holdfast.errors import InputError

Unit = Literal["rate", "money", "months", "ratio", "points", "count", "score"]

LARGEST = 10**15
_PLAIN = re.compile(r"[+-]?\d*\.?\d+(/\d*\.?\d+)?", re.ASCII)
_GROUPED = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?", re.ASCII)
DIGITS = 50


def exact(value: Any) -> Fraction | None:
    """The number that was written, exactly; null where it is none.

    >>> exact("1,200.50"), exact("365/12"), exact(0.1), exact("5%"), exact("12,5")
    (Fraction(2401, 2), Fraction(365, 12), Fraction(1, 10), Fraction(1, 20), None)
    """
    if isinstance(value, Fraction):
        return value
    text = str(value).strip().replace("_", "")
    percent = text.endswith("%")
    text = text.removesuffix("%").strip()
    if _GROUPED.fullmatch(text):
        text = text.replace(",", "")
    if isinstance(value, bool) or not _PLAIN.fullmatch(text) or len(text) > DIGITS:
        return None
    above, _, below = text.partition("/")
    if below and not Fraction(below):
        return None
    number = Fraction(above) / Fraction(below or 1)
    return number / 100 if percent else number


def read(name: str, value: Any, *, least: Fraction | int | None = 0, most: Fraction | int | None = LARGEST) -> Fraction:
    """A number within limits. Raises `InputError` that names the input, what was given and what is allowed."""
    number = exact(value)
    if number is None:
        raise InputError(f"{name}={value!r} is not a number", hint="write it as 1200 or 1,200.50")
    if (least is not None and number < least) or (most is not None and number > most):
        raise InputError(f"{name}={value} is not possible: {_limits(least, most)}")
    return number


def _limits(least: Fraction | int | None, most: Fraction | int | None) -> str:
    if most is None or most == LARGEST:
        return f"it is {plain(Fraction(least or 0))} or more"
    return f"it lies between {plain(Fraction(least or 0))} and {plain(Fraction(most))}"


def read_count(name: str, value: Any) -> Fraction:
    """A whole number, 0 or more."""
    number = read(name, value)
    if number.denominator != 1 or "%" in str(value):
        raise InputError(f"{name}={value} is not a whole number", hint=f"{name} is counted: give how many there are")
    return number


def read_rate(name: str, value: Any, most: Fraction | int = 1, least: Fraction | int = 0) -> Fraction:
    """A rate, with a percent sign or as a fraction of 1: a bare 5 could mean either and is refused.

    >>> read_rate("churn", "5%"), read_rate("churn", 0.05)
    (Fraction(1, 20), Fraction(1, 20))
    """
    number = exact(value)
    if number is None:
        raise InputError(f"{name}={value!r} is not a rate", hint="write it as 5% or 0.05")
    if not least <= number <= most:
        bare = "%" not in str(value) and number > 1
        raise InputError(
            f"{name}={value} is not possible: it lies between {shown(Fraction(least), 'rate')} and "
            f"{shown(Fraction(most), 'rate')}",
            hint=f"write {plain(number)} % as {plain(number)}% or {plain(number / 100)}" if bare else None,
        )
    return number


def power(base: Fraction, exponent: Fraction) -> Fraction:
    """`base ** exponent` for a base of 0 or more: exact for whole exponents, else to 50 digits.

    >>> power(Fraction(1, 2), Fraction(3)), float(power(Fraction(1, 4), Fraction(1, 2)))
    (Fraction(1, 8), 0.5)
    """
    if exponent.denominator == 1:
        return base**exponent.numerator
    if base in (0, 1):
        return base
    with localcontext() as context:
        context.prec = DIGITS
        return Fraction(decimal(base) ** decimal(exponent))


def root(value: Fraction) -> Fraction:
    """The square root, to 50 digits."""
    return power(value, Fraction(1, 2))


def decimal(value: Fraction) -> Decimal:
    return Decimal(value.numerator) / Decimal(value.denominator)


def rounded(value: Fraction, places: int) -> Decimal:
    """Half away from zero.

    >>> rounded(Fraction(5, 2), 0), rounded(Fraction(-1, 8), 2)
    (Decimal('3'), Decimal('-0.13'))
    """
    with localcontext() as context:
        context.prec = 80
        return decimal(value).quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)


def plain(value: Fraction, places: int = 4) -> str:
    """A number inside a formula: thousands apart, no idle zeros.

    >>> plain(Fraction(1000)), plain(Fraction(5, 2)), plain(Fraction(1, 3))
    ('1,000', '2.5', '0.3333')
    """
    text = f"{rounded(value, places):,f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text) or "0"


def shown(value: Fraction | None, unit: Unit) -> str:
    """An answer as people read it.

    >>> shown(Fraction(62, 1500), "rate"), shown(Fraction(1, 20), "rate"), shown(Fraction(500, 3), "money")
    ('4.13 %', '5.0 %', '166.67')
    >>> shown(Fraction(6), "months"), shown(None, "money")
    ('6 months', '–')
    """
    if value is None:
        return "–"
    if unit == "rate":
        return f"{rounded(value * 100, 2):,f}".removesuffix("0") + " %"
    if unit == "money":
        return f"{rounded(value, 2):,f}"
    if unit == "months":
        return f"{plain(value, 2)} {'month' if value == 1 else 'months'}"
    return plain(value, 0 if unit == "points" else 2)
