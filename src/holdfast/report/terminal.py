"""The report in a terminal: lines up at 80 columns and more, and says the same without colour."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from holdfast.charts import words
from holdfast.charts.heatmap import domain
from holdfast.report import shown
from holdfast.report.model import (
    Cell,
    Changes,
    Column,
    Figure,
    Grid,
    Look,
    Money,
    Report,
    Section,
    Triangle,
    TriangleRow,
)

SPARKS = "▁▂▃▄▅▆▇█"
TONES = {"gain": "green", "loss": "red"}
STEPS = ("#1b2f5c", "#21427f", "#2a57a6", "#3a6fca", "#5b8fe6")
"""Backgrounds of the triangle, low to high; the text on them is always white."""
WIDE = 110
NAMED = 3
"""Accounts named for each kind of movement; the files name more."""


def print_report(report: Report, console: Console | None = None) -> None:
    """Write the report to a terminal, or wherever the output is sent."""
    console = console or Console(highlight=False)
    console.print(render(report, console.width))


def render(report: Report, width: int) -> RenderableType:
    """The report as one thing that rich can print at a width."""
    if report.is_empty:
        return Group(_head(report), *_teaching(report))
    parts: list[RenderableType] = [_head(report), *(_note(note) for note in report.notes), *_restated(report)]
    for money in report.money[:1]:
        parts += _money(money, width, several=len(report.money) > 1)
    parts += _other_currencies(report, width)
    if report.triangle:
        parts += [_heading("Cohorts: share of accounts that stay"), _triangle(report.triangle, width)]
    if report.looks:
        parts += [
            _heading(f"{_number(len(report.looks))} that deserve a look"),
            *(_look(look) for look in report.looks),
        ]
    if report.tenure:
        parts += [_heading(report.tenure.title), *_words(report.tenure), _tenure(report.tenure, width)]
    parts += _benchmarks(report)
    return Group(*parts)


def _head(report: Report) -> RenderableType:
    month = f"{report.month:%B %Y}" + (", so far" if report.month_is_open else "")
    title = Text(f"{report.company or 'Revenue report'} · {month}", style="bold")
    under = Text(f"As of {report.today.day} {report.today:%B %Y}, policy {report.policy}", style="dim")
    return Group(Text(), title, under)


def _number(several: int) -> str:
    return {1: "One cohort", 2: "Two cohorts", 3: "Three cohorts"}.get(several, f"{several} cohorts")


def _heading(said: str) -> RenderableType:
    return Padding(Text(said, style="bold"), (1, 0, 0, 0))


def _note(said: str) -> Text:
    return Text(f"! {said}", style="yellow")


def _teaching(report: Report) -> list[RenderableType]:
    lines: list[RenderableType] = [Padding(Text("There is no data yet."), (1, 0, 0, 0))]
    for number, (said, command) in enumerate(report.teaches, 1):
        lines.append(Padding(Group(Text(f"{number}. {said}"), Text(f"   {command}", style="cyan")), (1, 0, 0, 0)))
    return lines


# money


def _money(money: Money, width: int, *, several: bool) -> list[RenderableType]:
    parts: list[RenderableType] = (
        [Padding(Text(f"In {money.currency}", style="bold underline"), (1, 0, 0, 0))] if several else []
    )
    parts.append(Padding(_figures(money, width), (1, 0, 0, 0)))
    parts += _changes(money.changes, money.currency, width)
    for section in (money.movements, money.churn, money.retention):
        parts += [_heading(section.title), *_words(section), grid(section.grid, money.currency, width)]
        if section.key == "movements":
            parts.append(_trend(section, width))
    return parts


def _changes(changes: Changes, currency: str, width: int) -> list[RenderableType]:
    parts = [_heading(changes.title), Text(changes.statement), grid(changes.grid, currency, width)]
    return [*parts, Padding(_movers(changes, currency), (1, 0, 0, 0))] if changes.moved else parts


def _movers(changes: Changes, currency: str) -> Table:
    """The accounts that moved most, a few of each kind."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_edge=False, header_style="dim")
    table.add_column("Largest", no_wrap=True)
    table.add_column("account", overflow="fold", max_width=48)
    table.add_column("MRR", justify="right", no_wrap=True)
    for moved in changes.moved:
        for place, mover in enumerate(moved.movers[:NAMED]):
            amount = Text(short(mover.amount, "moved"), style=TONES.get(moved.tone, ""))
            table.add_row("" if place else moved.title, Text(mover.account), amount)
    return table


def _restated(report: Report) -> list[RenderableType]:
    if not report.restated:
        return []
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_edge=False, header_style="dim")
    for title in ("Figure", "Shown on", "As", "Today"):
        table.add_column(title, justify="right" if title in ("As", "Today") else "left", no_wrap=True)
    for entry in report.restated:
        values = (shown.value(value, entry.kind, entry.currency) for value in (entry.shown, entry.now))
        table.add_row(Text(entry.label), shown.day(entry.shown_on), *values)
    reasons = [Text(f"{entry.label}: {entry.reason}", style="dim") for entry in report.restated if entry.reason]
    return [_heading(shown.RESTATED), table, *reasons]


def _benchmarks(report: Report) -> list[RenderableType]:
    if not report.benchmarks:
        return []
    compared = [entry for entry in report.benchmarks if entry.compared]
    parts = [Group(Text(entry.title), Padding(Text(entry.said, style="dim"), (0, 0, 0, 2))) for entry in compared]
    return [_heading(shown.BENCHMARKS), *parts, Text(shown.not_compared(report.benchmarks), style="dim")]


def _other_currencies(report: Report, width: int) -> list[RenderableType]:
    """The headline figures of the other currencies: a terminal is no place for the same tables again."""
    parts: list[RenderableType] = []
    for money in report.money[1:]:
        parts += [_heading(f"In {money.currency}"), _figures(money, width)]
    if parts:
        parts.append(
            Text(f"Their tables are in the HTML file; --currency {report.currencies[0]} adds all up.", style="dim")
        )
    return parts


def _words(section: Section) -> list[RenderableType]:
    return [Text(section.statement), *(_note(note) for note in section.notes)] if section.statement else []


def _figures(money: Money, width: int) -> RenderableType:
    columns = 6 if width >= 100 else 3
    table = Table.grid(padding=(0, 3), pad_edge=False)
    for _ in range(columns):
        table.add_column(no_wrap=True)
    shown = [_figure(figure, money.currency) for figure in money.figures]
    for start in range(0, len(shown), columns):
        if start:
            table.add_row("")
        table.add_row(*shown[start : start + columns])
    return table


def _figure(figure: Figure, currency: str) -> RenderableType:
    value = Text(short(figure.value, figure.kind, currency), style="bold")
    if figure.value is None:
        before = figure.missing
    else:
        before = (
            f"{short(figure.before, figure.kind, currency)} in {figure.before_label[:3]}"
            if figure.before is not None
            else ""
        )
    return Group(Text(figure.label, style="dim"), value, Text(before, style="dim"))


def short(value: Any, kind: str, currency: str | None = None) -> str:
    """A value in few characters."""
    if kind == "money":
        return words.short_money(value, currency)
    return words.short_money(value, signed=True) if kind == "moved" else words.amount(value, kind, currency)


def grid(shown: Grid, currency: str | None, width: int) -> Table:
    """A table of months that fits the width: short amounts, and short headings where it is narrow."""
    table = Table(box=None, pad_edge=False, padding=(0, 1 if width < WIDE else 2), show_edge=False, header_style="dim")
    table.add_column(shown.first, no_wrap=True)
    for title in _titles(shown.columns, width):
        table.add_column(title, justify="right", no_wrap=True)
    for line in shown.lines:
        style = "dim" if line.is_open else "bold" if line.is_total else ""
        label = f"{line.label.split()[0]} so far" if line.is_open else line.label
        table.add_row(
            label, *(_cell(c, col, currency) for c, col in zip(line.cells, shown.columns, strict=True)), style=style
        )
    return table


def _titles(columns: tuple[Column, ...], width: int) -> list[str]:
    """Headings; a heading over several columns stands over the first of them."""
    names = [column.title if width >= WIDE and not column.group else column.brief or column.title for column in columns]
    groups = [column.group for column in columns]
    if not any(groups):
        return names
    firsts = [group if place == 0 or group != groups[place - 1] else "" for place, group in enumerate(groups)]
    return [f"{first}\n{name}" for first, name in zip(firsts, names, strict=True)]


def _cell(cell: Cell, column: Column, currency: str | None) -> Text:
    kind = cell.kind or column.kind
    if cell.value is None:
        return Text("–", style="dim")
    if kind == "text":
        return Text(str(cell.value))
    zero = kind == "moved" and not cell.value
    style = "dim" if zero else TONES.get(column.tone, "") if kind == "moved" else ""
    return Text("·" if zero else short(cell.value, kind, currency), style=style)


def _trend(section: Section, width: int) -> RenderableType:
    """MRR at each month's end as a row of bars."""
    last = len(section.grid.columns) - 1
    values = [float(line.cells[last].value or 0) for line in section.grid.lines]
    return Text.assemble(
        ("MRR ", "dim"),
        (sparkline(values), "blue"),
        (f" {section.grid.lines[0].label} to {section.grid.lines[-1].label}", "dim"),
    )


def sparkline(values: Iterable[float]) -> str:
    """One bar a value, from the smallest to the largest.

    >>> sparkline([1, 2, 3, 8])
    '▁▂▃█'
    """
    numbers = list(values)
    low, high = min(numbers), max(numbers)
    span = (high - low) or 1
    return "".join(SPARKS[round((value - low) / span * (len(SPARKS) - 1))] for value in numbers)


# cohorts


def _triangle(triangle: Triangle, width: int) -> RenderableType:
    rates = [cell.rate for row in triangle.rows for cell in row.cells if cell.rate is not None]
    low, high = domain(rates)
    room = (width - 17) // 4
    ages = triangle.ages[:room]
    table = Table(box=None, pad_edge=False, padding=0, show_edge=False, header_style="dim")
    table.add_column("Cohort", no_wrap=True)
    table.add_column("size ", justify="right", no_wrap=True, style="dim")
    for age in ages:
        table.add_column(f"{age} ", justify="right", no_wrap=True, min_width=4)
    for row in triangle.rows:
        table.add_row(row.label + " ", f"{row.accounts} ", *_shares(row, ages, low, high))
    table.add_row("All ", f"{triangle.pooled.accounts} ", *_plain_shares(triangle.pooled, ages), style="bold")
    said = "Percent of each cohort's accounts, by months since its start"
    open_too = any(not cell.complete for row in triangle.rows for cell in row.cells)
    return Group(Text(said + ("; * is not over yet." if open_too else "."), style="dim"), table)


def _shares(row: TriangleRow, ages: tuple[int, ...], low: float, high: float) -> list[Text]:
    by_age = {cell.age: cell for cell in row.cells}
    cells = []
    for age in ages:
        cell = by_age.get(age)
        if cell is None or cell.rate is None:
            cells.append(Text(""))
        else:
            said = f"{round(cell.rate * 100)}" + (" " if cell.complete else "*")
            step = STEPS[min(len(STEPS) - 1, int((cell.rate - low) / ((high - low) or 1) * len(STEPS)))]
            cells.append(Text(said.rjust(4), style=f"white on {step}" if cell.complete else "dim"))
    return cells


def _plain_shares(row: TriangleRow, ages: tuple[int, ...]) -> list[str]:
    by_age = {cell.age: cell.rate for cell in row.cells}
    return [f"{round(by_age[age] * 100)} " if by_age.get(age) is not None else "" for age in ages]  # type: ignore[operator]


def _look(look: Look) -> RenderableType:
    sign, style = {"diverges": ("◆", "yellow"), "loses": ("▼", "red"), "keeps": ("▲", "green")}[look.kind]
    head = Text.assemble((f"{sign} ", style), (look.label, "bold"), f" {look.heading}")
    said = look.reason + (f" Most of it is paid by {look.accounts}." if look.accounts else "")
    return Group(head, Padding(Text(said), (0, 0, 0, 2)))


def _tenure(section: Section, width: int) -> RenderableType:
    """A bar for each of the first subscription months."""
    table = Table(box=None, pad_edge=False, padding=(0, 1), show_edge=False, header_style="dim")
    table.add_column("Month", justify="right", no_wrap=True)
    table.add_column("Share", justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    table.add_column("at risk", justify="right", no_wrap=True)
    peak_at = next((place for place, line in enumerate(section.grid.lines) if "peak" in line.label), 0)
    lines = section.grid.lines[: max(12, peak_at + 1)]
    most = max(float(line.cells[2].value) for line in lines) or 1.0
    for line in lines:
        at_risk, _, share = (cell.value for cell in line.cells[:3])
        peak = "peak" in line.label
        bar = "█" * max(1, round(float(share) / most * min(40, width - 40))) if share else ""
        label = line.label.split(" ")[0]
        said = Text(bar + (" ◀ peak" if peak else ""), style="yellow" if peak else "blue")
        table.add_row(label, words.percent(share), said, words.count(at_risk))
    return table
