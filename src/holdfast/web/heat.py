"""The cohort triangle as a table: a row a cohort, a column a period of age, colours in steps."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from math import floor
from typing import Any

from holdfast.facts.days import add_months
from holdfast.report.cohorts import by_cohort, pooled

STEPS = 20
MOST_COHORTS = 36
MOST_AGES = 36
MONTHS = {"month": 1, "quarter": 3, "year": 12}


@dataclass(frozen=True)
class Cell:
    """One cohort at one age: the share kept, and how many accounts or how much money that is."""

    age: int
    rate: float | None
    kept: Any
    complete: bool
    step: str
    """The class of its colour."""


@dataclass(frozen=True)
class Row:
    """A cohort with a cell for each age of the table, null where it is not so old."""

    cohort: Any
    size: Any
    cells: tuple[Cell | None, ...]
    condition: str
    """What keeps the cohort's accounts; empty where no condition can say it."""


@dataclass(frozen=True)
class Heat:
    """The table, the newest cohorts of it; `floor` is the share that the palest colour stands for."""

    ages: tuple[int, ...]
    rows: tuple[Row, ...]
    together: Row | None
    floor: float
    hidden: int
    """Cohorts that are older than those shown, or smaller where an attribute makes them."""

    @property
    def grows(self) -> bool:
        """Whether any cohort has more than it began with."""
        return any(cell.step.startswith("g") for row in self.rows for cell in row.cells if cell)

    @property
    def has_open(self) -> bool:
        return any(not cell.complete for row in self.rows for cell in row.cells if cell)


def heat(rows: Iterable[Mapping[str, Any]], grain: str, base: str, kept: str, cohort_by: str = "") -> Heat | None:
    """The table of rows of `cohort-retention` (base "accounts", kept "retained") or `cohort-revenue` (of one currency:
    "start_mrr", "mrr"); null where no cohort has anybody.

    >>> cohort = {"cohort": date(2026, 1, 1), "accounts": 10, "complete": True}
    >>> rows = [{**cohort, "age": age, "retained": kept, "rate": kept / 10} for age, kept in enumerate((10, 8, 6))]
    >>> found = heat(rows, "month", "accounts", "retained")
    >>> found.floor, [cell.step for cell in found.rows[0].cells], found.rows[0].condition
    (0.6, ['h20', 'h10', 'h0'], "cohort = '2026-01'")
    """
    plain = [
        {"cohort": row["cohort"], "age": row["age"], "accounts": row[base], "retained": row[kept],
         "rate": row["rate"], "complete": row["complete"]}
        for row in rows if row[base]
    ]  # fmt: skip
    cohorts = list(by_cohort(plain).items())
    if not cohorts:
        return None
    cohorts.sort(key=lambda one: -one[1][0]["accounts"] if cohort_by else one[0].toordinal())
    shown = cohorts[:MOST_COHORTS] if cohort_by else cohorts[-MOST_COHORTS:]
    ages = tuple(sorted({row["age"] for _, cells in shown for row in cells if row["age"] <= MOST_AGES}))
    lowest = _floor(row for _, cells in shown for row in cells if row["age"] <= MOST_AGES)
    lines = tuple(_row(cohort, cells, ages, lowest, condition(cohort, grain, cohort_by)) for cohort, cells in shown)
    return Heat(ages, lines, _together(plain, cohorts, ages, lowest), lowest, len(cohorts) - len(shown))


def _row(cohort: Any, cells: list[dict[str, Any]], ages: tuple[int, ...], lowest: float, where: str) -> Row:
    known = {row["age"]: row for row in cells}
    return Row(cohort, cells[0]["accounts"], tuple(_cell(known.get(age), lowest) for age in ages), where)


def _cell(row: Mapping[str, Any] | None, lowest: float) -> Cell | None:
    if row is None or row["rate"] is None:
        return None
    rate = float(row["rate"])
    return Cell(row["age"], rate, row["retained"], bool(row["complete"]), step(rate, lowest))


def _together(plain: Any, cohorts: Any, ages: tuple[int, ...], lowest: float) -> Row | None:
    """All cohorts over their complete cells; null where that says nothing beyond the start."""
    average = pooled(plain)
    if len(cohorts) < 2 or not any(average):
        return None
    known = {
        age: Cell(age, float(rate), kept, True, step(float(rate), lowest)) for age, (rate, kept) in average.items()
    }
    size = sum(cells[0]["accounts"] for _, cells in cohorts)
    return Row(None, size, tuple(known.get(age) for age in ages), "")


def _floor(rows: Iterable[Mapping[str, Any]]) -> float:
    """The lowest share of all, down to a whole tenth; never so high that little differences would look large."""
    rates = [float(row["rate"]) for row in rows if row["rate"] is not None]
    return min(floor(min(rates, default=0.0) * 10 + 1e-9) / 10, 0.8)


def step(rate: float, lowest: float = 0.0) -> str:
    """The class of a share's colour: h0 to h20 up to the whole, g1 to g10 beyond it, up to twice the whole.

    >>> step(0.5), step(0.9, 0.8), step(1.0), step(1.004), step(1.25), step(9.0)
    ('h10', 'h10', 'h20', 'h20', 'g3', 'g10')
    """
    if rate > 1.005:
        return f"g{min(10, max(1, floor((rate - 1) * 10 + 0.5)))}"
    return f"h{max(0, min(STEPS, round((rate - lowest) / (1 - lowest) * STEPS)))}"


def condition(cohort: Any, grain: str, cohort_by: str = "") -> str:
    """What keeps the accounts of a cohort; empty where it cannot be said, as of a week.

    >>> condition(date(2026, 4, 1), "quarter")
    "cohort >= '2026-04' and cohort < '2026-07'"
    >>> condition("O'Neil", "month", "account owner"), condition(None, "month", "plan")
    ('"account owner" = \\'O\\'\\'Neil\\'', '"plan" is null')
    """
    if cohort_by:
        name = '"' + cohort_by.replace('"', '""') + '"'
        return f"{name} is null" if cohort is None else f"{name} = '" + str(cohort).replace("'", "''") + "'"
    if grain not in MONTHS or not isinstance(cohort, date):
        return ""
    if grain == "month":
        return f"cohort = '{cohort:%Y-%m}'"
    return f"cohort >= '{cohort:%Y-%m}' and cohort < '{add_months(cohort, MONTHS[grain]):%Y-%m}'"
