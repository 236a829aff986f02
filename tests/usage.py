"""Companies with events, for tests: facts recorded as the loader records them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from holdfast.lake import Lake
from holdfast.sources.record import record_facts

LONG_AGO = datetime(2001, 1, 1, tzinfo=UTC)


def event(number: int, name: str | None, at: datetime, zone: str = "UTC", **more: Any) -> dict[str, Any]:
    """One row of `events`."""
    day = at.astimezone(ZoneInfo(zone)).date()
    row = {"message_id": f"m{number}", "type": "track", "event": name, "occurred_at": at, "occurred_day": day}
    return {**row, **more}


def recorded(
    folder: Path, zone: str = "UTC", known_at: datetime = LONG_AGO, **tables: Iterable[Mapping[str, Any]]
) -> Path:
    """A data folder with rows of the canonical tables."""
    lake = Lake(folder / "lake")
    lake.prepare(zone)
    for name, rows in tables.items():
        if found := list(rows):
            record_facts(lake, name, found, "test", known_at)
    return folder
