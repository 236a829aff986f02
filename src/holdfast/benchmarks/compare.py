"""Published figures beside a company's own: only where definition, period and segment match."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from holdfast.benchmarks import words
from holdfast.benchmarks.asking import Asked, Asking, Own
from holdfast.benchmarks.company import Company, known
from holdfast.benchmarks.load import load
from holdfast.benchmarks.matching import Position, differs, placed, position

if TYPE_CHECKING:
    from holdfast.benchmarks.benchmark import Benchmark

FEW = 30
"""Below so many accounts a share of them is mostly chance, and is said to be."""


@dataclass(frozen=True)
class Comparison:
    """A published figure, and either the company's own beside it or the reason why not."""

    benchmark: Benchmark
    own_value: float | None = None
    position: Position | None = None
    reason: str = ""
    """Why it is not compared; empty where it is."""
    sentence: str = ""
    period: str = ""
    """What the own figure is about: 2025, or October 2025."""
    policy: str = ""
    """The rules by which it was computed."""
    notes: tuple[str, ...] = ()
    """What to know of the own figure: how it was rebuilt, and whether it rests on few accounts."""

    def to_json(self) -> dict[str, Any]:
        """The comparison as `--format json` prints it."""
        told = self.benchmark.model_dump(mode="json", exclude_none=True)
        own = {"value": self.own_value, "position": self.position, "period": self.period, "policy": self.policy}
        shown = own | {"notes": list(self.notes)} if self.own_value is not None else None
        return told | {
            "primary": self.benchmark.primary, "users_own": self.benchmark.own, "yours": shown,
            "not_compared": self.reason or None, "sentence": self.sentence,
        }  # fmt: skip


def published_only(benchmarks: Iterable[Benchmark], reason: str) -> list[Comparison]:
    """The published figures where no company can be asked."""
    return [_not_compared(benchmark, reason) for benchmark in benchmarks]


def compare(
    workspace: Asked,
    *,
    currency: str | None = None,
    policy: str | None = None,
    as_of: Any = None,
    month: date | None = None,
    metric: str | None = None,
    folder: Path | None = None,
) -> list[Comparison]:
    """Every published figure, with the company's own where the two are alike.

    `month` is the month asked about, the last one that is over by default; a figure by year is of the last calendar
    year that was over by then. `folder` is where the user's own file is looked for: the workspace's by default.
    """
    benchmarks = chosen(load(folder or getattr(workspace, "folder", None)), metric)
    if workspace.is_empty():
        return published_only(benchmarks, "there is no data yet")
    asking = Asking(workspace, _month(workspace, month, as_of), currency, policy, as_of)
    company = known(asking)
    return [_compared(benchmark, company, asking) for benchmark in benchmarks]


def chosen(benchmarks: Iterable[Benchmark], metric: str | None) -> list[Benchmark]:
    """Those about a metric; all without one. Raises `UnknownName` for a metric that there is not."""
    if metric is None:
        return list(benchmarks)
    from holdfast.metrics import catalog

    name = catalog.find(metric).name
    return [benchmark for benchmark in benchmarks if benchmark.metric == name]


def _month(workspace: Asked, month: date | None, as_of: Any) -> date:
    """The month that is asked about, and never one that is not over."""
    from holdfast.facts.days import add_months

    today = workspace.today if as_of is None else _day(workspace, as_of)
    last = add_months(today.replace(day=1), -1)
    return min(month.replace(day=1), last) if month else last


def _day(workspace: Asked, as_of: Any) -> date:
    """The as-of day in the company's time zone: any answer as of then tells it."""
    day = workspace.today
    return workspace.query("customer-churn", start=day, end=day, grain="year", as_of=as_of).query.today


def _compared(benchmark: Benchmark, company: Company, asking: Asking) -> Comparison:
    reason = differs(benchmark, company, money=_is_money(benchmark))
    if reason:
        return _not_compared(benchmark, reason)
    own = asking.own(benchmark, company.currency)
    if own.value is None:
        return _not_compared(benchmark, _no_figure(benchmark, own, company))
    return _beside(benchmark, own, own.value)


def _is_money(benchmark: Benchmark) -> bool:
    from holdfast.metrics import catalog

    return bool(benchmark.asked_metric) and not catalog.find(benchmark.asked_metric).pure_count


def _beside(benchmark: Benchmark, own: Own, value: float) -> Comparison:
    period = words.span(own.start, own.end)
    sentence = f"{benchmark.title}: {words.number(value, benchmark.unit)} in {period}, {placed(benchmark, value)}"
    told = (f"{words.publisher(benchmark)}: {words.label(benchmark)}", benchmark.segment.text, _better(benchmark))
    about = "; ".join(part for part in told if part)
    notes = [f"rebuilt: {benchmark.figure.words}"] if benchmark.figure.words else []
    if own.accounts is not None and own.accounts < FEW:
        notes.append(f"of only {own.accounts} accounts: mostly chance")
    return Comparison(
        benchmark,
        own_value=value,
        position=position(benchmark.values, value),
        sentence=f"{sentence} ({about}).",
        period=period,
        policy=own.policy,
        notes=tuple(notes),
    )


def _better(benchmark: Benchmark) -> str:
    return f"{benchmark.better} is better" if benchmark.better else ""


def _no_figure(benchmark: Benchmark, own: Own, company: Company) -> str:
    period = words.span(own.start, own.end)
    first = company.first_customer
    if first is not None and first >= own.start.replace(day=1) and benchmark.period != "month":
        needed = f"it needs customers at the start of {own.start:%B %Y}"
        return f"not enough history: {needed}, and your first paid in {first:%B %Y}"
    return f"your own figure for {period} does not exist: it would be divided by 0"


def _not_compared(benchmark: Benchmark, reason: str) -> Comparison:
    return Comparison(benchmark, reason=reason, sentence=f"{benchmark.title}: not compared, because {reason}.")
