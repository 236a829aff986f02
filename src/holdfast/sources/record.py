"""Recording a few facts that Holdfast itself comes to know, by the same rules as those of a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import pyarrow as pa

from holdfast.facts import TABLES
from holdfast.lake import Lake
from holdfast.sources.parts import POSITION, make_part


def record_facts(
    lake: Lake, table: str, rows: Sequence[Mapping[str, Any]], source: str, known_at: datetime | None = None
) -> list[str]:
    """Record rows of one table, known from now on where no instant is given. Says of each whether it is
    `new`, `replaced` or `duplicate`.
    """
    declared = TABLES[table]
    columns = {
        column.name: pa.array([row.get(column.name) for row in rows], column.arrow.type)
        for column in declared.own_columns
    }
    part = make_part(table, columns, pa.array(range(len(rows)), pa.int64()), source)
    status = lake.record(table, part.rows.drop_columns([POSITION]), known_at or lake.next_instant(table))
    return list(status.to_pylist())
