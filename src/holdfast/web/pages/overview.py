"""The first page: what changed this month, and what to look at."""

from __future__ import annotations

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from holdfast.web.asked import answer_of
from holdfast.web.controls import choices
from holdfast.web.guard import signed_in
from holdfast.web.page import company_of, page, view_of
from holdfast.web.panel import Panel

router = APIRouter(dependencies=[Depends(signed_in)], include_in_schema=False)


@router.get("/")
def overview(request: Request) -> Response:
    view, names = view_of(request), ("mrr-movements", "customer-churn", "revenue-churn", "nrr")
    panels = [Panel(answer_of(request, name), view) for name in names]
    month = company_of(request).today
    return page(
        request, "overview.html", choices=choices(request), panels=panels, figures=[], month=month, currency=None
    )
