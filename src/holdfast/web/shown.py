"""Values as the reader sees them: in the reader's language, and short where they stand large."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime, format_skeleton
from babel.numbers import (
    format_compact_currency,
    format_compact_decimal,
    format_currency,
    format_decimal,
    format_percent,
)

from holdfast.web.words import Words

NOTHING = "–"
MINUS = "\N{MINUS SIGN}"


@dataclass(frozen=True)
class Shown:
    """Formats values in one language and, unless a value has its own, one currency."""

    words: Words
    currency: str
    zone: ZoneInfo

    @property
    def _locale(self) -> Any:
        return self.words.locale

    def money(self, value: Any, currency: str | None = None, *, short: bool = False, signed: bool = False) -> str:
        """An amount: whole units, cents where it is below 100."""
        if value is None:
            return NOTHING
        if signed and value > 0:
            return "+" + self.money(value, currency, short=short)
        code = currency or self.currency
        if short and abs(value) >= (10_000 if _shortens_thousands(self._locale) else 1_000_000):
            return str(format_compact_currency(value, code, locale=self._locale, fraction_digits=1))
        small = 0 < abs(value) < 100 and value != int(value)
        pattern = None if small else self._locale.currency_formats["standard"].pattern.replace(".00", "")
        return str(format_currency(value, code, format=pattern, locale=self._locale, currency_digits=small))

    def count(self, value: Any, *, short: bool = False) -> str:
        if value is None:
            return NOTHING
        if short and abs(value) >= (100_000 if _shortens_thousands(self._locale) else 1_000_000):
            return str(format_compact_decimal(value, locale=self._locale, fraction_digits=1))
        return str(format_decimal(round(value), locale=self._locale))

    def rate(self, value: Any, digits: int = 1) -> str:
        if value is None:
            return NOTHING
        return str(format_percent(round(value, digits + 2), format=self._percent(digits), locale=self._locale))

    def _percent(self, digits: int) -> str:
        pattern: str = self._locale.percent_formats[None].pattern
        return pattern.replace("#,##0", "#,##0." + "0" * digits)

    def change(self, value: Any, digits: int = 1) -> str:
        """A rate with its sign: what something changed by."""
        return NOTHING if value is None else self._signed(value, self.rate(value, digits))

    def points(self, value: Any) -> str:
        """The difference of two rates, as a number of percentage points with its sign."""
        if value is None:
            return NOTHING
        return self._signed(value, str(format_decimal(round(value * 100, 1), "0.0", locale=self._locale)))

    def difference(self, value: Any) -> str:
        """A number with its sign: what something changed by."""
        return NOTHING if value is None else self._signed(value, self.number(value))

    def _signed(self, value: Any, text: str) -> str:
        return f"+{text}" if value > 0 else text.replace("-", "\N{MINUS SIGN}")

    def part(self, value: Any, kind: str, currency: str | None = None) -> str:
        """A part of a difference, with its sign: money, counts, or points of a share."""
        if value is None:
            return NOTHING
        if kind == "rate":
            points = format_decimal(abs(round(value * 100, 2)), locale=self._locale)
            said = self.words.say("%(points)s points", points=points)
        else:
            said = self.cell(abs(value), kind, currency)
        return said if not value else f"{'+' if value > 0 else MINUS}{said}"

    def number(self, value: Any) -> str:
        return NOTHING if value is None else str(format_decimal(round(float(value), 2), locale=self._locale))

    def day(self, value: date | None) -> str:
        return NOTHING if value is None else str(format_date(value, "medium", locale=self._locale))

    def instant(self, value: datetime | None) -> str:
        if value is None:
            return NOTHING
        return str(format_datetime(value, "medium", tzinfo=self.zone, locale=self._locale))

    def period(self, value: date | None, grain: str = "month") -> str:
        """A period by its first day."""
        if value is None:
            return NOTHING
        if grain == "month":
            return str(format_skeleton("yMMM", value, locale=self._locale))
        if grain == "quarter":
            return str(format_skeleton("yQQQ", value, locale=self._locale))
        return str(value.year) if grain == "year" else self.day(value)

    def cell(self, value: Any, kind: str, currency: str | None = None, grain: str = "month") -> str:
        """A value of a metric's column."""
        if value is None:
            return NOTHING
        if kind == "money":
            return self.money(value, currency)
        if kind in ("period", "cohort"):
            return self.period(value, grain if kind == "period" else "month") if isinstance(value, date) else str(value)
        if kind == "flag" or isinstance(value, bool):
            return self.words.say("yes") if value else self.words.say("no")
        if isinstance(value, datetime):
            return self.instant(value)
        if isinstance(value, date):
            return self.day(value)
        known = {"count": self.count, "rate": self.rate, "number": self.number}
        return known[kind](value) if kind in known else str(value)


def _shortens_thousands(locale: Any) -> bool:
    """Whether a language has a short form of thousands, as 12K has; German begins with millions."""
    return len(str(format_compact_decimal(12_000, locale=locale))) < len("12000")
