"""From a metric and its table to a chart: the kind is named in the metric's registration."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import altair as alt

from holdfast.charts import area, bars, hazard, heatmap, line, movements, parts
from holdfast.charts.protocols import DrawnMetric, Question
from holdfast.charts.rows import Sheet, sheets
from holdfast.charts.theme import Canvas, config
from holdfast.errors import UnknownName

if TYPE_CHECKING:
    import pyarrow as pa

DRAW: dict[str, Callable[[Sheet, Canvas], parts.Drawing]] = {
    "line": line.draw,
    "movements": movements.draw,
    "heatmap": heatmap.draw,
    "bars": bars.draw,
    "stacked-area": area.draw,
    "hazard": hazard.draw,
}

INDEPENDENT: dict[str, Any] = dict.fromkeys(("x", "y", "color", "fill", "shape"), "independent")
"""Charts of several currencies share nothing: each has its own groups, in its own order."""


def build(metric: DrawnMetric, table: pa.Table, query: Question, canvas: Canvas | None = None) -> parts.Drawing:
    """The chart of a metric's answer: one below the other where it holds several currencies.

    >>> from holdfast.charts.examples import example
    >>> build(*example("line")).to_dict()["title"]["text"]
    'Monthly recurring revenue'
    """
    canvas = canvas or Canvas()
    drawn = [draw(sheet, metric.chart.kind, canvas) for sheet in sheets(metric, table, query)]
    chart = drawn[0] if len(drawn) == 1 else alt.vconcat(*drawn).resolve_scale(**INDEPENDENT)
    return themed(chart, canvas)


def draw(sheet: Sheet, kind: str, canvas: Canvas) -> parts.Drawing:
    """One sheet as a chart of a kind, not yet themed."""
    if kind not in DRAW:
        raise UnknownName(f"unknown kind of chart {kind!r}; there are: {', '.join(DRAW)}")
    return DRAW[kind](sheet, canvas)


def themed(chart: parts.Drawing, canvas: Canvas) -> parts.Drawing:
    """The chart with its look; once, at the outermost level."""
    dressed = chart.copy()
    dressed.config = alt.Config(**config(canvas.mode))
    return dressed
