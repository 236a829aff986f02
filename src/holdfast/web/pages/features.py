"""Which features accounts use of those that they have, and what became of those who use them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from holdfast.charts import sparkline
from holdfast.insights.adoption import adoptions, associations, widest
from holdfast.insights.latest import full_of
from holdfast.web.controls import choices
from holdfast.web.guard import signed_in
from holdfast.web.page import company_of, page
from holdfast.web.panel import Panel
from holdfast.web.panels import Wanted, links_of, panels_of
from holdfast.web.remembered import remembered

router = APIRouter(dependencies=[Depends(signed_in)], include_in_schema=False)


def _(sentence: str) -> str:
    return sentence


OF = {"accounts": _("Accounts"), "users": _("People")}
OUTCOMES = (
    ("stay", _("Customers who stayed"), _("No customer is known from before the range, or none used a feature.")),
    ("conversion", _("Trials that paid"), _("No trial began in the range, or none used a feature.")),
)


@router.get("/features")
@remembered
def features(request: Request) -> Response:
    if not company_of(request).has("events"):
        return page(request, "features.html", empty=True)
    of = request.query_params.get("of") or next(iter(OF))
    adoption, association = panels_of(
        request,
        [
            Wanted("feature-adoption", height=320, instead={"by": ()}, options={"of": of}),
            Wanted("feature-association", instead={"by": ()}),
        ],
    )
    used = adoptions(adoption.rows, adoption.answer.query)
    return page(
        request,
        "features.html",
        empty=False,
        choices=replace(choices(request, kept=(("of", of),) if of != "accounts" else ()), splits=()),
        of=of,
        switches=links_of(request, OF, of, "of"),
        adoption=adoption,
        trend=replace(adoption, title=_("How adoption moved")),
        period=full_of(adoption.answer.query),
        used=[(one, sparkline.points(one.rates)) for one in used],
        association=association,
        outcomes=[_outcome(association, *one) for one in OUTCOMES],
    )


def _outcome(panel: Panel, outcome: str, title: str, nothing: str) -> dict[str, Any]:
    found = associations(panel.rows, outcome)
    return {"title": title, "nothing": nothing, "rows": found, "reach": widest(found)}
