"""Numbers and periods in the words that a reader sees, the same in charts, terminal and HTML.

Charts speak English unless they are drawn within `spoken`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, timedelta
from typing import Protocol


class Speech(Protocol):
    """A language: its code, and its sentences by the English ones."""

    @property
    def language(self) -> str: ...

    def say(self, sentence: str, **values: object) -> str: ...


class English:
    """The language that sentences are written in."""

    language = "en"

    def say(self, sentence: str, **values: object) -> str:
        return sentence % values if values else sentence.replace("%%", "%")


_SPEECH: ContextVar[Speech] = ContextVar("speech", default=English())  # noqa: B039 - it holds nothing


@contextmanager
def spoken(speech: Speech) -> Iterator[None]:
    """What is drawn inside speaks that language."""
    before = _SPEECH.set(speech)
    try:
        yield
    finally:
        _SPEECH.reset(before)


def say(sentence: str, **values: object) -> str:
    """The sentence in the reader's language, with values in the place of `%(names)s`.

    >>> say("month %(number)s", number=3)
    'month 3'
    """
    return _SPEECH.get().say(sentence, **values)


def marks() -> tuple[str, str]:
    """What the reader's language puts between thousands, and before decimals.

    >>> marks()
    (',', '.')
    """
    language = _SPEECH.get().language
    if language == "en":
        return ",", "."
    from babel.numbers import get_decimal_symbol, get_group_symbol

    return str(get_group_symbol(language)), str(get_decimal_symbol(language))


def _local(digits: str) -> str:
    """Digits that are written the English way, with the marks of the reader's language."""
    group, decimal = marks()
    return digits if decimal == "." else digits.translate({ord(","): group, ord("."): decimal})


def _dated(day: date, skeleton: str) -> str:
    from babel.dates import format_skeleton

    return str(format_skeleton(skeleton, day, locale=_SPEECH.get().language))


def _quarter(day: date) -> str:
    from babel.dates import format_date

    return str(format_date(day, "QQQ", locale=_SPEECH.get().language))  # not every language has it as a skeleton


def _speaks_english() -> bool:
    return _SPEECH.get().language == "en"


MINUS = "\N{MINUS SIGN}"
SYMBOLS = {
    "USD": "$",
    "EUR": "€",
    "GBP": "£",
    "JPY": "¥",
    "KRW": "₩",
    "INR": "₹",
    "THB": "฿",
    "CAD": "CA$",
    "AUD": "A$",
}
_SHORT = ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "k"))


def symbol(currency: str | None) -> str:
    """The sign before an amount; the code and a space where there is no usual sign.

    >>> symbol("EUR"), symbol("CHF"), symbol(None)
    ('€', 'CHF ', '')
    """
    return "" if not currency else SYMBOLS.get(currency, f"{currency} ")


def short_money(value: float | None, currency: str | None = None, *, signed: bool = False) -> str:
    """An amount in three digits or so.

    >>> short_money(412345.6, "USD"), short_money(-950.2, "EUR", signed=True), short_money(999_960, "USD")
    ('$412k', '−€950', '$1.0M')
    """
    if value is None:
        return "–"
    return _sign(value, signed) + symbol(currency) + _short(abs(float(value)))


def _short(value: float) -> str:
    for size, letter in _SHORT:
        if value >= size * 0.9995:
            scaled = value / size
            return _local(f"{scaled:.{0 if scaled >= 99.95 else 1}f}") + letter
    return f"{value:.0f}" if value >= 0.995 or not value else _local(f"{value:.2f}")


def money(value: float | None, currency: str | None = None, *, signed: bool = False) -> str:
    """An amount in whole major units; cents where it is below 100.

    >>> money(412345.6, "USD"), money(-12.5, signed=True), money(None)
    ('$412,346', '−12.50', '–')
    """
    if value is None:
        return "–"
    size = abs(float(value))
    digits = 2 if 0 < size < 99.995 and round(size, 2) != round(size) else 0
    return _sign(round(float(value), digits), signed) + symbol(currency) + _local(f"{size:,.{digits}f}")


def percent(value: float | None, *, digits: int = 1, signed: bool = False) -> str:
    """A fraction as a percentage.

    >>> percent(0.0512), percent(-0.004, signed=True), percent(1.0), percent(None)
    ('5.1%', '−0.4%', '100.0%', '–')
    """
    if value is None:
        return "–"
    shown = round(value * 100, digits)
    return _sign(shown, signed) + _local(f"{abs(shown):.{digits}f}") + "%"


def count(value: float | None, *, signed: bool = False) -> str:
    """A whole number with thousands separated.

    >>> count(12345), count(-3, signed=True)
    ('12,345', '−3')
    """
    return "–" if value is None else _sign(value, signed) + _local(f"{abs(round(value)):,}")


def number(value: float | None) -> str:
    """A plain number such as a ratio.

    >>> number(3.5), number(12345.678)
    ('3.50', '12,346')
    """
    if value is None:
        return "–"
    return _sign(value, False) + _local(f"{abs(value):,.2f}" if abs(value) < 1000 else f"{abs(value):,.0f}")


def _sign(value: float, signed: bool) -> str:
    if value < 0:
        return MINUS
    return "+" if signed and value > 0 else ""


def amount(value: float | None, kind: str, currency: str | None = None) -> str:
    """A value of a column of that kind, in full."""
    if kind == "money":
        return money(value, currency)
    if kind == "rate":
        return percent(value)
    return count(value) if kind == "count" else number(value)


def period(start: date, grain: str) -> str:
    """A period's name.

    >>> period(date(2026, 10, 1), "month"), period(date(2026, 10, 1), "quarter"), period(date(2026, 10, 5), "week")
    ('Oct 2026', 'Q4 2026', 'week of 5 Oct 2026')
    """
    if not _speaks_english():
        return _period(start, grain)
    if grain == "month":
        return f"{start:%b %Y}"
    if grain == "quarter":
        return f"Q{(start.month + 2) // 3} {start.year}"
    if grain == "year":
        return f"{start.year}"
    day = f"{start.day} {start:%b %Y}"
    return f"week of {day}" if grain == "week" else day


def _period(start: date, grain: str) -> str:
    day = _dated(start, {"month": "yMMM", "quarter": "yQQQ", "year": "y"}.get(grain, "yMMMd"))
    return say("week of %(day)s", day=day) if grain == "week" else day


def tick(start: date, grain: str) -> tuple[str, str]:
    """A period's name on an axis: the short part, and the year that may stand below it.

    >>> tick(date(2026, 10, 1), "month"), tick(date(2026, 1, 1), "year")
    (('Oct', '2026'), ('2026', ''))
    """
    if grain == "year":
        return f"{start.year}", ""
    if not _speaks_english():
        short = _quarter(start) if grain == "quarter" else _dated(start, "MMM" if grain == "month" else "MMMd")
        return short, f"{start.year}"
    if grain == "quarter":
        return f"Q{(start.month + 2) // 3}", f"{start.year}"
    return (f"{start:%b}" if grain == "month" else f"{start.day} {start:%b}"), f"{start.year}"


def is_open(start: date, grain: str, today: date) -> bool:
    """Whether the period is not over at the end of `today`.

    >>> is_open(date(2026, 10, 1), "month", date(2026, 10, 31)), is_open(date(2026, 10, 1), "month", date(2026, 10, 30))
    (False, True)
    """
    return last_day(start, grain) > today


def last_day(start: date, grain: str) -> date:
    """The last day of the period that begins at `start`.

    >>> last_day(date(2026, 2, 1), "month"), last_day(date(2026, 10, 1), "quarter")
    (datetime.date(2026, 2, 28), datetime.date(2026, 12, 31))
    """
    if grain in ("day", "week"):
        return start + timedelta(days=6 if grain == "week" else 0)
    months = {"month": 1, "quarter": 3, "year": 12}[grain]
    year, index = divmod(start.year * 12 + start.month - 1 + months, 12)
    return date(year, index + 1, 1) - timedelta(days=1)


def words(name: str) -> str:
    """A column's name as a reader would write it.

    >>> words("gross_rate"), words("cross_sell")
    ('Gross rate', 'Cross-sell')
    """
    known = {
        "nrr": "NRR",
        "grr": "GRR",
        "arpa": "ARPA",
        "asp": "ASP",
        "cac": "CAC",
        "cross_sell": "cross-sell",
        "upsell": "up-sell",
        "mrr": "MRR",
        "arr": "ARR",
        "ltv": "LTV",
        "fx": "exchange rates",
    }
    text = known.get(name) or " ".join(known.get(part, part) for part in name.split("_"))
    return say(text[:1].upper() + text[1:])
