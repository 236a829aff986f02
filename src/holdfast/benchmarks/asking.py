"""A workspace asked for its own figures by the published definitions, each question once."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Protocol

from holdfast.benchmarks.benchmark import Benchmark
from holdfast.facts.days import add_months

if TYPE_CHECKING:
    from holdfast.metrics.result import MetricResult

MONTHS_IN = {"month": 1, "quarter": 3, "year": 12}
WINDOW = 12


class Asked(Protocol):
    """What a comparison needs of a workspace."""

    @property
    def today(self) -> date: ...
    @property
    def settings(self) -> Any: ...
    def is_empty(self) -> bool: ...
    def query(self, metric: str, **question: Any) -> MetricResult: ...


@dataclass(frozen=True)
class Own:
    """A company's own figure: null where the facts do not reach back far enough."""

    value: float | None
    start: date
    end: date
    policy: str
    accounts: int | None = None
    """How many accounts it is a share of, where the metric tells."""


@dataclass
class Asking:
    """A workspace, the month that figures are about, and what holds for all questions."""

    workspace: Asked
    month: date
    currency: str | None = None
    policy: str | None = None
    as_of: Any = None
    _answers: dict[tuple[Any, ...], MetricResult] = field(default_factory=dict)

    def rows(self, metric: str, start: date, end: date, grain: str) -> list[dict[str, Any]]:
        """The rows of an answer under the policy asked for."""
        rows: list[dict[str, Any]] = self._answer(metric, start, _last_day(end, 1), grain).arrow.to_pylist()
        return rows

    def own(self, benchmark: Benchmark, currency: str | None) -> Own:
        """The figure of the last period that was over in the month asked about; of one currency where it is split."""
        months = MONTHS_IN.get(benchmark.period, 1)
        start = last_period(self.month, months)
        end = _last_day(start, months)
        trailing = benchmark.period == "trailing-12-months"
        grain, options = ("month", {"window": WINDOW}) if trailing else (benchmark.period, {})
        metric, rules = benchmark.asked_metric, benchmark.switches
        answer = self._answer(metric, start, end, grain, benchmark.policy, rules, options)
        rows = [row for row in answer.arrow.to_pylist() if row["period"] == start]
        row: dict[str, Any] = next((row for row in rows if row.get("currency") in (None, currency)), {})
        since = add_months(start, 1 - WINDOW) if trailing else start
        return Own(value_of(benchmark, row), since, end, answer.query.policy.name, row.get("start_accounts"))

    def _answer(
        self,
        metric: str,
        start: date,
        end: date,
        grain: str,
        policy: str | None = None,
        switches: dict[str, str] | None = None,
        options: dict[str, int] | None = None,
    ) -> MetricResult:
        asked: dict[str, Any] = {
            "start": start,
            "end": end,
            "grain": grain,
            "policy": policy or self.policy,
            **(options or {}),
        }
        asked |= {"set": dict(switches)} if switches else {}
        key = (metric, *(str(value) for value in asked.values()))
        if key not in self._answers:
            self._answers[key] = self.workspace.query(metric, currency=self.currency, as_of=self.as_of, **asked)
        return self._answers[key]


def value_of(benchmark: Benchmark, row: dict[str, Any]) -> float | None:
    """The own figure in a row of the metric's answer: its column, or the ratio of sums of columns."""
    figure = benchmark.figure
    if any(row.get(name) is None for name in figure.columns):
        return None
    if figure.over:
        over, under = (sum(abs(float(row[name])) for name in names) for names in (figure.over, figure.under))
        value = over / under if under else None
    else:
        value = float(row[figure.column])
    return 1 - value if figure.complement and value is not None else value


def last_period(month: date, months: int) -> date:
    """The first day of the last calendar period of so many months that is over when `month` is.

    >>> last_period(date(2025, 10, 1), 12), last_period(date(2025, 12, 1), 12), last_period(date(2025, 10, 1), 3)
    (datetime.date(2024, 1, 1), datetime.date(2025, 1, 1), datetime.date(2025, 7, 1))
    """
    over = (month.year * 12 + month.month) // months
    number = (over - 1) * months
    return date(number // 12, number % 12 + 1, 1)


def _last_day(first: date, months: int) -> date:
    return add_months(first.replace(day=1), months) - timedelta(days=1)
