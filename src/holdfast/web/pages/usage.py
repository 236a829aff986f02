"""Who uses the product, how often and how much, and who has stopped."""

from __future__ import annotations

from datetime import date
from typing import Any

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from holdfast.insights import foremost
from holdfast.insights.latest import last_full
from holdfast.web.controls import choices
from holdfast.web.guard import signed_in
from holdfast.web.heat import heat
from holdfast.web.page import company_of, page, shown_of, view_of
from holdfast.web.panel import Panel
from holdfast.web.panels import Wanted, figures_of, links_of, panels_of
from holdfast.web.remembered import remembered
from holdfast.web.reporting import WebQuestions
from holdfast.web.seen import seen_on, usually_counted
from holdfast.web.segments import with_segment

router = APIRouter(dependencies=[Depends(signed_in)], include_in_schema=False)
LISTED = 12


def _(sentence: str) -> str:
    return sentence


OF = {"users": _("People"), "accounts": _("Accounts")}
FALLS = (
    ("usage-frequency", "active_days", _("Used on fewer days")),
    ("usage-breadth", "rate", _("Use fewer of their features")),
    ("usage-intensity", "events_per_user", _("Do less per person")),
)

TOTALS = (
    [("active", _("Active users"))],
    [("active", _("Active accounts"))],
    [("rate", _("Stickiness"))],
    [("new", _("New")), ("resurrected", _("Came back")), ("dormant", _("Fell silent"))],
)
"""The figures at the top, of the first panels."""


@router.get("/usage")
@remembered
def usage(request: Request) -> Response:
    if not company_of(request).has("events"):
        return page(request, "usage.html", empty=True)
    usual, view = usually_counted(request), view_of(request)
    of = request.query_params.get("of") or usual
    (end, today), week_start = seen_on(request), company_of(request).settings.week_start
    full = last_full(end, today, _grain(view.grain), week_start)
    days_grain = _days_grain(view.grain)
    days = last_full(end, today, days_grain, week_start)
    active_days = {"start": days[0], "end": days[1], "by": (), "grain": days_grain}
    found = panels_of(request, [*_trends({"of": of}, active_days), *_listed(end, full)])
    totals, charts, (retention, silence, limits, mrr), falls = found[:4], found[4:9], found[9:13], found[13:]
    lists = _lists(request, silence, limits, falls, mrr)
    return page(
        request,
        "usage.html",
        empty=False,
        choices=choices(request, kept=(("of", of),) if of != usual else ()),
        of=of,
        switches=links_of(request, {usual: OF[usual], **OF}, of, "of"),
        figures=[one for panel, wanted in zip(totals, TOTALS, strict=True) for one in figures_of(panel, wanted)],
        charts=charts[:4],
        days=charts[4],
        retention=retention,
        heat=heat(retention.rows, retention.grain, "people", "retained"),
        period=full[0],
        days_period=days[0],
        **lists,
    )


def _trends(counted: dict[str, Any], active_days: dict[str, Any]) -> list[Wanted]:
    """The totals, the charts, and who came back; `counted` says whether people or accounts are."""
    return [
        *(Wanted(name, instead={"by": ()}) for name in ("active-users", "active-accounts")),
        *(Wanted(name, instead={"by": ()}, options=counted) for name in ("stickiness", "lifecycle")),
        *(Wanted(name) for name in ("active-users", "active-accounts")),
        *(Wanted(name, options=counted) for name in ("stickiness", "lifecycle")),
        Wanted("active-days", instead=active_days, options=counted),
        Wanted("usage-retention", _("Who came back"), instead={"by": ()}, options=counted),
    ]


def _listed(end: date, full: tuple[date, date]) -> list[Wanted]:
    """What lists of accounts are made of: as they are at the end, and in the last period that is over."""
    now, then = {"start": end, "end": end, "by": ()}, {"start": full[0], "end": full[1], "by": ()}
    return [
        Wanted("silence", _("Silent longest"), instead=now),
        Wanted("limit-usage", _("At or near their limits"), instead=now),
        Wanted("mrr", instead={**now, "by": ("account",)}),
        *(Wanted(name, title, instead=then) for name, _column, title in FALLS),
    ]


def _grain(given: str) -> Any:
    return given or "month"


def _days_grain(given: str) -> Any:
    """Days with use are counted in weeks or months."""
    return "week" if given in ("day", "week") else "month"


def _lists(request: Request, silence: Panel, limits: Panel, falls: list[Panel], mrr: Panel) -> dict[str, Any]:
    """The lists of accounts, with their names and what they pay."""
    paid, currency = mrr.answer.result.arrow, shown_of(request).currency
    quiet = foremost.silent(silence.answer.result.arrow, paid, currency, LISTED)
    over, near, fullest = foremost.near_limits(limits.answer.result.arrow, paid, LISTED)
    fallen = [
        (panel, column, *foremost.falls(panel.answer.result.arrow, paid, column, LISTED))
        for panel, (_name, column, _title) in zip(falls, FALLS, strict=True)
    ]
    rows = [*quiet.longest, *fullest, *(row for *_more, listed in fallen for row in listed)]
    ids = sorted({row["account"] for row in rows if row["account"] is not None})
    view = with_segment(request, view_of(request))
    return {
        "names": WebQuestions(company_of(request), view).names(ids),
        "paid": foremost.paid_by(paid, set(ids), currency),
        "silence": silence, "quiet": quiet, "silent_days": foremost.SILENT_DAYS,
        "limits": limits, "over": over, "near": near, "fullest": fullest,
        "falls": [
            {"panel": panel, "column": column, "kind": _kind(panel, column), "count": count, "rows": listed}
            for panel, column, count, listed in fallen
        ],
    }  # fmt: skip


def _kind(panel: Panel, name: str) -> str:
    return next(column.kind for column in panel.columns if column.name == name)
