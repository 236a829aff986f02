"""Bridges and differences as waterfalls."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from holdfast.charts import words
from holdfast.explain.walk import Walk, metric_kind

if TYPE_CHECKING:
    from holdfast.charts.parts import Drawing
    from holdfast.charts.theme import Canvas
    from holdfast.charts.waterfall import Bar, Fall
    from holdfast.metrics.query import MetricQuery
    from holdfast.metrics.registry import Metric


def waterfall(
    metric: Metric, query: MetricQuery, walks: Sequence[Walk], first: str, last: str, canvas: Canvas | None = None
) -> Drawing:
    """The walks as waterfalls, one below the other."""
    from holdfast.charts.waterfall import waterfall as draw

    return draw([_fall(metric, query, walk, first, last) for walk in walks], canvas)


def _fall(metric: Metric, query: MetricQuery, walk: Walk, first: str, last: str) -> Fall:
    from holdfast.charts.waterfall import Bar, Fall

    start, nothing = walk.start or Decimal(0), Decimal(0)
    bars: list[Bar] = [Bar(first, nothing, start, is_total=True)]
    value = start
    for step in walk.steps:
        after = step.value if step.value is not None else value
        bars.append(Bar(step.leg.name, value, after))
        value = after
    bars.append(Bar(last, nothing, value, is_total=True))
    key = dict(walk.key)
    where = ", ".join(f"{name} {said}" for name, said in walk.key if name != "currency")
    subtitle = tuple(part for part in (words.period(query.start, query.grain), where) if part)
    kind = metric_kind(metric, walk.column)
    currency = query.currency or key.get("currency")
    return Fall(f"{metric.title}: {first} to {last}", subtitle, kind, currency, tuple(bars))
