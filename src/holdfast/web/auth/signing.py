"""Signing in with a password, and signing out."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Form, Query, Request
from starlette.responses import RedirectResponse, Response

from holdfast.state import Audit, Invitations, People, Sessions, User
from holdfast.state.people import folded
from holdfast.web.auth.attempts import Attempts
from holdfast.web.auth.passwords import hash_of, is_outdated, matches
from holdfast.web.auth.provider import provider_of
from holdfast.web.cookies import forget_session, keep_session, session_token
from holdfast.web.guard import SIGN_IN, kept, local_path, person_of, state_of
from holdfast.web.page import page, words_of

if TYPE_CHECKING:
    from holdfast.state import State

log = logging.getLogger("holdfast.web")
router = APIRouter(include_in_schema=False)
Text = Annotated[str, Form()]


@router.get(SIGN_IN)
def sign_in_page(request: Request, next: Annotated[str, Query()] = "/") -> Response:  # noqa: A002
    if person_of(request) is not None:
        return RedirectResponse(local_path(next), 303)
    return _shown(request, next)


@router.post(SIGN_IN)
def sign_in(request: Request, email: Text = "", password: Text = "", next: Text = "/") -> Response:  # noqa: A002
    _ = words_of(request).say
    wait = begun(request, email)
    if wait:
        minutes = -(-wait // 60)
        said = _("Too many attempts. Try again in %(minutes)s min.", minutes=minutes)
        return _shown(request, next, email, said, 429, wait)
    user = verified(state_of(request), email, password)
    if user is None:
        log.warning("signing in failed from %s", address_of(request))
        return _shown(request, next, email, _("The e-mail address or the password is not right."), 401)
    attempts_of(request).succeeded(folded(email), address_of(request))
    return signed_in_as(request, user, local_path(next))


@router.post("/sign-out")
def sign_out(request: Request) -> Response:
    Sessions(state_of(request)).end(session_token(request))
    response = RedirectResponse(SIGN_IN, 303)
    kept(request).pop("renewed", None)
    forget_session(response, request)
    return response


def signed_in_as(request: Request, user: User, to: str) -> Response:
    """A new session, with a token that nobody could have known before; the one before it ends."""
    state = state_of(request)
    sessions = Sessions(state)
    if before := session_token(request):
        sessions.end(before)
    response = RedirectResponse(to, 303)
    kept(request).pop("renewed", None)
    keep_session(response, request, sessions.start(user.id))
    Audit(state).note(user.id, "signed in", user.email)
    return response


def sign_in_failed(request: Request, problem: str, status: int) -> Response:
    """The page to sign in with, and why it did not work."""
    return _shown(request, "/", problem=problem, status=status)


def verified(state: State, email: str, password: str) -> User | None:
    """Who has this address and this password. It takes as long for an address that nobody has."""
    found = People(state).credentials(email) if email.isprintable() else None
    user, kept_hash = found or (None, None)
    if not matches(kept_hash, password) or user is None or kept_hash is None:
        return None
    if is_outdated(kept_hash):
        People(state).rehash(user.id, hash_of(password))
    return user


def begun(request: Request, email: str) -> int:
    """Seconds to wait before a password is looked at."""
    return attempts_of(request).begin(folded(email), address_of(request))


def attempts_of(request: Request) -> Attempts:
    found: Attempts = request.app.state.attempts
    return found


def address_of(request: Request) -> str:
    return request.client.host if request.client else ""


def welcome_link(state: State) -> str | None:
    """The path of the one-time link for the first owner; None where there is one. A link made before ends."""
    token = Invitations(state).welcome()
    return None if token is None else f"/welcome/{token}"


def _shown(
    request: Request, to: str, email: str = "", problem: str | None = None, status: int = 200, wait: int = 0
) -> Response:
    values = {"next": local_path(to), "email": email[:254], "problem": problem}
    nobody, provider = not People(state_of(request)).has_owner(), provider_of(request)
    name = provider.settings.name if provider else None
    response = page(request, "auth/sign-in.html", status, nobody_yet=nobody, oidc=name, **values)
    if wait:
        response.headers["Retry-After"] = str(wait)
    return response
