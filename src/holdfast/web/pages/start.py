"""The first steps, and the key to send events with that one of them makes."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from holdfast.state import Keys
from holdfast.web.first_steps import start_page
from holdfast.web.guard import Person, allowed, in_person, signed_in, state_of

router = APIRouter(prefix="/start", dependencies=[Depends(signed_in)], include_in_schema=False)
SOURCE = "web"


@router.get("")
def start(request: Request) -> Response:
    return start_page(request)


@router.post("/key", dependencies=[Depends(in_person)])
def make_key(request: Request, owner: Annotated[Person, Depends(allowed("owner"))]) -> Response:
    """A write key of the source `web`, shown in the snippet, this once."""
    key, text = Keys(state_of(request)).create("write", SOURCE, owner.id)
    return start_page(request, made=key, text=text)
