"""Links that let somebody in once: the first owner, who was invited, who forgot a password."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import Response

from holdfast.errors import InputError
from holdfast.state import Invitation, Invitations
from holdfast.web.auth.forms import email_fault, name_fault, password_fault
from holdfast.web.auth.passwords import SHORTEST, hash_of
from holdfast.web.auth.signing import signed_in_as
from holdfast.web.guard import state_of
from holdfast.web.page import page, words_of

router = APIRouter(include_in_schema=False)
Text = Annotated[str, Form()]


@router.get("/welcome/{token}")
def welcome_page(request: Request, token: str) -> Response:
    return _opened(request, token, ("welcome",))


@router.post("/welcome/{token}")
def welcome(
    request: Request, token: str, email: Text = "", name: Text = "", password: Text = "", again: Text = ""
) -> Response:
    return _joined(request, token, ("welcome",), email, name, password, again)


@router.get("/invite/{token}")
def invite_page(request: Request, token: str) -> Response:
    return _opened(request, token, ("invite", "reset"))


@router.post("/invite/{token}")
def invite(request: Request, token: str, name: Text = "", password: Text = "", again: Text = "") -> Response:
    return _joined(request, token, ("invite", "reset"), "", name, password, again)


def _opened(request: Request, token: str, purposes: tuple[str, ...]) -> Response:
    found = _found(request, token, purposes)
    return _dead(request) if found is None else _shown(request, found)


def _joined(
    request: Request, token: str, purposes: tuple[str, ...], email: str, name: str, password: str, again: str
) -> Response:
    found = _found(request, token, purposes)
    if found is None:
        return _dead(request)
    address = found.email or email
    problem = _fault(request, found, address, name, password, again)
    if problem:
        return _shown(request, found, 400, problem=problem, email=address, name=name)
    try:
        user = Invitations(state_of(request)).accept(token, hash_of(password), name=name, email=address)
    except InputError:
        return _dead(request)
    return signed_in_as(request, user, "/")


def _fault(request: Request, found: Invitation, email: str, name: str, password: str, again: str) -> str | None:
    words = words_of(request)
    about = None if found.purpose == "reset" else email_fault(words, email) or name_fault(words, name)
    return about or password_fault(words, password, again, email, name)


def _found(request: Request, token: str, purposes: tuple[str, ...]) -> Invitation | None:
    found = Invitations(state_of(request)).find(token)
    return found if found is not None and found.purpose in purposes else None


def _shown(request: Request, found: Invitation, status: int = 200, **values: str | None) -> Response:
    known = {"problem": None, "email": found.email, "name": ""} | values
    return page(request, "auth/join.html", status, invitation=found, shortest=SHORTEST, **known)


def _dead(request: Request) -> Response:
    return page(request, "auth/dead-link.html", 404)
