"""Words with a fixed meaning: yes and no, intervals, states, currencies."""

from __future__ import annotations

import re
from dataclasses import dataclass

from holdfast.facts.days import Interval

YES = {"true", "t", "yes", "y", "1", "on"}
NO = {"false", "f", "no", "n", "0", "off"}
NOT_IDS = {"null", "undefined", "nan", "none", "nil", "n/a", "#n/a", "[object object]", "\\n"}


def fold(text: str) -> str:
    """A word without case, spaces and signs.

    >>> fold("Past_Due"), fold("pastDue"), fold("past due")
    ('pastdue', 'pastdue', 'pastdue')
    """
    return re.sub(r"[\W_]+", "", text).casefold()


def parse_id(text: str) -> str:
    """An id as written. What programs write for *no id* is none, so that such rows are never merged."""
    if text.casefold() in NOT_IDS:
        raise ValueError(f"{text!r} is not an id")
    return text


def parse_flag(text: str) -> bool:
    """Yes or no.

    >>> parse_flag("TRUE"), parse_flag("no")
    (True, False)
    """
    word = text.strip().casefold()
    if word not in YES | NO:
        raise ValueError(f"{text!r} is not true or false (also: yes, no, 1, 0)")
    return word in YES


CURRENCY_SIGNS = {"€": "EUR", "£": "GBP", "₹": "INR", "US$": "USD"}


def parse_currency(text: str) -> str:
    """An ISO 4217 code in upper case.

    >>> parse_currency("usd"), parse_currency("€")
    ('USD', 'EUR')
    """
    code = CURRENCY_SIGNS.get(text.strip(), text.strip().upper())
    if len(code) != 3 or not code.isascii() or not code.isalpha():
        raise ValueError(f"{text!r} is not a currency; write a three-letter code such as EUR")
    return code


@dataclass(frozen=True)
class BillingPeriod:
    """So many of one interval."""

    interval: Interval
    count: int


_UNITS: dict[str, Interval] = {
    "day": "day", "days": "day", "d": "day", "daily": "day",
    "week": "week", "weeks": "week", "w": "week", "weekly": "week", "wk": "week",
    "month": "month", "months": "month", "m": "month", "monthly": "month", "mo": "month", "mon": "month", "mth": "month",
    "year": "year", "years": "year", "y": "year", "yearly": "year", "annual": "year", "annually": "year", "yr": "year",
    "annum": "year", "perannum": "year", "permonth": "month", "peryear": "year", "perweek": "week", "perday": "day",
}  # fmt: skip
_NAMED: dict[str, BillingPeriod] = {
    "quarter": BillingPeriod("month", 3), "quarterly": BillingPeriod("month", 3), "trimester": BillingPeriod("month", 3),
    "semiannual": BillingPeriod("month", 6), "semiannually": BillingPeriod("month", 6),
    "halfyearly": BillingPeriod("month", 6), "halfyear": BillingPeriod("month", 6), "semester": BillingPeriod("month", 6),
    "biweekly": BillingPeriod("week", 2), "fortnight": BillingPeriod("week", 2), "fortnightly": BillingPeriod("week", 2),
    "biannual": BillingPeriod("month", 6), "biennial": BillingPeriod("year", 2), "biennially": BillingPeriod("year", 2),
    "triennial": BillingPeriod("year", 3),
}  # fmt: skip
_COUNTED = re.compile(r"(?:every)?p?(\d{1,4})([a-z]+)")
MOST_INTERVALS = 1200


def parse_interval(text: str) -> BillingPeriod:
    """How long one billing period is.

    >>> parse_interval("Quarterly"), parse_interval("3 months"), parse_interval("annual")
    (BillingPeriod(interval='month', count=3), BillingPeriod(interval='month', count=3), BillingPeriod(interval='year', count=1))
    """
    word = fold(text)
    if word in _NAMED:
        return _NAMED[word]
    if word in _UNITS:
        return BillingPeriod(_UNITS[word], 1)
    counted = _COUNTED.fullmatch(word)
    if counted and counted[2] in _UNITS and 1 <= int(counted[1]) <= MOST_INTERVALS:
        return BillingPeriod(_UNITS[counted[2]], int(counted[1]))
    raise ValueError(
        f"{text!r} is not an interval; there are: day, week, month, quarter, year (also monthly, annual, 3 months …)"
    )


def parse_whole(text: str) -> int:
    """A whole number from 1.

    >>> parse_whole("12")
    12
    """
    digits = text.strip().removesuffix(".0")
    if not digits.isascii() or not digits.isdigit() or not 1 <= int(digits[:8]) <= MOST_INTERVALS or len(digits) > 6:
        raise ValueError(f"{text!r} is not a whole number from 1 to {MOST_INTERVALS}")
    return int(digits)


ENDED = "ended"
STATUSES = ("active", "past_due", "trialing", "paused", "incomplete", "incomplete_expired", "unpaid")
_STATUS_WORDS = {
    **{fold(status): status for status in STATUSES},
    **dict.fromkeys(["live", "current", "nonrenewing", "inforce", "renewing"], "active"),
    **dict.fromkeys(["trial", "intrial", "trialling", "ontrial", "freetrial"], "trialing"),
    **dict.fromkeys(["overdue", "dunning", "delinquent"], "past_due"),
    **dict.fromkeys(["onhold", "suspended", "onpause"], "paused"),
    **dict.fromkeys(["canceled", "cancelled", "ended", "expired", "terminated", "churned", "closed"], ENDED),
}


def parse_status(text: str) -> str:
    """The state of a span; `ended` for the words that say only that it ended.

    >>> parse_status("Past Due"), parse_status("cancelled")
    ('past_due', 'ended')
    """
    status = _STATUS_WORDS.get(fold(text))
    if status is None:
        raise ValueError(f"{text!r} is not a status; there are: {', '.join(STATUSES)}, canceled, ended, expired")
    return status


def one_of(words: dict[str, str], what: str, text: str) -> str:
    """The standard word for `text` out of a table of synonyms.

    >>> one_of({"forever": "forever", "always": "forever"}, "duration", "Always")
    'forever'
    """
    found = words.get(fold(text))
    if found is None:
        raise ValueError(f"{text!r} is not a {what}; there are: {', '.join(dict.fromkeys(words.values()))}")
    return found
