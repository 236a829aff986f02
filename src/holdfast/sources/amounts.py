"""Numbers as people write them: currency signs, thousands, decimal commas. Exact decimals come out."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal, localcontext
from typing import Literal

from holdfast.errors import UnusableFile
from holdfast.facts.money import MAX_MICROS, MICROS

DecimalMark = Literal[".", ","]

SPACES = " \u00a0\u202f\u2009"
SIGNS = {
    "€": "EUR", "£": "GBP", "₹": "INR", "₩": "KRW", "₪": "ILS", "₫": "VND", "₴": "UAH", "₺": "TRY", "₽": "RUB",
    "US$": "USD", "C$": "CAD", "A$": "AUD", "R$": "BRL", "zł": "PLN", "Fr.": "CHF",
    "$": "", "¥": "", "kr": "", "kr.": "",
}  # fmt: skip
LARGEST = Decimal(MAX_MICROS) / MICROS
MOST_DIGITS = 40
MOST_PLACES = 20

_CURRENCY = r"(?:[A-Za-z]{3}|" + "|".join(re.escape(sign) for sign in sorted(SIGNS, key=len, reverse=True)) + ")"
_NUMBER = re.compile(
    rf"(?P<before>{_CURRENCY})?[{SPACES}]*(?P<sign>[-+\u2212])?[{SPACES}]*(?P<inner>{_CURRENCY})?[{SPACES}]*"
    rf"(?P<body>(?:[0-9]|[.,](?=[0-9]))[0-9.,'\u2019{SPACES}]*?)(?P<power>[eE][-+]?[0-9]{{1,4}})?"
    rf"[{SPACES}]*(?P<after>{_CURRENCY})?"
)
_GROUPED = re.compile(r"[0-9]{1,3}(?:S[0-9]{3})+|[0-9]{1,2}(?:S[0-9]{2})*S[0-9]{3}")

# zero- and three-decimal currencies of ISO 4217
MINOR_DIGITS = dict.fromkeys(
    "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split(), 0
) | dict.fromkeys("BHD IQD JOD KWD LYD OMR TND".split(), 3)


class Ambiguous(ValueError):
    """A number that has two readings as long as the column's decimal mark is unknown."""


@dataclass(frozen=True)
class Amount:
    """An exact number, and the currency where the cell itself names one."""

    value: Decimal
    currency: str | None = None


def parse_amount(text: str, mark: DecimalMark | None = None) -> Amount:
    """An amount in whatever writing. Raises `ValueError` with the reason.

    >>> parse_amount("€ 1.234,56")
    Amount(value=Decimal('1234.56'), currency='EUR')
    >>> parse_amount("(1,234.50)").value, parse_amount("1.5e3").value, parse_amount("12,5").value
    (Decimal('-1234.50'), Decimal('1.5E+3'), Decimal('12.5'))
    """
    inner = text.strip(SPACES + "\t\r\n")
    negative = inner.startswith("(") and inner.endswith(")")
    match = _NUMBER.fullmatch(inner[1:-1].strip() if negative else inner)
    if match is None:
        raise ValueError(f"not a number: {_short(text)}")
    named = [part for part in (match["before"], match["inner"], match["after"]) if part]
    value = _decimal(match["body"].strip(SPACES), match["power"] or "", mark, text)
    if negative or match["sign"] in ("-", "\u2212"):
        value = -value
    return Amount(value, _currency_of(named, text))


def parse_number(text: str, mark: DecimalMark | None = None) -> Decimal:
    """A number without a currency, such as a quantity.

    >>> parse_number("2,5")
    Decimal('2.5')
    """
    amount = parse_amount(text, mark)
    if amount.currency:
        raise ValueError(f"not a plain number: {_short(text)}")
    return amount.value


def parse_percent(text: str, mark: DecimalMark | None = None) -> Decimal:
    """A percentage from 0 to 100, with or without its sign.

    >>> parse_percent("12.5 %")
    Decimal('12.5')
    """
    value = parse_number(text.strip().removesuffix("%"), mark)
    if not 0 <= value <= 100:
        raise ValueError(f"{_short(text)} is not between 0 and 100")
    return value


def _currency_of(named: list[str], text: str) -> str | None:
    if not named:
        return None
    if len(named) > 1:
        raise ValueError(f"not a number: {_short(text)}")
    return SIGNS.get(named[0], named[0].upper()) or None


def _decimal(body: str, power: str, mark: DecimalMark | None, text: str) -> Decimal:
    whole, fraction = _parts(body, mark, text)
    if len(whole) + len(fraction) > MOST_DIGITS:
        raise ValueError(f"too many digits: {_short(text)}")
    value = Decimal(f"{whole or '0'}.{fraction or '0'}{power}") if fraction else Decimal(f"{whole or '0'}{power}")
    if value and (value.adjusted() > MOST_PLACES or value.adjusted() < -MOST_PLACES):
        raise ValueError(f"too large or too small: {_short(text)}")
    return value


def _parts(body: str, mark: DecimalMark | None, text: str) -> tuple[str, str]:
    """The digits before and after the decimal mark."""
    decimal = _mark_of(body) or _assumed(body, mark, text)
    whole, fraction = body, ""
    if decimal and decimal in body:
        whole, _, fraction = body.rpartition(decimal)
    if not re.fullmatch("[0-9]*", fraction):
        raise ValueError(f"not a number: {_short(text)}")
    return _ungrouped(whole, text), fraction


def _ungrouped(whole: str, text: str) -> str:
    used = {character for character in whole if not character.isdigit()}
    if not used:
        return whole
    if len(used) > 1 or not _GROUPED.fullmatch(whole.replace(next(iter(used)), "S")):
        raise ValueError(f"not a number: {_short(text)}")
    return whole.replace(next(iter(used)), "")


def _mark_of(body: str) -> DecimalMark | Literal[""] | None:
    """The decimal mark that a number itself shows: "" where it has none, None where it could be either.

    >>> _mark_of("1.234,5"), _mark_of("12,50"), _mark_of("1,234,567"), _mark_of("1,234")
    (',', ',', '', None)
    """
    points, commas = body.count("."), body.count(",")
    if points and commas:
        return "." if body.rfind(".") > body.rfind(",") else ","
    if not points and not commas:
        return ""
    if max(points, commas) > 1:
        return ""
    mark: DecimalMark = "." if points else ","
    whole, _, fraction = body.partition(mark)
    grouped = len(fraction) == 3 and 1 <= len(whole) <= 3 and whole.isdigit() and not whole.startswith("0")
    return None if grouped else mark


def _assumed(body: str, mark: DecimalMark | None, text: str) -> DecimalMark | Literal[""]:
    found = _mark_of(body)
    if found is not None:
        return found
    if mark is None:
        raise Ambiguous(f"{_short(text)} can be read with a decimal mark or with thousands")
    return mark if mark in body else ""


def _short(text: str) -> str:
    return repr(text if len(text) <= 40 else text[:37] + "...")


@dataclass
class MarkEvidence:
    """What the numbers of a column say about its decimal mark."""

    shown: dict[str, str] = field(default_factory=dict)
    unclear: str | None = None

    def add(self, text: str) -> None:
        match = _NUMBER.fullmatch(text.strip().removesuffix("%").strip("()"))
        if match is None:
            return
        body = match["body"].strip(SPACES)
        mark = _mark_of(body)
        if mark is None:
            self.unclear = self.unclear or text
        elif mark:
            self.shown.setdefault(mark, text)
        elif "," in body or "." in body:
            self.shown.setdefault("." if "," in body else ",", text)

    def mark(self) -> DecimalMark | None:
        if len(self.shown) != 1:
            return None
        return "." if "." in self.shown else ","


def decide_mark(
    evidence: dict[str, MarkEvidence], *, comma_country: bool, given: DecimalMark | None, file: str
) -> dict[str, DecimalMark | None]:
    """The decimal mark of each column: its own numbers, else those of the file, decide.

    Where nothing decides, a file separated by commas has decimal points; any other file with
    unclear numbers is refused.
    """
    everything = MarkEvidence()
    for one in evidence.values():
        everything.shown |= one.shown
    marks: dict[str, DecimalMark | None] = {}
    for column, one in evidence.items():
        mark = given or one.mark() or (everything.mark() if not one.shown else None)
        if mark is None and not one.shown and one.unclear:
            if comma_country:
                raise UnusableFile(
                    f"{file}: the column {column!r} holds {one.unclear!r}: a decimal mark, or thousands?",
                    hint="add --decimal comma or --decimal point",
                )
            mark = "."
        marks[column] = mark
    return marks


def from_minor(value: Decimal, currency: str) -> Decimal:
    """An amount in cents as major units; some currencies have no cents, some have thousandths.

    >>> from_minor(Decimal(5000), "USD"), from_minor(Decimal(5000), "JPY"), from_minor(Decimal(5000), "KWD")
    (Decimal('50.00'), Decimal('5000'), Decimal('5.000'))
    """
    return value.scaleb(-MINOR_DIGITS.get(currency, 2))


def to_minor(value: Decimal, currency: str) -> Decimal:
    """An amount in major units as minor ones.

    >>> to_minor(Decimal("99.5"), "usd"), to_minor(Decimal(500), "JPY")
    (Decimal('9950.0'), Decimal('500'))
    """
    return value * (Decimal(10) ** MINOR_DIGITS.get(currency.upper(), 2))


def plain(value: Decimal) -> str:
    """The shortest exact writing without an exponent.

    >>> plain(Decimal("10.50")), plain(Decimal("1E+2"))
    ('10.5', '100')
    """
    with localcontext() as context:
        context.prec = 80
        return format(value.normalize() + 0, "f")
