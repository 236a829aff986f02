"""The report as plain Markdown: tables that line up as text, footnotes for definitions, and names that stay text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from holdfast.charts import words
from holdfast.report import shown
from holdfast.report.model import (
    Benchmark,
    Changes,
    Definition,
    Figure,
    Grid,
    Look,
    Money,
    Report,
    Restated,
    Section,
    Triangle,
)

SPECIAL = re.compile(r"[\\`*_\[\]<>|&~$#@]")
LINK = re.compile(r"(?i)(?<=[a-z])(:)(?=//)|(?<=www)(\.)")
BREAK = re.compile(r"[\x00-\x1f\x7f\u2028\u2029]+")


def write_markdown(report: Report, path: Path) -> None:
    """Write the page; folders on the way are made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(markdown(report), encoding="utf-8")


def markdown(report: Report) -> str:
    """The page as text."""
    if report.is_empty:
        return "\n\n".join([*_head(report), *_teaching(report)]) + "\n"
    blocks: list[str] = [*_head(report), *(f"> {escaped(note)}" for note in report.notes), *_restated(report.restated)]
    for money in report.money:
        blocks += _money(money, several=len(report.money) > 1)
    blocks += _triangle(report.triangle)
    blocks += _looks(report)
    blocks += _section(report.tenure) if report.tenure else []
    blocks += _benchmarks(report.benchmarks)
    return "\n\n".join([*blocks, *(_footnote(told) for told in report.definitions)]) + "\n"


# text


def escaped(text: str) -> str:
    """Text that Markdown shows as it is, on one line.

    >>> print(escaped("<script> | $x$ *a* http://b"))
    \\<script\\> \\| \\$x\\$ \\*a\\* http\\://b
    """
    one_line = BREAK.sub(" ", text)
    return LINK.sub(r"\\\g<0>", SPECIAL.sub(r"\\\g<0>", one_line))


def table(titles: Sequence[str], rows: Iterable[Sequence[str]], *, left: int = 1) -> str:
    """A table whose cells line up as text: the first `left` columns to the left, the others to the right.

    >>> print(table(["Month", "MRR"], [["Oct", "1,200"]]))
    | Month |   MRR |
    | :---- | ----: |
    | Oct   | 1,200 |
    """
    from rich.cells import cell_len

    lines = [list(titles), *map(list, rows)]
    sizes = [max(4, *(cell_len(cell) for cell in column)) for column in zip(*lines, strict=True)]

    def padded(cell: str, place: int) -> str:
        room = " " * (sizes[place] - cell_len(cell))
        return cell + room if place < left else room + cell

    rule = [":" + "-" * (size - 1) if place < left else "-" * (size - 1) + ":" for place, size in enumerate(sizes)]
    shown_lines = [[padded(cell, place) for place, cell in enumerate(line)] for line in lines]
    return "\n".join(f"| {' | '.join(line)} |" for line in [shown_lines[0], rule, *shown_lines[1:]])


def _heading(level: int, title: str, definitions: Iterable[Definition] = ()) -> str:
    return f"{'#' * level} {escaped(title)}" + "".join(_mark(definition) for definition in definitions)


def _mark(definition: Definition) -> str:
    return f"[^{definition.number}]"


def _footnote(told: Definition) -> str:
    formula = told.formula.replace("`", "'")
    return f"[^{told.number}]: **{escaped(told.title)}.** {escaped(told.text)} `{formula}`"


# the parts


def _head(report: Report) -> list[str]:
    title = "Revenue report" if report.is_empty else f"Revenue in {report.month:%B %Y}"
    company = [escaped(report.company)] if report.company else []
    under = [f"As of {shown.day(report.today)}", f"policy {escaped(report.policy)}", *report.currencies]
    so_far = ", so far" if report.month_is_open else ""
    return [f"# {title}{so_far}", " · ".join([*company, *under])]


def _teaching(report: Report) -> list[str]:
    steps = [
        f"{number}. {escaped(said)}\n\n       {command}" for number, (said, command) in enumerate(report.teaches, 1)
    ]
    return ["There is no data yet. How to begin:", *steps]


def _money(money: Money, *, several: bool) -> list[str]:
    parts = [_heading(2, f"In {money.currency}")] if several else []
    parts.append(_figures(money.figures, money.currency, several=several))
    parts += _changes(money.changes)
    for section in (money.movements, money.churn, money.retention):
        parts += _section(section)
    return parts


def _figures(figures: tuple[Figure, ...], currency: str, *, several: bool) -> str:
    before = next((figure.before_label for figure in figures if figure.before_label), "Before")
    rows = [
        (
            escaped(shown.label(figure, several=several)) + _mark(figure.definition),
            escaped(shown.figure(figure, figure.value, currency)),
            escaped(figure.missing or shown.figure(figure, figure.before, currency)),
        )
        for figure in figures
    ]
    return table(["Figure", "Value", before], rows)


def _changes(changes: Changes) -> list[str]:
    parts = [_heading(2, changes.title, changes.definitions), escaped(changes.statement), _grid(changes.grid)]
    rows = []
    for moved in changes.moved:
        rows += [(moved.title, escaped(mover.account), shown.signed(mover.amount)) for mover in moved.movers]
        rows += [(moved.title, shown.others(moved), shown.signed(moved.others_amount))] if moved.others else []
    return [*parts, table(["Movement", "Account", "MRR"], rows, left=2)] if rows else parts


def _section(section: Section) -> list[str]:
    notes = [f"> {escaped(note)}" for note in section.notes]
    statement = [escaped(section.statement)] if section.statement else []
    return [_heading(2, section.title, section.definitions), *statement, *notes, _grid(section.grid)]


def _grid(grid: Grid) -> str:
    titles = [f"{column.group}: {column.title.lower()}" if column.group else column.title for column in grid.columns]
    rows = [
        [
            line.label + (", so far" if line.is_open else ""),
            *(shown.cell(cell, column) for cell, column in zip(line.cells, grid.columns, strict=True)),
        ]
        for line in grid.lines
    ]
    return table([grid.first, *titles], rows)


def _triangle(triangle: Triangle | None) -> list[str]:
    if triangle is None:
        return []
    rows = []
    for row in (*triangle.rows, triangle.pooled):
        shares = {cell.age: cell for cell in row.cells if cell.rate is not None}
        cells = [_share(shares[age].rate, shares[age].complete) if age in shares else "" for age in triangle.ages]
        rows.append([escaped(row.label), words.count(row.accounts), *cells])
    said = "Percent of the accounts that started in a month which are still customers, by months since then."
    open_too = any(not cell.complete for row in triangle.rows for cell in row.cells)
    return [
        _heading(2, "How long accounts stay", [triangle.definition]),
        said + (" \\* the month is not over." if open_too else ""),
        table(["Cohort", "Size", *map(str, triangle.ages)], rows),
    ]


def _share(rate: float | None, complete: bool) -> str:
    return "" if rate is None else f"{round(rate * 100)}" + ("" if complete else "\\*")


def _looks(report: Report) -> list[str]:
    if not report.looks:
        return []
    said = "\n".join(_look(look) for look in report.looks)
    heading = _heading(2, "Cohorts that deserve a look", report.looks_definitions)
    return [heading, said, f"How they are chosen: {escaped(report.looks_rule)}"]


def _look(look: Look) -> str:
    carried = f" Most of it is paid by {look.accounts}." if look.accounts else ""
    return f"- **{escaped(look.label)} {look.heading}.** {escaped(look.reason + carried)}"


def _benchmarks(entries: tuple[Benchmark, ...]) -> list[str]:
    if not entries:
        return []
    compared = [entry for entry in entries if entry.compared]
    rows = [(entry.title, entry.published, entry.own) for entry in compared]
    tables = [table(["Figure", "Published", "Own"], [list(map(escaped, row)) for row in rows])] if rows else []
    said = [f"- **{escaped(e.title)}.** {escaped(f'{e.said} {e.definition} {e.source}')}" for e in compared]
    lists = ["\n".join(said)] if said else []
    rest = [escaped(shown.not_compared(entries))] if len(compared) < len(entries) else []
    return [_heading(2, shown.BENCHMARKS), shown.BENCHMARKS_SAID, *tables, *lists, *rest]


def _restated(entries: tuple[Restated, ...]) -> list[str]:
    if not entries:
        return []
    rows = [
        (
            escaped(entry.label) + (_mark(entry.definition) if entry.definition else ""),
            shown.day(entry.shown_on),
            *(escaped(shown.value(value, entry.kind, entry.currency)) for value in (entry.shown, entry.now)),
        )
        for entry in entries
    ]
    reasons = "\n".join(f"- {escaped(entry.label)}: {escaped(entry.reason)}" for entry in entries if entry.reason)
    shown_table = table(["Figure", "Shown on", "As", "Today"], rows, left=2)
    return [_heading(2, shown.RESTATED), shown_table, *([reasons] if reasons else [])]
