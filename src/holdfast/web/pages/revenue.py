"""Recurring revenue: what it is, what moves it, whom it comes from, and what is lost of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from holdfast.charts.words import is_open
from holdfast.insights.losses import losses
from holdfast.insights.since import since
from holdfast.insights.subscribers import new_and_old
from holdfast.web.asked import answers_of
from holdfast.web.compared import Asked, compared
from holdfast.web.controls import choices
from holdfast.web.currencies import by_currency
from holdfast.web.guard import signed_in
from holdfast.web.page import _, company_of, page, view_of
from holdfast.web.panel import Panel
from holdfast.web.remembered import remembered

if TYPE_CHECKING:
    from holdfast.web.company import Answer

router = APIRouter(dependencies=[Depends(signed_in)], include_in_schema=False)
WHOLE: dict[str, Any] = {"by": None}
"""What is asked of all accounts together, whatever the page is split by."""


TOO_YOUNG = _("No revenue of twelve months before to compare with.")
HEADLINES = (
    Asked(_("MRR"), "arpa", "mrr", "money"),
    Asked(_("ARR"), "arr", "arr", "money"),
    Asked(_("Revenue per account"), "arpa", "arpa", "money", _("There are no customers.")),
    Asked(_("NRR, 12 months"), "nrr", "rate", "rate", TOO_YOUNG),
    Asked(_("GRR, 12 months"), "grr", "rate", "rate", TOO_YOUNG),
    Asked(_("Lifetime value"), "ltv", "ltv", "money", _("Nobody left in the last six months.")),
)
ALONE = ("arpa", "arr", "nrr", "grr", "ltv", "revenue-by-cohort")
SPLIT = ("mrr-movements", "mrr", "quick-ratio", "customer-churn", "revenue-churn")
BASE = "existing-base-share"
MOST_PERIODS = 60


@router.get("/revenue")
@remembered
def revenue(request: Request) -> Response:
    company = company_of(request)
    if not company.has("subscription_terms"):
        return page(request, "revenue.html", empty=True)
    alone: list[tuple[str, dict[str, Any]]] = [(name, WHOLE) for name in ALONE]
    answers = answers_of(request, [*alone, (BASE, {**WHOLE, "grain": "quarter"}), *SPLIT])
    first = (view_of(request).currency or company.currency).upper()
    return page(
        request,
        "revenue.html",
        empty=False,
        choices=choices(request),
        heads=compared(HEADLINES, answers, first),
        is_open=_is_open(answers["arpa"]),
        panels=_panels(request, answers),
        net=_only(request, answers["mrr-movements"], first),
        lost=_lost(request, answers, first),
        groups=_groups(answers["revenue-by-cohort"], first),
        most=MOST_PERIODS,
    )


def _panels(request: Request, answers: dict[str, Answer]) -> dict[str, Panel]:
    view = view_of(request)
    found = {name: Panel(answers[name], view, height=220) for name in SPLIT}
    found["mrr-movements"] = Panel(answers["mrr-movements"], view, height=320)
    found[BASE] = Panel(answers[BASE], view, height=220, instead={"by": (), "grain": "quarter"})
    cohorts = answers["revenue-by-cohort"]
    found["revenue-by-cohort"] = Panel(cohorts, view, height=320, instead={"by": ()}, lines=_newest(cohorts))
    return found


def _newest(answer: Answer) -> tuple[dict[str, Any], ...]:
    """The rows of the last period: all of them would be as many as periods times cohorts."""
    rows = answer.rows
    last = max((row["period"] for row in rows), default=None)
    return tuple(row for row in rows if row["period"] == last)


def _is_open(answer: Answer) -> bool:
    last = max((row["period"] for row in answer.rows), default=None)
    return last is not None and is_open(last, answer.query.grain, answer.query.today)


def _only(request: Request, answer: Answer, first: str) -> Any:
    """What moved MRR in the last period, and where it went; null where the page is split."""
    rows = [] if view_of(request).by else next(iter(by_currency(answer.rows, first).values()), [])
    found = since(rows, "closing")
    return {"row": rows[-1], "since": found} if found and found.value is not None else None


def _lost(request: Request, answers: dict[str, Answer], first: str) -> Any:
    """Customers and revenue lost, where one currency makes them comparable and nothing is split."""
    customers, money = answers["customer-churn"], by_currency(answers["revenue-churn"].rows, first)
    if view_of(request).by or len(money) != 1:
        return None
    [rows] = money.values()
    return losses(customers.rows, rows, customers.query.grain, customers.query.today)


def _groups(answer: Answer, first: str) -> dict[str | None, Any]:
    apart = by_currency(answer.rows, first)
    return {code: list(reversed(new_and_old(rows, answer.query.grain))) for code, rows in apart.items()}
