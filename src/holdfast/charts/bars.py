"""Bars: one value for each period, age or name, side by side where several are compared."""

from __future__ import annotations

from dataclasses import replace

import altair as alt

from holdfast.charts import parts
from holdfast.charts.rows import Sheet, largest
from holdfast.charts.theme import Canvas

MAX_BARS = 60
MAX_LABELS = 9


def draw(sheet: Sheet, canvas: Canvas) -> parts.Drawing:
    sheet = _fewer(largest(sheet))
    if not sheet.rows:
        return parts.empty(sheet, canvas)
    chart = _bars(sheet, canvas).properties(width=canvas.width, height=canvas.height)
    return parts.dressed(chart, sheet, canvas)


def _fewer(sheet: Sheet) -> Sheet:
    """The latest places of a long axis; the first ones where names have no order."""
    limit = MAX_BARS if sheet.x_kind in ("period", "cohort", "day", "count") else 20
    if len(sheet.ticks) <= limit:
        return sheet
    kept = sheet.ticks[-limit:] if sheet.x_kind in ("period", "cohort") else sheet.ticks[:limit]
    keys = {tick.key for tick in kept}
    note = f"{limit} of {len(sheet.ticks)}; the others are in the table"
    return replace(sheet, ticks=kept, rows=tuple(row for row in sheet.rows if row.key in keys), note=note)


def _bars(sheet: Sheet, canvas: Canvas) -> alt.Chart:
    names = _names(sheet)
    by_group = len(sheet.groups) > 1
    named = [(row, _name(row.group, row.series, by_group)) for row in sheet.rows]
    rank = {name: place for place, name in enumerate(names)}
    rows = [row.drawn(name=name, rank=rank[name]) for row, name in named if name in rank]
    chart = alt.Chart(parts.values(rows)).mark_bar(cornerRadiusEnd=2)
    chart = chart.encode(
        x=parts.x_axis(sheet, canvas.width, paddingInner=0.3, paddingOuter=0.15),
        y=parts.y_axis(sheet.kind, scale=parts.of_zeros(sheet)),
        opacity=alt.condition("datum.open", alt.value(0.5), alt.value(1)),
        tooltip=parts.tooltip(len(names) > 1),
        description="hover:N",
    )
    if len(names) < 2:
        return chart.encode(color=alt.value(canvas.palette.series[0]))
    # Vega-Lite turns the domain of a colour beside an offset into an expression: it holds places, never names
    scale = alt.Scale(domain=list(range(len(names))), range=list(canvas.palette.series)[: len(names)])
    legend = parts.top_legend(parts.legend_columns(names, canvas.width))
    legend.labelExpr = f"{parts.constant({str(place): name for place, name in enumerate(names)})}[datum.value]"
    return chart.encode(color=alt.Color("rank:N", scale=scale, legend=legend), xOffset=alt.XOffset("rank:O", sort=None))


def _names(sheet: Sheet) -> tuple[str, ...]:
    by_group = len(sheet.groups) > 1
    return tuple(dict.fromkeys(_name(row.group, row.series, by_group) for row in sheet.rows))[:10]


def _name(group: str, series: str, by_group: bool) -> str:
    return " · ".join(part for part in (group if by_group else "", series) if part)
