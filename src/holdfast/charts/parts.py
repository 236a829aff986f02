"""The parts that charts share: axes, titles, tooltips, and what is drawn where there is nothing to draw."""

from __future__ import annotations

import json
from typing import Any

import altair as alt

from holdfast.charts import words
from holdfast.charts.rows import Sheet, Tick
from holdfast.charts.theme import Canvas

Drawing = alt.Chart | alt.LayerChart | alt.VConcatChart | alt.HConcatChart | alt.ConcatChart
SHORT_MONEY = "replace(format(datum.value, '~s'), 'G', 'B')"
FORMATS = {
    "money": SHORT_MONEY,
    "count": SHORT_MONEY,
    "rate": "format(datum.value, '~%')",
    "number": "format(datum.value, '~f')",
}


def values(rows: list[dict[str, Any]]) -> alt.InlineData:
    return alt.InlineData(values=rows)


def labelled(ticks: tuple[Tick, ...], width: int) -> list[Tick]:
    """The ticks that get a label: all where there is room, else every n-th, counted from the last."""
    longest = max((len(tick.label[0]) for tick in ticks), default=1)
    room = max(2, width // (12 + 7 * longest))
    step = -(-len(ticks) // room) or 1
    return [tick for place, tick in enumerate(reversed(ticks)) if place % step == 0][::-1]


def x_axis(sheet: Sheet, width: int, title: str | None = None, **scale: Any) -> alt.X:
    """Periods, cohorts, ages or names in their order; years stand once, below their first label."""
    shown = labelled(sheet.ticks, width)
    names, year = {}, ""
    for tick in shown:
        short, long = tick.label
        second = words.say("so far") if tick.is_open else long if long != year else ""
        year = long
        names[tick.key] = [short, second] if any(t.label[1] for t in shown) else short
    axis = alt.Axis(
        title=title,
        values=[tick.key for tick in shown],
        labelExpr=f"{constant(names)}[datum.value]",
        labelOverlap=False,
        labelLimit=max(40, width // max(1, len(shown))),
    )
    # an order by `sort` would become an expression with the names in it; a domain stays data
    return alt.X("key:O", axis=axis, sort=None, scale=alt.Scale(domain=[tick.key for tick in sheet.ticks], **scale))


def constant(names: dict[str, Any]) -> str:
    """The labels as a literal of the expression language: JSON text, whatever the names hold, is data in it."""
    return json.dumps(names, ensure_ascii=True)


def y_axis(kind: str, *, title: str | None = None, scale: alt.Scale | None = None, **more: Any) -> alt.Y:
    axis = alt.Axis(
        title=title,
        labelExpr=FORMATS.get(kind, FORMATS["number"]),
        tickCount=5,
        tickMinStep=1 if kind == "count" else alt.Undefined,
    )
    return alt.Y("value:Q", axis=axis, scale=scale or alt.Undefined, **more)


def from_zero(sheet: Sheet) -> alt.Scale:
    """An axis that begins at zero, unless all values lie far from it and close together."""
    drawn = [row.value for row in sheet.rows]
    far = sheet.kind == "rate" and drawn and max(drawn) > min(drawn) > 0.6 * max(drawn)
    return of_zeros(sheet) or alt.Scale(zero=not far, nice=True)


def of_zeros(sheet: Sheet) -> alt.Scale | None:
    """Where all values are zero, an axis with room above them: they lie at its foot."""
    return None if any(row.value for row in sheet.rows) else alt.Scale(domain=[0, 0.1 if sheet.kind == "rate" else 10])


def tooltip(split: bool) -> list[alt.Tooltip]:
    """What a pointer shows: text made here, never the user's markup."""
    middle = [alt.Tooltip("name:N", title=words.say("What"))] if split else []
    return [alt.Tooltip("label:N", title=words.say("When")), *middle, alt.Tooltip("text:N", title=words.say("Value"))]


def dressed(chart: Any, sheet: Sheet, canvas: Canvas, *, notes: tuple[str, ...] = ()) -> Any:
    """The chart with its title, or without where the page around it has one."""
    if not canvas.titled:
        return chart
    lines = [*sheet.subtitle, *([sheet.note] if sheet.note else []), *(notes if sheet.subtitle else ())]
    return chart.properties(title=alt.TitleParams(text=sheet.title, subtitle=lines))


def empty(sheet: Sheet, canvas: Canvas) -> alt.Chart:
    """A chart that says that there is nothing to show."""
    said = words.say("Nothing to show in this range")
    chart = alt.Chart(values([{"text": said}])).mark_text(color=canvas.palette.muted, fontSize=13).encode(text="text:N")
    return dressed(chart.properties(width=canvas.width, height=min(canvas.height, 120)), sheet, canvas)


def top_legend(columns: int = 0) -> alt.Legend:
    return alt.Legend(orient="top", title=None, columns=columns or alt.Undefined, symbolStrokeWidth=2)


def legend_columns(names: tuple[str, ...], width: int) -> int:
    """How many entries of a legend stand in one row of that width."""
    longest = max((len(name) for name in names), default=1)
    return max(1, min(len(names), width // (34 + 7 * min(longest, 26))))


def short(value: float, sheet: Sheet) -> str:
    """A value beside a point: short."""
    if sheet.kind == "money":
        return words.short_money(value, sheet.currency)
    return words.amount(value, sheet.kind, sheet.currency)
