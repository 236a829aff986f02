"""What a report holds: values with their kinds and meanings. Whatever shows it only formats them."""

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
    kind: str = ""
    """What the value is, where it is not what its column is."""


@dataclass(frozen=True)
class Line:
    """One row of a table: a period, whether it is over, and its cells."""

    label: str
    cells: tuple[Cell, ...]
    is_open: bool = False
    is_total: bool = False
    period: date | None = None
    """The first day of the period, where the row is one."""


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
class Mover:
    """An account and what its MRR moved by."""

    account: str
    amount: Any
    id: str = ""


@dataclass(frozen=True)
class Moved:
    """One kind of movement in the month: what it came to, and the accounts that moved most."""

    title: str
    tone: Tone
    amount: Any
    accounts: int
    movers: tuple[Mover, ...]

    @property
    def others(self) -> int:
        """How many accounts are not named."""
        return max(0, self.accounts - len(self.movers))

    @property
    def others_amount(self) -> Any:
        return self.amount - sum((mover.amount for mover in self.movers), start=type(self.amount)())


@dataclass(frozen=True)
class Changes:
    """What moved in the month against the month before: in words, in figures, and by account."""

    title: str
    statement: str
    grid: Grid
    moved: tuple[Moved, ...]
    definitions: tuple[Definition, ...]


@dataclass(frozen=True)
class Restated:
    """A figure that is not what it was when it was last shown, and why."""

    label: str
    kind: str
    shown: float | None
    now: float | None
    shown_on: date
    reason: str = ""
    currency: str = ""
    definition: Definition | None = None


@dataclass(frozen=True)
class Benchmark:
    """A published figure, beside the company's own where both mean the same."""

    title: str
    published: str
    own: str
    said: str
    """Where the own figure stands; why the two cannot be compared, where they cannot."""
    definition: str
    source: str
    value: float | None = None
    """The own figure as a number; null where it is not compared."""
    kind: str = "rate"

    @property
    def compared(self) -> bool:
        return self.value is not None


@dataclass(frozen=True)
class Money:
    """The part of the report that is in one currency."""

    currency: str
    figures: tuple[Figure, ...]
    changes: Changes
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
    month: date | None = None
    """The month in which its accounts became customers; null of all cohorts together."""


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
    looks_definitions: tuple[Definition, ...] = ()
    tenure: Section | None = None
    benchmarks: tuple[Benchmark, ...] = ()
    restated: tuple[Restated, ...] = ()
    definitions: tuple[Definition, ...] = ()
    notes: tuple[str, ...] = ()
    is_empty: bool = False
    teaches: tuple[tuple[str, str], ...] = field(default=())
    """What to do where there is nothing to show: a sentence and a command for each step."""

    @property
    def currencies(self) -> tuple[str, ...]:
        return tuple(part.currency for part in self.money)
