"""The first page: what changed this month and why, where the numbers stand, and what to look at."""

from __future__ import annotations

from concurrent.futures import Future
from contextlib import suppress
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Depends
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
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
from holdfast.web.company import SHOWN_OLD, Answer, Kept
from holdfast.web.controls import choices
from holdfast.web.guard import signed_in
from holdfast.web.headlines import HEADLINES, figures, of_currency
from holdfast.web.making import patience
from holdfast.web.page import company_of, page, shown_of, view_of
from holdfast.web.panel import Panel
from holdfast.web.parts import Part, Told, arrived, begun, now
from holdfast.web.remembered import remembered
from holdfast.web.reporting import WebQuestions
from holdfast.web.seen import seen_on
from holdfast.web.segments import with_segment
from holdfast.web.words import Words

if TYPE_CHECKING:
    from holdfast.workspace import Workspace

router = APIRouter(dependencies=[Depends(signed_in)], include_in_schema=False)
PANELS = ("mrr-movements", "customer-churn", "revenue-churn", "nrr", "grr", "active-accounts")
STAY_SECONDS = 15.0
NO_DEFINITION = Definition(0, "", "", "", "")


@router.get("/")
@remembered
def overview(request: Request) -> Response:
    company, shown = company_of(request), shown_of(request)
    view = with_segment(request, view_of(request))
    months, currency = _months(request), shown.currency
    this_month = months.last.replace(day=1)
    names = tuple(dict.fromkeys((*PANELS, *(headline.metric for headline in HEADLINES))))
    year = {"start": months.first, "end": months.last, "grain": "month"}
    chosen = {} if view.start or view.end or view.grain else year
    asked = {name: question_of(request, name, **chosen) for name in names}
    monthly = {name: question_of(request, name, **year) for name in names}
    questions = WebQuestions(company, view)
    with suppress(HTTPException):  # then the page asks for it again
        _published(questions, months.month)
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
        published=_as_far_as_known(request, questions, months.month),
        others=_other_currencies(answers["mrr"], currency),
    )


def _months(request: Request) -> Range:
    """Twelve months up to the last one that is over, and the open one; those up to the end of the range, where that is
    before.
    """
    end, today = seen_on(request)
    over = add_months((end + timedelta(days=1)).replace(day=1), -1)
    return Range.of(over if end < today.replace(day=1) else None, today)


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


@router.get("/overview/published")
async def published(request: Request) -> Response:
    """The published figures, for the page that they stand in."""
    company = company_of(request)
    view = await run_in_threadpool(lambda: with_segment(request, view_of(request)))
    under_way = await run_in_threadpool(lambda: _published(WebQuestions(company, view), _months(request).month))
    done = await arrived(under_way, STAY_SECONDS)
    return await run_in_threadpool(lambda: page(request, "published_part.html", part=_part(request, done)))


def _published(questions: WebQuestions, month: date) -> Future[Kept]:
    """Published figures beside the own, where definition, period and segment are alike.

    Raises `HTTPException` where so much is being computed that this has to wait.
    """
    key = ("benchmarks", month, questions.policy, questions.currency, questions.as_of)

    def alike(workspace: Workspace) -> list[Any]:
        return [one for one in beside.compared(questions.of(workspace), month) if one.compared]

    return begun(lambda: questions.company.study(key, alike))


def _as_far_as_known(request: Request, questions: WebQuestions, month: date) -> Part:
    """They stand below everything else, and no browser waits for them."""
    done = Told()
    with suppress(HTTPException):
        done = now(_published(questions, month), None if patience(request) is None else 0)
    if done.value is None:
        SHOWN_OLD.set(True)
    return _part(request, done)


def _part(request: Request, done: Told) -> Part:
    return Part.of("published", done, view_of(request).url("/overview/published"))


def _other_currencies(mrr: Answer, currency: str) -> list[str]:
    return sorted({row["currency"] for row in mrr.rows if row.get("currency") not in (None, currency)})
