"""One account: how it stands, what is due, and its whole story on one time line."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from holdfast.metrics.condition import condition
from holdfast.web.asked import answers_of
from holdfast.web.company import Question
from holdfast.web.guard import signed_in
from holdfast.web.listed import DESK, SAID, account_path, asked_of
from holdfast.web.page import _, company_of, page, shown_of, view_of
from holdfast.web.panel import Panel
from holdfast.web.told import Told
from holdfast.workspace.account import counted_as, gather
from holdfast.workspace.due import due
from holdfast.workspace.story import KINDS, current_people, limits_of, part, since, story

if TYPE_CHECKING:
    from holdfast.workspace import Workspace

router = APIRouter(dependencies=[Depends(signed_in)], include_in_schema=False)
TITLES = {
    "contract": _("Contract"),
    "money": _("Invoices and payments"),
    "use": _("Use"),
    "people": _("People"),
    "support": _("Tickets"),
    "survey": _("Surveys"),
}


@router.get("/accounts/{account_id:path}")
def account(request: Request, account_id: str) -> Response:
    asked = asked_of(request)
    if not account_id:
        return RedirectResponse(view_of(request).url("/accounts"), 303)

    def standing(workspace: Workspace) -> tuple[str, dict[str, Any] | None, date]:
        query = workspace.accounts.question(**asked)
        counted = counted_as(workspace, account_id, query)
        return counted, workspace.accounts.one(query, counted), query.today

    counted, row, today = company_of(request).work(standing, DESK)
    if row is None:
        return page(request, "account_unknown.html", 404, account_id=account_id)
    if counted != account_id:
        return RedirectResponse(view_of(request).url(account_path(counted)), 303)
    return _shown(request, row, today)


def _shown(request: Request, row: dict[str, Any], today: date) -> Response:
    """The page of an account that there is."""
    own, begun = condition("account", "is", row["account_id"]), since(row, today)
    view = replace(view_of(request), where=(own,), segment="", by=(), grain="", start="", end="")
    asked = {**asked_of(request), "where": (own,)}
    worth = {**asked, "start": begun.isoformat()}
    used = {**asked, "start": since(row, today, weeks=True).isoformat()}
    usage = Question("account-usage", used)
    answers = answers_of(request, [Question("mrr", worth), usage, Question("limit-usage", asked_of(request))])
    facts = company_of(request).work(
        lambda workspace: gather(
            workspace, row["account_id"], workspace.accounts.question(**asked_of(request)),
            answers["account-usage"].rows,
        ),
        DESK,
    )  # fmt: skip
    kind, upto = request.query_params.get("kind", ""), _day(request.query_params.get("upto", ""))
    panels = [
        Panel(answers["mrr"], view, height=220, instead={"from": worth["start"]}),
        Panel(answers["account-usage"], view, height=220, instead={"from": used["start"]}),
    ]
    return page(
        request, "account.html", row=row, facts=facts, due=due(facts), kinds=KINDS, titles=TITLES, said=SAID,
        kind=kind if kind in KINDS else "", part=part(story(facts), kind if kind in KINDS else "", upto), upto=upto,
        people=current_people(facts), limits=limits_of(answers["limit-usage"].result.arrow, row["account_id"]),
        panels=panels, own_view=view, account_path=account_path,
        told=Told(shown_of(request)),
    )  # fmt: skip


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None
