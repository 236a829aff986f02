"""What every engine is asked: each metric plainly, split, in one currency, at other grains, and under each preset."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date

from holdfast.metrics import catalog
from holdfast.metrics.policy import PRESETS, Policy, policy
from holdfast.metrics.registry import Metric
from tests.oracle import Question


@dataclass(frozen=True)
class Case:
    name: str
    question: Question
    policy: Policy = field(default_factory=policy)

    def __str__(self) -> str:
        return self.name


def cases(start: date, end: date) -> list[Case]:
    """Every metric plainly; then one more way of asking, another one for each metric in turn."""
    found = []
    for place, metric in enumerate(catalog.load().values()):
        plain = Question(metric.name, start, end, end, grain=metric.grain, window=3)
        found.append(Case(metric.name, plain))
        found += _turned(metric, plain, place)
    return found


def _turned(metric: Metric, plain: Question, place: int) -> list[Case]:
    split = ("currency",) if metric.splits is not None else ("country",)
    preset = sorted(PRESETS)[place % len(PRESETS)]
    found = [
        Case(f"{metric.name} --by {split[0]}", replace(plain, by=split)),
        Case(f"{metric.name} --policy {preset} --currency EUR", replace(plain, currency="EUR"), policy(preset)),
    ]
    other = [grain for grain in metric.grains if grain != metric.grain and grain != "day"]
    if other:
        grain = other[place % len(other)]
        found.append(Case(f"{metric.name} --grain {grain}", replace(plain, grain=grain)))
    return found
