"""Nobody's browser sends a form that somebody else's page made.

What changes something has to come from a page of ours: browsers say where a request comes from, and a form carries a
token that only a page shown to this session holds. The token is made from the session's own, so none is kept.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

from starlette.requests import Request

from holdfast.web.cookies import session_token
from holdfast.web.guard import bearer

if TYPE_CHECKING:
    from starlette.requests import HTTPConnection
    from starlette.types import Message, Receive, Scope

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
FIELD = "csrf"
HEADER = "X-CSRF-Token"
LOOKED_AT = 64 << 10
"""Bytes of a form in which the token has to be: it is its first field."""
_PART = re.compile(rb'name="csrf"(?:\r\n[^\r\n]+)*\r\n\r\n([0-9a-f]{64})\r\n')
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


def csrf_token(request: HTTPConnection) -> str:
    """What a form has to carry; empty where nobody is signed in."""
    session = session_token(request)
    return token_of(session) if session else ""


def token_of(session: str) -> str:
    """The token of a session's forms, from which nobody learns the session's.

    >>> token_of("a session")[:16]
    '40b5c880dc01c295'
    """
    return hmac.new(session.encode(), b"holdfast form", hashlib.sha256).hexdigest()


async def is_ours(scope: Scope, receive: Receive) -> tuple[bool, Receive]:
    """Whether a request may change something as far as its origin goes, and what is left to be received."""
    request = Request(scope, receive)
    if request.method in SAFE or bearer(request) is not None:
        return True, receive
    if not _is_same_origin(request):
        return False, receive
    session = session_token(request)
    if not session:
        return True, receive
    sent = request.headers.get(HEADER, "")
    if not sent and request.headers.get("content-type", "").lower().startswith(FORMS):
        start, receive = await _peeked(receive)
        sent = _in_form(start)
    return hmac.compare_digest(sent.encode(), token_of(session).encode()), receive


def _is_same_origin(request: Request) -> bool:
    """What the browser says; whatever is no browser says nothing, and has no cookies of anybody's."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = request.headers.get("origin")
    return origin is None or (origin != "null" and urlsplit(origin).netloc == request.headers.get("host"))


async def _peeked(receive: Receive) -> tuple[bytes, Receive]:
    """The beginning of a body, and the whole of it to be received again."""
    messages: list[Message] = []
    start = b""
    while len(start) < LOOKED_AT:
        message = await receive()
        messages.append(message)
        start += message.get("body", b"")
        if message["type"] != "http.request" or not message.get("more_body", False):
            break

    async def again() -> Message:
        return messages.pop(0) if messages else await receive()

    return start, again


def _in_form(start: bytes) -> str:
    if found := _PART.search(start):
        return found[1].decode()
    fields = parse_qsl(start[:LOOKED_AT].decode("ascii", "replace"))
    return next((value for name, value in fields if name == FIELD), "")
