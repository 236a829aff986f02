"""Signing in by an OpenID provider: out to it, back from it, and who that is here."""

from __future__ import annotations

import hmac
import json
import logging
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import asdict

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from holdfast.errors import InputError
from holdfast.state import Invitations, People, State, User
from holdfast.state.people import checked_name
from holdfast.web.auth.oidc_settings import OidcSettings
from holdfast.web.auth.provider import Identity, Journey, NotVouchedFor, Provider, provider_of
from holdfast.web.auth.signing import sign_in_failed, signed_in_as
from holdfast.web.cookies import is_secure
from holdfast.web.guard import SIGN_IN, local_path, state_of
from holdfast.web.page import words_of

log = logging.getLogger("holdfast.web")
router = APIRouter(prefix=f"{SIGN_IN}/oidc", include_in_schema=False)
COOKIE, LIFE_SECONDS = "holdfast-oidc", 600


@router.get("")
def leave(request: Request, next: str = "/") -> Response:  # noqa: A002
    """To the provider, with what has to come back kept in a cookie of this browser."""
    provider = provider_of(request)
    if provider is None or not People(state_of(request)).has_owner():
        return RedirectResponse(SIGN_IN, 303)
    journey = Journey.begun(local_path(next))
    try:
        response = RedirectResponse(provider.url(journey, _callback(request)), 303)
    except NotVouchedFor as error:
        return _failed(request, provider, error)
    kept = urlsafe_b64encode(json.dumps(asdict(journey)).encode()).decode()
    response.set_cookie(
        _cookie(request), kept, LIFE_SECONDS, path="/", secure=is_secure(request), httponly=True, samesite="lax"
    )
    return response


@router.get("/callback")
def come_back(request: Request, code: str = "", state: str = "", iss: str = "", error: str = "") -> Response:
    provider = provider_of(request)
    if provider is None:
        return RedirectResponse(SIGN_IN, 303)
    try:
        journey = _journey(request, state)
        _check_answer(provider, code, iss, error)
        identity = provider.identity(journey, code, _callback(request))
    except NotVouchedFor as found:
        return _failed(request, provider, found)
    user = person_for(state_of(request), provider.settings, identity)
    if user is None:
        _ = words_of(request).say
        said = _("Nobody has invited %(email)s. Ask an owner for an invitation.", email=identity.email)
        return _without_journey(request, sign_in_failed(request, said, 403))
    return _without_journey(request, signed_in_as(request, user, local_path(journey.next)))


def person_for(state: State, settings: OidcSettings, who: Identity) -> User | None:
    """Who that is here: somebody who came by the provider before, is known by the address, is invited, or may come.

    None for everybody else, for whoever is disabled, and where the address belongs to another of the provider's people.
    """
    people = People(state)
    known = people.by_subject(who.subject)
    if known is None and (known := people.find(who.email)) is not None and not people.bind(known.id, who.subject):
        return None
    if known is not None:
        return known if known.disabled_at is None else None
    try:
        name = checked_name(who.name or who.email.partition("@")[0])
    except InputError:
        name = "?"
    try:
        invited = Invitations(state).join(who.email, name, who.subject)
        role = settings.admits(who.email)
        return invited if invited or role is None else people.add(who.email, name, role, subject=who.subject)
    except InputError:
        return None


def _journey(request: Request, state: str) -> Journey:
    """What this browser set out with. Another browser's answer, or one to another question, is none."""
    try:
        journey = Journey(**json.loads(urlsafe_b64decode(request.cookies.get(_cookie(request), ""))))
        ours = hmac.compare_digest(journey.state.encode(), state.encode()) and bool(journey.nonce and journey.verifier)
    except (ValueError, TypeError, AttributeError) as error:
        raise NotVouchedFor("the browser did not set out here") from error
    if not ours:
        raise NotVouchedFor("the answer is to another question")
    return journey


def _check_answer(provider: Provider, code: str, iss: str, error: str) -> None:
    if error or not code:
        raise NotVouchedFor(f"the provider answered {error[:100]!r}")
    if iss and iss.rstrip("/") != provider.settings.issuer:  # RFC 9207
        raise NotVouchedFor("another provider answered")


def _failed(request: Request, provider: Provider, error: NotVouchedFor) -> Response:
    log.warning("signing in by %s failed: %s", provider.settings.issuer, error.message)
    _ = words_of(request).say
    said = _("Signing in with %(provider)s did not work. Try again.", provider=provider.settings.name)
    return _without_journey(request, sign_in_failed(request, said, 400))


def _without_journey(request: Request, response: Response) -> Response:
    response.delete_cookie(_cookie(request), path="/", secure=is_secure(request), httponly=True, samesite="lax")
    return response


def _cookie(request: Request) -> str:
    return f"__Host-{COOKIE}" if is_secure(request) else COOKIE


def _callback(request: Request) -> str:
    return f"{request.base_url}{SIGN_IN[1:]}/oidc/callback"
