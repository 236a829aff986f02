"""Answers remembered: the same question over the same facts is computed once."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from holdfast.lake import Lake
    from holdfast.metrics.query import MetricQuery
    from holdfast.metrics.registry import Metric
    from holdfast.metrics.result import MetricResult

ANSWERS = 128
ALWAYS_READ = ("accounts", "account_attributes", "account_merges", "fx_rates", "payments")
"""Tables that any metric may read, beside its own sources."""


class Remembered:
    """The latest answers of one workspace, by question and by the versions of the tables that it reads."""

    def __init__(self, lake: Lake) -> None:
        self.lake = lake
        self._answers: OrderedDict[tuple[object, ...], MetricResult] = OrderedDict()

    def answer(self, metric: Metric, query: MetricQuery, compute: Callable[[], MetricResult]) -> MetricResult:
        """What was computed before, or what `compute` gives."""
        key = (metric.name, repr(query), self.versions(metric))
        if key in self._answers:
            self._answers.move_to_end(key)
            return self._answers[key]
        found = compute()
        # computing may bring roll-ups up to date, but never changes a fact: the key still holds
        self._answers[key] = found
        if len(self._answers) > ANSWERS:
            self._answers.popitem(last=False)
        return found

    def versions(self, metric: Metric) -> tuple[int | None, ...]:
        """The state of every table that the metric may read."""
        return tuple(self.lake.version(name) for name in dict.fromkeys((*metric.sources, *ALWAYS_READ)))
