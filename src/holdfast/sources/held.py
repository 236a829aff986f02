"""What is in the lake: which kinds of facts, how many, and how far they reach."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from holdfast.facts import TABLES
from holdfast.lake.delta import explained
from holdfast.lake.duck import quiet_connection

if TYPE_CHECKING:
    from holdfast.facts.schema import Table
    from holdfast.lake import Lake

_ROWS = (
    "SELECT count(*) - count(superseded_at), max(recorded_at) AT TIME ZONE 'UTC' "
    "FROM read_parquet($files, union_by_name = true)"
)
_LATEST = "SELECT max(stats_max_value) FROM parquet_metadata($files) WHERE path_in_schema = $day"


@dataclass(frozen=True)
class Held:
    """One table of facts that has rows."""

    table: str
    meaning: str
    rows: int
    """Facts that stand; those that newer ones replaced do not count."""
    latest_day: date | None
    """The latest day that a fact is about; null where its facts are about no day."""
    recorded_at: datetime
    """When the last of it came in (UTC)."""


def held(lake: Lake) -> list[Held]:
    """The tables that have rows, in the order in which they are declared."""
    found = (_held(lake, table) for table in TABLES.values() if not table.derived)
    return [one for one in found if one is not None]


def day_column(table: Table) -> str | None:
    """The column that says which day a fact is about.

    >>> day_column(TABLES["invoices"]), day_column(TABLES["plans"])
    ('issued_day', None)
    """
    return next((column.name for column in table.own_columns if column.type == "day"), None)


def _held(lake: Lake, table: Table) -> Held | None:
    files, day = lake.files(table.name), day_column(table)
    if not files:
        return None
    with explained(lake.path(table.name), "read"), quiet_connection() as connection:
        rows, recorded_at = connection.execute(_ROWS, {"files": files}).fetchone() or (0, None)
        latest = connection.execute(_LATEST, {"files": files, "day": day}).fetchone() if day else None
    if not rows:
        return None
    reached = date.fromisoformat(latest[0]) if latest and latest[0] else None
    return Held(table.name, table.meaning, rows, reached, recorded_at.replace(tzinfo=UTC))
