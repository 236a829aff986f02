"""One's own profile: name, language, looks, password."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from holdfast.state import People, User
from holdfast.state.people import Theme, folded
from holdfast.web.auth.forms import name_fault, password_fault
from holdfast.web.auth.passwords import SHORTEST, hash_of
from holdfast.web.auth.signing import address_of, attempts_of, begun, signed_in_as, verified
from holdfast.web.guard import Person, in_person, state_of
from holdfast.web.page import page, words_of
from holdfast.web.words import LANGUAGES

HERE = "/me"
router = APIRouter(prefix=HERE, dependencies=[Depends(in_person)], include_in_schema=False)
Me = Annotated[Person, Depends(in_person)]
Text = Annotated[str, Form()]
THEMES: dict[str, Theme] = {"system": "system", "light": "light", "dark": "dark"}


@router.get("")
def me_page(request: Request, me: Me, saved: str = "") -> Response:
    return _shown(request, me, saved=saved == "1")


@router.post("")
def change(request: Request, me: Me, name: Text = "", language: Text = "", theme: Text = "system") -> Response:
    problem = name_fault(words_of(request), name)
    if problem:
        return _shown(request, me, 400, problem=problem)
    chosen = language if language in LANGUAGES else None
    People(state_of(request)).change(me.id, name=name, language=chosen, theme=THEMES.get(theme, "system"))
    return RedirectResponse(f"{HERE}?saved=1", 303)


@router.post("/password")
def change_password(request: Request, me: Me, current: Text = "", password: Text = "", again: Text = "") -> Response:
    words = words_of(request)
    if wait := begun(request, me.email):
        said = words.say("Too many attempts. Try again in %(minutes)s min.", minutes=-(-wait // 60))
        return _shown(request, me, 429, {"Retry-After": str(wait)}, password_problem=said)
    if verified(state_of(request), me.email, current) is None:
        said = words.say("This is not the password that you have now.")
        return _shown(request, me, 400, password_problem=said)
    attempts_of(request).succeeded(folded(me.email), address_of(request))
    problem = password_fault(words, password, again, me.email, me.name, current)
    if problem:
        return _shown(request, me, 400, password_problem=problem)
    People(state_of(request)).set_password(me.id, hash_of(password), me.id)
    return signed_in_as(request, _user(request, me), f"{HERE}?saved=1")


def _user(request: Request, me: Person) -> User:
    return People(state_of(request)).get(me.id)


def _shown(
    request: Request, me: Person, status: int = 200, headers: dict[str, str] | None = None, **values: Any
) -> Response:
    known: dict[str, Any] = {
        "user": _user(request, me), "themes": THEMES, "shortest": SHORTEST,
        "problem": None, "password_problem": None, "saved": False,
    }  # fmt: skip
    response = page(request, "me.html", status, **known | values)
    response.headers.update(headers or {})
    return response
