"""Who asks, and what they may do: a person with a session, or a program with a key that reads."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from holdfast.errors import HoldfastError
from holdfast.state import Key, Keys, Role, Sessions, may
from holdfast.web.cookies import session_token

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.requests import HTTPConnection

    from holdfast.state import State

log = logging.getLogger("holdfast.web")

SIGN_IN = "/sign-in"
NOTED_EVERY = timedelta(minutes=1)


@dataclass(frozen=True)
class Person:
    """Whoever asks. A key has no address, and its name is what it was made for."""

    id: str
    name: str
    email: str
    role: Role
    language: str = ""
    """Empty: that of the browser."""
    theme: str = "system"
    via: Literal["session", "key"] = "session"

    def may(self, role: Role) -> bool:
        """Whether they may do what needs a role.

        >>> Person("1", "Ada", "ada@example.com", "analyst").may("success")
        True
        """
        return may(self.role, role)


class NotSignedIn(Exception):
    """Nobody is signed in, or the key is none."""


class NotAllowed(Exception):
    """The role is not enough."""

    def __init__(self, needed: Role | None = None) -> None:
        super().__init__(needed)
        self.needed = needed
        """None where it is not for keys, whatever their role."""


def state_of(request: HTTPConnection) -> State:
    found: State = request.app.state.state
    return found


def kept(request: HTTPConnection) -> dict[str, Any]:
    """What is remembered as long as a request lasts."""
    found: dict[str, Any] = request.scope.setdefault("holdfast", {})
    return found


def person_of(request: HTTPConnection) -> Person | None:
    """Whoever asks; None where nobody is signed in. A key that is sent counts alone, right or wrong."""
    known = kept(request)
    if "person" not in known:
        key = bearer(request)
        known["person"] = _by_session(request) if key is None else _by_key(state_of(request), key)
    found: Person | None = known["person"]
    return found


def signed_in(request: Request) -> Person:
    """A dependency: anybody who is signed in."""
    person = person_of(request)
    if person is None:
        raise NotSignedIn
    return person


def allowed(role: Role) -> Callable[[Request], Person]:
    """A dependency: whoever has at least this role."""

    def checked(request: Request) -> Person:
        person = signed_in(request)
        if not person.may(role):
            raise NotAllowed(role)
        return person

    return checked


def in_person(request: Request) -> Person:
    """A dependency: a person at a browser, and no key."""
    person = signed_in(request)
    if person.via != "session":
        raise NotAllowed
    return person


def bearer(request: HTTPConnection) -> str | None:
    """The key that is sent with a request; None where there is none.

    A proxy's own Basic authentication is none of our business.
    """
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    return key.strip() if scheme.lower() == "bearer" else None


def _by_key(state: State, text: str) -> Person | None:
    keys = Keys(state)
    key = keys.find("read", text)
    if key is None or key.role is None:
        return None
    _note_use(keys, key)
    return Person(key.id, key.label, "", key.role, via="key")


def _note_use(keys: Keys, key: Key) -> None:
    now = datetime.now(UTC)
    if key.last_used_at is None or now - key.last_used_at >= NOTED_EVERY:
        _if_possible(lambda: keys.used({key.id: now}))


def _by_session(request: HTTPConnection) -> Person | None:
    token = session_token(request)
    sessions = Sessions(state_of(request))
    session = sessions.find(token) if token else None
    if session is None:
        return None
    user = session.user
    if session.is_due(datetime.now(UTC)):
        _if_possible(lambda: sessions.seen(token, user.id))
        kept(request)["renewed"] = token
    return Person(user.id, user.name, user.email, user.role, user.language or "", user.theme)


def _if_possible(note: Callable[[], None]) -> None:
    """Whoever reads need not wait for a disk that is full."""
    try:
        note()
    except HoldfastError as error:
        log.warning("a visit is not noted: %s", error.message)


def install(app: FastAPI) -> None:
    """Answer those who are turned away: pages lead to signing in, the API says it in JSON."""
    app.add_exception_handler(NotSignedIn, _not_signed_in)
    app.add_exception_handler(NotAllowed, _not_allowed)


def _not_signed_in(request: Request, error: Exception) -> Response:
    if is_api(request):
        said = {"code": "unauthorized", "message": "nobody is signed in, or the key is not valid"}
        hint = {"hint": "send a key that reads as: Authorization: Bearer hfr_…"}
        return JSONResponse(said | hint, 401, {"WWW-Authenticate": "Bearer"})
    return RedirectResponse(sign_in_url(request), 303)


def _not_allowed(request: Request, error: Any) -> Response:
    if is_api(request):
        why = f"this needs the role {error.needed}" if error.needed else "this is for people, and not for keys"
        said = {"code": "forbidden", "message": why, "hint": "an owner can give another role, or make another key"}
        return JSONResponse(said, 403)
    from holdfast.web.page import page

    return page(request, "auth/refused.html", 403, needed=error.needed)


def is_api(request: HTTPConnection) -> bool:
    return request.url.path.startswith("/api/")


def sign_in_url(request: Request) -> str:
    """The way to sign in and back again: to what was looked at, never to what was to be done."""
    if request.method not in ("GET", "HEAD"):
        return SIGN_IN
    path, query = quote(request.scope["path"]), request.url.query
    back = local_path(f"{path}?{query}" if query else path)
    return SIGN_IN if back == "/" else f"{SIGN_IN}?next={quote(back)}"


def local_path(text: str) -> str:
    r"""Where to go next: a path on this host, and nowhere else.

    >>> local_path("/revenue?by=plan"), local_path("//evil.example"), local_path("/\\evil.example")
    ('/revenue?by=plan', '/', '/')
    """
    plain = text.isascii() and text.isprintable() and "\\" not in text and " " not in text
    return text if plain and text.startswith("/") and not text.startswith("//") else "/"
