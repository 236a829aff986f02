"""The list of accounts: found, filtered, put in order, kept as a file; and the segments that are saved from it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Query
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse

from holdfast.metrics.condition import TESTS, condition
from holdfast.report import workbook
from holdfast.web.controls import choices
from holdfast.web.guard import Person, allowed, signed_in
from holdfast.web.listed import (
    NO_COLUMNS,
    SAID,
    AccountsView,
    account_path,
    accounts_view,
    every_row,
    has_accounts,
    headings,
    known_attributes,
    listed,
)
from holdfast.web.page import page, shown_of, view_of
from holdfast.web.remembered import remembered
from holdfast.web.told import Told
from holdfast.workspace.listing import STATUSES

router = APIRouter(dependencies=[Depends(signed_in)], include_in_schema=False)
OWN = ("plan", "product", "currency", "cohort")
"""What accounts can be filtered on beside their attributes."""
Text = Annotated[str, Query(max_length=2_000)]
Given = Annotated[str, Form(max_length=200)]
Success = Annotated[Person, Depends(allowed("success"))]


@router.get("/accounts")
def accounts(request: Request, field: Text = "", test: Text = "is", value: Text = "") -> Response:
    if field and has_accounts(request):
        shown = accounts_view(request, known_attributes(request))
        where = tuple(dict.fromkeys((*shown.view.where, condition(field, test, value))))
        return RedirectResponse(shown.url(view=replace(shown.view, where=where)), 303)
    return the_list(request)


@remembered
def the_list(request: Request) -> Response:
    """The page of accounts, as its address asks for it."""
    if not has_accounts(request):
        return page(request, "accounts_none.html")
    known = known_attributes(request)
    shown = accounts_view(request, known)
    found = listed(request, shown)
    return page(
        request, "accounts.html", shown_list=shown, found=found, headings=headings(shown), known=known, own=OWN,
        tests=tuple(TESTS), statuses=STATUSES, said=SAID, account_path=account_path, choices=choices(request),
        no_columns=NO_COLUMNS, told=Told(shown_of(request)),
    )  # fmt: skip


# files


@router.get("/accounts.csv")
def as_csv(request: Request) -> Response:
    """The list as comma-separated values: everything that is found, not only the page."""
    shown = accounts_view(request, known_attributes(request))
    titles, rows = _titles(shown), every_row(request, shown)
    lines = workbook.csv_lines([title for title, _kind in titles], (_cells(row, shown) for row in rows))
    return StreamingResponse(lines, media_type="text/csv; charset=utf-8", headers=_kept("accounts.csv"))


@router.get("/accounts.xlsx")
def as_xlsx(request: Request) -> Response:
    """The list as a workbook."""
    shown = accounts_view(request, known_attributes(request))
    heads = [workbook.Heading(title, kind) for title, kind in _titles(shown)]
    with TemporaryDirectory() as folder:
        path = Path(folder) / "accounts.xlsx"
        with workbook.Workbook(path) as book:
            book.sheet("Accounts", heads, (_cells(row, shown) for row in every_row(request, shown)))
        content = path.read_bytes()
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    return Response(content, media_type=kind, headers=_kept("accounts.xlsx"))


COLUMNS = (
    ("account", "text", "account_id"), ("name", "text", "name"), ("plan", "text", "plan"), ("mrr", "money", "mrr"),
    ("currency", "text", "currency"), ("customer_since", "day", "first_day"), ("status", "text", "status"),
    ("last_use", "day", "last_day"), ("renewal", "day", "renewal_day"),
)  # fmt: skip


def _titles(shown: AccountsView) -> list[tuple[str, str]]:
    own = [(title, kind) for title, kind, _column in COLUMNS]
    return own + [(name, "text") for name in shown.listing.columns]


def _cells(row: dict[str, Any], shown: AccountsView) -> list[Any]:
    return [row[column] for *_title, column in COLUMNS] + [row["attributes"][name] for name in shown.listing.columns]


def _kept(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}"'}


# segments


@router.post("/segments")
def save(request: Request, person: Success, name: Given = "") -> Response:
    """Keep the conditions of the address under a name, where they can be asked."""
    shown = accounts_view(request, known_attributes(request))
    listed(request, shown)
    made = request.app.state.segments.create(name, shown.listing.where, person.id)
    return RedirectResponse(shown.url(view=replace(shown.view, where=(), segment=made.name)), 303)


@router.post("/segments/rename")
def give_name(request: Request, person: Success, segment: Given = "", name: Given = "") -> Response:
    segments = request.app.state.segments
    known = segments.get(segment)
    made = segments.change(known.id, name, known.conditions, person.id)
    return RedirectResponse(view_of(request).url("/accounts", segment=made.name), 303)


@router.post("/segments/delete")
def delete(request: Request, person: Success, segment: Given = "") -> Response:
    request.app.state.segments.delete(segment, person.id)
    return RedirectResponse(view_of(request).url("/accounts", segment=""), 303)
