"""Every metric is registered once; commands, routes, docs, charts and tests come from that one registration."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from holdfast.metrics.query import GRAINS, Grain

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from holdfast.metrics.frame import Frame

Kind = Literal["period", "cohort", "day", "currency", "dimension", "money", "count", "rate", "number", "flag", "label"]
ChartKind = Literal["line", "movements", "heatmap", "bars", "stacked-area", "hazard"]


@dataclass(frozen=True)
class OutColumn:
    """One column of a metric's answer. Money is held as `<name>_micros` until it is shown."""

    name: str
    kind: Kind
    meaning: str

    @property
    def of_nothing(self) -> int | None:
        """Its value where nothing lives."""
        return 0 if self.kind in ("money", "count") and "null" not in self.meaning else None


@dataclass(frozen=True)
class ChartSpec:
    """How a metric is drawn: the kind of chart, what it states, and the columns it shows."""

    kind: ChartKind
    title: str
    y: tuple[str, ...]
    x: str = "period"
    split: tuple[str, ...] = ()
    """Columns of the answer whose values are drawn apart, as the groups of a split are."""


@dataclass(frozen=True)
class Option:
    """A question that only some metrics take, such as the window of NRR: a whole number, one of a few words, or,
    where no words are named, any text.
    """

    name: str
    default: int | str
    meaning: str
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Metric:
    """What is known of a metric without computing it."""

    name: str
    unit: str
    title: str
    definition: str
    formula: str
    columns: tuple[OutColumn, ...]
    sources: tuple[str, ...]
    heeds: tuple[str, ...]
    chart: ChartSpec
    compute: Callable[[Frame], ir.Table]
    reference: str = ""
    worked: tuple[str, ...] = ()
    """How its figures follow from one another, as equations over its columns, shown or not; see `worked.Equation`."""
    leads: str = ""
    """What puts the accounts behind a number in order, largest first: an expression over its columns."""
    grain: Grain = "month"
    """The grain used when none is asked for."""
    grains: tuple[Grain, ...] = GRAINS
    """The grains that it can be asked at."""
    periods_back: int = 12
    """How many periods before the last one the range begins when no start is asked for."""
    periods_ahead: int | None = None
    """Of a metric that looks forward: how many periods after its first day the range ends; it begins today."""
    pure_count: bool = False
    """True where no column is money: then the answer is not split by currency."""
    any_cohort: bool = False
    """True where any dimension can define its cohorts."""
    splits: tuple[str, ...] | None = None
    """The only dimensions it can be split by; null where any will do."""
    dimensions: tuple[str, ...] = ()
    """Columns of its rows that it can be split by and filtered on beside all dimensions: yes, no, or null."""
    options: tuple[Option, ...] = ()
    example: Mapping[str, Any] = field(default_factory=dict)

    @property
    def snake_name(self) -> str:
        return self.name.replace("-", "_")

    @property
    def counts_events(self) -> bool:
        """Whether it rests on what people did, rather than on what accounts pay."""
        return "events" in self.sources

    @property
    def by_age(self) -> bool:
        """Whether a period names a cohort that is followed up to the last day looked at."""
        return any(column.name in ("age", "complete") for column in self.columns)

    @property
    def lists(self) -> bool:
        """Whether a period has as many rows as there are accounts or features: none where there are none."""
        return bool(self.chart.split) or any(column.kind == "dimension" for column in self.columns)

    @property
    def figure(self) -> str:
        """The column that is meant where one figure is asked for."""
        if self.worked:
            return self.worked[0].partition("=")[0].strip()
        return self.chart.y[0]

    @property
    def ranking(self) -> str:
        """What puts accounts in order: as named, else what is counted first."""
        if self.leads or not self.worked:
            return self.leads or self.chart.y[0]
        from holdfast.metrics.worked import Equation

        return Equation.parse(self.worked[0]).names[0]


METRICS: dict[str, Metric] = {}


def register(**details: Any) -> Callable[[Callable[[Frame], ir.Table]], Callable[[Frame], ir.Table]]:
    """Register the decorated function as a metric; `details` are the fields of `Metric`."""

    def keep(function: Callable[[Frame], ir.Table]) -> Callable[[Frame], ir.Table]:
        metric = Metric(compute=function, **details)
        METRICS[metric.name] = metric
        return function

    return keep
