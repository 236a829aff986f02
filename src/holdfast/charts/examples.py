"""Made-up metrics and tables, one for each kind of chart: for the docs, the tests and a first look."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import pyarrow as pa

from holdfast.facts.days import add_months


@dataclass(frozen=True)
class ExampleColumn:
    name: str
    kind: str
    meaning: str = ""


@dataclass(frozen=True)
class ExampleSpec:
    kind: str
    title: str
    y: tuple[str, ...]
    x: str = "period"
    split: tuple[str, ...] = ()


@dataclass(frozen=True)
class ExampleMetric:
    name: str
    title: str
    columns: tuple[ExampleColumn, ...]
    chart: ExampleSpec


@dataclass(frozen=True)
class ExampleQuery:
    grain: str = "month"
    today: date = date(2026, 11, 12)
    by: tuple[str, ...] = ()
    currency: str | None = None


def _metric(kind: str, title: str, y: tuple[str, ...], x: str = "period", **columns: str) -> ExampleMetric:
    declared = tuple(ExampleColumn(name, kind_of) for name, kind_of in columns.items())
    return ExampleMetric(kind, title, declared, ExampleSpec(kind, title, y, x))


def months(number: int = 13, last: date = date(2026, 11, 1)) -> list[date]:
    return [add_months(last, back) for back in range(1 - number, 1)]


def example(kind: str) -> tuple[ExampleMetric, pa.Table, ExampleQuery]:
    """A metric, a table and a question for a kind of chart.

    >>> example("hazard")[1].num_rows
    18
    """
    return EXAMPLES[kind]()


def _money(value: float) -> Decimal:
    return Decimal(round(value * 100)).scaleb(-2)


def _line() -> tuple[ExampleMetric, pa.Table, ExampleQuery]:
    metric = _metric("line", "Monthly recurring revenue", ("mrr",), period="period", currency="currency", mrr="money")
    rows = [
        {"period": month, "currency": "USD", "mrr": _money(212_000 * 1.023**n * (0.97 if n % 5 == 3 else 1))}
        for n, month in enumerate(months())
    ]
    return metric, pa.Table.from_pylist(rows), ExampleQuery()


def _movements() -> tuple[ExampleMetric, pa.Table, ExampleQuery]:
    y = ("new", "reactivation", "expansion", "contraction", "churn")
    metric = _metric(
        "movements", "What moved monthly recurring revenue", y, period="period", **dict.fromkeys(y, "money")
    )
    rows = [
        {
            "period": month,
            "currency": "USD",
            "new": _money(9_800 + 600 * (n % 4)),
            "reactivation": _money(700 * (n % 3)),
            "expansion": _money(5_200 + 800 * (n % 5)),
            "contraction": _money(-2_100 - 300 * (n % 4)),
            "churn": _money(-6_400 - 1_900 * (n % 6 == 4) * 3 - 250 * n),
        }
        for n, month in enumerate(months())
    ]
    return metric, pa.Table.from_pylist(rows), ExampleQuery()


def _heatmap() -> tuple[ExampleMetric, pa.Table, ExampleQuery]:
    kinds = {
        "cohort": "cohort",
        "age": "count",
        "accounts": "count",
        "retained": "count",
        "rate": "rate",
        "complete": "flag",
    }
    metric = _metric("heatmap", "Accounts that stay, by the month they started", ("rate",), "age", **kinds)
    rows: list[dict[str, Any]] = []
    for n, cohort in enumerate(months()):
        for age in range(13 - n):
            rate = 1.0 if age == 0 else 0.93 - 0.018 * (n % 4) - 0.17 * (1 - 0.8**age)
            size = 31 + 7 * (n % 5)
            rows.append(
                {
                    "cohort": cohort,
                    "age": age,
                    "accounts": size,
                    "retained": round(size * rate),
                    "rate": rate,
                    "complete": age < 12 - n,
                }
            )
    return metric, pa.Table.from_pylist(rows), ExampleQuery()


def _bars() -> tuple[ExampleMetric, pa.Table, ExampleQuery]:
    kinds = {"period": "period", "accounts_start": "count", "accounts_end": "count"}
    metric = _metric("bars", "Accounts at the start and at the end", ("accounts_start", "accounts_end"), **kinds)
    rows = [{"period": m, "accounts_start": 400 + 9 * n, "accounts_end": 409 + 9 * n} for n, m in enumerate(months())]
    return metric, pa.Table.from_pylist(rows), ExampleQuery()


def _stacked_area() -> tuple[ExampleMetric, pa.Table, ExampleQuery]:
    kinds = {"period": "period", "cohort": "cohort", "currency": "currency", "mrr": "money", "share": "rate"}
    metric = _metric("stacked-area", "Revenue by the month its accounts started", ("mrr",), **kinds)
    rows = [
        {"period": m, "cohort": c, "currency": "EUR", "mrr": _money(8_000 * 0.985 ** ((m - c).days / 30)), "share": 0.1}
        for m in months()
        for c in months(40)
        if c <= m
    ]
    return metric, pa.Table.from_pylist(rows), ExampleQuery()


def _hazard() -> tuple[ExampleMetric, pa.Table, ExampleQuery]:
    kinds = {"age": "count", "at_risk": "count", "churned": "count", "hazard": "rate", "low": "rate", "high": "rate"}
    metric = _metric("hazard", "Share of accounts that leave in each subscription month", ("hazard",), "age", **kinds)
    rows = []
    for age in range(1, 19):
        rate, at_risk = 0.022 + 0.05 * (age == 3) + 0.02 * (age in (2, 4)) + 0.03 * (age == 13), 900 // age
        half = 1.96 * (rate * (1 - rate) / at_risk) ** 0.5
        row = {"age": age, "at_risk": at_risk, "churned": round(rate * at_risk), "hazard": rate}
        rows.append(row | {"low": max(0.0, rate - half), "high": rate + half})
    return metric, pa.Table.from_pylist(rows), ExampleQuery()


EXAMPLES = {
    "line": _line,
    "movements": _movements,
    "heatmap": _heatmap,
    "bars": _bars,
    "stacked-area": _stacked_area,
    "hazard": _hazard,
}
