"""A published report: every answer that it rests on, with the question, the policy and what was known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from holdfast.metrics.policy import of_switches
from holdfast.metrics.query import MetricQuery

if TYPE_CHECKING:
    from holdfast.metrics.result import MetricResult

Row = Mapping[str, Any]
LAYOUT = 1


@dataclass(frozen=True)
class FrozenAnswer:
    """One answer as it was: the question, and its rows (amounts as decimals, days as dates)."""

    query: MetricQuery
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Published:
    """A report as it was shown."""

    name: str
    month: date
    published_at: datetime
    """The instant whose knowledge the figures rest on, too."""
    holdfast: str
    tables: Mapping[str, int]
    """The version of each table in the lake."""
    answers: tuple[FrozenAnswer, ...]

    @property
    def policy(self) -> str:
        return self.answers[0].query.policy.name if self.answers else ""

    @property
    def figures(self) -> int:
        """How many figures it holds."""
        return sum(1 for answer in self.answers for row in answer.rows for value in row.values() if is_figure(value))


def is_figure(value: Any) -> bool:
    return isinstance(value, (Decimal, int, float)) and not isinstance(value, bool)


def frozen(result: MetricResult) -> FrozenAnswer:
    """An answer with its question."""
    return FrozenAnswer(result.query, tuple(result.arrow.to_pylist()))


def to_plain(report: Published) -> dict[str, Any]:
    """A published report as it is stored."""
    return {
        "layout": LAYOUT,
        "name": report.name,
        "month": report.month,
        "published_at": report.published_at,
        "holdfast": report.holdfast,
        "tables": dict(report.tables),
        "answers": [
            {"query": _query(answer.query), "rows": [dict(row) for row in answer.rows]} for answer in report.answers
        ],
    }


def _query(query: MetricQuery) -> dict[str, Any]:
    return {
        "metric": query.metric,
        "start": query.start,
        "end": query.end,
        "grain": query.grain,
        "today": query.today,
        "by": query.by,
        "where": query.where,
        "policy": {"name": query.policy.name, "switches": dict(query.policy.switches)},
        "currency": query.currency,
        "as_of": query.as_of,
        "week_start": query.week_start,
        "margin": Decimal(repr(query.margin)),
        "cohort_by": query.cohort_by,
        "options": dict(query.options),
    }


def from_plain(stored: Mapping[str, Any]) -> Published:
    """The report that was stored; numbers come as decimals."""
    return Published(
        name=stored["name"],
        month=date.fromisoformat(stored["month"]),
        published_at=datetime.fromisoformat(stored["published_at"]),
        holdfast=stored["holdfast"],
        tables=stored["tables"],
        answers=tuple(FrozenAnswer(_question(one["query"]), tuple(one["rows"])) for one in stored["answers"]),
    )


def _question(stored: Mapping[str, Any]) -> MetricQuery:
    rules = of_switches(stored["policy"]["name"], stored["policy"]["switches"])
    as_of = datetime.fromisoformat(stored["as_of"]) if stored["as_of"] else None
    return MetricQuery(
        metric=stored["metric"],
        start=date.fromisoformat(stored["start"]),
        end=date.fromisoformat(stored["end"]),
        today=date.fromisoformat(stored["today"]),
        grain=stored["grain"],
        by=tuple(stored["by"]),
        where=tuple(stored["where"]),
        policy=rules,
        currency=stored["currency"],
        as_of=as_of,
        week_start=stored["week_start"],
        margin=float(stored["margin"]),
        cohort_by=stored["cohort_by"],
        options=stored["options"],
    )
