"""Charts of answers: as data that the page's script draws, and as pictures to keep."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Literal

from fastapi import APIRouter, Depends, Query
from starlette.responses import Response

from holdfast.web.asked import answer_of
from holdfast.web.guard import signed_in

if TYPE_CHECKING:
    from holdfast.charts.parts import Drawing
    from holdfast.metrics.result import MetricResult

from starlette.requests import Request

router = APIRouter(dependencies=[Depends(signed_in)], include_in_schema=False)
Width = Annotated[int, Query(ge=160, le=2_000)]
Height = Annotated[int, Query(ge=80, le=1_200)]
Mode = Literal["light", "dark"]


@router.get("/charts/{metric}.json")
def data(request: Request, metric: str, width: Width = 680, height: Height = 260, mode: Mode = "light") -> Response:
    """The chart as Vega-Lite has it, for the page that it stands in."""
    chart = drawing(answer_of(request, metric).result, width, height, mode, titled=False)
    return Response(json.dumps(chart.to_dict(validate=False)), media_type="application/json")


@router.get("/charts/{metric}.svg")
def as_svg(request: Request, metric: str, width: Width = 900, height: Height = 360, mode: Mode = "light") -> Response:
    """The chart as a drawing, with its title."""
    from holdfast.charts.save import svg

    chart = drawing(answer_of(request, metric).result, width, height, mode, titled=True)
    return Response(svg(chart), media_type="image/svg+xml", headers=_kept(f"{metric}.svg"))


@router.get("/charts/{metric}.png")
def as_png(request: Request, metric: str, width: Width = 900, height: Height = 360, mode: Mode = "light") -> Response:
    """The chart as a picture, with its title."""
    from holdfast.charts.save import png

    chart = drawing(answer_of(request, metric).result, width, height, mode, titled=True)
    return Response(png(chart), media_type="image/png", headers=_kept(f"{metric}.png"))


def drawing(result: MetricResult, width: int, height: int, mode: Mode, *, titled: bool) -> Drawing:
    """An answer's chart in a size and a mode."""
    from holdfast.charts import build
    from holdfast.charts.theme import Canvas

    return build(result.metric, result.arrow, result.query, Canvas(width, height, titled, mode))


def _kept(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}"'}
