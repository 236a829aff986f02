"""What every engine is asked: each metric plainly, split, at another grain, and under each preset in one currency."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date

from holdfast.metrics import catalog
from holdfast.metrics.policy import PRESETS, Policy, policy
from holdfast.metrics.registry import Metric
from tests.oracle import Question
from tests.usage_questions import question


@dataclass(frozen=True)
class Case:
    name: str
    question: Question
    policy: Policy = field(default_factory=policy)

    def __str__(self) -> str:
        return self.name


def billing() -> list[Metric]:
    """The metrics of what accounts pay."""
    return [metric for metric in catalog.load().values() if not metric.counts_events]


def usage() -> list[Case]:
    """Every metric of what people do, each with another grain, split, condition and options."""
    metrics = [metric for metric in catalog.load().values() if metric.counts_events]
    asked = [question(metric, place) for place, metric in enumerate(metrics)]
    return [Case(f"{one.metric} by {one.by} where {dict(one.where)}", one) for one in asked]


def plain(start: date, end: date) -> list[Case]:
    return [Case(metric.name, _question(metric, start, end)) for metric in billing()]


def split(start: date, end: date) -> list[Case]:
    """Every metric by an attribute; by currency where it knows no accounts."""
    found = []
    for metric in billing():
        by = "country" if metric.splits is None else "currency"
        found.append(Case(f"{metric.name} --by {by}", replace(_question(metric, start, end), by=(by,))))
    return found


def turned(start: date, end: date) -> list[Case]:
    """Every preset on a metric of its own, and every other metric at another grain: in turn, for a run of minutes."""
    metrics, presets = billing(), sorted(PRESETS)
    return [
        *(_under(metric, start, end, preset) for metric, preset in zip(metrics, presets, strict=False)),
        *(
            case
            for place, metric in enumerate(metrics[len(presets) :])
            for case in _at_grain(metric, start, end, place)
        ),
    ]


def _question(metric: Metric, start: date, end: date) -> Question:
    return Question(metric.name, start, end, end, grain=metric.grain, window=3)


def _under(metric: Metric, start: date, end: date, preset: str) -> Case:
    question = replace(_question(metric, start, end), currency="EUR")
    return Case(f"{metric.name} --policy {preset} --currency EUR", question, policy(preset))


def _at_grain(metric: Metric, start: date, end: date, place: int) -> list[Case]:
    others = [grain for grain in metric.grains if grain not in {metric.grain, "day"}]
    if not others:
        return []
    grain = others[place % len(others)]
    return [Case(f"{metric.name} --grain {grain}", replace(_question(metric, start, end), grain=grain))]
