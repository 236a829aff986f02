"""Who stays: cohorts over their age, in accounts and in revenue, and when in their life customers leave."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from holdfast.charts.hazard import peak_of
from holdfast.insights.carriers import Carried, carriers, diverging, of_cohorts
from holdfast.insights.cohort_trend import cohort_trend
from holdfast.web.asked import answer_of, answers_of
from holdfast.web.controls import choices
from holdfast.web.currencies import by_currency
from holdfast.web.guard import signed_in
from holdfast.web.heat import Heat, heat
from holdfast.web.page import company_of, page, view_of
from holdfast.web.panel import Panel
from holdfast.web.remembered import remembered
from holdfast.web.segments import with_segment
from holdfast.web.view import LONGEST

if TYPE_CHECKING:
    from holdfast.web.company import Answer

router = APIRouter(dependencies=[Depends(signed_in)], include_in_schema=False)
WHOLE: dict[str, Any] = {"by": None}
MONTHLY: dict[str, Any] = {"cohort_by": None, "grain": "month"}
TRENDS = ("second-month-retention", "annual-retention")
PANELS: dict[str, dict[str, Any]] = {
    "second-month-retention": MONTHLY,
    "annual-retention": {**MONTHLY, "start": None},
    "churn-by-tenure": MONTHLY,
}
"""What is asked of them. A cohort is judged by the year after a year: that one begins as early as the metric does."""
MOST_DIVERGING = 6
FEW = 30
"""A peak among fewer accounts may be chance: then the one among months that more accounts reached is named, too."""


@dataclass(frozen=True)
class Seen:
    """How the cohorts are to be seen, as the address says."""

    tab: str = ""
    counts: str = ""
    cohort_by: str = ""

    @classmethod
    def of(cls, request: Request) -> Seen:
        given = request.query_params
        return cls(
            "revenue" if given.get("tab") == "revenue" else "",
            "1" if given.get("counts") == "1" else "",
            given.get("cohort_by", "").strip()[:LONGEST],
        )

    @property
    def metric(self) -> str:
        return "cohort-revenue" if self.tab else "cohort-retention"

    @property
    def columns(self) -> tuple[str, str]:
        """What a cohort began with, and what of it is kept."""
        return ("start_mrr", "mrr") if self.tab else ("accounts", "retained")

    def pairs(self, **change: str) -> dict[str, str]:
        """What the address is made of, by name; `change` replaces some."""
        return {"tab": self.tab, "counts": self.counts, "cohort_by": self.cohort_by, **change}


@router.get("/retention")
@remembered
def retention(request: Request) -> Response:
    company, view, seen = company_of(request), view_of(request), Seen.of(request)
    if not company.has("subscription_terms"):
        return page(request, "retention.html", empty=True)
    first = (view.currency or company.currency).upper()
    trends = [(name, {**instead, **WHOLE}) for name, instead in PANELS.items()]
    answers = answers_of(request, [(seen.metric, WHOLE), ("cohort-divergence", _divergence(request)), *trends])
    split = answers_of(request, list(PANELS.items())) if view.by else answers
    kept = tuple((name, value) for name, value in seen.pairs().items() if value)
    return page(
        request,
        "retention.html",
        empty=False,
        choices=choices(request, kept=kept),
        seen=seen,
        heats=_heats(answers[seen.metric], seen, first),
        cohorts=Panel(answers[seen.metric], view, instead={"by": (), "cohort_by": seen.cohort_by}),
        cohort_url=lambda condition: view.url("/accounts", where=(*view.where, condition), by=()),
        panels=_panels(request, split),
        trends={name: cohort_trend(answers[name].rows) for name in TRENDS},
        peak=peak_of(answers["churn-by-tenure"].rows),
        firm=peak_of([row for row in answers["churn-by-tenure"].rows if row["at_risk"] >= FEW]),
        few=FEW,
        **_carried(request, answers["cohort-divergence"], first),
    )


def _heats(answer: Answer, seen: Seen, first: str) -> dict[str | None, Heat]:
    """The triangle of each currency; one where accounts are counted."""
    apart = by_currency(answer.rows, first)
    found = {code: heat(rows, answer.query.grain, *seen.columns, seen.cohort_by) for code, rows in apart.items()}
    return {code: one for code, one in found.items() if one is not None}


def _panels(request: Request, answers: dict[str, Answer]) -> dict[str, Panel]:
    view = view_of(request)
    instead: dict[str, dict[str, Any]] = {name: {"grain": "month"} for name in PANELS}
    instead["annual-retention"]["start"] = ""
    return {name: Panel(answers[name], view, height=220, instead=instead[name]) for name in PANELS}


# cohorts that grow while they lose accounts


def _divergence(request: Request) -> dict[str, Any]:
    grain = view_of(request).grain
    return {**WHOLE, "cohort_by": None, "grain": grain if grain in ("month", "quarter", "year") else "month"}


def _carried(request: Request, answer: Answer, first: str) -> dict[str, Any]:
    """The cohorts that grow on fewer accounts, the first few with the accounts that carry them, by name."""
    every = diverging(answer.rows, first)
    shown = _with_carriers(request, every[:MOST_DIVERGING], answer)
    ids = [one.account for cohort in shown for one in cohort.carriers]
    return {
        "divergence": Panel(answer, view_of(request), instead={"by": (), "grain": answer.query.grain}),
        "diverging": shown,
        "diverging_count": len(every),
        "cohort_count": len(answer.rows),
        "names": _names(request, ids, answer) if ids else {},
    }


def _names(request: Request, ids: list[str], answer: Answer) -> dict[str, str]:
    key = ("account names", *ids, answer.query.as_of)
    return company_of(request).once(key, lambda workspace: workspace.account_names(ids, answer.query))


def _with_carriers(request: Request, cohorts: list[Carried], answer: Answer) -> list[Carried]:
    if not cohorts:
        return []
    view, last = with_segment(request, view_of(request)), min(answer.query.end, answer.query.today).isoformat()
    found = answer_of(
        request, "mrr", cohort_by=None, by=("cohort", "account"), start=last, end=last, grain="day",
        where=(*view.where, *view.meant, of_cohorts(cohorts)),
    )  # fmt: skip
    rows = found.rows
    return [replace(cohort, carriers=carriers(cohort, rows)) for cohort in cohorts]
