"""Answers as files for programs and spreadsheets: CSV, XLSX, JSON and Parquet."""

from __future__ import annotations

import io
import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from holdfast.metrics.result import MetricResult

KEYS = ("period", "cohort", "day", "dimension", "currency")
"""Kinds of columns that say which row it is."""
MEDIA = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "json": "application/json",
    "parquet": "application/vnd.apache.parquet",
}
"""What an answer can be written as, by the end of the file's name, and how that is called over HTTP."""


def as_bytes(result: MetricResult, format_: str) -> bytes:
    """The whole answer as the content of a file; `format_` is one of `MEDIA`."""
    if format_ == "xlsx":
        return _workbook_bytes(result)
    if format_ == "parquet":
        return _parquet(result)
    return (as_csv(result) if format_ == "csv" else as_json(result)).encode()


def as_json(result: MetricResult) -> str:
    """The answer with its evidence, on one line."""
    return json.dumps(result.to_json(), ensure_ascii=False, allow_nan=False) + "\n"


def as_csv(result: MetricResult) -> str:
    """Comma-separated; text that a spreadsheet would run as a formula begins with an apostrophe."""
    from holdfast.report.workbook import csv_lines

    rows = result.arrow.to_pylist()
    return "".join(csv_lines(result.arrow.column_names, [list(row.values()) for row in rows]))


def _parquet(result: MetricResult) -> bytes:
    import pyarrow.parquet as pq

    held = io.BytesIO()
    pq.write_table(result.arrow, held)
    return held.getvalue()


def _workbook_bytes(result: MetricResult) -> bytes:
    with tempfile.TemporaryDirectory(prefix="holdfast-export-") as folder:
        path = Path(folder) / "answer.xlsx"
        write_workbook(result, path)
        return path.read_bytes()


def write_workbook(result: MetricResult, path: Path) -> None:
    """The answer as a sheet of numbers, and a sheet that says what they mean."""
    from holdfast.report.workbook import Heading, Workbook

    names = result.arrow.column_names
    keys = sum(kind_of(result, name) in KEYS for name in names)
    with Workbook(path) as book:
        headings = [Heading(name.replace("_", " "), _written(result, name)) for name in names]
        rows = (list(row.values()) for row in result.arrow.to_pylist())
        book.sheet(result.metric.title, headings, rows, frozen=max(1, keys))
        book.sheet("What it means", [Heading("What"), Heading("Meaning", wraps=True)], _meaning(result))


def kind_of(result: MetricResult, name: str) -> str:
    """The kind of a column; those that the metric does not name are what it is split by."""
    kinds: dict[str, str] = {column.name: column.kind for column in result.metric.columns}
    return kinds.get(name, "dimension")


def _written(result: MetricResult, name: str) -> str:
    """How a column is written in a sheet: months as months, other periods as days."""
    kind = kind_of(result, name)
    if kind in ("period", "cohort", "day"):
        return "month" if kind == "cohort" or result.query.grain == "month" else "day"
    return kind if kind in ("money", "count", "rate", "number") else "text"


def _meaning(result: MetricResult) -> list[list[Any]]:
    metric, query = result.metric, result.query
    meanings = [[column.name.replace("_", " "), column.meaning] for column in metric.columns if column.meaning]
    asked = {
        "split by": ", ".join(query.by), "only where": " and ".join(query.where), "in currency": query.currency,
        "as known on": query.today, "policy": query.policy.name, "options": ", ".join(chosen(result)),
    }  # fmt: skip
    return [
        ["metric", metric.name], ["definition", metric.definition], ["formula", metric.formula],
        *([what, value] for what, value in asked.items() if value), *meanings,
        *(["note", line] for line in foot(result)),
    ]  # fmt: skip


def chosen(result: MetricResult) -> list[str]:
    """The options that were asked for, as people say them."""
    return [f"{name.replace('_', ' ')} {value}" for name, value in result.chosen.items()]


def foot(result: MetricResult) -> list[str]:
    """What to know beside the figures: notes, and how many rows were counted and left out."""
    evidence = result.evidence
    lines = [f"* {note}" if note.startswith("Open") else note for note in evidence["notes"]]
    counted, left = evidence["rows_counted"], evidence["left_out"]
    reasons = ", ".join(f"{entry['rows']:,} {entry['reason']}" for entry in left)
    lines.append(f"{counted:,} {evidence['counted']} counted" + (f"; left out: {reasons}" if reasons else ""))
    return lines
