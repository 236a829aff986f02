"""Answers as text: a table for people, CSV, XLSX, JSON and Parquet for programs."""

from __future__ import annotations

import io
import sys
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from holdfast.errors import LakeError
from holdfast.metrics.result import key_columns
from holdfast.report.exported import KEYS, as_csv, as_json, chosen, foot, kind_of, write_workbook

if TYPE_CHECKING:
    from rich.table import Table

    from holdfast.metrics.result import MetricResult

WIDE = 200
GAP, RULE, EDGES = 2, 1, 2
"""Columns of the terminal between two cells, taken by the table's own rule, and at its two ends."""


def write(result: MetricResult, format_: str, out: Path | None) -> None:
    """The answer as a file, or on stdout."""
    try:
        if format_ == "parquet":
            import pyarrow.parquet as pq

            pq.write_table(result.arrow, out)
            return
        if format_ == "xlsx" and out is not None:
            write_workbook(result, out)
            return
        text = as_text(result, format_)
        if out is None:
            sys.stdout.write(text)
        else:
            out.write_text(text, encoding="utf-8")
    except LakeError:
        raise
    except OSError as error:
        raise LakeError(f"cannot write {out}: {error.strerror or error}") from error


def as_text(result: MetricResult, format_: str) -> str:
    """The whole answer as JSON, CSV or a plain table."""
    if format_ in ("json", "csv"):
        return as_json(result) if format_ == "json" else as_csv(result)
    from rich.console import Console

    buffer = io.StringIO()
    console = Console(file=buffer, width=WIDE)
    for block in as_tables(result, WIDE):
        console.print(block)
    return buffer.getvalue()


def show(result: MetricResult) -> None:
    """A readable table with its title, its policy and what to know about it."""
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False)
    said = [f"policy {result.query.policy.name}", *chosen(result)]
    console.print(Text(result.metric.title, style="bold"), Text(", ".join(said), style="dim"), sep="  ")
    if not result.arrow.num_rows:
        console.print("Nothing in this range. `holdfast import subscriptions FILE` brings data in.")
        return
    for block in as_tables(result, console.width):
        console.print(block)
    for line in foot(result):
        console.print(Text(line, style="dim"))


def as_tables(result: MetricResult, width: int) -> list[Table]:
    """The answer in as many tables as its columns need at that width, each with the columns that name the row."""
    names = result.arrow.column_names
    columns = {name: _column(result, name) for name in names}
    widths = {name: max(len(name), *map(len, cells)) + GAP + RULE for name, cells in columns.items()}
    told_by = (*key_columns(result.metric), *result.metric.chart.split)
    keys = [name for name in names if kind_of(result, name) in KEYS or name in told_by]
    room = width - EDGES - sum(widths[name] for name in keys)
    return [
        _table(result, {name: columns[name] for name in [*keys, *block]})
        for block in _blocks(names, keys, widths, room)
    ]


def _blocks(names: list[str], keys: list[str], widths: dict[str, int], room: int) -> list[list[str]]:
    blocks: list[list[str]] = [[]]
    for name in names:
        if name in keys:
            continue
        if blocks[-1] and sum(widths[other] for other in blocks[-1]) + widths[name] > room:
            blocks.append([])
        blocks[-1].append(name)
    return blocks


def _column(result: MetricResult, name: str) -> list[str]:
    kind = kind_of(result, name)
    cells = [cell(value, kind) for value in result.arrow[name].to_pylist()]
    if kind != "period":
        return cells
    opened = set(result.evidence["open_periods"])
    return [text + (" *" if text in opened else "") for text in cells]


def _table(result: MetricResult, columns: dict[str, list[str]]) -> Table:
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, GAP, 0, 0))
    for name in columns:
        left = kind_of(result, name) in (*KEYS, "label")
        table.add_column(name.replace("_", " "), justify="left" if left else "right", no_wrap=True)
    for row in zip(*columns.values(), strict=True):
        table.add_row(*row)
    return table


def cell(value: Any, kind: str) -> str:
    """One value as people read it.

    >>> cell(Decimal("1234.5"), "money"), cell(0.05, "rate"), cell(None, "rate")
    ('1,234.50', '5.0 %', '–')
    """
    from rich.markup import escape

    if value is None:
        return "(unknown)" if kind == "dimension" else "–"
    if kind == "rate":
        return f"{value * 100:.1f} %"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Decimal):
        return f"{value:,.2f}"
    if isinstance(value, float):
        return f"{value:,.2f}"
    return f"{value:,}" if isinstance(value, int) else escape(str(value))
