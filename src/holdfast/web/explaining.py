"""What an explanation is about: which rows, which figures, which rules."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from holdfast.errors import InputError
from holdfast.metrics.policy import SWITCHES, Policy
from holdfast.web.company import Answer
from holdfast.web.view import LONGEST

if TYPE_CHECKING:
    from holdfast.explain.explanation import Explanation
    from holdfast.metrics.registry import Metric


def where(given: Mapping[str, str], period: str) -> dict[str, Any]:
    """Which figure a bridge or a difference follows: as given, else the metric's own of the last period.

    >>> where({"column": "rate", "age": "2"}, "2026-09-01")
    {'period': '2026-09-01', 'column': 'rate', 'age': 2}
    """
    found: dict[str, Any] = {"period": period} if period else {}
    if given.get("column"):
        found["column"] = given["column"][:LONGEST]
    if given.get("age"):
        if not (given["age"].isdecimal() and len(given["age"]) < 5):
            raise InputError(f"age={given['age']!r} is not a whole number")
        found["age"] = int(given["age"])
    return found


def meant(told: Explanation) -> list[dict[str, Any]]:
    """The rows that an explanation is about."""
    rows = Answer(told.result).rows
    return [row for row in rows if all(row.get(name) == value for name, value in told.at.items())]


def account_kinds(told: Explanation) -> dict[str, str]:
    """The kind of every figure that accounts have a part in."""
    own = {column.name: column.kind for column in told.result.metric.columns}
    values = {name: value for one in told.accounts or () for name, value in one.figures.items()}
    return {name: own.get(name) or figure_kind(value) for name, value in values.items()}


def figure_kind(*values: Any) -> str:
    """What kind an account's figure is, of those that no column of the metric tells.

    >>> from decimal import Decimal
    >>> figure_kind(0, Decimal("1.5")), figure_kind(3)
    ('money', 'count')
    """
    return "money" if any(isinstance(value, Decimal) for value in values) else "count"


def period_column(metric: Metric, answer: Answer) -> str:
    """The column whose values name a period that can be looked into; none where there is no such column."""
    kinds = ("day",) if metric.periods_ahead is not None else ("cohort",) if metric.by_age else ("period",)
    names = {one.name for one in metric.columns if one.kind in kinds}
    rows = answer.result.arrow
    return next((name for name in rows.column_names if name in names and _has_days(rows[name])), "")


def _has_days(values: Any) -> bool:
    return any(isinstance(value, date) for value in values[:1].to_pylist())


def rules(policy: Policy, metric: Metric) -> list[dict[str, Any]]:
    """The rules of the policy that the metric heeds."""
    return [
        {"name": name, "value": policy[name], "meaning": SWITCHES[name].meaning, "own": name in policy.differences}
        for name in metric.heeds
    ]
