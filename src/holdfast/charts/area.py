"""Stacked areas: how a total is made up over time."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import date
from typing import Any

import altair as alt

from holdfast.charts import parts, words
from holdfast.charts.panels import panels
from holdfast.charts.rows import MAX_SERIES, Row, Sheet, largest
from holdfast.charts.theme import Canvas


def draw(sheet: Sheet, canvas: Canvas) -> parts.Drawing:
    has_cohorts = bool(sheet.rows) and "cohort" in sheet.rows[0].record
    return panels(sheet, canvas, _one) if has_cohorts else _one(sheet, canvas)


def _one(sheet: Sheet, canvas: Canvas) -> parts.Drawing:
    """Cohorts are laid on one another, oldest at the bottom; more than ten become years."""
    sheet = layered(sheet)
    if not sheet.rows:
        return parts.empty(sheet, canvas)
    chart = alt.layer(_areas(sheet, canvas), _hover(sheet)).properties(width=canvas.width, height=canvas.height)
    return parts.dressed(chart, sheet, canvas)


def layered(sheet: Sheet) -> Sheet:
    """The sheet with the layers as groups: cohorts where the records have them, else the split."""
    if not sheet.rows or "cohort" not in sheet.rows[0].record:
        return largest(sheet, add_up=True)
    cohorts = {row.record["cohort"] for row in sheet.rows}
    by_year = len(cohorts) > MAX_SERIES and all(isinstance(cohort, date) for cohort in cohorts)
    rows = _added([replace(row, group=_layer(row.record["cohort"], by_year)) for row in sheet.rows], sheet)
    order = sorted({(str(row.record["cohort"])[: 4 if by_year else None], row.group) for row in rows})
    layers = replace(sheet, rows=tuple(rows), groups=tuple(dict.fromkeys(name for _, name in order)))
    return layers if len(layers.groups) <= MAX_SERIES else largest(layers, add_up=True)


def _layer(cohort: Any, by_year: bool) -> str:
    if isinstance(cohort, date):
        return words.say("Since %(year)s", year=cohort.year) if by_year else words.period(cohort, "month")
    return "(unknown)" if cohort is None else str(cohort)


def _added(rows: list[Row], sheet: Sheet) -> list[Row]:
    together: dict[tuple[str, str], Row] = {}
    total: dict[tuple[str, str], float] = defaultdict(float)
    for row in rows:
        total[row.key, row.group] += row.value
        together[row.key, row.group] = row
    return [
        replace(row, value=total[place], text=words.amount(total[place], sheet.kind, sheet.currency))
        for place, row in together.items()
    ]


def _areas(sheet: Sheet, canvas: Canvas) -> alt.Chart:
    names = list(sheet.groups)
    ordered = bool(sheet.rows) and "cohort" in sheet.rows[0].record
    colours = spread(canvas.palette.layers, len(names)) if ordered else list(canvas.palette.series)[: len(names)]
    rank = {name: number for number, name in enumerate(names)}
    legend = parts.top_legend(parts.legend_columns(sheet.groups, canvas.width)) if len(names) > 1 else None
    chart = alt.Chart(parts.values([row.drawn(rank=rank[row.group]) for row in sheet.rows]))
    return chart.mark_area(stroke=canvas.palette.surface, strokeWidth=1, aria=False).encode(
        x=parts.x_axis(sheet, canvas.width, type="point", padding=0.1),
        y=parts.y_axis(sheet.kind, stack="zero"),
        color=alt.Color("group:N", scale=alt.Scale(domain=names, range=colours), legend=legend),
        order=alt.Order("rank:Q"),
    )


def spread(colours: tuple[str, ...], wanted: int) -> list[str]:
    """As many colours as wanted, as far apart as the row of them allows.

    >>> spread(("a", "b", "c", "d", "e"), 3)
    ['a', 'c', 'e']
    """
    last = len(colours) - 1
    return [colours[round(place * last / max(1, wanted - 1))] for place in range(wanted)]


def _hover(sheet: Sheet) -> alt.Chart:
    """Invisible bars that answer the pointer with each layer's value."""
    rank = {name: number for number, name in enumerate(sheet.groups)}
    chart = alt.Chart(parts.values([row.drawn(rank=rank[row.group], name=row.group) for row in sheet.rows]))
    return chart.mark_bar(opacity=0, width=14).encode(
        x=alt.X("key:O", sort=None),
        y=alt.Y("value:Q", stack="zero"),
        order=alt.Order("rank:Q"),
        detail="group:N",
        tooltip=parts.tooltip(len(sheet.groups) > 1),
        description="hover:N",
    )
