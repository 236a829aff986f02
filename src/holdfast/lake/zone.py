"""The company's time zone, kept beside the tables whose days were computed in it."""

from __future__ import annotations

import json
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, cast
from zoneinfo import ZoneInfo

import pyarrow as pa

from holdfast.errors import LakeError
from holdfast.facts.days import Interval, day_of, interval_end
from holdfast.facts.schema import Table
from holdfast.lake.durability import write_durably


class ZoneRecord:
    """The file `lake.json`: written when the lake is made, changed only by `rebuild-days`."""

    def __init__(self, root: Path) -> None:
        self.path = root / "lake.json"

    def _read(self) -> dict[str, Any]:
        try:
            stored = json.loads(self.path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            raise LakeError(f"cannot read {self.path}: {error}", hint="restore it: it names the time zone") from error
        return cast(dict[str, Any], stored)

    @property
    def name(self) -> str | None:
        return self._read().get("timezone")

    def write(self, name: str, next_name: str | None = None) -> None:
        content = {"timezone": name} | ({"rebuilding_to": next_name} if next_name else {})
        self.path.parent.mkdir(parents=True, exist_ok=True)
        write_durably(self.path, json.dumps(content, indent=2) + "\n")

    def check(self, zone_name: str) -> None:
        stored = self._read()
        unfinished = stored.get("rebuilding_to")
        if unfinished:
            raise LakeError(
                f"the days in {self.path.parent} are half-way from {stored['timezone']} to {unfinished}",
                hint="run `holdfast rebuild-days` again to finish",
            )
        if stored and stored["timezone"] != zone_name:
            raise LakeError(
                f"the days in {self.path.parent} were computed in the time zone {stored['timezone']},"
                f" and the setting is {zone_name}",
                hint=f"set HOLDFAST_TIMEZONE={stored['timezone']}, or run `holdfast rebuild-days` to compute them anew",
            )


def days_of_zone(table: Table, rows: pa.Table, zone_name: str) -> pa.Table:
    """The rows with every `X_day` computed from its `X_at`, where there is one."""
    zone, names = ZoneInfo(zone_name), set(rows.column_names)

    @lru_cache(maxsize=1_000_000)
    def day(moment: datetime) -> date:
        return day_of(moment, zone)

    for name in rows.column_names:
        instant = f"{name.removesuffix('_day')}_at"
        if name.endswith("_day") and instant in names:
            pairs = zip(rows[instant].to_pylist(), rows[name].to_pylist(), strict=True)
            days = [old if moment is None else day(moment) for moment, old in pairs]
            rows = _with_column(rows, name, days)
    return _access_ends(rows) if "access_ends_day" in names else rows


def _access_ends(rows: pa.Table) -> pa.Table:
    inputs = ("valid_from_day", "billing_interval", "interval_count", "cancelled_day", "access_ends_day")
    days = [
        old if old is None or cancelled is None else access_ends(start, interval, count, cancelled)
        for start, interval, count, cancelled, old in zip(*(rows[name].to_pylist() for name in inputs), strict=True)
    ]
    return _with_column(rows, "access_ends_day", days)


@lru_cache(maxsize=100_000)
def access_ends(start: date, interval: Interval, count: int, cancelled: date) -> date:
    """The end of the billing interval, counted from `start`, in which it was cancelled."""
    return interval_end(start, interval, count, cancelled)


def _with_column(rows: pa.Table, name: str, values: list[date | None]) -> pa.Table:
    index = rows.schema.get_field_index(name)
    return rows.set_column(index, rows.schema.field(index), pa.array(values, pa.date32()))
