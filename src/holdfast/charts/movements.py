"""What moved revenue, or who came and went: gains stacked above zero, losses below, the net as a line."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import altair as alt

from holdfast.charts import parts, words
from holdfast.charts.panels import panels
from holdfast.charts.rows import Row, Sheet
from holdfast.charts.theme import Canvas

ORDER = (
    *("New", "Reactivation", "Resurrected", "Expansion", "Returning", "Up-sell", "Cross-sell"),
    *("Contraction", "Churn", "Dormant", "Exchange rates"),
)
COLOUR_OF = {"New": 0, "Reactivation": 1, "Expansion": 2, "Up-sell": 2, "Cross-sell": 1, "Contraction": 3, "Churn": 4}
COLOUR_OF |= {"Resurrected": 1, "Returning": 2, "Dormant": 4}
GONE = ("Dormant",)
"""Counts of those who are not there: drawn below zero, and beside them a net says nothing."""


def draw(sheet: Sheet, canvas: Canvas) -> parts.Drawing:
    return panels(sheet, canvas, _one)


def _one(sheet: Sheet, canvas: Canvas) -> parts.Drawing:
    bars = [row.drawn(rank=_rank(row.series), value=_height(row)) for row in sheet.rows if row.value]
    if not bars:
        return parts.empty(sheet, canvas)
    has_net = not _gone().intersection(sheet.series)
    layers = [_zero(canvas), _bars(sheet, canvas, bars), *(_net(sheet, canvas) if has_net else [])]
    chart = alt.layer(*layers).properties(width=canvas.width, height=canvas.height)
    return parts.dressed(chart, sheet, canvas, notes=(words.say("The line is the net of each bar"),) if has_net else ())


def _height(row: Row) -> float:
    return -row.value if row.series in _gone() else row.value


def _gone() -> set[str]:
    return {words.say(name) for name in GONE}


def _rank(series: str) -> int:
    order = [words.say(name) for name in ORDER]
    return order.index(series) if series in order else len(order)


def _bars(sheet: Sheet, canvas: Canvas, bars: list[dict[str, Any]]) -> alt.Chart:
    names = sorted(sheet.series, key=_rank)  # the same in every panel, or shared colours would mix
    colour_of = {words.say(name): place for name, place in COLOUR_OF.items()}
    colours = [canvas.palette.movements[colour_of.get(name, 5)] for name in names]
    legend = parts.top_legend(parts.legend_columns(tuple(names), canvas.width))
    chart = alt.Chart(parts.values(bars)).mark_bar(stroke=canvas.palette.surface, strokeWidth=0.8)
    return chart.encode(
        x=parts.x_axis(sheet, canvas.width, paddingInner=0.32, paddingOuter=0.2),
        y=parts.y_axis(sheet.kind, stack="zero"),
        color=alt.Color("series:N", scale=alt.Scale(domain=names, range=colours), legend=legend),
        opacity=alt.condition("datum.open", alt.value(0.5), alt.value(1)),
        order=alt.Order("rank:Q"),
        tooltip=[
            alt.Tooltip("label:N", title=words.say("When")),
            alt.Tooltip("series:N", title=words.say("What")),
            alt.Tooltip("text:N", title=words.say("Value")),
        ],
        description="hover:N",
    )


def _zero(canvas: Canvas) -> alt.Chart:
    rule = alt.Chart(parts.values([{"value": 0}])).mark_rule(color=canvas.palette.domain, aria=False)
    return rule.encode(y=alt.Y("value:Q"))


def _net(sheet: Sheet, canvas: Canvas) -> list[alt.Chart]:
    rows = _net_rows(sheet)
    base = alt.Chart(parts.values(rows)).encode(x=alt.X("key:O", sort=None), y=alt.Y("value:Q"))
    ink, surface = canvas.palette.ink, canvas.palette.surface
    fill: Any = alt.condition("datum.open", alt.value(surface), alt.value(ink))
    point = base.mark_point(size=34, stroke=ink, strokeWidth=1.5, opacity=1)
    return [
        base.mark_line(color=surface, strokeWidth=5, aria=False),
        base.mark_line(color=ink, strokeWidth=1.8, aria=False),
        point.encode(fill=fill, tooltip=parts.tooltip(False), description="hover:N"),
    ]


def _net_rows(sheet: Sheet) -> list[dict[str, Any]]:
    total: dict[str, float] = defaultdict(float)
    for row in sheet.rows:
        total[row.key] += row.value
    shown = {row.key: row for row in sheet.rows}
    texts = {key: words.short_money(value, sheet.currency, signed=True) for key, value in total.items()}
    return [
        shown[key].drawn(value=value, text=texts[key], hover=f"{shown[key].label} · {words.say('Net')}: {texts[key]}")
        for key, value in sorted(total.items())
    ]
