"""Lines over periods or cohorts: one for each column or for each group."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import altair as alt

from holdfast.charts import parts
from holdfast.charts.rows import MAX_SERIES, Sheet, largest
from holdfast.charts.theme import Canvas

SHAPES = (
    "circle",
    "square",
    "triangle-up",
    "diamond",
    "cross",
    "triangle-down",
    "triangle-right",
    "stroke",
    "wedge",
    "arrow",
)
MAX_END_LABELS = 4


def draw(sheet: Sheet, canvas: Canvas) -> parts.Drawing:
    """Each line has its own point shape, so that colour is never the only sign; the open period is dashed."""
    sheet = _one_column_where_split(sheet)
    sheet = largest(sheet)
    names = sheet.groups if len(sheet.groups) > 1 else sheet.series
    drawn = _rows(sheet)
    if not drawn:
        return parts.empty(sheet, canvas)
    base = _base(sheet, canvas, names, drawn)
    layers = [
        *_reference(sheet, canvas),
        _solid(base, drawn),
        _dashed(base, drawn),
        _points(base, canvas, drawn, names),
        _ends(sheet, canvas, names, drawn),
    ]
    chart = alt.layer(*(layer for layer in layers if layer is not None)).properties(
        width=canvas.width, height=canvas.height
    )
    return parts.dressed(chart, sheet, canvas)


def _one_column_where_split(sheet: Sheet) -> Sheet:
    if len(sheet.groups) < 2 or len(sheet.series) < 2:
        return sheet
    first = sheet.series[0]
    return replace(sheet, rows=tuple(row for row in sheet.rows if row.series == first), series=(first,))


def _rows(sheet: Sheet) -> list[dict[str, Any]]:
    split_by_group = len(sheet.groups) > 1
    place = {tick.key: number for number, tick in enumerate(sheet.ticks)}
    rows = [row.drawn(name=row.group if split_by_group else row.series, place=place[row.key]) for row in sheet.rows]
    closed_last = {row["name"]: row["place"] for row in rows if not row["open"]}
    for row in rows:
        row["joint"] = row["place"] == closed_last.get(row["name"])
    return rows


def _base(sheet: Sheet, canvas: Canvas, names: tuple[str, ...], drawn: list[dict[str, Any]]) -> alt.Chart:
    colours = list(canvas.palette.series)[: max(1, min(len(names), MAX_SERIES))]
    legend = parts.top_legend(parts.legend_columns(names, canvas.width)) if len(names) > 1 else None
    scale = alt.Scale(domain=list(names), range=colours)
    return alt.Chart(parts.values(drawn)).encode(
        x=parts.x_axis(sheet, canvas.width, type="point", padding=0.4),
        y=parts.y_axis(sheet.kind, scale=parts.from_zero(sheet)),
        color=alt.Color("name:N", scale=scale, legend=legend),
        order="place:Q",
    )


def _solid(base: alt.Chart, drawn: list[dict[str, Any]]) -> alt.Chart | None:
    if all(row["open"] for row in drawn):
        return None
    return base.transform_filter("!datum.open").mark_line(aria=False)


def _dashed(base: alt.Chart, drawn: list[dict[str, Any]]) -> alt.Chart | None:
    if not any(row["open"] for row in drawn):
        return None
    return base.transform_filter("datum.open || datum.joint").mark_line(strokeDash=[3, 4], aria=False)


def _one_legend(names: Sequence[str]) -> Any:
    """Shape, fill and colour share the legend of the lines, where there is one."""
    return alt.Undefined if len(names) > 1 else None


def _fill(canvas: Canvas, names: list[str]) -> alt.Fill:
    return alt.Fill(
        "name:N",
        scale=alt.Scale(domain=names, range=list(canvas.palette.series)[: len(names)]),
        legend=_one_legend(names),
    )


def _points(base: alt.Chart, canvas: Canvas, drawn: list[dict[str, Any]], shown: tuple[str, ...]) -> alt.Chart:
    """Points carry the shape and what a pointer shows; many places leave them invisible but still answering."""
    names = list(shown)
    crowded = len(drawn) / max(1, len(names)) > canvas.width / 14
    shape = alt.Shape(
        "name:N", scale=alt.Scale(domain=names, range=list(SHAPES)[: len(names)]), legend=_one_legend(names)
    )
    fill: Any = alt.condition("datum.open", alt.value(canvas.palette.surface), _fill(canvas, names))
    mark = base.mark_point(size=42 if len(drawn) < 150 else 18, strokeWidth=1.6, opacity=0 if crowded else 1)
    return mark.encode(shape=shape, fill=fill, tooltip=parts.tooltip(len(names) > 1), description="hover:N")


def _ends(sheet: Sheet, canvas: Canvas, names: tuple[str, ...], drawn: list[dict[str, Any]]) -> alt.Chart | None:
    """The last full value of each line, written beside it, or above it where the line goes on."""
    last = sorted((row for row in drawn if row["joint"]), key=lambda row: -row["value"])
    if len(names) > MAX_END_LABELS or not last:
        return None
    goes_on = any(row["open"] for row in drawn)
    labels = [
        row | {"value": value, "short": parts.short(row["value"], sheet)}
        for row, value in zip(last, _apart([row["value"] for row in last], _gap(sheet, canvas)), strict=True)
    ]
    side: dict[str, Any] = {"align": "center", "dy": -13} if goes_on else {"align": "left", "dx": 9}
    text = alt.Chart(parts.values(labels)).mark_text(baseline="middle", fontWeight=600, aria=False, **side)
    return text.encode(
        x=alt.X("key:O", sort=None),
        y=alt.Y("value:Q"),
        text="short:N",
        color=alt.Color("name:N", legend=_one_legend(names)),
    )


def _gap(sheet: Sheet, canvas: Canvas) -> float:
    """The height of a line of text, in units of the y axis."""
    drawn = [row.value for row in sheet.rows]
    low = min(drawn) if parts.from_zero(sheet).to_dict().get("zero") is False else min(0.0, *drawn, 0.0)
    return 16 * (max(drawn) - low) / canvas.height


def _apart(values: list[float], gap: float) -> list[float]:
    """Falling values moved down until no two are nearer than `gap`.

    >>> _apart([5.0, 4.9, 1.0], 1.0)
    [5.0, 4.0, 1.0]
    """
    placed: list[float] = []
    for value in values:
        placed.append(min(value, placed[-1] - gap) if placed else value)
    return placed


def _reference(sheet: Sheet, canvas: Canvas) -> list[alt.Chart]:
    """A line at 100 % where rates lie on both sides of it."""
    drawn = [row.value for row in sheet.rows]
    if sheet.kind != "rate" or not drawn or not min(drawn) < 1 < max(drawn):
        return []
    rule = alt.Chart(parts.values([{"value": 1}])).mark_rule(color=canvas.palette.domain, strokeDash=[2, 3], aria=False)
    return [rule.encode(y=alt.Y("value:Q"))]
