"""How values of a report are written on a page: the same in HTML, PDF and Markdown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from holdfast.charts import words
from holdfast.charts.heatmap import domain
from holdfast.report.model import Benchmark, Cell, Column, Figure, Moved, Triangle

RESTATED = "Figures that differ from when they were last shown"
BENCHMARKS = "Beside published figures"
BENCHMARKS_SAID = "A published figure is compared only where definition, period and segment are the company's own."
STEPS = 10
"""Steps of colour in the cohort triangle."""


def cell(shown: Cell, column: Column) -> str:
    """A value of a table: whole units of money, so that a column lines up.

    >>> cell(Cell(-1234.5), Column("Churn", "moved")), cell(Cell(0.052), Column("Rate", "rate"))
    ('−1,234', '5.2%')
    """
    kind = shown.kind or column.kind
    if kind == "text":
        return str(shown.value)
    if kind in ("money", "moved") and shown.value is not None:
        small = 0 < abs(shown.value) < 1
        signed = kind == "moved"
        return words.money(shown.value, signed=signed) if small else words.count(shown.value, signed=signed)
    return words.amount(shown.value, kind)


def not_compared(benchmarks: Sequence[Benchmark]) -> str:
    """How many published figures stand beside nothing, and where to read why."""
    apart = sum(not entry.compared for entry in benchmarks)
    why = "holdfast benchmarks says why for each."
    if not apart:
        return ""
    if apart == len(benchmarks):
        return f"None of {words.count(apart)} published figures can be compared; {why}"
    are = "figure is" if apart == 1 else "figures are"
    return f"{words.count(apart)} more published {are} not compared; {why}"


def signed(value: Any) -> str:
    """An amount that moved, in whole units where it is not small.

    >>> signed(1234.5), signed(-0.4)
    ('+1,234', '−0.40')
    """
    return cell(Cell(value), Column("", "moved"))


def tone(shown: Cell, column: Column) -> str:
    if column.kind != "moved" or shown.value is None:
        return ""
    return column.tone if shown.value else "nothing"


def figure(shown: Figure, value: Any, currency: str) -> str:
    """A headline number: short where it is money."""
    return words.short_money(value, currency) if shown.kind == "money" else words.amount(value, shown.kind)


OVER_ALL = ("customer-churn", "customer-retention")
"""Metrics that count accounts over all currencies."""


def label(figure: Figure, *, several: bool) -> str:
    """A headline figure's name; among several currencies it is said of which it is over all of them."""
    return f"{figure.label}, all" if several and figure.definition.metric in OVER_ALL else figure.label


def headings(columns: tuple[Column, ...]) -> list[tuple[str, int]]:
    """The headings over several columns with how many they span.

    >>> headings((Column("a", "count", group="G"), Column("b", "count", group="G"), Column("c", "rate")))
    [('G', 2), ('', 1)]
    """
    spans: list[tuple[str, int]] = []
    for column in columns:
        if spans and spans[-1][0] == column.group:
            spans[-1] = (column.group, spans[-1][1] + 1)
        else:
            spans.append((column.group, 1))
    return spans


def heat(triangle: Triangle | None) -> Callable[[float], int]:
    """A function from a rate to one of the steps of colour."""
    rates = [cell.rate for row in (triangle.rows if triangle else ()) for cell in row.cells if cell.rate is not None]
    low, high = domain(rates or [0.0, 1.0])

    def step(rate: float) -> int:
        return min(STEPS - 1, int((rate - low) / ((high - low) or 1) * STEPS))

    return step


def others(moved: Moved) -> str:
    """What is said of the accounts that are not named.

    >>> from decimal import Decimal
    >>> from holdfast.report.model import Mover
    >>> others(Moved("New", "gain", Decimal(90), 3, (Mover("Acme", Decimal(50)),)))
    '2 others'
    """
    return f"{words.count(moved.others)} other{'' if moved.others == 1 else 's'}" if moved.others else ""


def accounts(number: int) -> str:
    """
    >>> accounts(1), accounts(1200)
    ('1 account', '1,200 accounts')
    """
    return f"{words.count(number)} account{'' if number == 1 else 's'}"


def value(shown: Any, kind: str, currency: str = "") -> str:
    """A figure in full, with its currency."""
    return words.money(shown, currency) if kind == "money" else words.amount(shown, kind)


def day(when: date) -> str:
    """
    >>> day(date(2026, 11, 2))
    '2 November 2026'
    """
    return f"{when.day} {when:%B %Y}"
