"""Dates and instants as files have them: ISO forms, and others where nothing is left to guess."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Literal
from zoneinfo import ZoneInfo

from holdfast.errors import UnusableFile
from holdfast.facts.days import day_of

DayOrder = Literal["day-first", "month-first"]
FIRST_YEAR, LAST_YEAR = 1900, 2199
HOW = "write YYYY-MM-DD, or YYYY-MM-DDTHH:MM:SS with Z or an offset"

_CLOCK = (
    r"(?:(?:[Tt]|,?[ ]+)(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,](?P<fraction>\d{1,12}))?)?"
    r"[ ]*(?P<half>[AaPp][Mm])?[ ]*(?P<offset>[Zz]|UTC|GMT|[+-]\d{2}(?::?\d{2})?)?)?"
)
_ISO = re.compile(r"(?P<year>\d{4})(?P<s>[-/.])(?P<month>\d{1,2})(?P=s)(?P<day>\d{1,2})" + _CLOCK)
_COMPACT = re.compile(r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})" + _CLOCK)
_NUMERIC = re.compile(r"(?P<a>\d{1,2})(?P<s>[-/.])(?P<b>\d{1,2})(?P=s)(?P<year>\d{4})" + _CLOCK)
_DAY_NAME = re.compile(r"(?P<day>\d{1,2})(?:st|nd|rd|th)?[- .]+(?P<name>[A-Za-z]{3,9})[- .,]+(?P<year>\d{4})" + _CLOCK)
_NAME_DAY = re.compile(r"(?P<name>[A-Za-z]{3,9})[- .]+(?P<day>\d{1,2})(?:st|nd|rd|th)?[- .,]+(?P<year>\d{4})" + _CLOCK)
_MONTHS = ("january february march april may june july august september october november december").split()


@dataclass(frozen=True)
class Moment:
    """A day in the company's zone, and the instant where the cell had a time of day."""

    day: date
    at: datetime | None = None

    @property
    def key(self) -> str:
        """The moment in the writing that keys are made of."""
        return self.day.isoformat() if self.at is None else instant_text(self.at)


def instant_text(at: datetime) -> str:
    """An instant in ISO form.

    >>> instant_text(datetime(2024, 1, 1, 9, tzinfo=UTC))
    '2024-01-01T09:00:00Z'
    """
    return at.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


def parse_moment(text: str, zone: ZoneInfo, order: DayOrder | None = None) -> Moment:
    """A date, or an instant; a time without an offset is the company's. Raises `ValueError` with the reason.

    >>> parse_moment("2024-03-31", ZoneInfo("Europe/Berlin"))
    Moment(day=datetime.date(2024, 3, 31), at=None)
    >>> parse_moment("2024-01-01T02:00:00Z", ZoneInfo("America/New_York")).day
    datetime.date(2023, 12, 31)
    """
    text = text.strip()
    match = _ISO.fullmatch(text) or _DAY_NAME.fullmatch(text) or _NAME_DAY.fullmatch(text) or _compact(text)
    if match is not None:
        return _moment(text, _date(text, match), match, zone)
    match = _NUMERIC.fullmatch(text)
    if match is None:
        raise ValueError(_why_not(text))
    return _moment(text, _numeric_date(text, match, order), match, zone)


def in_zone(moment: Moment, zone: ZoneInfo) -> Moment:
    """A moment that was read in another zone, with its day in this one.

    >>> in_zone(parse_moment("2024-01-01 02:00", ZoneInfo("UTC")), ZoneInfo("America/New_York")).day
    datetime.date(2023, 12, 31)
    """
    return moment if moment.at is None else Moment(day_of(moment.at, zone), moment.at)


def _compact(text: str) -> re.Match[str] | None:
    match = _COMPACT.fullmatch(text)
    return match if match and 1970 <= int(match["year"]) <= 2100 else None


def _date(text: str, match: re.Match[str]) -> date:
    parts = match.groupdict()
    month = int(parts["month"]) if parts.get("month") else _month_number(text, parts["name"])
    return _valid(text, int(parts["year"]), month, int(parts["day"]))


def _month_number(text: str, name: str) -> int:
    for number, month in enumerate(_MONTHS, start=1):
        if month.startswith(name.lower()) or (name.lower() == "sept" and number == 9):
            return number
    raise ValueError(_why_not(text))


def _numeric_date(text: str, match: re.Match[str], order: DayOrder | None) -> date:
    a, b, year = int(match["a"]), int(match["b"]), int(match["year"])
    own = _order_shown(match)
    order = own if own is not None else order
    if order is None:
        raise ValueError(f"{text!r} can be read day first or month first; {HOW}")
    return _valid(text, year, b, a) if order == "day-first" else _valid(text, year, a, b)


def _order_shown(match: re.Match[str]) -> DayOrder | None:
    if int(match["a"]) > 12:
        return "day-first"
    return "month-first" if int(match["b"]) > 12 else None


def _valid(text: str, year: int, month: int, day: int) -> date:
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise ValueError(f"{text!r}: the year is not between {FIRST_YEAR} and {LAST_YEAR}; leave an open end empty")
    try:
        return date(year, month, day)
    except ValueError:
        raise ValueError(f"{text!r} is not a day of the calendar; {HOW}") from None


def _moment(text: str, day: date, match: re.Match[str], zone: ZoneInfo) -> Moment:
    if match["hour"] is None:
        return Moment(day)
    at = datetime.combine(day, _clock(text, match), tzinfo=_offset(text, match["offset"]) or zone)
    at = at.astimezone(UTC)
    return Moment(day_of(at, zone), at)


def _clock(text: str, match: re.Match[str]) -> time:
    hour, half = int(match["hour"]), (match["half"] or "").lower()
    if half and not 1 <= hour <= 12:
        raise ValueError(f"{text!r} is not a time of day; {HOW}")
    hour = hour % 12 + (12 if half == "pm" else 0) if half else hour
    micros = int((match["fraction"] or "")[:6].ljust(6, "0"))
    try:
        return time(hour, int(match["minute"]), int(match["second"] or 0), micros)
    except ValueError:
        raise ValueError(f"{text!r} is not a time of day; {HOW}") from None


def _offset(text: str, offset: str | None) -> timezone | None:
    if offset is None:
        return None
    if offset[0] not in "+-":
        return UTC
    hours, minutes = int(offset[1:3]), int(offset[3:].lstrip(":") or 0)
    if hours > 15 or minutes > 59:
        raise ValueError(f"{text!r}: no place has the offset {offset}")
    length = timedelta(hours=hours, minutes=minutes)
    return timezone(-length if offset[0] == "-" else length)


def _why_not(text: str) -> str:
    shown = repr(text if len(text) <= 40 else text[:37] + "...")
    number = text.partition(".")[0]
    if number.isdigit() and number.isascii():
        if len(number) in (10, 13, 16):
            return f"{shown} looks like seconds since 1970 (Unix time); {HOW}"
        if len(number) == 5:
            return f"{shown} looks like a spreadsheet's day number; format the column as a date and export again"
    return f"not a date: {shown}; {HOW}"


@dataclass
class OrderEvidence:
    """What the dates of a column say about their order."""

    shown: dict[DayOrder, str] = field(default_factory=dict)
    unclear: str | None = None

    def add(self, text: str) -> None:
        match = _NUMERIC.fullmatch(text.strip())
        if match is None:
            return
        order = _order_shown(match)
        if order is not None:
            self.shown.setdefault(order, text)
        elif match["s"] == ".":
            self.shown.setdefault("day-first", text)
        elif int(match["a"]) != int(match["b"]):
            self.unclear = self.unclear or text


def decide_order(
    evidence: dict[str, OrderEvidence], *, given: DayOrder | None, file: str
) -> dict[str, DayOrder | None]:
    """The order of each date column. A column that shows no order, or both, makes the file unusable."""
    orders: dict[str, DayOrder | None] = {}
    for column, one in evidence.items():
        if given is None and len(one.shown) > 1:
            both = " and ".join(repr(text) for text in one.shown.values())
            raise UnusableFile(f"{file}: the column {column!r} holds {both}: day first and month first", hint=_HINT)
        if given is None and not one.shown and one.unclear:
            raise UnusableFile(f"{file}: the column {column!r} holds {one.unclear!r}: day or month first?", hint=_HINT)
        orders[column] = given or next(iter(one.shown), "day-first")
    return orders


_HINT = "add --dates day-first or --dates month-first, or write the dates as YYYY-MM-DD"
