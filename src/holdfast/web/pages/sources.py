"""What arrives, what became of it, and whether all of it is accounted for."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from holdfast.collector.events.status import kept
from holdfast.sources.held import held
from holdfast.sources.kept_aside import KeptFile, KeptRow, kept_files, kept_rows
from holdfast.sources.stripe.status import stripe_status
from holdfast.state import Keys
from holdfast.web.arriving import COUNTS, arriving
from holdfast.web.guard import allowed, signed_in, state_of
from holdfast.web.page import company_of, page
from holdfast.web.rejects import as_csv, columns_of

router = APIRouter(dependencies=[Depends(signed_in)], include_in_schema=False)
ASIDE = 20
FILES = 10
ROWS_OF_A_FILE = 5


@router.get("/sources")
def sources(request: Request) -> Response:
    company = company_of(request)
    data = company.data
    return page(
        request,
        "sources.html",
        counts=COUNTS,
        arriving=arriving(data, datetime.now(UTC), count=True),
        events_aside=[*kept(data, "rejected", limit=ASIDE)[::-1], *kept(data, "conflict", limit=ASIDE)[::-1]],
        files_aside=[(one, _first(request, one)) for one in kept_files(data)[:FILES]],
        held=[] if company.is_empty() else company.once(("held",), lambda workspace: held(workspace.lake)),
        stripe=stripe_status(data),
        keys=[key for key in Keys(state_of(request)).all() if key.kind == "write"],
    )


@router.get("/sources/arriving")
def now_arriving(request: Request) -> Response:
    """The part of the page that changes as events arrive."""
    found = arriving(company_of(request).data, datetime.now(UTC))
    return page(request, "parts/arriving.html", arriving=found, counts=COUNTS, alone=True)


@router.get("/sources/rejected/{name}.csv", dependencies=[Depends(allowed("analyst"))])
def rejected_rows(request: Request, name: str) -> Response:
    """The rows of an import that did not go in, each with its reason, to be put right and imported again."""
    data = company_of(request).data
    columns = columns_of(kept_rows(data, f"{name}.jsonl"))
    headers = {"Content-Disposition": f'attachment; filename="{name}.csv"'}
    lines = as_csv(columns, kept_rows(data, f"{name}.jsonl"))
    return StreamingResponse(lines, media_type="text/csv; charset=utf-8", headers=headers)


def _first(request: Request, file: KeptFile) -> list[KeptRow]:
    rows: Iterator[KeptRow] = kept_rows(company_of(request).data, file.name)
    return list(islice(rows, ROWS_OF_A_FILE))
