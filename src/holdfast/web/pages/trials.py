"""How trials go: how many pay, after how long, how long they stay, and how far newcomers come."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from holdfast.insights.latest import beside_before, full_of, full_pair, last_two, over_range
from holdfast.metrics.policy import SWITCHES
from holdfast.metrics.steps import quoted, steps_of
from holdfast.web.controls import choices
from holdfast.web.guard import signed_in
from holdfast.web.page import company_of, page, view_of
from holdfast.web.panel import Panel
from holdfast.web.panels import Figure, Wanted, figures_of, panels_of
from holdfast.web.remembered import remembered
from holdfast.web.seen import seen_on
from holdfast.web.view import LONGEST

if TYPE_CHECKING:
    from holdfast.metrics.query import Grain

router = APIRouter(dependencies=[Depends(signed_in)], include_in_schema=False)
SWITCH = "trial_conversion"
ALONE = {"by": ()}


def _(sentence: str) -> str:
    return sentence


MEANINGS = {
    "by-start": _("Of the trials that began in the period, those that ever paid"),
    "by-end": _("Of the trials that ended in the period, those that paid"),
    "by-new": _("Payments after a trial in the period, over trials that began in it"),
}


@router.get("/trials")
@remembered
def trials(request: Request) -> Response:
    company, view = company_of(request), view_of(request)
    has_trials, has_events = company.has("trials"), company.has("events")
    steps = _steps(request)
    shown: dict[str, Any] = {"has_trials": has_trials, "has_events": has_events, "steps": steps}
    if has_trials:
        shown |= _of_trials(request)
    if has_events:
        shown |= _of_newcomers(request, steps)
    kept = tuple((name, request.query_params[name]) for name in ("set", "steps") if request.query_params.get(name))
    return page(request, "trials.html", choices=choices(request, kept=kept), keep=view.pairs(), **shown)


def _of_trials(request: Request) -> dict[str, Any]:
    view = view_of(request)
    ways = [Wanted("trial-conversion", instead=ALONE, switch=(SWITCH, way)) for way in SWITCHES[SWITCH].values]
    conversion, by_card, to_convert, stay, plain, days, *found = panels_of(
        request,
        [
            Wanted("trial-conversion"),
            Wanted("trial-conversion", _("By whether a card was asked for"), instead={"by": ("card_required",)}),
            Wanted("trial-time-to-convert"),
            Wanted("trial-stay", instead={**ALONE, **({} if view.start else {"start": "", "end": ""})}),
            Wanted("trial-conversion", instead=ALONE),
            Wanted("trial-time-to-convert", instead=ALONE),
            *ways,
        ],
    )
    return {
        "conversion": conversion,
        "by_card": by_card,
        "to_convert": to_convert,
        "stay": stay,
        "figures": _figures(plain, days),
        "period": full_of(plain.answer.query),
        "ways": [_way(request, panel) for panel in found],
        "way": conversion.answer.query.policy[SWITCH],
        "open": over_range(plain.rows, "open"),
    }


def _figures(conversion: Panel, days: Panel) -> list[Figure]:
    return [
        *figures_of(conversion, [("rate", _("Trials that paid")), ("trials", _("Trials")), ("open", _("Still open"))]),
        *figures_of(days, [("median_days", _("Days to the first payment, median"))]),
    ]


def _way(request: Request, panel: Panel) -> dict[str, Any]:
    """One of the definitions, with what it comes to in the last period that is over."""
    way = panel.answer.query.policy[SWITCH]
    address = view_of(request).url("/trials", set=f"{SWITCH}={way}", steps=request.query_params.get("steps", ""))
    return {"way": way, "meaning": MEANINGS[way], "row": full_pair(panel.rows, panel.answer.query)[0],
            "address": address, "explain": panel.explain_url}  # fmt: skip


def _steps(request: Request) -> list[str]:
    """The steps of the checklist and the funnel: as the address names them, else the company's own."""
    given = request.query_params.get("steps", "").strip()[:LONGEST]
    return steps_of(given) if given else list(company_of(request).settings.onboarding)


def _of_newcomers(request: Request, steps: list[str]) -> dict[str, Any]:
    (end, today), grain = seen_on(request), cast("Grain", view_of(request).grain or "month")
    start, last = last_two(end, today, grain, company_of(request).settings.week_start)
    two = {**ALONE, "start": start, "end": last}
    value, *found = panels_of(
        request,
        [
            Wanted("time-to-value"),
            *([Wanted("onboarding", instead=two)] if steps else []),
            *([Wanted("funnel", instead=two, options={"steps": ", ".join(map(quoted, steps))})] if steps else []),
        ],
    )
    return {
        "value": value,
        "written": ", ".join(map(quoted, steps)),
        "checklist": _by_step(found[0]) if found else None,
        "funnel": _by_step(found[1]) if found else None,
    }


def _by_step(panel: Panel) -> dict[str, Any]:
    query = panel.answer.query
    return {"panel": panel, "rows": beside_before(panel.rows, query, "step"), "period": full_of(query)}
