"""/api/v1/sources and /api/v1/events: what arrives, as it arrives, and what did not go in."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from starlette.requests import Request
from starlette.responses import Response

from holdfast.collector.events.status import arrivals, kept, latest
from holdfast.errors import InputError
from holdfast.web.api import models
from holdfast.web.api.answering import ERRORS, answered
from holdfast.web.guard import signed_in
from holdfast.web.page import company_of

router = APIRouter(prefix="/api/v1", dependencies=[Depends(signed_in)], tags=["Sources"], responses=ERRORS)
Source = Annotated[str | None, Query(description="only what this source sent", max_length=200)]
Limit = Annotated[int, Query(ge=1, le=1_000)]
BEGINNING = "0.-1"


@router.get("/sources", response_model=models.SourceList)
def sources(
    request: Request,
    count: Annotated[bool, Query(description="also count what the lake holds of each")] = False,
) -> Response:
    """List the sources of events: what each sent, what became of it, and whether all of it is accounted for."""
    return answered(arrivals(company_of(request).data, count=count).to_json())


@router.get("/sources/rejected", response_model=models.RejectedList)
def rejected(request: Request, source: Source = None, limit: Limit = 100) -> Response:
    """List the latest events that did not go in, why, and as they were sent."""
    data = company_of(request).data
    found = [one for outcome in ("rejected", "conflict") for one in kept(data, outcome, source=source, limit=limit)]
    return answered({"events": [one.to_json() for one in found]})


@router.get("/events/tail", response_model=models.SeenList)
def tail(
    request: Request,
    source: Source = None,
    limit: Limit = 100,
    after: Annotated[str, Query(description="only what came in since: `after` of the last answer")] = BEGINNING,
) -> Response:
    """List the latest events that came in and what became of each, the oldest first."""
    found = latest(company_of(request).data, after=place(after), source=source, limit=limit)
    last = f"{found[-1].place[0]}.{found[-1].place[1]}" if found else after
    return answered({"events": [one.to_json() for one in found], "after": last})


def place(text: str) -> tuple[int, int]:
    """Where an answer ended.

    >>> place("12.3")
    (12, 3)
    """
    request, _, item = text.partition(".")
    try:
        found = int(request), int(item)
    except ValueError:
        raise InputError(f"after={text!r} is not a place", hint="give back `after` of the last answer") from None
    if not all(-1 <= number < 2**62 for number in found):
        raise InputError(f"after={text!r} is not a place", hint="give back `after` of the last answer")
    return found
