"""Charts of answers: as data that the page's script draws, and as pictures to keep."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Literal

from fastapi import APIRouter, Depends, Query
from starlette.responses import Response

from holdfast.metrics.policy import unknown
from holdfast.web.asked import answer_of
from holdfast.web.guard import signed_in
from holdfast.web.page import words_of

if TYPE_CHECKING:
    from holdfast.charts.parts import Drawing
    from holdfast.metrics.registry import Metric
    from holdfast.metrics.result import MetricResult

from starlette.requests import Request

router = APIRouter(dependencies=[Depends(signed_in)], include_in_schema=False)
Width = Annotated[int, Query(ge=160, le=2_000)]
Height = Annotated[int, Query(ge=80, le=1_200)]
Mode = Literal["light", "dark"]
Column = Annotated[str, Query(max_length=80)]
FIGURES = ("money", "count", "rate", "number")


@router.get("/charts/{metric}.json")
def data(
    request: Request, metric: str, width: Width = 680, height: Height = 260, mode: Mode = "light", column: Column = ""
) -> Response:
    """The chart as Vega-Lite has it, for the page that it stands in."""
    from holdfast.charts.words import marks, spoken

    with spoken(words_of(request)):
        chart = drawing(answer_of(request, metric).result, width, height, mode, titled=False, column=column)
        drawn = chart.to_dict(validate=False)
        thousands, decimal = marks()
    written = {"decimal": decimal, "thousands": thousands, "grouping": [3], "currency": ["", ""]}
    drawn.setdefault("config", {})["locale"] = {"number": written}
    return Response(json.dumps(drawn), media_type="application/json")


@router.get("/charts/{metric}.svg")
def as_svg(
    request: Request, metric: str, width: Width = 900, height: Height = 360, mode: Mode = "light", column: Column = ""
) -> Response:
    """The chart as a drawing, with its title."""
    from holdfast.charts.save import svg
    from holdfast.charts.words import spoken

    with spoken(words_of(request)):
        chart = drawing(answer_of(request, metric).result, width, height, mode, titled=True, column=column)
    return Response(svg(chart), media_type="image/svg+xml", headers=_kept(f"{metric}.svg"))


@router.get("/charts/{metric}.png")
def as_png(
    request: Request, metric: str, width: Width = 900, height: Height = 360, mode: Mode = "light", column: Column = ""
) -> Response:
    """The chart as a picture, with its title."""
    from holdfast.charts.save import png
    from holdfast.charts.words import spoken

    with spoken(words_of(request)):
        chart = drawing(answer_of(request, metric).result, width, height, mode, titled=True, column=column)
    return Response(png(chart), media_type="image/png", headers=_kept(f"{metric}.png"))


def drawing(result: MetricResult, width: int, height: int, mode: Mode, *, titled: bool, column: str = "") -> Drawing:
    """An answer's chart in a size and a mode; of one column, where it is named."""
    from holdfast.charts import build
    from holdfast.charts.theme import Canvas

    return build(of_column(result.metric, column), result.arrow, result.query, Canvas(width, height, titled, mode))


def of_column(metric: Metric, column: str) -> Metric:
    """The metric as one that draws another of its figures. Raises `UnknownName` where it has no such figure."""
    if not column:
        return metric
    figures = {one.name: one.meaning for one in metric.columns if one.kind in FIGURES}
    if column not in figures:
        raise unknown("figure", column, figures)
    title = figures[column].partition(";")[0]
    return replace(metric, chart=replace(metric.chart, y=(column,), title=title[:1].upper() + title[1:]))


def _kept(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}"'}
