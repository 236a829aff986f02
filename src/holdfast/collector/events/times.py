"""When an event happened: the client's time, corrected for the client's clock, or the time of receipt."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

SECOND = 1_000_000
"""Instants are Unix microseconds."""
OLDEST = int(datetime(2000, 1, 1, tzinfo=UTC).timestamp()) * SECOND
"""No product sent events before: an older time comes from a clock that was never set, or from mistaken units."""
DRIFT = 60 * SECOND
"""Clocks differ by so much without being wrong."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_UNPADDED = re.compile(
    r"(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})(?:[Tt ](?P<hour>\d{1,2}):(?P<minute>\d{1,2})"
    r"(?::(?P<second>\d{1,2})(?:[.,](?P<fraction>\d{1,12}))?)?)? ?(?P<offset>[Zz]|UTC|GMT|[+-]\d{2}:?\d{2}|[+-]\d{2})?"
)
_NUMBER = re.compile(r"-?\d{1,20}(?:\.\d{1,20})?(?:[eE]\+?\d{1,2})?")


class When(NamedTuple):
    """The corrected instant, the instants that the client gave, and what was wrong with its time."""

    occurred: int
    original: int | None
    sent: int | None
    note: str | None
    text: str | None


def when(given: str | None, sent: str | None, received: int) -> When:
    """`received - (sent - given)`; the given time where nobody says when it was sent; else the time of receipt.

    Nothing happens after it is received: a later time becomes the time of receipt, and is noted where clocks do not
    explain it.

    >>> when("1970-01-01T00:00:05Z", None, 1_700_000_000_000_000)[3:]
    ('too old', '1970-01-01T00:00:05Z')
    """
    sent_at = None if sent is None else _sent(sent)
    if given is None:
        return When(received, None, sent_at, "missing", None)
    original = instant(given)
    if original is None:
        return When(received, None, sent_at, "unreadable", given)
    occurred = original if sent_at is None else received - (sent_at - original)
    if occurred < OLDEST:
        return When(received, original, sent_at, "too old", given)
    if occurred > received:
        late = occurred - received > DRIFT
        return When(received, original, sent_at, "future" if late else None, given if late else None)
    return When(occurred, original, sent_at, None, None)


def instant(text: str) -> int | None:
    """An instant as clients write it: ISO 8601, padded or not, UTC where it has no offset, or a Unix time in seconds
    or finer. None where it cannot be read.

    >>> instant("2015-2-02T00:30:12.984Z") == instant("1422837012984") == instant("1422837012.984")
    True
    """
    text = text.strip()
    if text[4:5] == "-":
        with suppress(ValueError, OverflowError):
            return micros(datetime.fromisoformat(text))
    if _NUMBER.fullmatch(text):
        return _unix(text)
    return _unpadded(text)


_sent = lru_cache(maxsize=1_024)(instant)
"""A batch has one time of sending for all its events."""


def micros(moment: datetime) -> int:
    """An instant as Unix microseconds; UTC where it has no zone."""
    since = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - _EPOCH
    return (since.days * 86_400 + since.seconds) * SECOND + since.microseconds


def _unix(text: str) -> int | None:
    """Seconds, milliseconds, microseconds or nanoseconds, whichever gives a time of our age."""
    value = Decimal(text)
    if value < 0:
        return None
    for limit, factor in ((10**11, SECOND), (10**14, 1_000), (10**17, 1)):
        if value < limit:
            return int(value * factor)
    return int(value / 1_000) if value < 10**20 else None


def _unpadded(text: str) -> int | None:
    match = _UNPADDED.fullmatch(text)
    if match is None:
        return None
    hour, minute, second = (int(match[name] or 0) for name in ("hour", "minute", "second"))
    fraction = int((match["fraction"] or "")[:6].ljust(6, "0"))
    try:
        day = datetime(int(match["year"]), int(match["month"]), int(match["day"]), tzinfo=UTC)
        moment = day.replace(hour=hour, minute=minute, second=second, microsecond=fraction)
        return micros(moment - _offset(match["offset"] or "Z"))
    except (ValueError, OverflowError):
        return None


def _offset(text: str) -> timedelta:
    if text[0] not in "+-":
        return timedelta()
    length = timedelta(hours=int(text[1:3]), minutes=int(text[3:].lstrip(":") or 0))
    return -length if text[0] == "-" else length
