"""Settings: the keys with which programs send events, or read. For owners."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from holdfast.errors import InputError
from holdfast.state import Key, Keys
from holdfast.state.keys import READERS
from holdfast.web.guard import Person, allowed, in_person, state_of
from holdfast.web.page import page, words_of

HERE = "/settings/keys"
router = APIRouter(prefix=HERE, dependencies=[Depends(in_person), Depends(allowed("owner"))], include_in_schema=False)
Owner = Annotated[Person, Depends(allowed("owner"))]
Text = Annotated[str, Form()]


@router.get("")
def keys_page(request: Request) -> Response:
    return _shown(request)


@router.post("")
def create(
    request: Request, owner: Owner, kind: Text = "", source: Text = "", name: Text = "", role: Text = "viewer"
) -> Response:
    try:
        key, text = _made(Keys(state_of(request)), owner, kind, source, name, role)
    except InputError:
        say = words_of(request).say
        wrong_source = say(
            "A source is called by 1 to 64 small letters, digits, dots, dashes or underscores: web, ios-app."
        )
        problem = wrong_source if kind == "write" else say("Say in 1 to 100 characters what the key is for.")
        return _shown(request, 400, problem=problem, source=source, name=name, role=role)
    return _shown(request, made=key, text=text)


def _made(keys: Keys, owner: Person, kind: str, source: str, name: str, role: str) -> tuple[Key, str]:
    if kind == "write":
        return keys.create("write", source.strip(), owner.id)
    return keys.create_reader(role, name, owner.id)


@router.post("/{key_id}/revoke")
def revoke(request: Request, owner: Owner, key_id: str) -> Response:
    Keys(state_of(request)).revoke(key_id, owner.id)
    return RedirectResponse(HERE, 303)


def _shown(request: Request, status: int = 200, **values: Any) -> Response:
    known: dict[str, Any] = {
        "keys": Keys(state_of(request)).all(), "roles": READERS, "address": str(request.base_url).rstrip("/"),
        "problem": None, "made": None, "text": "", "source": "", "name": "", "role": "viewer",
    }  # fmt: skip
    return page(request, "keys.html", status, **known | values)
