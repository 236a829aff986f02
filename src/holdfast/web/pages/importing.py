"""Importing a file: it is looked at, how it is understood can be corrected, and then it runs."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Depends
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from holdfast.errors import HoldfastError
from holdfast.sources import drafts
from holdfast.sources.drafted import Wanted, state_of
from holdfast.sources.export_kinds import EXPORT_KINDS
from holdfast.sources.kinds import KINDS
from holdfast.sources.mapping import check_required, map_columns
from holdfast.sources.preview import Preview, preview
from holdfast.state import Audit
from holdfast.web import importing
from holdfast.web.guard import allowed, in_person, person_of
from holdfast.web.guard import state_of as the_state
from holdfast.web.page import company_of, page, words_of
from holdfast.web.receiving import TooMuch, file_in, form_of

router = APIRouter(
    prefix="/import", dependencies=[Depends(in_person), Depends(allowed("analyst"))], include_in_schema=False
)
MARKS = {"point": ".", "comma": ","}
ORDERS = ("day-first", "month-first")


@router.get("")
def choose(request: Request) -> Response:
    return page(request, "import/choose.html", problem=None)


@router.post("")
async def upload(request: Request) -> Response:
    """Keep the file that was chosen, and show how it is understood."""
    data = company_of(request).data
    say = words_of(request).say
    try:
        form = await form_of(request, drafts.LARGEST)
    except TooMuch:
        return await _refused(request, 413, say("The file is larger than 200 MB. Split it, or use holdfast import."))
    file = file_in(form)
    if file is None:
        return await _refused(request, 400, say("Choose a file first."))
    draft = await run_in_threadpool(drafts.keep, data, file.filename or "", file.file)
    await form.close()
    return RedirectResponse(f"/import/{draft.id}", 303)


async def _refused(request: Request, status: int, problem: str) -> Response:
    return await run_in_threadpool(page, request, "import/choose.html", status, problem=problem)


@router.get("/{draft_id}")
def look(request: Request, draft_id: str, kind: str = "") -> Response:
    """The file and how it is understood; while it is imported, how far that is; and then what came of it."""
    draft = drafts.found(company_of(request).data, draft_id)
    state = state_of(draft)
    if state["stage"] in ("running", "done"):
        return page(request, "import/result.html", draft=draft, state=state)
    try:
        found = preview(draft.path, kind or state.get("wanted", {}).get("kind", ""), draft.name)
    except HoldfastError as error:
        drafts.remove(draft)
        return page(request, "import/choose.html", 400, problem=_plain(error, draft))
    problem = state.get("message", "").replace(str(draft.path), draft.name) if not kind else None
    before = Wanted(**state["wanted"]) if "wanted" in state else None
    wanted = before if before is not None and before.kind == found.kind.name else _guessed(found)
    return _shown(request, draft, found, wanted, problem)


@router.get("/{draft_id}/progress")
def progress(request: Request, draft_id: str) -> Response:
    """The part of the page that changes while the import runs."""
    draft = drafts.found(company_of(request).data, draft_id)
    return page(request, "import/progress.html", draft=draft, state=state_of(draft))


@router.post("/{draft_id}")
async def begin(request: Request, draft_id: str) -> Response:
    """Import the file as the form says."""
    form = await request.form(max_files=0, max_fields=200)
    return await run_in_threadpool(_begun, request, draft_id, form)


def _begun(request: Request, draft_id: str, form: FormData) -> Response:
    data = company_of(request).data
    draft, person = drafts.found(data, draft_id), person_of(request)
    if state_of(draft)["stage"] not in ("draft", "failed"):
        return RedirectResponse(f"/import/{draft.id}", 303)
    found = preview(draft.path, str(form.get("kind", "")), draft.name)
    wanted = wanted_of(found, form)
    try:
        mapped = map_columns(found.kind, list(found.columns), wanted.mapping, draft.name)
        check_required(found.kind, mapped, wanted.defaults, list(found.columns), draft.name)
    except HoldfastError as error:
        return _shown(request, draft, found, wanted, _plain(error, draft), 400)
    importing.start(data, draft, wanted)
    Audit(the_state(request)).note(person.id if person else "", "imported a file", f"{wanted.kind}: {draft.name}")
    return RedirectResponse(f"/import/{draft.id}", 303)


@router.post("/{draft_id}/remove")
def remove(request: Request, draft_id: str) -> Response:
    draft = drafts.found(company_of(request).data, draft_id)
    if state_of(draft)["stage"] != "running":
        drafts.remove(draft)
    return RedirectResponse("/import", 303)


def wanted_of(found: Preview, form: FormData) -> Wanted:
    """What a form says of the columns of a file and how its values are written."""
    text = {name: str(value).strip() for name, value in form.multi_items()}
    names = found.kind.names
    order = text.get("dates", "")
    return Wanted(
        kind=found.kind.name,
        mapping={name: text[f"map-{name}"] for name in names if f"map-{name}" in text},
        defaults={name: text[f"default-{name}"] for name in names if text.get(f"default-{name}")},
        source=text.get("source") or None,
        minor_units=bool(text.get("minor-units")),
        date_order=order if order in ORDERS else None,  # type: ignore[arg-type]
        decimal_mark=MARKS.get(text.get("decimal", "")),  # type: ignore[arg-type]
    )


def _guessed(found: Preview) -> Wanted:
    return Wanted(found.kind.name, dict(found.mapped.columns), minor_units=found.kind.minor_units)


def _plain(error: HoldfastError, draft: drafts.Draft) -> str:
    """What is wrong, without the place that the file has here."""
    return error.message.replace(str(draft.path), draft.name)


def _shown(
    request: Request, draft: drafts.Draft, found: Preview, wanted: Wanted, problem: str | None, status: int = 200
) -> Response:
    known: dict[str, Any] = {
        "draft": draft, "found": found, "wanted": wanted, "problem": problem, "kinds": KINDS.values(),
        "exports": EXPORT_KINDS.values(),
    }  # fmt: skip
    return page(request, "import/map.html", status, **known)
