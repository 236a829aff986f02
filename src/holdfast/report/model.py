"""What a report holds: values with their kinds and meanings. Terminal and HTML only format them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import pyarrow as pa

    from holdfast.charts.protocols import DrawnMetric, Question

Tone = Literal["", "gain", "loss"]


@dataclass(frozen=True)
class Definition:
    """What a figure means, told once and referred to by number."""

    number: int
    title: str
    text: str
    formula: str
    metric: str


@dataclass(frozen=True)
class Figure:
    """One headline number, beside what it was before."""

    label: str
    value: float | None
    kind: str
    definition: Definition
    before: float | None = None
    before_label: str = ""
    missing: str = ""
    """Why there is no value, where there is none."""


@dataclass(frozen=True)
class Column:
    """One column of a table."""

    title: str
    kind: str
    meaning: str = ""
    tone: Tone = ""
    group: str = ""
    """A heading over several columns, such as Customers."""
    brief: str = ""
    """The title where there is little room."""


@dataclass(frozen=True)
class Cell:
    value: Any
    note: str = ""


@dataclass(frozen=True)
class Line:
    """One row of a table: a period, whether it is over, and its cells."""

    label: str
    cells: tuple[Cell, ...]
    is_open: bool = False


@dataclass(frozen=True)
class Grid:
    """A table in the order in which it is read."""

    first: str
    columns: tuple[Column, ...]
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Plot:
    """What a chart needs; it is drawn by whoever shows it."""

    metric: DrawnMetric
    table: pa.Table
    query: Question
    says: str


@dataclass(frozen=True)
class Section:
    """A heading that states what is found, a chart, its table, and the definitions that it rests on."""

    key: str
    title: str
    statement: str
    grid: Grid
    plot: Plot
    definitions: tuple[Definition, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Money:
    """The part of the report that is in one currency."""

    currency: str
    figures: tuple[Figure, ...]
    movements: Section
    churn: Section
    retention: Section


@dataclass(frozen=True)
class TriangleCell:
    age: int
    rate: float | None
    retained: int
    complete: bool


@dataclass(frozen=True)
class TriangleRow:
    label: str
    accounts: int
    cells: tuple[TriangleCell, ...]


@dataclass(frozen=True)
class Triangle:
    """Cohorts by age, and all of them together."""

    rows: tuple[TriangleRow, ...]
    pooled: TriangleRow
    ages: tuple[int, ...]
    definition: Definition


@dataclass(frozen=True)
class Look:
    """A cohort that deserves a look, and why."""

    cohort: date
    label: str
    kind: Literal["diverges", "loses", "keeps"]
    heading: str
    reason: str
    accounts: str = ""
    """The accounts that carry it, largest first."""


@dataclass(frozen=True)
class Report:
    """Everything that is shown of one month."""

    company: str
    month: date
    today: date
    policy: str
    month_is_open: bool
    money: tuple[Money, ...] = ()
    triangle: Triangle | None = None
    looks: tuple[Look, ...] = ()
    looks_rule: str = ""
    tenure: Section | None = None
    definitions: tuple[Definition, ...] = ()
    notes: tuple[str, ...] = ()
    is_empty: bool = False
    teaches: tuple[tuple[str, str], ...] = field(default=())
    """What to do where there is nothing to show: a sentence and a command for each step."""

    @property
    def currencies(self) -> tuple[str, ...]:
        return tuple(part.currency for part in self.money)
