"""Events in a file: every column that is no field of an event is a property of it."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa

from holdfast.facts.days import day_of
from holdfast.sources.batch import Batch, trimmed
from holdfast.sources.dates import DayOrder, Moment, parse_moment
from holdfast.sources.ids import usable
from holdfast.sources.parts import Part, make_part

TYPES = ("track", "page", "screen", "identify", "group", "alias")
WHO = ("user_id", "anonymous_id", "account_id")
ASSIGNED = "file"
"""What an id begins with that was made from the row, because the file has none."""
INSTANT = pa.timestamp("us", tz="UTC")
_LITERAL = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?|true|false")
_UNIX = re.compile(r"\d{10}(?:\d{3}){0,2}(?:\.\d{1,9})?")


def build_events(batch: Batch) -> list[Part]:
    """One event for each row. Ids that identify nobody are left out; a row without any id is a problem."""
    cells = {name: batch.text(name).to_pylist() for name in (*WHO, "message_id", "type", "event")}
    extra = {name: trimmed(batch.table[name]).to_pylist() for name in batch.reading.extra}
    extra |= _with_subscription(batch, cells)
    given = batch.text("properties").to_pylist()
    zone, order = batch.reading.zone, batch.reading.orders.get("timestamp")
    latest = datetime.now(UTC) + timedelta(days=1)
    moments = batch.read("timestamp", lambda text: event_moment(text, zone, order, latest))
    kinds = [_kind(batch, row, kind) for row, kind in enumerate(cells["type"])]
    for row, kind in enumerate(kinds):
        if kind == "track" and cells["event"][row] is None:
            batch.reject(row, "event is missing: a track event needs its name")
        if not any(cells[name][row] for name in WHO):
            batch.reject(row, _nobody(batch, row))
    columns = {
        "message_id": pa.array(
            [one or assigned(batch, row) for row, one in enumerate(cells["message_id"])], pa.string()
        ),
        "type": pa.array(kinds, pa.string()),
        "event": pa.array(cells["event"], pa.string()),
        "occurred_at": moments.array(INSTANT, lambda moment: moment.at),
        "occurred_day": moments.array(pa.date32(), lambda moment: moment.day),
        "original_at": moments.array(INSTANT, lambda moment: moment.at),
        "properties": pa.array([_properties(batch, row, text, extra) for row, text in enumerate(given)], pa.string()),
    }
    for name in WHO:
        columns[name] = pa.array([one if usable(one) else None for one in cells[name]], pa.string())
    return [make_part("events", columns, batch.positions, batch.reading.source)]


def _with_subscription(batch: Batch, cells: dict[str, list[str | None]]) -> dict[str, list[str | None]]:
    """Name the account of the row's subscription where it names none; the subscription is a property."""
    column = batch.reading.columns.get("subscription_id")
    if column is None:
        return {}
    named, owners = batch.text("subscription_id").to_pylist(), batch.reading.owners
    cells["account_id"] = [
        account if usable(account) else (owners.get(one) if one else None)
        for account, one in zip(cells["account_id"], named, strict=True)
    ]
    return {column: named}


def _nobody(batch: Batch, row: int) -> str:
    """Why nobody is known who did it."""
    named = batch.text("subscription_id")[row].as_py()
    if named is None:
        return f"{', '.join(WHO)} are all missing"
    return f"nobody is named but subscription {named!r}, which is not known or several accounts have: import it before"


def event_moment(text: str, zone: ZoneInfo, order: DayOrder | None, latest: datetime) -> Moment:
    """A date or an instant as in any file, or a Unix time in seconds or finer.

    >>> event_moment("1422837012984", ZoneInfo("UTC"), None, datetime.now(UTC)).at.isoformat()
    '2015-02-02T00:30:12.984000+00:00'
    """
    moment = parse_moment(text, zone, order) if not _UNIX.fullmatch(text) else _unix(text, zone)
    if (moment.at or datetime.combine(moment.day, datetime.min.time(), UTC)) > latest:
        raise ValueError(f"{text!r} lies in the future")
    return moment


def _unix(text: str, zone: ZoneInfo) -> Moment:
    whole, _, fraction = text.partition(".")
    digits = (whole[10:] + fraction)[:6].ljust(6, "0")
    at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=int(whole[:10]), microseconds=int(digits))
    return Moment(day_of(at, zone), at)


def _kind(batch: Batch, row: int, written: str | None) -> str | None:
    kind = (written or "").lower()
    if kind not in TYPES:
        batch.reject(row, f"type: {written!r} is none of {', '.join(TYPES)}")
    return kind


def assigned(batch: Batch, row: int) -> str:
    """An id made of what the row says and where it stands, so that the same file again brings the same ids."""
    content = [batch.table[name][row].as_py() for name in batch.table.column_names]
    written = json.dumps([batch.positions[row].as_py(), content], ensure_ascii=False)
    return f"{ASSIGNED}-{hashlib.blake2b(written.encode(), digest_size=12).hexdigest()}"


def _properties(batch: Batch, row: int, given: str | None, extra: Mapping[str, list[str | None]]) -> str | None:
    """The JSON object of a row's properties: numbers and truth values as they are written, all else as text."""
    parts = [
        f"{json.dumps(name, ensure_ascii=False)}: {_json(cells[row])}" for name, cells in extra.items() if cells[row]
    ]
    if given is None:
        return "{" + ", ".join(parts) + "}" if parts else None
    if not isinstance(_read(given), dict):
        batch.reject(row, "properties: not a JSON object")
        return None
    inner = given.strip()[1:-1].strip()
    return "{" + ", ".join([*([inner] if inner else []), *parts]) + "}"


def _json(cell: str | None) -> str:
    text = cell or ""
    if _LITERAL.fullmatch(text) or (text[:1] in ("{", "[") and _read(text) is not None):
        return text
    return json.dumps(text, ensure_ascii=False)


def _read(text: str) -> Any:
    """The content of a JSON text; None where it is none."""
    try:
        return json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return None


def _refuse(constant: str) -> Any:
    raise ValueError(constant)
