"""Charts that set two metrics side by side, made of answers that are already there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class Drawn:
    """A column of a chart that stands for no single metric."""

    name: str
    kind: str
    meaning: str = ""


@dataclass(frozen=True)
class Drawing:
    kind: str
    title: str
    y: tuple[str, ...]
    x: str = "period"
    split: tuple[str, ...] = ()


@dataclass(frozen=True)
class Comparison:
    """Several rates over the same periods, as if they were one metric."""

    name: str
    title: str
    columns: tuple[Drawn, ...]
    chart: Drawing


def compare(name: str, title: str, rows: dict[str, list[dict[str, Any]]]) -> tuple[Comparison, pa.Table]:
    """A metric-like object and its table: one column for each named list of `period` and `rate`."""
    import pyarrow as pa

    merged: dict[Any, dict[str, Any]] = {}
    for column, answers in rows.items():
        for answer in answers:
            merged.setdefault(answer["period"], {"period": answer["period"]})[column] = answer["rate"]
    schema = pa.schema([("period", pa.date32()), *((column, pa.float64()) for column in rows)])
    columns = (Drawn("period", "period"), *(Drawn(column, "rate") for column in rows))
    table = pa.Table.from_pylist([merged[period] for period in sorted(merged)], schema=schema)
    return Comparison(name, title, columns, Drawing("line", title, tuple(rows))), table
