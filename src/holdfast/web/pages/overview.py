"""The first page: what changed this month and why, where the numbers stand, and what to look at."""

from __future__ import annotations

from datetime import date
from typing import Any

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from holdfast.charts.words import spoken
from holdfast.facts.days import add_months
from holdfast.report import beside, changes, cohorts
from holdfast.report.ask import records
from holdfast.report.build import Range
from holdfast.report.model import Changes, Definition
from holdfast.web import sentences
from holdfast.web.asked import question_of
from holdfast.web.company import Answer
from holdfast.web.controls import choices
from holdfast.web.guard import signed_in
from holdfast.web.headlines import HEADLINES, figures, of_currency
from holdfast.web.page import company_of, page, shown_of, view_of
from holdfast.web.panel import Panel
from holdfast.web.remembered import remembered
from holdfast.web.reporting import WebQuestions
from holdfast.web.segments import with_segment
from holdfast.web.words import Words

router = APIRouter(dependencies=[Depends(signed_in)], include_in_schema=False)
PANELS = ("mrr-movements", "customer-churn", "revenue-churn", "nrr", "grr", "active-accounts")
NO_DEFINITION = Definition(0, "", "", "", "")


@router.get("/")
@remembered
def overview(request: Request) -> Response:
    company, shown = company_of(request), shown_of(request)
    view = with_segment(request, view_of(request))
    months, currency = Range.of(None, company.today), shown.currency
    this_month = months.last.replace(day=1)
    names = tuple(dict.fromkeys((*PANELS, *(headline.metric for headline in HEADLINES))))
    year = {"start": months.first, "end": months.last, "grain": "month"}
    chosen = {} if view.start or view.end or view.grain else year
    asked = {name: question_of(request, name, **chosen) for name in names}
    monthly = {name: question_of(request, name, **year) for name in names}
    questions = WebQuestions(company, view)
    company.answers([*asked.values(), *monthly.values(), *_cohorts(questions, months)])
    charted = dict(zip(asked, company.answers(list(asked.values())), strict=True))
    answers = dict(zip(monthly, company.answers(list(monthly.values())), strict=True))
    told = [_told(questions, answers, when, months, currency) for when in dict.fromkeys((this_month, months.month))]
    return page(
        request,
        "overview.html",
        choices=choices(request),
        currency=currency,
        figures=figures(answers, months.month, this_month, currency),
        told=[_said(request, *one, currency) for one in told if one is not None],
        panels={name: Panel(charted[name], view) for name in PANELS},
        looks=_looks(questions, months, shown.words),
        benchmarks=_benchmarks(request, questions, months.month),
        others=_other_currencies(answers["mrr"], currency),
    )


def _cohorts(questions: WebQuestions, months: Range) -> list[Any]:
    return [
        questions.question("cohort-retention", add_months(months.month, -12), months.closed),
        questions.question("cohort-divergence", months.first, months.closed),
    ]


def _looks(questions: WebQuestions, months: Range, told: Words) -> tuple[Any, ...]:
    """Cohorts that are worth a closer look."""
    retention, divergence = questions.company.answers(_cohorts(questions, months))
    with spoken(told):
        return cohorts.worth_a_look(records(retention.result), records(divergence.result))


def _told(
    questions: WebQuestions, answers: dict[str, Answer], month: date, months: Range, currency: str
) -> tuple[date, bool, Changes, changes.Gist] | None:
    """A month's movements beside those of the month before, and whose they were; null where nothing is known of it."""
    rows = of_currency(answers["mrr-movements"].rows, currency)
    now, then = (next((row for row in rows if row["period"] == when), {}) for when in (month, add_months(month, -1)))
    if not now:
        return None
    end = months.closed if month == months.month else months.last
    moved = changes.movers(questions, month, end, (currency,))
    found = changes.changes(currency, month, rows, moved, NO_DEFINITION)
    return month, month != months.month, found, changes.gist(now, then)


def _said(
    request: Request, month: date, is_open: bool, found: Changes, gist: changes.Gist, currency: str
) -> dict[str, Any]:
    shown = shown_of(request)
    said = [sentences.net(shown, gist, currency)]
    if not is_open:
        said += [sentences.before(shown, gist, month, currency), sentences.why(shown, gist, month, currency)]
    said.append(sentences.largest(shown, found, currency))
    return {"month": month, "open": is_open, "says": " ".join(one for one in said if one), "moved": found.moved}


def _benchmarks(request: Request, questions: WebQuestions, month: date) -> list[Any]:
    """The published figures that stand beside an own one."""
    key = ("benchmarks", month, questions.policy, questions.currency, questions.as_of)
    found = company_of(request).once(key, lambda workspace: beside.compared(questions.of(workspace), month))
    return [one for one in found if one.compared]


def _other_currencies(mrr: Answer, currency: str) -> list[str]:
    return sorted({row["currency"] for row in mrr.rows if row.get("currency") not in (None, currency)})
