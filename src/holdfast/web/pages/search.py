"""Search: accounts, metrics and pages, as a page and as the list that opens while one types."""

from __future__ import annotations

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from holdfast.web import finding
from holdfast.web.guard import signed_in
from holdfast.web.page import PLACES, company_of, page, view_of, words_of

router = APIRouter(dependencies=[Depends(signed_in)], include_in_schema=False)
LONGEST = 200


def _(sentence: str) -> str:
    return sentence


@router.get("/search")
def search(request: Request) -> Response:
    wanted = request.query_params.get("q", "").strip()[:LONGEST]
    in_part = request.query_params.get("part") == "1"
    groups = _found(request, wanted, finding.MOST_ACCOUNTS if in_part else 100) if wanted else []
    template = "search_part.html" if in_part else "search.html"
    return page(request, template, wanted=wanted, groups=[one for one in groups if one[1]])


def _found(request: Request, wanted: str, most: int) -> list[tuple[str, list[finding.Hit]]]:
    words, view = words_of(request), view_of(request)
    accounts = finding.accounts_like(finding.directory(company_of(request)), wanted)[:most]
    metrics = finding.metrics_like(wanted, words)[: most if most > finding.MOST_ACCOUNTS else finding.MOST_METRICS]
    return [
        (_("Pages"), finding.pages_like(PLACES, wanted, words)),
        (_("Accounts"), [finding.Hit(one.url, one.name, one.id if one.id != one.name else "") for one in accounts]),
        (_("Metrics"), [finding.Hit(view.url(f"/explain/{m.name}"), words.say(m.title), m.name) for m in metrics]),
    ]
