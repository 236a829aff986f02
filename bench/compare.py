"""Whether two answers have the same cells: money to the last micro, counts exactly, rates to the last few bits."""

from __future__ import annotations

import math
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

MICROS = 1_000_000
MONEY = (
    *("opening", "new", "reactivation", "expansion", "upsell", "cross_sell", "contraction", "churn", "fx", "closing"),
    *("start_mrr", "end_mrr"),
)
KEYS = ("period", "cohort", "currency", "age", "feature")


class CellsDiffer(AssertionError):
    """Two ways to compute the same table disagree."""


def assert_same_cells(holdfast: Path, sql: Path) -> int:
    """The number of cells compared. Raises `CellsDiffer` that names the first one that differs."""
    ours, theirs = pq.read_table(holdfast), pq.read_table(sql)
    if ours.num_rows != theirs.num_rows or set(ours.column_names) != set(theirs.column_names):
        raise CellsDiffer(
            f"{ours.num_rows} rows of {ours.column_names}, {theirs.num_rows} rows of {theirs.column_names}"
        )
    for our_row, their_row in zip(_rows(ours, Decimal(MICROS)), _rows(theirs, Decimal(1)), strict=True):
        for name, value in our_row.items():
            if not _same(value, their_row[name]):
                where = {key: our_row[key] for key in KEYS if key in our_row}
                raise CellsDiffer(f"{name} of {where}: holdfast {value}, SQL {their_row[name]}")
    return int(ours.num_rows * ours.num_columns)


def _rows(table: pa.Table, factor: Decimal) -> list[dict[str, Any]]:
    keys = [(key, "ascending") for key in KEYS if key in table.column_names]
    rows: list[dict[str, Any]] = table.sort_by(keys).to_pylist()
    return [{name: _whole(name, value, factor) for name, value in row.items()} for row in rows]


def _whole(name: str, value: Any, factor: Decimal) -> Any:
    return int(value * factor) if name in MONEY and not isinstance(value, int) else value


def _same(ours: Any, theirs: Any) -> bool:
    if isinstance(ours, float) and isinstance(theirs, float):
        return math.isclose(ours, theirs, rel_tol=1e-12)
    return bool(ours == theirs)
