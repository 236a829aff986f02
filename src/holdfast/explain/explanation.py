"""A number explained: its formula with its own figures, its policy, what was counted and what was left out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any

from holdfast.charts import words
from holdfast.explain.accounts import AccountRow
from holdfast.explain.switches import SwitchUse
from holdfast.explain.walk import key_of
from holdfast.metrics.worked import Equation, in_major_units

if TYPE_CHECKING:
    from holdfast.metrics.result import MetricResult


@dataclass(frozen=True)
class Working:
    """How one figure of one row came about: `rate = churned / base`, the same with figures, and the result."""

    period: str
    start: date | None
    """The first day of the period; null where the row is of none."""
    key: tuple[tuple[str, Any], ...]
    equation: str
    figures: str
    result: str

    @property
    def where(self) -> str:
        """The row it is about, in words."""
        return ", ".join([self.period, *(f"{name} {value}" for name, value in self.key)]).strip(", ")


@dataclass(frozen=True)
class Explanation:
    """All that can be asked of an answer. Shows itself in a terminal (`print`) and in a notebook."""

    result: MetricResult
    accounts: tuple[AccountRow, ...] | None = None
    """The accounts behind the number of one period, those that matter most first; null where none was named."""
    accounts_in_all: int = 0
    why_no_accounts: str = ""
    switches: tuple[SwitchUse, ...] | None = None
    left_out: tuple[Mapping[str, Any], ...] = field(default=())
    at: Mapping[str, Any] = field(default_factory=dict)
    """The rows that are meant, where the answer holds others beside them: those of one cohort."""

    @cached_property
    def workings(self) -> list[Working]:
        """The formula of each row with its own figures put in; only where it gives the figure that is shown."""
        found = []
        for row, working in zip(self.result.arrow.to_pylist(), self.result.working.to_pylist(), strict=True):
            figures = in_major_units(working)
            if any(row[name] != value for name, value in self.at.items()):
                continue
            for text in self.result.metric.worked:
                equation = Equation.parse(text)
                if equation.holds(figures):
                    found.append(self._working(equation, row, figures))
        return found

    def _working(self, equation: Equation, row: Mapping[str, Any], figures: Mapping[str, Any]) -> Working:
        period = words.period(row["period"], self.result.query.grain) if "period" in row else ""
        key = key_of(self.result, row)
        key = tuple((name, value.isoformat()[:7] if isinstance(value, date) else value) for name, value in key)
        shown = self._shown(equation.result, figures[equation.result])
        inside = equation.figures(lambda name: self._shown(name, figures[name]))
        return Working(period, row.get("period"), key, equation.words(), inside, shown)

    def _shown(self, name: str, value: Any) -> str:
        kinds = {column.name: column.kind for column in self.result.metric.columns}
        kind = kinds.get(name) or (
            "money" if isinstance(value, Decimal) else "count" if isinstance(value, int) else "number"
        )
        if kind == "rate":
            return words.percent(value, digits=2)
        if kind == "money":
            return f"{value:,.2f}"
        return words.count(value) if isinstance(value, int) else f"{float(value):,.4g}"

    def to_json(self) -> dict[str, Any]:
        """Everything as plain data, as `holdfast explain --format json` prints it."""
        metric, evidence = self.result.metric, self.result.evidence
        return {
            "metric": metric.name,
            "title": metric.title,
            "unit": metric.unit,
            "definition": metric.definition,
            "formula": metric.formula,
            "reference": metric.reference or None,
            "sources": list(metric.sources),
            "columns": [{"name": one.name, "kind": one.kind, "meaning": one.meaning} for one in metric.columns],
            "policy": {"name": self.result.query.policy.name, "switches": self._switches()},
            "working": [
                {"row": one.where, "formula": one.equation, "figures": one.figures, "result": one.result}
                for one in self.workings
            ],
            "evidence": {**evidence, "left_out": [dict(one) for one in self.left_out] or evidence["left_out"]},
            "accounts": None if self.accounts is None else [_account(one) for one in self.accounts],
            "accounts_in_all": self.accounts_in_all,
            "sql": self.result.sql,
        }

    def _switches(self) -> list[dict[str, Any]]:
        if self.switches is None:
            policy = self.result.query.policy
            return [{"switch": name, "value": policy[name]} for name in self.result.metric.heeds]
        return [
            {
                "switch": one.switch,
                "value": one.value,
                "mattered": one.mattered,
                "values_that_would_change_it": list(one.other_values),
                "why_not": one.why_not or None,
            }
            for one in self.switches
        ]

    def _repr_html_(self) -> str:
        from holdfast.explain import blocks, tell

        return blocks.as_html(tell.explanation(self))

    def __str__(self) -> str:
        from holdfast.explain import blocks, tell

        return blocks.as_text(tell.explanation(self))


def _account(one: AccountRow) -> dict[str, Any]:
    return {
        "account": one.account,
        "name": one.name,
        **{name: plain(value) for name, value in one.key},
        "figures": {name: plain(value) for name, value in one.figures.items()},
        "facts": [{name: plain(value) for name, value in vars(fact).items()} for fact in one.facts],
    }


def plain(value: Any) -> Any:
    """A value as JSON holds it."""
    if isinstance(value, Decimal):
        return float(value)
    return value.isoformat() if isinstance(value, (date, datetime)) else value
