"""Cells of warehouse tables: instants in UTC, whole numbers, flags and JSON."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from holdfast.sources.amounts import parse_number
from holdfast.sources.dates import LAST_YEAR, parse_moment
from holdfast.sources.words import parse_flag

_UTC = ZoneInfo("UTC")
_ORDERING_TIMES = ("_fivetran_start", "_fivetran_end", "_fivetran_synced", "updated_at")
_ORDERING_FLAGS = ("_fivetran_active", "_fivetran_deleted", "is_deleted", "livemode")


class Record(dict[str, str | None]):
    """One row of a table, empty cells left out, and where it stands."""

    def __init__(self, cells: dict[str, str | None], table: str, file: str, line: int) -> None:
        super().__init__(cells)
        self.table, self.file, self.line = table, file, line

    def first(self, *names: str) -> str | None:
        """The first of these cells that is not empty."""
        return next((self[name] for name in names if self.get(name)), None)

    def need(self, *names: str) -> str:
        """Like `first`. Raises `ValueError` where all are empty."""
        found = self.first(*names)
        if found is None:
            raise ValueError(f"{names[0]} is missing")
        return found

    def time(self, *names: str) -> int | None:
        return seconds(self.first(*names))

    def need_time(self, *names: str) -> int:
        found = seconds(self.need(*names))
        if found is None:
            raise ValueError(f"{names[0]} is missing")
        return found

    def number(self, *names: str) -> Decimal | None:
        text = self.first(*names)
        return None if text is None else parse_number(text, ".")

    def whole(self, *names: str) -> int | None:
        number = self.number(*names)
        if number is not None and number != int(number):
            raise ValueError(f"{self.first(*names)!r} is not a whole number")
        return None if number is None else int(number)

    def flag(self, name: str) -> bool:
        text = self.get(name)
        return bool(text) and parse_flag(str(text))

    def fault(self) -> str | None:
        """Why it cannot be used at all: one of the cells by which rows are put in order is not what it must be."""
        try:
            for name in _ORDERING_TIMES:
                self.time(name)
            for name in _ORDERING_FLAGS:
                self.flag(name)
        except ValueError as error:
            return str(error)
        return None

    @property
    def deleted(self) -> bool:
        """Whether the source no longer has it."""
        return self.flag("_fivetran_deleted") or self.flag("is_deleted")

    def json(self, name: str) -> dict[str, Any]:
        """The JSON object in a cell; nothing where it holds none."""
        try:
            value = json.loads(self.get(name) or "{}")
        except (ValueError, RecursionError):
            return {}
        return value if isinstance(value, dict) else {}


def seconds(text: str | None) -> int | None:
    """An instant as Unix seconds. A time without an offset is in UTC; a day beyond every calendar means *no end*.

    >>> seconds("2021-02-18 14:16:37.500"), seconds("2021-02-18T15:16:37+01:00"), seconds("9999-12-31 23:59:59.999")
    (1613657797, 1613657797, None)
    """
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text.removesuffix(" UTC"))
    except ValueError:
        moment = parse_moment(text, _UTC)
        at = moment.at or datetime(moment.day.year, moment.day.month, moment.day.day, tzinfo=UTC)
    if at.year > LAST_YEAR:
        return None
    return int((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() // 1)
