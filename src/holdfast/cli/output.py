"""Answers as text: a table for people, CSV, XLSX, JSON and Parquet for programs."""

from __future__ import annotations

import io
import json
import sys
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from holdfast.errors import LakeError
from holdfast.metrics.result import key_columns

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
    if format_ == "json":
        return json.dumps(result.to_json(), ensure_ascii=False, allow_nan=False) + "\n"
    if format_ == "csv":
        return as_csv(result)
    from rich.console import Console

    buffer = io.StringIO()
    console = Console(file=buffer, width=WIDE)
    for block in as_tables(result, WIDE):
        console.print(block)
    return buffer.getvalue()


def as_csv(result: MetricResult) -> str:
    """Comma-separated; text that a spreadsheet would run as a formula begins with an apostrophe."""
    from holdfast.report.workbook import csv_lines

    rows = result.arrow.to_pylist()
    return "".join(csv_lines(result.arrow.column_names, [list(row.values()) for row in rows]))


def write_workbook(result: MetricResult, path: Path) -> None:
    """The answer as a sheet of numbers, and a sheet that says what they mean."""
    from holdfast.report.workbook import Heading, Workbook

    names = result.arrow.column_names
    keys = sum(_kind(result, name) in KEYS for name in names)
    with Workbook(path) as book:
        headings = [Heading(name.replace("_", " "), _written(result, name)) for name in names]
        rows = (list(row.values()) for row in result.arrow.to_pylist())
        book.sheet(result.metric.title, headings, rows, frozen=max(1, keys))
        book.sheet("What it means", [Heading("What"), Heading("Meaning", wraps=True)], _meaning(result))


def _written(result: MetricResult, name: str) -> str:
    """How a column is written in a sheet: months as months, other periods as days."""
    kind = _kind(result, name)
    if kind in ("period", "cohort", "day"):
        return "month" if kind == "cohort" or result.query.grain == "month" else "day"
    return kind if kind in ("money", "count", "rate", "number") else "text"


def _meaning(result: MetricResult) -> list[list[Any]]:
    metric, query = result.metric, result.query
    meanings = [[column.name.replace("_", " "), column.meaning] for column in metric.columns if column.meaning]
    asked = {
        "split by": ", ".join(query.by), "only where": " and ".join(query.where), "in currency": query.currency,
        "as known on": query.today, "policy": query.policy.name, "options": ", ".join(_chosen(result)),
    }  # fmt: skip
    return [
        ["metric", metric.name], ["definition", metric.definition], ["formula", metric.formula],
        *([what, value] for what, value in asked.items() if value), *meanings,
        *(["note", line] for line in _foot(result)),
    ]  # fmt: skip


def show(result: MetricResult) -> None:
    """A readable table with its title, its policy and what to know about it."""
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False)
    said = [f"policy {result.query.policy.name}", *_chosen(result)]
    console.print(Text(result.metric.title, style="bold"), Text(", ".join(said), style="dim"), sep="  ")
    if not result.arrow.num_rows:
        console.print("Nothing in this range. `holdfast import subscriptions FILE` brings data in.")
        return
    for block in as_tables(result, console.width):
        console.print(block)
    for line in _foot(result):
        console.print(Text(line, style="dim"))


def _chosen(result: MetricResult) -> list[str]:
    """The options that were asked for, as people say them."""
    return [f"{name.replace('_', ' ')} {value}" for name, value in result.chosen.items()]


def _foot(result: MetricResult) -> list[str]:
    evidence = result.evidence
    lines = [f"* {note}" if note.startswith("Open") else note for note in evidence["notes"]]
    counted, left = evidence["rows_counted"], evidence["left_out"]
    reasons = ", ".join(f"{entry['rows']:,} {entry['reason']}" for entry in left)
    lines.append(f"{counted:,} {evidence['counted']} counted" + (f"; left out: {reasons}" if reasons else ""))
    return lines


def as_tables(result: MetricResult, width: int) -> list[Table]:
    """The answer in as many tables as its columns need at that width, each with the columns that name the row."""
    names = result.arrow.column_names
    columns = {name: _column(result, name) for name in names}
    widths = {name: max(len(name), *map(len, cells)) + GAP + RULE for name, cells in columns.items()}
    told_by = (*key_columns(result.metric), *result.metric.chart.split)
    keys = [name for name in names if _kind(result, name) in KEYS or name in told_by]
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


KEYS = ("period", "cohort", "day", "dimension", "currency")


def _kind(result: MetricResult, name: str) -> str:
    kinds: dict[str, str] = {column.name: column.kind for column in result.metric.columns}
    return kinds.get(name, "dimension")


def _column(result: MetricResult, name: str) -> list[str]:
    kind = _kind(result, name)
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
        left = _kind(result, name) in (*KEYS, "label")
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
